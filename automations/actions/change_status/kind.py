from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_literal, check_templates, is_dynamic, no_record
from automations.engine.effects import ChangeRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Failed, Outcome
from automations.engine.rules import Scope
from automations.engine.templating import render


class ChangeStatus(ActionKind):
    """Move the run's record to another status, within its module's transition table."""

    key = "change_status"
    label = "Change status"
    description = "Move the record to another status, if its module allows the move."
    risk = Risk.MEDIUM
    permission = "automations.use_module"
    undo = "before_image"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "to": {
                "type": "string",
                "minLength": 1,
                "maxLength": 300,
                "title": "New status",
                "x-widget": "status",
                "x-help": "The status that the record moves to.",
            }
        },
        "required": ["to"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.module
        if module is None:
            return [no_record(path)]
        at, to = f"{path}.to", config["to"]
        if not module.status_field:
            hint = "Name its status field in the module, or use “Update fields”."
            return [Problem("no-status-field", at, f"{module.name} have no status field.", hint)]
        wrong = check_templates(to, at) or check_literal(module.schema[module.status_field], to, context, at)
        if wrong or is_dynamic(to) or not module.transitions:
            return wrong
        if any(to in targets for targets in module.transitions.values()):
            return []
        message = f"No status of {module.name} may move to “{to}”."
        return [
            Problem(
                "transition-not-allowed",
                at,
                message,
                "Choose another status, or allow the move in the module.",
            )
        ]

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Move to “{config['to']}”"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            status = render(config["to"], scope).strip()
            if not status:
                return Failed(
                    "status-missing", f"“{config['to']}” came out empty, so there is no status to move to."
                )
            return ChangeRecord(key=key, values={}, status=status)

        return careful(perform)
