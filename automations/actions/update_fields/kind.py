from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions.values import VALUE_SCHEMA, check_values, resolve
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
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "values": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": VALUE_SCHEMA,
                "title": "Fields",
                "x-widget": "record-values",
            },
            "retry": {"type": "object"},
        },
        "required": ["values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return check_values(config["values"], context.module, f"{path}.values")

    def summary(self, config: Mapping[str, Any]) -> str:
        return "set " + ", ".join(config["values"])

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        values = config["values"]

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return ChangeRecord(key=key, values={name: resolve(value, scope) for name, value in values.items()})

        return perform
