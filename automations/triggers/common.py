"""What all triggers share: scope and filter, dedupe key, window, throttle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from automations.engine.documents import canonical_json
from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import Schema
from automations.engine.kinds import Judge, Match, ModuleFacts, ValidationContext
from automations.engine.rules import CompiledRule, Scope, compile_rule, validate_rule
from automations.engine.schemas import nearest

DURATION: Mapping[str, Any] = {"type": "string", "maxLength": 40, "x-widget": "duration"}

COMMON_PROPERTIES: Mapping[str, Any] = {
    "scope": {"type": "object", "title": "Scope", "x-widget": "rule", "x-help": "Records that this trigger is about."},
    "filter": {"type": "object", "title": "Filter", "x-widget": "rule", "x-help": "What must be true for a run to start."},
    "dedupe": {
        "type": "object",
        "properties": {"path": {"type": "string", "minLength": 1, "maxLength": 200}, "window": DURATION},
        "required": ["path"],
        "additionalProperties": False,
        "title": "Same key, one run",
    },
    "once_per_record": {**DURATION, "title": "Once per record per"},
    "throttle": {
        "type": "object",
        "properties": {"max": {"type": "integer", "minimum": 1, "maximum": 1_000_000}, "per": DURATION},
        "required": ["max", "per"],
        "additionalProperties": False,
        "title": "At most",
    },
    "allow_self": {"type": "boolean", "title": "React to this workflow's own changes"},
}


def check_common(config: Mapping[str, Any], context: ValidationContext, path: str, *, event: bool = True) -> list[Problem]:
    """Problems of the shared part of a trigger's config. The rules' fields are those of the config's own module."""
    problems: list[Problem] = []
    module = context.modules.get(str(config.get("module", "")))
    for key in ("scope", "filter"):
        if key in config:
            schema: Schema = module.schema if module is not None else {}
            problems += validate_rule(
                config[key], schema, path=f"{path}.{key}", policies=set(context.policies), allow_event=event
            )
    for at, text in (
        ("dedupe.window", config.get("dedupe", {}).get("window")),
        ("throttle.per", config.get("throttle", {}).get("per")),
        ("once_per_record", config.get("once_per_record")),
    ):
        if text is not None:
            problems += check_duration(text, f"{path}.{at}", positive=True)
    return problems


def check_duration(text: object, path: str, *, positive: bool = False) -> list[Problem]:
    try:
        if positive and parse_duration(text) <= timedelta(0):
            return [Problem("bad-duration", path, "The duration must be longer than nothing.", "Write it like PT1H.")]
    except EngineError as error:
        return [Problem(error.code, path, error.message, error.hint)]
    return []


def check_module(config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
    if config.get("module") is None or config["module"] in context.modules:
        return []
    meant = nearest(str(config["module"]), list(context.modules))
    hint = f"Did you mean “{meant}”?" if meant else "Choose a module."
    return [Problem("unknown-module", f"{path}.module", f"There is no module “{config['module']}”.", hint)]


def prepare_rules(config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
    """A judge of scope (out of scope) and filter (filtered); a refusal carries the explanation of its rule."""
    schema: Schema = module.schema if module is not None else {}
    rules: list[tuple[str, str, CompiledRule]] = [
        (key, answer, compile_rule(config[key], schema, policies=policies))
        for key, answer in (("scope", "out_of_scope"), ("filter", "filtered"))
        if config.get(key)
    ]

    def judge(scope: Scope) -> Match:
        for key, answer, rule in rules:
            if not rule.test(scope):
                return Match(answer, {"rule": key, "explanation": rule.explain(scope)})  # type: ignore[arg-type]
        return Match("matched")

    return judge


def dedupe_key(config: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The key that makes a second run for "the same thing" a duplicate: the event itself, unless the config names a
    value of the event or once-per-record, each with a window of fixed slots counted from the epoch."""
    moment = datetime.fromisoformat(str(event["occurred_at"]))
    if config.get("once_per_record"):
        return f"record:{event.get('record')}:{_slot(config['once_per_record'], moment)}"
    dedupe = config.get("dedupe")
    if dedupe:
        value: Any = {"event": event}
        for part in str(dedupe["path"]).split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        digest = hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]
        return f"key:{digest}:{_slot(dedupe['window'], moment) if 'window' in dedupe else ''}"
    return f"event:{event['id']}"


def _slot(window: str, moment: datetime) -> int:
    return int(moment.timestamp() // parse_duration(window).total_seconds())
