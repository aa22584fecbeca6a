from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_templates
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Stop
from automations.engine.templating import render


class StopAction(ActionKind):
    """End the run here, whatever else is open, with an outcome and a reason."""

    key = "stop"
    label = "Stop"
    description = "End the run with an outcome, whatever else is open."
    undo = "nothing"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "outcome": {
                "type": "string",
                "enum": ["succeeded", "failed", "cancelled"],
                "title": "Outcome",
                "x-widget": "select",
                "x-help": "What the run counts as.",
            },
            "message": {
                "type": "string",
                "maxLength": 500,
                "title": "Why",
                "x-widget": "template",
                "x-help": "What the run's page says; {{ record.title }} and the like are filled in.",
            },
        },
        "required": ["outcome"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return check_templates(config.get("message", ""), f"{path}.message")

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"End as {config['outcome']}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return careful(lambda scope, key: Stop(config["outcome"], render(config.get("message", ""), scope)))
