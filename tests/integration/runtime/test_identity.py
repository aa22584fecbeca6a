"""Whom a run acts as, and what that identity may not do."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm, remove_perm

from automations.models import Module, RecordChange, Run, Workflow
from automations.modules.adapter import adapter_for
from automations.services.records import create_record
from automations.services.run_tests import RunTestRequest, run_test
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", {"title": "text", "state": "text"})


@pytest.fixture
def workflow(alice: Any, bob: Any, tickets: Module) -> Workflow:
    """Alice's workflow, which runs as Bob."""
    assign_perm("automations.use_module", bob, tickets)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    change = node("a1", "action.update_fields", values={"state": "seen"})
    comment = node("a2", "action.comment", text="Hello")
    return make_workflow("w", chain(trigger, change, comment), owner=alice, run_as=bob)


def state_of(module: Module, key: str) -> Any:
    return adapter_for(module).load([key], lock=False)[key].values.get("state")


def test_a_run_acts_as_the_identity_of_its_workflow(workflow: Workflow, tickets: Module, bob: Any) -> None:
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    run_everything()
    assert state_of(tickets, "T1") == "seen"
    assert RecordChange.objects.get(field="state").actor == bob


def test_an_identity_that_lost_its_right_fails_the_next_run_and_nothing_is_done(
    workflow: Workflow, tickets: Module, bob: Any
) -> None:
    remove_perm("automations.use_module", bob, tickets)
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    run_everything()
    run = Run.objects.get()
    assert (run.status, run.failure_code) == ("failed", "permission-denied")
    assert "bob" in run.failure["message"]
    assert state_of(tickets, "T1") is None
    assert run.record_changes.count() == run.comments.count() == 0


@pytest.mark.parametrize("allowed", [True, False])
def test_run_test_says_what_the_identity_could_not_do(
    workflow: Workflow, tickets: Module, bob: Any, allowed: bool
) -> None:
    if not allowed:
        remove_perm("automations.use_module", bob, tickets)
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    answer = run_test(workflow=workflow, request=RunTestRequest(record="T1"))
    shown = {one["node"]: one["allowed"] for one in answer["candidates"]["items"][0]["actions"]}
    assert shown["a1"] is allowed
