"""What all triggers share: scope and filter with their explanations, dedupe key, window, throttle."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from automations.engine.crowding import value_at
from automations.engine.documents import canonical_json
from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldSpec, FieldType, Schema
from automations.engine.kinds import Judge, Match, ModuleFacts, ValidationContext
from automations.engine.operators import OPERATORS
from automations.engine.rules import CompiledRule, Scope, compile_rule, validate_rule
from automations.engine.schemas import listed, nearest

Refusal = Literal["filtered", "out_of_scope"]

DURATION: Mapping[str, Any] = {"type": "string", "minLength": 2, "maxLength": 40, "x-widget": "duration"}
MODULE: Mapping[str, Any] = {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"}
THROTTLE: Mapping[str, Any] = {
    "type": "object",
    "properties": {"max": {"type": "integer", "minimum": 1, "maximum": 1_000_000}, "per": DURATION},
    "required": ["max", "per"],
    "additionalProperties": False,
    "title": "At most",
    "x-widget": "throttle",
    "x-help": "At most so many runs in so long; what comes on top is recorded as throttled.",
}
COMMON_PROPERTIES: Mapping[str, Any] = {
    "scope": {
        "type": "object",
        "title": "Scope",
        "x-widget": "rule",
        "x-help": "The records that this trigger is about at all.",
    },
    "filter": {
        "type": "object",
        "title": "Filter",
        "x-widget": "rule",
        "x-help": "What must be true for a run to start.",
    },
    "dedupe": {
        "type": "object",
        "properties": {
            "path": {"type": "string", "minLength": 1, "maxLength": 200},
            "window": DURATION,
        },
        "required": ["path"],
        "additionalProperties": False,
        "title": "One run per value",
        "x-widget": "dedupe",
        "x-help": "Events with the same value here, such as event.data.id, start one run (per window).",
    },
    "once_per_record": {
        **DURATION,
        "title": "Once per record per",
        "x-help": "At most one run for a record in so long; the windows are fixed, counted from 1970 in UTC.",
    },
    "throttle": THROTTLE,
    "allow_self": {
        "type": "boolean",
        "default": False,
        "title": "React to its own changes",
        "x-widget": "switch",
        "x-help": "Whether a change that this workflow made may start it again.",
    },
}

DATA_SCHEMA: Schema = {
    "data": FieldSpec("data", "Data", FieldType.JSON),
    "actor": FieldSpec("actor", "Actor", FieldType.USER),
    "record": FieldSpec("record", "Record", FieldType.TEXT),
}
"""What the rules of a trigger without module look at: the event itself, so that “data.customer.tier” is a
field."""

EVENT_PATH = re.compile(r"^event(\.[A-Za-z0-9_-]{1,64}){1,12}$")


def check_common(
    config: Mapping[str, Any], context: ValidationContext, path: str, *, allow_event: bool = True
) -> list[Problem]:
    """Problems of the shared part of a trigger's settings.

    Rules are judged against the schema of the config's own module; where it names none, they are about the
    event (`DATA_SCHEMA`) and may not use policies, which are about records. `allow_event` permits what looks at the
    event from a record's rule: `changed*` operators and references.
    """
    problems: list[Problem] = []
    module = context.modules.get(config.get("module", ""))
    schema, policies = (module.schema, set(context.policies)) if module is not None else (DATA_SCHEMA, set())
    for key in ("scope", "filter"):
        if config.get(key) and (module is not None or "module" not in config):
            problems += validate_rule(
                config[key], schema, path=f"{path}.{key}", policies=policies, allow_event=allow_event
            )
    dedupe, throttle = config.get("dedupe", {}), config.get("throttle", {})
    if dedupe and not EVENT_PATH.match(dedupe["path"]):
        message = f"“{dedupe['path'][:60]}” is no path into an event."
        problems.append(
            Problem("bad-reference", f"{path}.dedupe.path", message, "Write it like event.data.id.")
        )
    if dedupe and "once_per_record" in config:
        message = "A trigger has one dedupe key: “dedupe” or “once_per_record”, not both."
        problems.append(Problem("two-dedupe-keys", f"{path}.once_per_record", message, "Remove one of them."))
    if "once_per_record" in config and "module" not in config:
        message = "“once_per_record” needs a record, and no module is named."
        problems.append(
            Problem("trigger-without-record", f"{path}.once_per_record", message, "Name the module.")
        )
    for at, text in (
        ("dedupe.window", dedupe.get("window")),
        ("throttle.per", throttle.get("per")),
        ("once_per_record", config.get("once_per_record")),
    ):
        if text is not None:
            problems += check_duration(text, f"{path}.{at}", positive=True)
    return problems


def check_duration(text: str, path: str, *, positive: bool = False) -> list[Problem]:
    """The problem of a duration, if it has one; `positive` refuses one of no length."""
    try:
        length = parse_duration(text)
    except EngineError as error:
        return [Problem(error.code, path, error.message, error.hint)]
    if positive and length <= timedelta(0):
        return [
            Problem("bad-duration", path, "The duration must be longer than nothing.", "Write it like PT1H.")
        ]
    return []


def check_field(key: str, module: ModuleFacts, path: str, types: tuple[FieldType, ...] = ()) -> list[Problem]:
    """The problem of a field that shall be watched: unknown, or none of `types` where these are given."""
    spec = module.schema.get(key)
    if spec is not None and (not types or spec.type in types):
        return []
    known = [name for name, entry in module.schema.items() if not types or entry.type in types]
    meant = nearest(key, known)
    hint = (
        f"Did you mean “{meant}”?"
        if meant
        else f"Choose one of {listed(known)}."
        if known
        else "Add one first."
    )
    if spec is not None:
        wanted = " or ".join(types)
        return [
            Problem("wrong-field-type", path, f"{spec.label} is a {spec.type} field, not {wanted}.", hint)
        ]
    return [Problem("unknown-field", path, f"{module.name} have no field “{key[:63]}”.", hint)]


def prepare_rule(
    key: str, answer: Refusal, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]
) -> Judge:
    """A judge for one of the config's rules ("scope" or "filter"); matches where the config has none."""
    if not config.get(key):
        return lambda scope: Match("matched")
    rule = compile_rule(config[key], schema, policies=policies)

    def judge(scope: Scope) -> Match:
        return Match("matched") if rule.test(scope) else refusal(answer, key, rule, scope)

    return judge


def prepare_rules(
    config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
) -> Judge:
    """A judge of module and scope (out of scope) and then of the filter (filtered).

    Without a module the rules look at the event itself (`DATA_SCHEMA`). With one, an event of another module
    is out of scope, and so is one without a record.
    """
    if module is None:
        scoped = prepare_rule("scope", "out_of_scope", config, DATA_SCHEMA, policies)
        filtered = prepare_rule("filter", "filtered", config, DATA_SCHEMA, policies)

        def judge_event(scope: Scope) -> Match:
            seen = Scope(record=scope.event, event=scope.event, now=scope.now, zone=scope.zone)
            match = scoped(seen)
            return match if match.outcome != "matched" else filtered(seen)

        return judge_event
    in_scope = prepare_scope(config, module, policies)
    passes = prepare_rule("filter", "filtered", config, module.schema, policies)

    def judge(scope: Scope) -> Match:
        match = in_scope(scope)
        return match if match.outcome != "matched" else passes(scope)

    return judge


def prepare_scope(config: Mapping[str, Any], module: ModuleFacts, policies: Mapping[str, Any]) -> Judge:
    """A judge of what a trigger is about at all: its module, that there is a record, and its scope rule."""
    scoped = prepare_rule("scope", "out_of_scope", config, module.schema, policies)

    def judge(scope: Scope) -> Match:
        other = (scope.event or {}).get("module")
        if other and other != module.key:
            return Match("out_of_scope", {"why": f"The event is about “{other}”, not about {module.name}."})
        if scope.record is None:
            return Match(
                "out_of_scope", {"why": f"The event names no record of {module.name}, or it is gone."}
            )
        return scoped(scope)

    return judge


def refusal(answer: Refusal, part: str, rule: CompiledRule, scope: Scope) -> Match:
    """A "no" with its reason: {"rule": part, "why": a sentence on the comparison that decided,
    "explanation": the whole rule with the values that it saw}."""
    explanation = rule.explain(scope)
    leaf = next(_deciding(explanation, wanted=True), None)
    why = f"The {part} does not hold: {_sentence(leaf)}" if leaf else f"The {part} does not hold."
    return Match(answer, {"rule": part, "why": why, "explanation": explanation})


def _deciding(part: Mapping[str, Any], *, wanted: bool) -> Iterator[Mapping[str, Any]]:
    """The leaves because of which a part did not come out as `wanted`."""
    if part["result"] is wanted:
        return
    if part["kind"] == "leaf":
        yield part
    for inner in part.get("children", ()):
        yield from _deciding(inner, wanted=wanted is not (part["kind"] == "not"))


def _sentence(leaf: Mapping[str, Any]) -> str:
    """A leaf in words: what was asked and what it saw."""
    operator = OPERATORS[leaf["op"]]
    asked = f"{leaf['field']} {operator.label}"
    if operator.value != "none":
        asked += f" {canonical_json(leaf['expected'])}"
    saw = leaf["saw"][1] if leaf["op"] == "changed" else leaf["saw"]
    seen = f"the value is {canonical_json(saw)}" if saw is not None else "there is no value"
    return f"“{asked}” is {'true' if leaf['result'] else 'false'}, {seen}."


def dedupe_key(config: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The key under which a second run for the same thing is a duplicate; at most 120 characters.

    By default each event is its own thing. "dedupe" takes a value of the event instead, "once_per_record" the
    event's record; both with a window of fixed length, counted from 1970 in UTC by the time of the event. An
    event that lacks the value, or the record, is its own thing, so that nothing is dropped for want of it.
    """
    dedupe, period = config.get("dedupe"), config.get("once_per_record")
    if dedupe:
        value = value_at(dedupe["path"], event)
        if value is not None:
            return f"key:{_digest(value)}{_slot(dedupe.get('window'), event)}"
    elif period and event.get("record"):
        return f"record:{_digest([event.get('module'), event['record']])}{_slot(period, event)}"
    return f"event:{event['id']}"


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]


def _slot(window: str | None, event: Mapping[str, Any]) -> str:
    if window is None:
        return ""
    moment = datetime.fromisoformat(str(event["occurred_at"]))
    return f"@{int(moment.timestamp() // parse_duration(window).total_seconds())}"
