from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.effects import ChangeRecord
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext


class ChangeStatus(ActionKind):
    """Move the run's record to another status, within its module's transition table."""

    key = "change_status"
    label = "Change status"
    description = "Move the record to another status, if its module allows the move."
    risk = Risk.MEDIUM
    permission = "automations.use_module"
    undo = "before_image"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "to": {"type": "string", "minLength": 1, "maxLength": 120, "title": "To", "x-widget": "status"},
            "retry": {"type": "object"},
        },
        "required": ["to"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.module
        if module is None or not module.status_field:
            name = module.name if module is not None else "This workflow"
            hint = "Choose a module that has one, or use “Update fields”."
            return [Problem("no-status-field", f"{path}.to", f"{name} has no status field.", hint)]
        choices = module.schema[module.status_field].choices
        if choices and config["to"] not in choices:
            hint = f"Use one of {', '.join(choices)}."
            return [Problem("unknown-choice", f"{path}.to", f"There is no status “{config['to']}”.", hint)]
        if module.transitions and not any(config["to"] in targets for targets in module.transitions.values()):
            return [
                Problem(
                    "transition-not-allowed",
                    f"{path}.to",
                    f"No status of {module.name} may move to “{config['to']}”.",
                    "Choose another status or add the move to the module.",
                )
            ]
        return []

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"status → {config['to']}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: ChangeRecord(key=key, values={}, status=config["to"])
