from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from automations.actions.values import careful, check_templates, is_dynamic, no_record
from automations.engine.durations import parse_duration
from automations.engine.effects import Effect
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.moments import instant_of
from automations.engine.outcomes import Failed, Outcome, Succeeded, Wait
from automations.engine.rules import Scope, lookup
from automations.engine.schemas import listed, nearest
from automations.engine.templating import render

WAYS = ("for", "until_field", "until")
LONGEST = timedelta(days=3_660)
_UTC = ZoneInfo("UTC")
MOMENT = FieldSpec("until", "Until", FieldType.DATETIME)
DURATION = {"type": "string", "minLength": 2, "maxLength": 40, "x-widget": "duration"}


class WaitAction(ActionKind):
    """Park the run: for a while, until a date of the record, or until a moment. One that has passed
    doesn't wait."""

    key = "wait"
    label = "Wait"
    description = "Wait for a while, until a date of the record, or until a moment."
    undo = "nothing"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "for": {**DURATION, "title": "For", "x-help": "How long, such as PT4H or P2D."},
            "until_field": {
                "type": "string",
                "minLength": 1,
                "title": "Until the date in",
                "x-widget": "record-field",
                "x-help": "A date field of the record; a day means its beginning in the workflow's zone.",
            },
            "offset": {
                **DURATION,
                "title": "Moved by",
                "x-show-if": {"until_field": None},
                "x-help": "How far before or after the date, such as PT2H.",
            },
            "when": {
                "type": "string",
                "enum": ["before", "after"],
                "default": "after",
                "title": "Before or after",
                "x-widget": "select",
                "x-show-if": {"until_field": None},
                "x-help": "Which way the offset moves it.",
            },
            "until": {
                "type": "string",
                "minLength": 1,
                "maxLength": 300,
                "title": "Until",
                "x-widget": "template",
                "x-help": "A moment such as 2026-03-29T14:30 (workflow's zone), or {{ event.data.due }}.",
            },
        },
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if len([way for way in WAYS if way in config]) != 1:
            message = "Say exactly one of “for”, “until_field” and “until”."
            return [Problem("missing-config", path, message, "Set how long to wait, or until when.")]
        problems = [
            problem
            for key in ("for", "offset")
            if key in config
            for problem in _check(config[key], f"{path}.{key}")
        ]
        if "until_field" in config:
            problems += _check_field(config["until_field"], context, path)
        elif "offset" in config or "when" in config:
            message = "“offset” and “when” move a date of the record; there is none here."
            problems.append(
                Problem("unused-config", f"{path}.offset", message, "Set “until_field”, or remove them.")
            )
        if "until" in config:
            problems += _check_moment(config["until"], f"{path}.until")
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        if "for" in config:
            return f"Wait for {config['for']}"
        if "until" in config:
            return f"Wait until {config['until']}"
        moved = f"{config['offset']} {config.get('when', 'after')} " if "offset" in config else ""
        return f"Wait until {moved}{config['until_field']}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        length = parse_duration(config["for"]) if "for" in config else None
        offset = parse_duration(config.get("offset", "PT0S")) * (-1 if config.get("when") == "before" else 1)

        def moment(scope: Scope) -> datetime | Failed:
            if length is not None:
                return scope.now + length
            if "until" in config:
                text = canonical(MOMENT, render(config["until"], scope).strip(), scope.zone)
                return (
                    instant_of(text, scope.zone)
                    if text
                    else Failed("date-missing", "The moment came out empty.")
                )
            text = lookup(scope, f"record.{config['until_field']}")
            if not isinstance(text, str):
                return Failed("date-missing", f"The record has no “{config['until_field']}” to wait for.")
            return instant_of(text, scope.zone, offset)

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            try:
                until = moment(scope)
            except (OverflowError, ValueError):
                return Failed("date-out-of-range", "The moment to wait for lies beyond the calendar.")
            if isinstance(until, Failed):
                return until
            if until <= scope.now:
                return Succeeded({"until": until.isoformat()}, message="The moment has passed already.")
            if until > scope.now + LONGEST:
                return Failed("wait-too-long", f"Nothing waits longer than {LONGEST.days:,} days.")
            return Wait("timer", until, output={"until": until.isoformat()})

        return careful(perform)


def _check(text: str, path: str) -> list[Problem]:
    try:
        length = parse_duration(text)
    except EngineError as error:
        return [Problem(error.code, path, error.message, error.hint)]
    if length <= LONGEST:
        return []
    return [
        Problem("bad-duration", path, f"“{text}” is longer than {LONGEST.days:,} days.", "Wait for less.")
    ]


def _check_field(key: str, context: ValidationContext, path: str) -> list[Problem]:
    if context.module is None:
        return [no_record(path)]
    schema = context.module.schema
    dates = [name for name, spec in schema.items() if spec.type in (FieldType.DATE, FieldType.DATETIME)]
    if key in dates:
        return []
    meant = nearest(key, dates)
    hint = (
        f"Did you mean “{meant}”?"
        if meant
        else f"Choose one of {listed(dates)}."
        if dates
        else "Add one to the module."
    )
    if key in schema:
        return [Problem("not-a-date", f"{path}.until_field", f"{schema[key].label} is no date field.", hint)]
    return [
        Problem(
            "unknown-field", f"{path}.until_field", f"{context.module.name} have no field “{key[:63]}”.", hint
        )
    ]


def _check_moment(text: str, path: str) -> list[Problem]:
    if is_dynamic(text):
        return check_templates(text, path)
    try:
        canonical(MOMENT, text, _UTC)
    except EngineError as error:
        return [Problem("bad-date", path, error.message, error.hint)]
    return []
