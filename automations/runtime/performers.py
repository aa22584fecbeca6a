"""How each kind of effect is planned and performed.

`plan` only reads: it says what would change. `perform` makes it so through the unit's writer. Simulate calls
`plan` alone, so that a preview and the real thing can't drift apart; an effect kind without a performer cannot be
simulated, nor executed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model

from automations.engine.effects import (
    AddComment,
    AssignRecord,
    ChangeRecord,
    CreateRecord,
    Effect,
    Notify,
    StartWorkflow,
)
from automations.engine.errors import ValueProblemError
from automations.engine.fields import canonical
from automations.engine.outcomes import Change, Failed, Outcome, Succeeded, Unplanned, Wait
from automations.models import Module, Workflow
from automations.modules.adapter import RecordState
from automations.registry import Registry
from automations.runtime.reach import ask_about_reach
from automations.runtime.starting import Target

if TYPE_CHECKING:
    from automations.runtime.unit import Unit

MAX_CHAIN_DEPTH = 8


@dataclass(slots=True)
class Plan:
    """What an effect would do: field changes, a sentence, the step's output, and what `perform` needs to know.

    `assumed` is the outcome that simulate takes where the real one is not ours to know."""

    message: str
    changes: Sequence[Change] = ()
    output: Mapping[str, Any] = field(default_factory=dict)
    detail: Any = None
    assumed: Outcome | None = None


class Performer(ABC):
    """Plans and performs one kind of effect."""

    kind: ClassVar[str]

    def writes_to(self, effect: Any, unit: Unit) -> Module | None:
        """The module whose records the effect writes: the run's identity must be allowed to."""
        return None

    def starts(self, effect: Any, unit: Unit) -> Workflow | None:
        """The workflow that the effect starts: the run's identity must be allowed to."""
        return None

    def uses(self, effect: Any, unit: Unit) -> Model | None:
        """What else the effect puts to use (see `grants.MODELS`): the run's identity must hold the right “use” on it."""
        return None

    @abstractmethod
    def plan(self, effect: Any, unit: Unit) -> Plan | Failed | Unplanned:
        """What would happen; reads only. Unplanned where nobody can say: then simulate is inconclusive, and `perform` is
        given an empty plan."""

    @abstractmethod
    def perform(self, effect: Any, plan: Plan, unit: Unit) -> Outcome:
        """Make the plan real through `unit.writer`, in the executor's transaction."""


PERFORMERS: Registry[Performer] = Registry("effect")


def _change_plan(unit: Unit, values: Mapping[str, Any], verb: str) -> Plan | Failed:
    """Canonical values and the differences that they make to the run's record."""
    state = unit.record
    if state is None:
        return Failed("record-missing", "This run has no record, or the record is gone.")
    schema = unit.facts_of(state.module).schema
    wanted: dict[str, Any] = {}
    for key, raw in values.items():
        spec = schema.get(key)
        if spec is None:
            return Failed("unknown-field", f"{state.module.name} have no field “{key}”.")
        try:
            wanted[key] = canonical(spec, raw, unit.zone)
        except ValueProblemError as problem:
            return Failed("bad-value", f"{spec.label}: {problem}")
    changes = [
        Change(state.module.key, state.key, key, state.values.get(key), value)
        for key, value in wanted.items()
        if state.values.get(key) != value
    ]
    if not changes:
        return Plan(f"{verb}: nothing to change.", output={"changed": []}, detail=wanted)
    said = ", ".join(f"{change.field}: {_said(change.before)} → {_said(change.after)}" for change in changes)
    return Plan(f"{verb}: {said}.", changes, {"changed": [change.field for change in changes]}, wanted)


def _said(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)[:80]


class _Changing(Performer):
    """What effects on the run's own record have in common."""

    def writes_to(self, effect: Any, unit: Unit) -> Module | None:
        return unit.record.module if unit.record is not None else None

    def perform(self, effect: Any, plan: Plan, unit: Unit) -> Outcome:
        assert unit.record is not None
        unit.writer.change(unit.record, plan.detail, unit.cause)
        return Succeeded(plan.output, plan.changes, unit.record.values, plan.message)


class ChangeRecordPerformer(_Changing):
    kind = ChangeRecord.kind

    def plan(self, effect: ChangeRecord, unit: Unit) -> Plan | Failed:
        values = dict(effect.values)
        if effect.status:
            if unit.record is None:
                return Failed("record-missing", "This run has no record, or the record is gone.")
            facts = unit.facts_of(unit.record.module)
            if not facts.status_field:
                return Failed("no-status-field", f"{facts.name} have no status field.")
            now = unit.record.values.get(facts.status_field)
            allowed = facts.transitions.get(str(now), []) if facts.transitions else [effect.status]
            if effect.status != now and effect.status not in allowed:
                return Failed(
                    "transition-not-allowed",
                    f"{facts.name} may not go from “{_said(now)}” to “{effect.status}”; allowed: {', '.join(allowed) or 'none'}.",
                )
            values[facts.status_field] = effect.status
        return _change_plan(unit, values, "Set")


class AssignRecordPerformer(_Changing):
    kind = AssignRecord.kind

    def plan(self, effect: AssignRecord, unit: Unit) -> Plan | Failed:
        if effect.strategy == "fixed":
            return _change_plan(unit, {effect.field: effect.value}, "Assign")
        pool = list(effect.pool) or unit.people_in([effect.group])
        if not pool:
            return Failed("nobody-to-assign", f"Nobody is in “{effect.group or 'the pool'}”.")
        if effect.strategy == "round_robin":
            chosen = pool[unit.rotation() % len(pool)]
        else:
            loads = unit.loads(effect.field, pool)
            chosen = min(pool, key=lambda name: (loads[name], pool.index(name)))
        plan = _change_plan(unit, {effect.field: chosen}, "Assign")
        if isinstance(plan, Plan):
            plan.output = {**plan.output, "assigned": chosen}
        return plan

    def perform(self, effect: AssignRecord, plan: Plan, unit: Unit) -> Outcome:
        if effect.strategy == "round_robin":
            unit.rotate()
        elif effect.strategy == "least_loaded":
            unit.note_load(effect.field, plan.output["assigned"])
        return super().perform(effect, plan, unit)


class AddCommentPerformer(Performer):
    kind = AddComment.kind

    def writes_to(self, effect: AddComment, unit: Unit) -> Module | None:
        return unit.record.module if unit.record is not None else None

    def plan(self, effect: AddComment, unit: Unit) -> Plan | Failed:
        if unit.record is None:
            return Failed("record-missing", "This run has no record, or the record is gone.")
        return Plan(f"Comment: {effect.text[:200]}", output={"text": effect.text})

    def perform(self, effect: AddComment, plan: Plan, unit: Unit) -> Outcome:
        assert unit.record is not None
        unit.writer.comment(unit.record, effect.text, unit.cause)
        return Succeeded(plan.output, message=plan.message)


class CreateRecordPerformer(Performer):
    kind = CreateRecord.kind

    def writes_to(self, effect: CreateRecord, unit: Unit) -> Module | None:
        return unit.module(effect.module)

    def plan(self, effect: CreateRecord, unit: Unit) -> Plan | Failed:
        module = unit.module(effect.module)
        if module is None:
            return Failed("unknown-module", f"There is no module “{effect.module}”.")
        schema = unit.facts_of(module).schema
        values: dict[str, Any] = {}
        for key, raw in effect.values.items():
            spec = schema.get(key)
            if spec is None:
                return Failed("unknown-field", f"{module.name} have no field “{key}”.")
            try:
                values[key] = canonical(spec, raw, unit.zone)
            except ValueProblemError as problem:
                return Failed("bad-value", f"{spec.label}: {problem}")
        missing = [spec.label for key, spec in schema.items() if spec.required and values.get(key) is None]
        if missing:
            return Failed("missing-value", f"{module.name} need {', '.join(missing)}.")
        key = effect.record_key or effect.key
        if unit.record_exists(module, key):
            return Failed("record-exists", f"{module.name} already have “{key}”.")
        changes = [
            Change(module.key, key, name, None, value) for name, value in values.items() if value is not None
        ]
        return Plan(
            f"Create {module.name} “{key}”.", changes, {"module": module.key, "record": key}, (module, values)
        )

    def perform(self, effect: CreateRecord, plan: Plan, unit: Unit) -> Outcome:
        module, values = plan.detail
        unit.writer.create(module, plan.output["record"], values, unit.cause)
        return Succeeded(plan.output, plan.changes, message=plan.message)


class NotifyPerformer(Performer):
    kind = Notify.kind

    def plan(self, effect: Notify, unit: Unit) -> Plan | Failed:
        people = list(dict.fromkeys([*effect.users, *unit.people_in(effect.groups)]))
        known = [name for name in people if unit.user(name) is not None]
        if not known:
            return Failed("nobody-to-notify", "None of the people and groups named has an active account.")
        return Plan(
            f"Notify {', '.join(known)}: {effect.title}",
            output={"people": known, "channels": list(effect.channels), "title": effect.title},
        )

    def perform(self, effect: Notify, plan: Plan, unit: Unit) -> Outcome:
        for name in plan.output["people"]:
            user = unit.user(name)
            assert user is not None
            if "app" in effect.channels:
                unit.notify(user, effect.key, effect.title, effect.body)
            if "email" in effect.channels and user.email:
                unit.email(user, effect.key, effect.title, effect.body)
        return Succeeded(plan.output, message=plan.message)


class StartWorkflowPerformer(Performer):
    kind = StartWorkflow.kind

    def starts(self, effect: StartWorkflow, unit: Unit) -> Workflow | None:
        return unit.batch.workflow(effect.workflow)

    def plan(self, effect: StartWorkflow, unit: Unit) -> Plan | Failed:
        target = unit.startable(effect.workflow)
        if isinstance(target, Failed):
            return target
        if unit.run.depth + 1 > MAX_CHAIN_DEPTH:
            return Failed(
                "chain-depth-exceeded", f"Runs may start each other {MAX_CHAIN_DEPTH} deep at most."
            )
        count = len(effect.items)
        said = f"Start “{effect.workflow}”{target.said} {count} time{'s' if count != 1 else ''}."
        if target.simulates:
            said += f" {target.simulates}"
        if unit.reaches_too_far(count):
            said += f" Above the blast radius of {unit.blast_radius}: in execute it waits for approval."
        output: dict[str, Any] = {"workflow": effect.workflow, "children": count}
        if target.number is not None:
            output["version"] = target.number
        return Plan(said, output=output, detail=target)

    def perform(self, effect: StartWorkflow, plan: Plan, unit: Unit) -> Outcome:
        if unit.reaches_too_far(len(effect.items)):
            return ask_about_reach(unit, effect)
        return _start(effect, plan, unit)


def start_children(effect: StartWorkflow, unit: Unit) -> Outcome:
    """Start the children of a step, whatever the blast radius: people have agreed."""
    plan = StartWorkflowPerformer().plan(effect, unit)
    return plan if isinstance(plan, Failed) else _start(effect, plan, unit)


def _start(effect: StartWorkflow, plan: Plan, unit: Unit) -> Outcome:
    target: Target = plan.detail
    unit.start_children(effect, target)
    message = f"Start “{effect.workflow}”{target.said} {plan.output['children']} times."
    if target.simulates:
        message += f" {target.simulates}"
    if effect.wait and effect.items:
        return Wait("children", output=plan.output, message=f"{message} Waiting for them.")
    return Succeeded(plan.output, message=message)


for _performer in (
    ChangeRecordPerformer(),
    AssignRecordPerformer(),
    AddCommentPerformer(),
    CreateRecordPerformer(),
    NotifyPerformer(),
    StartWorkflowPerformer(),
):
    PERFORMERS.register(_performer.kind, _performer)


def performer_of(effect: Effect) -> Performer | None:
    return PERFORMERS.get(effect.kind) if effect.kind in PERFORMERS else None


def overlay(state: RecordState, changes: Sequence[Change]) -> RecordState:
    """A copy of a record's state with a plan's changes in it; simulate's stand-in for having written."""
    values = dict(state.values)
    for change in changes:
        if change.module == state.module.key and change.record == state.key:
            values[change.field] = change.after
    return RecordState(module=state.module, key=state.key, values=values, version=state.version, handle=None)
