"""Whom a run acts as, and what that identity may not do."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm, remove_perm

from automations.errors import InvalidError
from automations.models import (
    ActiveTrigger,
    Module,
    Notification,
    Record,
    RecordChange,
    RecordComment,
    Run,
    Workflow,
)
from automations.modules.adapter import adapter_for
from automations.runtime import schedules
from automations.services.drafts import load_draft, save_draft
from automations.services.identities import identity_problems, preview_identity
from automations.services.records import create_record
from automations.services.run_tests import RunTestRequest, run_test
from automations.services.versions import promote_workflow, publish_version, rollback_workflow
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


def test_a_workflow_that_runs_as_nobody_acts_with_the_rights_of_who_published_it(
    tickets: Module, alice: Any, bob: Any
) -> None:
    workflow = scheduled(tickets, alice)
    fire(workflow)
    assert Run.objects.get().status == "succeeded"
    made = Record.objects.get()
    assert RecordChange.objects.filter(record_key=made.key).first().actor is None  # type: ignore[union-attr]
    alice.user_permissions.clear()
    remove_perm("automations.use_module", alice, tickets)
    fire(workflow)
    run = Run.objects.latest("id")
    assert (run.status, run.failure_code) == ("failed", "permission-denied")
    assert run.failure["message"].startswith("alice, who published this version and as whom it runs, may not")
    assert Record.objects.get() == made


def test_a_version_whose_publisher_is_gone_does_nothing(tickets: Module, alice: Any, bob: Any) -> None:
    workflow = scheduled(tickets, bob)
    Workflow.objects.update(owner=alice)
    bob.delete()
    fire(workflow)
    run = Run.objects.get()
    assert (run.status, run.failure_code) == ("failed", "permission-denied")
    assert "Publish it anew" in run.failure["message"]
    assert not Record.objects.exists()


def test_an_identity_without_an_active_account_may_nothing(
    workflow: Workflow, tickets: Module, bob: Any
) -> None:
    bob.is_active = False
    bob.save()
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    run_everything()
    assert Run.objects.get().failure_code == "permission-denied"
    assert state_of(tickets, "T1") is None


def test_an_identity_tells_nobody_of_a_record_that_it_may_not_see(
    tickets: Module, alice: Any, bob: Any
) -> None:
    assign_perm("automations.view_module", bob, tickets)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    tell = node("a1", "action.notify", users=["alice"], title="{{ record.title }}")
    make_workflow("w", chain(trigger, tell), owner=alice, run_as=bob)
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    run_everything()
    assert Notification.objects.get().title == "x"
    remove_perm("automations.view_module", bob, tickets)
    create_record(module=tickets, key="T2", values={"title": "secret"}, actor=None)
    run_everything()
    assert Run.objects.latest("id").failure_code == "permission-denied"
    assert Notification.objects.count() == 1


def test_an_identity_starts_only_workflows_that_it_may_run(tickets: Module, alice: Any, bob: Any) -> None:
    assign_perm("automations.use_module", bob, tickets)
    note = node("a1", "action.comment", text="Started")
    started = make_workflow(
        "started", chain(node("t1", "trigger.manual", module="tickets"), note), owner=alice
    )
    assign_perm("automations.run_workflow", bob, started)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    start = node("a1", "action.start_workflow", workflow="started")
    make_workflow("starter", chain(trigger, start), owner=alice, run_as=bob)
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=None)
    run_everything()
    assert RecordComment.objects.count() == 1
    remove_perm("automations.run_workflow", bob, started)
    create_record(module=tickets, key="T2", values={"title": "x"}, actor=None)
    run_everything()
    refused = Run.objects.get(record_key="T2")
    assert refused.failure["message"] == "bob, whom this workflow runs as, may not start started."
    assert RecordComment.objects.count() == 1


def test_rights_are_asked_once_for_a_whole_batch(workflow: Workflow, tickets: Module) -> None:
    def queries(number: int) -> int:
        """Those that work on this many runs costs, beside their intake."""
        for count in range(number):
            create_record(module=tickets, key=f"{number}-{count}", values={"title": "x"}, actor=None)
        with CaptureQueriesContext(connection) as asked:
            run_everything()
        return sum(
            "auth_permission" in one["sql"] or "guardian" in one["sql"] for one in asked.captured_queries
        )

    assert queries(1) == queries(40) > 0
    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded"}


def test_nobody_publishes_what_whom_it_runs_as_may_not_do(
    workflow: Workflow, tickets: Module, alice: Any, bob: Any
) -> None:
    remove_perm("automations.use_module", bob, tickets)
    save_draft(
        workflow=workflow,
        document=chain(
            node("t1", "trigger.record", module="tickets", on=["updated"]),
            node("a1", "action.comment", text="Hello"),
        ),
        revision=None,
        actor=alice,
    )
    with pytest.raises(InvalidError) as refused:
        publish_version(workflow=workflow, actor=alice)
    assert [(one.code, one.node, one.path) for one in refused.value.problems] == [
        ("identity-may-not", "t1", "nodes[0].config.module"),
        ("identity-may-not", "a1", "nodes[1].config"),
    ]
    problem = refused.value.problems[1]
    assert problem.message == "bob, whom this workflow runs as, may not use Tickets, and “a1” does."
    assert problem.hint == "Share Tickets with bob (“use”), or let the workflow run as somebody who may."
    assert workflow.versions.count() == 1


def test_nobody_publishes_what_they_could_not_do_themselves(
    workflow: Workflow, tickets: Module, alice: Any
) -> None:
    alice.user_permissions.clear()
    alice = type(alice).objects.get(pk=alice.pk)
    draft = load_draft(workflow).definition
    assert {one.code for one in identity_problems(workflow, draft, publisher=alice)} == {"publisher-may-not"}
    with pytest.raises(InvalidError, match="alice may not"):
        publish_version(workflow=workflow, actor=alice, mode="simulate")


@pytest.mark.parametrize("release", [promote_workflow, partial(rollback_workflow, number=1)])
def test_no_release_of_a_version_passes_by_its_identity(
    workflow: Workflow, tickets: Module, alice: Any, bob: Any, release: Any
) -> None:
    publish_version(workflow=workflow, actor=alice, mode="simulate")
    remove_perm("automations.use_module", bob, tickets)
    with pytest.raises(InvalidError, match="bob, whom this workflow runs as, may not"):
        release(workflow=workflow, actor=alice, reason="")


def test_the_preview_counts_what_the_identity_could_not_do_step_by_step(
    workflow: Workflow, tickets: Module, alice: Any, bob: Any
) -> None:
    for number in range(3):
        create_record(module=tickets, key=f"T{number}", values={"title": "x"}, actor=None)
    draft = load_draft(workflow).definition

    def preview() -> dict[str, Any]:
        return preview_identity(workflow=Workflow.objects.get(), definition=draft, publisher=alice)

    seen = preview()
    assert (seen["identity"], seen["by"], seen["candidates"], seen["denied"]) == ("bob", "run_as", 3, 0)
    remove_perm("automations.use_module", bob, tickets)
    seen = preview()
    assert (seen["looked_at"], seen["denied"]) == (3, 6)
    assert [(one["node"], one["candidates"], one["denied"]) for one in seen["actions"]] == [
        ("a1", 3, 3),
        ("a2", 3, 3),
    ]
    assert "may not use Tickets" in seen["actions"][0]["why"]
    Workflow.objects.update(run_as=None)
    seen = preview()
    assert (seen["identity"], seen["by"], seen["denied"]) == ("alice", "publisher", 0)


def scheduled(tickets: Module, owner: Any) -> Workflow:
    """A workflow that makes a ticket every minute and runs as nobody."""
    assign_perm("automations.use_module", owner, tickets)
    trigger = node("t1", "trigger.schedule", cron="* * * * *")
    make = node("a1", "action.create_record", module="tickets", values={"title": "Daily"})
    return make_workflow("w", chain(trigger, make), owner=owner)


def fire(workflow: Workflow) -> None:
    """The workflow's next slot comes, and all that it starts is done."""
    row = ActiveTrigger.objects.get(workflow=workflow)
    assert row.next_slot_at is not None
    assert schedules.fire_due(now=row.next_slot_at + timedelta(seconds=1)) == 1
    run_everything()
