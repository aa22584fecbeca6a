from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions.values import VALUE_SCHEMA, resolve
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import FIELD_KEY, Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome, Succeeded
from automations.engine.rules import Scope
from automations.engine.templating import validate_template


class SetVariable(ActionKind):
    """Keep values for later steps of the run, which read them as `variables.name`."""

    key = "set_variable"
    label = "Set variable"
    description = "Keep a value for later steps."
    sets_variables = True
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "values": {"type": "object", "minProperties": 1, "additionalProperties": VALUE_SCHEMA, "title": "Variables"},
            "retry": {"type": "object"},
        },
        "required": ["values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems: list[Problem] = []
        for name, value in config["values"].items():
            at = f"{path}.values.{name}"
            if not FIELD_KEY.match(name):
                hint = "Use small letters, digits and “_”, starting with a letter."
                problems.append(Problem("bad-variable-name", at, f"“{name[:63]}” is no variable's name.", hint))
            if isinstance(value, str):
                problems += validate_template(value, at)
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return ", ".join(config["values"])

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            values = {name: resolve(value, scope) for name, value in config["values"].items()}
            return Succeeded(values, message=f"Set {', '.join(values)}.")

        return perform
