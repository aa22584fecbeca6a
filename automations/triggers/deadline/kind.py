from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.durations import parse_duration
from automations.engine.errors import Problem
from automations.engine.fields import FieldType
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.triggers.common import (
    COMMON_PROPERTIES,
    DURATION,
    check_common,
    check_duration,
    check_module,
    prepare_rules,
)


class DeadlineTrigger(TriggerKind):
    """A moment before or after a date field of a record: an SLA. Judged on the record as it is at that moment."""

    key = "deadline"
    label = "Deadline"
    description = "Starts a while before or after a date of the record."
    source_kind = "deadline"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "module": {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"},
            "field": {"type": "string", "minLength": 1, "title": "Date", "x-widget": "record-field"},
            "offset": {**DURATION, "title": "How long"},
            "when": {"type": "string", "enum": ["before", "after"], "title": "Before or after"},
            **COMMON_PROPERTIES,
        },
        "required": ["module", "field", "offset", "when"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_module(config, context, path)
        if problems:
            return problems
        module = context.modules[config["module"]]
        spec = module.schema.get(config["field"])
        if spec is None or spec.type not in (FieldType.DATE, FieldType.DATETIME):
            dates = [key for key, entry in module.schema.items() if entry.type in (FieldType.DATE, FieldType.DATETIME)]
            hint = f"Use one of {', '.join(dates) or 'none: add one to the module'}."
            problems.append(
                Problem("unknown-field", f"{path}.field", f"{module.name} have no date field “{config['field']}”.", hint)
            )
        return problems + check_duration(config["offset"], f"{path}.offset") + check_common(config, context, path, event=False)

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{config['offset']} {config['when']} {config['field']}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config["module"], ("deadline",)

    def prepare(self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
        return prepare_rules(config, module, policies)


def due_at(config: Mapping[str, Any], values: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    """When the alarm for a record with these values rings; None without a date. A date means its local midnight in
    `zone`; the offset is elapsed time."""
    text = values.get(config["field"])
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.combine(moment, time(), tzinfo=zone)
    moment = moment.astimezone(ZoneInfo("UTC"))
    offset = parse_duration(config["offset"])
    try:
        return moment - offset if config["when"] == "before" else moment + offset
    except OverflowError:
        return None
