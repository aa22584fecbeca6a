from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import VALUE_HELP, careful, check_templates, resolve_each
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import FIELD_KEY, Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.rules import Scope

MAX_OUTPUT = 256 * 1024
"""Most characters of JSON that a step may leave to those after it."""


class SetVariable(ActionKind):
    """Keep values for later steps of the run, which read them as `variables.name`."""

    key = "set_variable"
    label = "Set variable"
    description = "Keep values for later steps."
    undo = "nothing"
    sets_variables = True
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "values": {
                "type": "object",
                "title": "Variables",
                "x-widget": "named-values",
                "x-help": f"Names and their values; later steps read variables.name. {VALUE_HELP}",
            }
        },
        "required": ["values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if not config["values"]:
            return [
                Problem(
                    "missing-config", f"{path}.values", "No variable is named.", "Add a name and its value."
                )
            ]
        problems: list[Problem] = []
        for name, value in config["values"].items():
            at = f"{path}.values.{name[:64]}"
            if not FIELD_KEY.match(name):
                hint = "Use small letters, digits and “_”, starting with a letter, at most 63 long."
                problems.append(
                    Problem("bad-variable-name", at, f"“{name[:64]}” is no name for a variable.", hint)
                )
            problems += check_templates(value, at)
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Keep {', '.join(config['values'])}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            values = resolve_each(config["values"], scope)
            if len(json.dumps(values)) > MAX_OUTPUT:
                return Failed("output-too-large", f"The variables hold more than {MAX_OUTPUT // 1024} KiB.")
            return Succeeded(values, message=f"Kept {', '.join(values)}.")

        return careful(perform)
