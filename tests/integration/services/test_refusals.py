"""Bad input and wrong states are refused with a sentence and a place, and nothing is half done."""

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
    runs,
    tokens,
    versions,
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


REFUSED: list[tuple[str, Act]] = [
    ("zone", lambda w: workflows.create_workflow(name="N", zone="Mars/Base", actor=w.root)),
    ("zone", lambda w: workflows.create_workflow(name="N", zone="../../etc/passwd", actor=w.root)),
    ("name", lambda w: workflows.create_workflow(name="", key="k", actor=w.root)),
    ("name", lambda w: workflows.create_workflow(name="x" * 500, key="k", actor=w.root)),
    ("name", lambda w: workflows.create_workflow(name="a\0b", key="k", actor=w.root)),
    ("team", lambda w: workflows.update_workflow(workflow=w.idle, changes={"team": "a\0b"}, actor=w.root)),
    ("owner__password", lambda w: workflows.update_workflow(workflow=w.idle, changes={"owner__password": 1}, actor=w.root)),
    ("mode", lambda w: workflows.update_workflow(workflow=w.idle, changes={"mode": "execute"}, actor=w.root)),
    ("limits.x", lambda w: workflows.update_workflow(workflow=w.idle, changes={"limits": {"x": 1}}, actor=w.root)),
    ("limits.blast_radius", lambda w: workflows.update_workflow(workflow=w.idle, changes={"limits": {"blast_radius": -1}}, actor=w.root)),
    ("fields[0].type", lambda w: modules.create_module(key="m", name="M", fields=[{"key": "a", "type": "x"}], actor=w.root)),
    ("rule.field", lambda w: policies.create_policy(key="q", name="Q", module=w.tickets, rule={"field": "x", "op": "eq"}, actor=w.root)),
    ("nowhere", lambda w: records.create_record(module=w.tickets, key="T2", values={"nowhere": 1}, actor=w.root)),
    ("title", lambda w: records.create_record(module=w.tickets, key="T2", values={"title": "a\0b"}, actor=w.root)),
    ("title", lambda w: records.create_record(module=w.tickets, key="T2", values={"title": {"x": 1}}, actor=w.root)),
    ("key", lambda w: records.create_record(module=w.tickets, key="a\0b", values={}, actor=w.root)),
    ("key", lambda w: records.create_record(module=w.tickets, key="x" * 500, values={}, actor=w.root)),
    ("text", lambda w: records.comment_record(module=w.tickets, key="T1", text=" ", actor=w.root)),
    ("nodes", lambda w: versions.publish_version(workflow=w.idle, actor=w.root, mode="simulate")),
    ("nodes", lambda w: drafts.save_draft(workflow=w.idle, document={"nodes": 7}, revision=None, actor=w.root)),
]  # fmt: skip


@pytest.mark.parametrize(("path", "act"), REFUSED, ids=[f"{n}-{path}" for n, (path, _) in enumerate(REFUSED)])
def test_hostile_input_is_refused_with_its_path_and_leaves_nothing(path: str, act: Act, world: World) -> None:
    before = facts()
    with pytest.raises(InvalidError) as refused:
        act(world)
    assert path in [problem.path for problem in refused.value.problems]
    assert all(problem.message and problem.hint for problem in refused.value.problems)
    assert facts() == before


CONFLICTS: list[Act] = [
    lambda w: workflows.create_workflow(name="Again", key="w", actor=w.root),
    lambda w: workflows.pause_workflow(workflow=paused(w), reason="x", actor=w.root),
    lambda w: workflows.resume_workflow(workflow=w.workflow, actor=w.root),
    lambda w: modules.create_module(
        key="tickets", name="T", fields=[{"key": "a", "type": "text"}], actor=w.root
    ),
    lambda w: policies.create_policy(key="p", name="P", module=w.tickets, rule=RULE, actor=w.root),
    lambda w: versions.promote_workflow(workflow=w.workflow, actor=w.root),
    lambda w: versions.promote_workflow(workflow=w.idle, actor=w.root),
    lambda w: versions.demote_workflow(workflow=w.idle, actor=w.root),
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
        lambda w: versions.rollback_workflow(workflow=w.workflow, number=9, reason="x", actor=w.root),
        lambda w: records.comment_record(module=w.tickets, key="T404", text="x", actor=w.root),
        lambda w: records.update_record(module=w.tickets, key="T404", values={"title": "x"}, actor=w.root),
    ],
)
def test_what_is_not_there_is_not_found(act: Act, world: World) -> None:
    before = facts()
    with pytest.raises(NotFoundError):
        act(world)
    assert facts() == before
