from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions.values import VALUE_SCHEMA, check_values, resolve
from automations.engine.effects import CreateRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.schemas import nearest
from automations.engine.templating import render, validate_template


class CreateRecordAction(ActionKind):
    """Create a record in any module; its key is the run's and step's unless one is given, so it is made once."""

    key = "create_record"
    label = "Create record"
    description = "Create a record in this or another module."
    risk = Risk.MEDIUM
    permission = "automations.use_module"
    undo = "delete"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "module": {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"},
            "values": {"type": "object", "additionalProperties": VALUE_SCHEMA, "title": "Fields", "x-widget": "record-values"},
            "key": {"type": "string", "maxLength": 120, "title": "Key", "x-widget": "template"},
            "retry": {"type": "object"},
        },
        "required": ["module", "values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        target = context.modules.get(config["module"])
        if target is None:
            meant = nearest(config["module"], list(context.modules))
            hint = f"Did you mean “{meant}”?" if meant else "Choose a module."
            return [Problem("unknown-module", f"{path}.module", f"There is no module “{config['module']}”.", hint)]
        problems = check_values(config["values"], target, f"{path}.values")
        problems += [
            Problem("missing-value", f"{path}.values", f"{target.name} need “{spec.label}”.", f"Give “{key}” a value.")
            for key, spec in target.schema.items()
            if spec.required and key not in config["values"]
        ]
        return problems + validate_template(config.get("key", ""), f"{path}.key")

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"in {config['module']}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return CreateRecord(
                key=key,
                module=config["module"],
                values={name: resolve(value, scope) for name, value in config["values"].items()},
                record_key=render(config.get("key", ""), scope),
            )

        return perform
