"""What the state of things does not allow is refused with a sentence, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from automations.errors import InvalidError, NotFoundError, ServiceError
from automations.models import ApiToken, AuditEntry, Module, Policy, Run, Workflow
from automations.services import (
    drafts,
    modules,
    policies,
    records,
    releases,
    runs,
    tokens,
    workflows,
)
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

RULE = {"field": "title", "op": "is_not_empty"}
LINE = chain(
    node("t1", "trigger.record", module="tickets", on=["created"]), node("a1", "action.comment", text="Hello")
)


class World:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.tickets = make_module("tickets", {"title": "text"})
        waits = chain(node("t1", "trigger.manual"), node("w1", "action.wait", **{"for": "P1D"}))
        self.slow = make_workflow("slow", waits, owner=root)
        self.workflow = make_workflow("w", LINE, owner=root)
        self.idle = workflows.create_workflow(name="Idle", actor=root)
        self.policy = policies.create_policy(key="p", name="P", module=self.tickets, rule=RULE, actor=root)
        self.token, _ = tokens.create_token(name="t", scope="read", days=1, actor=root, now=timezone.now())
        runs.start_run(workflow=self.slow, actor=root)
        run_everything()
        self.run = Run.objects.get(workflow=self.slow)


@pytest.fixture
def world(root: Any) -> World:
    return World(root)


def paused(world: World) -> Workflow:
    return workflows.pause_workflow(workflow=world.workflow, reason="First", actor=world.root)


Act = Callable[[World], Any]


def facts() -> tuple[int, ...]:
    return tuple(
        model.objects.count()  # type: ignore[attr-defined]
        for model in (AuditEntry, Module, Policy, Run, Workflow, ApiToken)
    )


CONFLICTS: list[Act] = [
    lambda w: workflows.create_workflow(name="Again", key="w", actor=w.root),
    lambda w: workflows.pause_workflow(workflow=paused(w), reason="x", actor=w.root),
    lambda w: workflows.resume_workflow(workflow=w.workflow, actor=w.root),
    lambda w: modules.create_module(
        key="tickets", name="T", fields=[{"key": "a", "type": "text"}], actor=w.root
    ),
    lambda w: policies.create_policy(key="p", name="P", module=w.tickets, rule=RULE, actor=w.root),
    lambda w: releases.promote_workflow(workflow=w.workflow, actor=w.root),
    lambda w: releases.promote_workflow(workflow=w.idle, actor=w.root),
    lambda w: releases.demote_workflow(workflow=w.idle, actor=w.root),
    lambda w: runs.start_run(workflow=w.workflow, actor=w.root),
    lambda w: runs.cancel_run(run=runs.cancel_run(run=w.run, actor=w.root), actor=w.root),
    lambda w: drafts.save_draft(workflow=w.idle, document=LINE, revision=999, actor=w.root),
]


@pytest.mark.parametrize("number", range(len(CONFLICTS)))
def test_what_the_state_does_not_allow_is_refused_in_a_sentence(number: int, world: World) -> None:
    with pytest.raises(ServiceError) as refused:
        CONFLICTS[number](world)
    assert not isinstance(refused.value, InvalidError)
    assert refused.value.code
    assert refused.value.detail.endswith(".")


@pytest.mark.parametrize(
    "act",
    [
        lambda w: releases.rollback_workflow(workflow=w.workflow, number=9, reason="x", actor=w.root),
        lambda w: records.comment_record(module=w.tickets, key="T404", text="x", actor=w.root),
        lambda w: records.update_record(module=w.tickets, key="T404", values={"title": "x"}, actor=w.root),
    ],
)
def test_what_is_not_there_is_not_found(act: Act, world: World) -> None:
    before = facts()
    with pytest.raises(NotFoundError):
        act(world)
    assert facts() == before
