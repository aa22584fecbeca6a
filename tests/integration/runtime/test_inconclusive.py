"""Simulate fails closed: what has no plan is not done, not guessed, and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from automations.actions import ACTIONS
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome, Succeeded, Unplanned
from automations.models import DeadLetter, Mode, Module, RecordComment, Run
from automations.runtime.performers import PERFORMERS, Performer, Plan
from automations.runtime.unit import Unit
from automations.services.records import create_record
from automations.services.run_tests import RunTestRequest, run_test
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

done: list[str] = []


@dataclass(frozen=True, slots=True)
class Draw(Effect):
    kind: ClassVar[str] = "draw_a_lot"


@dataclass(frozen=True, slots=True)
class Fax(Effect):
    kind: ClassVar[str] = "send_a_fax"


class DrawPerformer(Performer):
    """What the lot will say nobody knows before it is drawn."""

    kind = Draw.kind

    def plan(self, effect: Draw, unit: Unit) -> Unplanned:
        return Unplanned("a lot can't be foreseen.")

    def perform(self, effect: Draw, plan: Plan, unit: Unit) -> Outcome:
        done.append(effect.key)
        return Succeeded({"lot": 7})


class _Action(ActionKind):
    description = "For this test."
    config_schema: Mapping[str, Any] = {"type": "object"}
    effect: type[Effect]

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return []

    def summary(self, config: Mapping[str, Any]) -> str:
        return self.label

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: self.effect(key=key)


class DrawAction(_Action):
    key, label, effect = "draw", "Draw a lot", Draw


class FaxAction(_Action):
    key, label, effect = "fax", "Send a fax", Fax


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The fax has no performer at all, the lot one that can't plan."""
    for registry in (ACTIONS, PERFORMERS):
        monkeypatch.setattr(registry, "_entries", dict(registry.items()))
    ACTIONS.register("draw", DrawAction())
    ACTIONS.register("fax", FaxAction())
    PERFORMERS.register(Draw.kind, DrawPerformer())
    done.clear()
    yield
    done.clear()


def played(owner: Any, kind: str, mode: str) -> tuple[Module, Run]:
    module = make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    said = node("a2", "action.comment", text="After it.")
    make_workflow("w", chain(trigger, node("a1", f"action.{kind}"), said), owner=owner, mode=mode)
    create_record(module=module, key="T1", values={"title": "x"}, actor=owner)
    run_everything()
    return module, Run.objects.get()


@pytest.mark.parametrize("kind", ["draw", "fax"])
def test_an_action_without_a_plan_makes_the_simulated_run_inconclusive_and_is_not_done(
    kind: str, alice: Any
) -> None:
    _, run = played(alice, kind, Mode.SIMULATE)
    assert (run.status, run.inconclusive) == ("succeeded", True)
    step, later = run.steps.get(node="a1"), run.steps.get(node="a2")
    assert (step.assumed, step.error["code"], step.changes, step.output) == (
        True,
        "cannot-be-simulated",
        [],
        None,
    )
    assert (later.status, later.assumed) == ("succeeded", False)
    assert run.logs.filter(node="a1", level="warning", message__contains="cannot be simulated").count() == 1
    assert done == []
    assert not RecordComment.objects.exists()


@pytest.mark.parametrize("kind", ["draw", "fax"])
def test_run_test_says_which_action_it_can_not_foresee(kind: str, alice: Any) -> None:
    module = make_module("tickets", {"title": "text"})
    create_record(module=module, key="T1", values={"title": "x"}, actor=alice)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = make_workflow(
        "w", chain(trigger, node("a1", f"action.{kind}")), owner=alice, mode=Mode.SIMULATE
    )
    (item,) = run_test(workflow=workflow, request=RunTestRequest(records="live"))["candidates"]["items"]
    assert item["inconclusive"] is True
    (action,) = item["actions"]
    assert (action["node"], action["assumed"], action["changes"]) == ("a1", True, [])
    assert "cannot be simulated" in action["preview"]
    assert done == []


def test_in_execute_what_has_a_performer_is_done_once_and_what_has_none_fails(alice: Any) -> None:
    _, run = played(alice, "draw", Mode.EXECUTE)
    assert (run.status, run.inconclusive, done) == ("succeeded", False, [f"{run.pk}:a1"])
    assert run.steps.get(node="a1").output == {"lot": 7}


def test_in_execute_what_nobody_can_perform_fails_and_is_kept(alice: Any) -> None:
    _, run = played(alice, "fax", Mode.EXECUTE)
    assert (run.status, run.failure_code) == ("failed", "effect-not-installed")
    assert DeadLetter.objects.get().run == run
    assert not RecordComment.objects.exists()
