from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, Match, ModuleFacts, TriggerKind, ValidationContext
from automations.triggers.common import MODULE, THROTTLE, check_common
from automations.triggers.schedule.slots import POLICIES, check_cron


class ScheduleTrigger(TriggerKind):
    """Times given by a cron expression in a time zone, with a policy for those that were missed.

    A schedule brings no record; its module only says what the workflow is about.
    """

    key = "schedule"
    label = "Schedule"
    description = "Starts at set times."
    source_kind = "schedule"
    brings_record = False
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "cron": {
                "type": "string",
                "minLength": 1,
                "maxLength": 100,
                "title": "When",
                "x-widget": "cron",
                "x-help": "Minute, hour, day, month, weekday: “30 2 * * 1-5” is 02:30 from Monday to Friday.",
            },
            "zone": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "title": "Time zone",
                "x-widget": "zone",
                "x-help": "Such as Europe/Berlin; the workflow's own when left out.",
            },
            "missed": {
                "type": "string",
                "enum": list(POLICIES),
                "default": "once",
                "title": "Missed times",
                "x-widget": "select",
                "x-help": "After an outage: skip them, run once, or run all (up to the number below).",
            },
            "max_missed": {
                "type": "integer",
                "minimum": 1,
                "maximum": 100,
                "default": 10,
                "title": "At most",
                "x-widget": "number",
                "x-show-if": {"missed": "all"},
                "x-help": "How many missed times are made up for, the newest ones.",
            },
            "module": {**MODULE, "x-help": "What the workflow is about, if it has a module."},
            "throttle": THROTTLE,
        },
        "required": ["cron"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_cron(config["cron"], f"{path}.cron")
        zone = config.get("zone", "UTC")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"There is no time zone “{zone[:64]}”."
            problems.append(Problem("unknown-zone", f"{path}.zone", message, "Write it like Europe/Berlin."))
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"At {config['cron']}{' in ' + config['zone'] if 'zone' in config else ''}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), ("schedule",)

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return lambda scope: Match("matched")
