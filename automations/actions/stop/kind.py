from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Stop
from automations.engine.templating import render, validate_template


class StopAction(ActionKind):
    """End the run here, whatever else is open, with an outcome and a reason."""

    key = "stop"
    label = "Stop"
    description = "End the run with an outcome."
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "outcome": {"type": "string", "enum": ["succeeded", "failed", "cancelled"], "title": "Outcome"},
            "message": {"type": "string", "maxLength": 500, "title": "Why", "x-widget": "template"},
        },
        "required": ["outcome"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return validate_template(config.get("message", ""), f"{path}.message")

    def summary(self, config: Mapping[str, Any]) -> str:
        return str(config["outcome"])

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: Stop(config["outcome"], render(config.get("message", ""), scope))
