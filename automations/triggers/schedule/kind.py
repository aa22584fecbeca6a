from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, Match, ModuleFacts, TriggerKind, ValidationContext
from automations.triggers.common import COMMON_PROPERTIES, check_module
from automations.triggers.schedule.slots import CronError, next_slot


class ScheduleTrigger(TriggerKind):
    """Times given by a cron expression in a time zone, with a policy for those that were missed."""

    key = "schedule"
    label = "Schedule"
    description = "Starts at set times."
    source_kind = "schedule"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "cron": {"type": "string", "minLength": 1, "maxLength": 100, "title": "When", "x-widget": "cron"},
            "zone": {"type": "string", "maxLength": 64, "title": "Time zone", "x-widget": "zone"},
            "missed": {"type": "string", "enum": ["skip", "once", "all"], "title": "Missed times"},
            "max_missed": {"type": "integer", "minimum": 1, "maximum": 100, "title": "At most"},
            "module": {"type": "string", "title": "Module", "x-widget": "module"},
            "throttle": COMMON_PROPERTIES["throttle"],
        },
        "required": ["cron"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_module(config, context, path)
        zone = config.get("zone", "UTC")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            hint = "Write it like Europe/Berlin."
            return [*problems, Problem("unknown-zone", f"{path}.zone", f"There is no time zone “{zone}”.", hint)]
        try:
            next_slot(config["cron"], zone, datetime(2026, 1, 1, tzinfo=UTC))
        except CronError as error:
            problems.append(Problem("bad-cron", f"{path}.cron", str(error), "Write it like “30 2 * * 1-5”."))
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{config['cron']} {config.get('zone', '')}".strip()

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), ("schedule",)

    def prepare(self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
        return lambda scope: Match("matched")
