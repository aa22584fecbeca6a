from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import VALUE_HELP, careful, check_values, no_record, resolve_each
from automations.engine.effects import ChangeRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope


class UpdateFields(ActionKind):
    """Set fields of the run's record."""

    key = "update_fields"
    label = "Update fields"
    description = "Set one or more fields of the record."
    risk = Risk.MEDIUM
    permission = "automations.use_module"
    undo = "before_image"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "values": {
                "type": "object",
                "title": "Fields",
                "x-widget": "record-values",
                "x-help": f"The fields to set, each with its new value. {VALUE_HELP}",
            }
        },
        "required": ["values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if context.module is None:
            return [no_record(path)]
        if not config["values"]:
            return [
                Problem(
                    "missing-config", f"{path}.values", "No field is to be set.", "Add a field and its value."
                )
            ]
        return check_values(config["values"], context.module, context, f"{path}.values")

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Set {', '.join(config['values'])}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        values = config["values"]

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return ChangeRecord(key=key, values=resolve_each(values, scope))

        return careful(perform)
