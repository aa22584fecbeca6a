"""Scenarios: what a saved test expects of a walk, and in what a walk differs from it, as plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from automations.engine.effects import (
    AssignRecord,
    CreateRecord,
    Effect,
    Notify,
    RequestApproval,
    StartWorkflow,
)
from automations.engine.errors import Problem
from automations.engine.schemas import check_config

MAX_SHOWN = 80

_NAME = {"type": "string", "maxLength": 120}
_CHANGE = {
    "type": "object",
    "properties": {"field": _NAME, "before": {}, "after": {}},
    "required": ["field"],
    "additionalProperties": False,
}
_EFFECT = {
    "type": "object",
    "properties": {
        "node": _NAME,
        "kind": _NAME,
        "target": {"type": "string", "maxLength": 300},
        "changes": {"type": "array", "maxItems": 200, "items": _CHANGE},
    },
    "required": ["kind"],
    "additionalProperties": False,
}
EXPECTED_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "path": {
            "type": "object",
            "additionalProperties": {"type": "array", "maxItems": 50, "items": _NAME},
        },
        "effects": {"type": "array", "maxItems": 200, "items": _EFFECT},
        "fields": {"type": "object", "additionalProperties": {}},
        "outcome": {"type": "string", "enum": ["succeeded", "failed", "cancelled", "waiting"]},
    },
    "additionalProperties": False,
}
"""Each part may be left out, and is then not compared. `effects` is the whole list where it stands."""


@dataclass(frozen=True, slots=True)
class SeenEffect:
    """One effect that a walk asked for. `settled` says that its changes follow from what was given alone."""

    node: str
    kind: str
    target: str
    changes: Sequence[Mapping[str, Any]] = ()
    settled: bool = True

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"node": self.node, "kind": self.kind, "target": self.target}
        if self.settled:
            shown["changes"] = [
                {name: change[name] for name in ("field", "before", "after")} for change in self.changes
            ]
        return shown


@dataclass(frozen=True, slots=True)
class Seen:
    """What a walk came to, as far as scenarios speak of it."""

    fires: bool
    why_not: str = ""
    path: Mapping[str, Sequence[str]] = field(default_factory=dict)
    effects: Sequence[SeenEffect] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    failure: str = ""
    unplanned: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a walk was another than expected. `node` is "" where it is about the whole."""

    aspect: str
    node: str
    message: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def expectation_problems(expected: object) -> list[Problem]:
    """What is wrong with the shape of an expectation."""
    return check_config(expected, EXPECTED_SCHEMA, "expected")


def expectation_of(seen: Seen) -> dict[str, Any]:
    """What was seen, as the expectation that it fulfils."""
    if not seen.outcome:
        return {}
    return {
        "path": {node: list(branches) for node, branches in seen.path.items()},
        "effects": [effect.to_json() for effect in seen.effects],
        "outcome": seen.outcome,
    }


def target_of(effect: Effect, record: str) -> str:
    """Whom or what an effect is about, in one word or a few."""
    match effect:
        case CreateRecord():
            return effect.module
        case StartWorkflow():
            return effect.workflow
        case Notify() | RequestApproval():
            return ", ".join([*effect.users, *effect.groups])[:300]
    return record


def is_settled(effect: Effect) -> bool:
    """Whether an effect's changes follow from what was given: turns and loads are of the day."""
    return not isinstance(effect, AssignRecord) or effect.strategy == "fixed"


def compare(
    *, fires: bool, expected: Mapping[str, Any], seen: Seen, titles: Mapping[str, str]
) -> list[Difference]:
    """In what a walk differs from a scenario; nothing for one that passes. `titles` are those of the steps."""
    if fires is not seen.fires:
        return [_fires(fires, seen)]
    if seen.unplanned:
        message = "A step can't be simulated, so that nobody can say what would happen."
        return [Difference("outcome", "", message)]
    return [
        *_path(expected.get("path", {}), seen, titles),
        *_effects(expected.get("effects"), seen, titles),
        *_fields(expected.get("fields", {}), seen),
        *_outcome(expected.get("outcome", ""), seen),
    ]


def _fires(wanted: bool, seen: Seen) -> Difference:
    if wanted:
        why = seen.why_not or "It started, but no step of it would do anything."
        return Difference("fires", "", f"It should fire, but did not. {why}")
    return Difference("fires", "", "It should not fire, but did.")


def _path(
    expected: Mapping[str, Sequence[str]], seen: Seen, titles: Mapping[str, str]
) -> Iterator[Difference]:
    for node, branches in expected.items():
        wanted = _ways(branches)
        if node not in titles:
            yield Difference("path", node, f"The workflow has no step “{node}” any more.")
        elif node not in seen.path:
            message = f"“{titles[node]}” was not reached; it should go {wanted}."
            yield Difference("path", node, message)
        elif sorted(seen.path[node]) != sorted(branches):
            message = f"“{titles[node]}” should go {wanted}, but went {_ways(seen.path[node])}."
            yield Difference("path", node, message)


def _ways(branches: Sequence[str]) -> str:
    return " and ".join(f"“{branch}”" for branch in branches) or "on without a branch"


def _effects(
    expected: Sequence[Mapping[str, Any]] | None, seen: Seen, titles: Mapping[str, str]
) -> Iterator[Difference]:
    if expected is None:
        return
    left = list(seen.effects)
    for wanted in expected:
        found = next((effect for effect in left if _meant(wanted, effect)), None)
        name = _name(wanted.get("node", ""), wanted["kind"], titles)
        if found is None:
            yield Difference("effect", wanted.get("node", ""), f"{name} should run, but did not.")
            continue
        left.remove(found)
        yield from _one_effect(wanted, found, name)
    for effect in left:
        name = _name(effect.node, effect.kind, titles)
        yield Difference("effect", effect.node, f"{name} ran, which was not expected.")


def _meant(wanted: Mapping[str, Any], effect: SeenEffect) -> bool:
    """Whether an expected effect is about this one: by its step where it names one, else by kind and target."""
    if "node" in wanted:
        return bool(wanted["node"] == effect.node)
    return bool(wanted["kind"] == effect.kind and wanted.get("target", effect.target) == effect.target)


def _name(node: str, kind: str, titles: Mapping[str, str]) -> str:
    return f"“{titles.get(node) or node or kind}”"


def _one_effect(wanted: Mapping[str, Any], seen: SeenEffect, name: str) -> Iterator[Difference]:
    if wanted["kind"] != seen.kind:
        message = f"{name} should be a step of the kind {wanted['kind']}, but is {seen.kind}."
        yield Difference("effect", seen.node, message)
    if wanted.get("target", seen.target) != seen.target:
        message = f"{name} should be about {_said(wanted['target'])}, but is about {_said(seen.target)}."
        yield Difference("effect", seen.node, message)
    if "changes" not in wanted:
        return
    changes = {change["field"]: change for change in seen.changes}
    for change in wanted["changes"]:
        found = changes.pop(change["field"], None)
        if found is None:
            yield Difference(
                "change", seen.node, f"{name} should change “{change['field']}”, but did not touch it."
            )
            continue
        for side, verb in (("before", "find"), ("after", "set")):
            if side in change and change[side] != found[side]:
                message = (
                    f"{name} should {verb} “{change['field']}” {'as' if side == 'before' else 'to'}"
                    f" {_said(change[side])}, but {'found' if side == 'before' else 'set'} {_said(found[side])}."
                )
                yield Difference("change", seen.node, message)
    for name_of_field, found in changes.items():
        message = f"{name} changed “{name_of_field}” to {_said(found['after'])}, which was not expected."
        yield Difference("change", seen.node, message)


def _fields(expected: Mapping[str, Any], seen: Seen) -> Iterator[Difference]:
    for key, value in expected.items():
        if seen.fields.get(key) != value:
            message = f"“{key}” should be {_said(value)} in the end, but was {_said(seen.fields.get(key))}."
            yield Difference("field", "", message)


def _outcome(expected: str, seen: Seen) -> Iterator[Difference]:
    if expected and expected != seen.outcome:
        because = f": {seen.failure}" if seen.failure else "."
        came = f"came to “{seen.outcome}”" if seen.outcome else "did not start"
        yield Difference("outcome", "", f"The run should end as “{expected}”, but {came}{because}")


def _said(value: Any) -> str:
    """A value in a sentence."""
    if value is None or value == "":
        return "nothing"
    text = "yes" if value is True else "no" if value is False else str(value)
    return f"“{text[:MAX_SHOWN]}{'…' if len(text) > MAX_SHOWN else ''}”"
