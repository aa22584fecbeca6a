from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from automations.engine.durations import parse_duration
from automations.engine.errors import Problem
from automations.engine.fields import FieldType
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.moments import instant_of
from automations.triggers.common import (
    COMMON_PROPERTIES,
    DURATION,
    MODULE,
    check_common,
    check_duration,
    check_field,
    prepare_rules,
)


class DeadlineTrigger(TriggerKind):
    """A moment before or after a date of a record: an SLA. Judged on the record as it is at that moment."""

    key = "deadline"
    label = "Deadline"
    description = "Starts a while before or after a date of the record."
    source_kind = "deadline"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "module": {**MODULE, "x-help": "Whose records it watches."},
            "field": {
                "type": "string",
                "minLength": 1,
                "title": "Date",
                "x-widget": "record-field",
                "x-help": "A date or date-time field; a date means its beginning in the workflow's zone.",
            },
            "offset": {
                **DURATION,
                "title": "How long",
                "x-help": "Such as PT2H or P1D; PT0S for the moment itself.",
            },
            "when": {
                "type": "string",
                "enum": ["before", "after"],
                "title": "Before or after",
                "x-widget": "select",
                "x-help": "Before the date, or after it.",
            },
            **COMMON_PROPERTIES,
        },
        "required": ["module", "field", "offset", "when"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.modules.get(config["module"])
        if module is None:
            return []  # an unknown module is the document's problem, and told there
        return [
            *check_field(config["field"], module, f"{path}.field", (FieldType.DATE, FieldType.DATETIME)),
            *check_duration(config["offset"], f"{path}.offset"),
            *check_common(config, context, path, allow_event=False),
        ]

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{config['offset']} {config['when']} {config['field']} of a record of {config['module']}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config["module"], ("deadline",)

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return prepare_rules(config, module, policies)


def due_at(config: Mapping[str, Any], values: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    """When the alarm for a record with these canonical values rings, in UTC; None without a date, or when the
    moment lies beyond the calendar.

    A date is its local midnight in `zone`, and the offset then counts on the local calendar; for a datetime
    it is elapsed time.
    """
    text = values.get(config["field"])
    if not isinstance(text, str):
        return None
    offset = parse_duration(config["offset"])
    try:
        return instant_of(text, zone, -offset if config["when"] == "before" else offset)
    except (OverflowError, ValueError):
        return None
