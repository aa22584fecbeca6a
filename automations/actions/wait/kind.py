from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from automations.engine.durations import parse_duration
from automations.engine.effects import Effect
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldType, Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Failed, Outcome, Succeeded, Wait
from automations.engine.rules import Scope


class WaitAction(ActionKind):
    """Park the run: for a while, or until a date of the record. A moment that has passed does not wait."""

    key = "wait"
    label = "Wait"
    description = "Wait for a duration or until a date of the record."
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "for": {"type": "string", "title": "For", "x-widget": "duration"},
            "until_field": {"type": "string", "title": "Until", "x-widget": "record-field"},
            "offset": {"type": "string", "title": "Plus", "x-widget": "duration"},
        },
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems: list[Problem] = []
        if ("for" in config) == ("until_field" in config):
            problems.append(Problem("missing-config", path, "How long?", "Set either “for” or “until_field”."))
        for key in ("for", "offset"):
            if key in config:
                try:
                    parse_duration(config[key])
                except EngineError as error:
                    problems.append(Problem(error.code, f"{path}.{key}", error.message, error.hint))
        name = config.get("until_field")
        if name is not None:
            spec = context.module.schema.get(name) if context.module is not None else None
            if spec is None or spec.type not in (FieldType.DATE, FieldType.DATETIME):
                hint = "Choose a date or date-time field."
                problems.append(Problem("unknown-field", f"{path}.until_field", f"“{name}” is no date field.", hint))
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"for {config['for']}" if "for" in config else f"until {config.get('until_field')}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        length = parse_duration(config["for"]) if "for" in config else None
        offset = parse_duration(config.get("offset", "PT0S"))

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            if length is not None:
                until = scope.now + length
            else:
                text = (scope.record or {}).get(config["until_field"])
                if text is None:
                    return Failed("date-missing", f"The record has no {config['until_field']}.")
                moment = datetime.fromisoformat(text)
                until = (moment if moment.tzinfo else datetime.combine(moment, time(), tzinfo=scope.zone)) + offset
            if until <= scope.now:
                return Succeeded(message="The moment has passed already.")
            return Wait("timer", until)

        return perform
