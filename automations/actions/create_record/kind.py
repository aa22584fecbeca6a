from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import (
    VALUE_HELP,
    careful,
    check_templates,
    check_values,
    resolve_each,
)
from automations.engine.effects import CreateRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Failed, Outcome
from automations.engine.rules import Scope
from automations.engine.schemas import check_name
from automations.engine.templating import render

MAX_KEY = 120


class CreateRecordAction(ActionKind):
    """Create a record in any module; its key is the run's and step's unless one is given, so that it is
    made once."""

    key = "create_record"
    label = "Create record"
    description = "Create a record in this or another module."
    risk = Risk.MEDIUM
    permission = "automations.use_module"
    undo = "delete"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "module": {
                "type": "string",
                "minLength": 1,
                "title": "Module",
                "x-widget": "module",
                "x-help": "Where the new record belongs.",
            },
            "values": {
                "type": "object",
                "title": "Fields",
                "x-widget": "record-values",
                "x-help": f"What the new record holds. {VALUE_HELP}",
            },
            "key": {
                "type": "string",
                "maxLength": 300,
                "title": "Key",
                "x-widget": "template",
                "x-help": f"The new record's key, up to {MAX_KEY} characters; leave it out to have one made.",
            },
        },
        "required": ["module", "values"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.modules.get(config["module"])
        if module is None:
            return check_name("module", config["module"], context.modules, f"{path}.module")
        values = config["values"]
        problems = check_values(values, module, context, f"{path}.values")
        problems += check_templates(config.get("key", ""), f"{path}.key")
        problems += [
            Problem(
                "missing-value", f"{path}.values.{key}", f"{module.name} need {spec.label}.", f"Set “{key}”."
            )
            for key, spec in module.schema.items()
            if spec.required and not spec.read_only and key not in values
        ]
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Create a record in {config['module']}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        values = config["values"]

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            record_key = render(config.get("key", ""), scope).strip()
            if len(record_key) > MAX_KEY:
                return Failed(
                    "key-too-long", f"The key “{record_key[:40]}…” is longer than {MAX_KEY} characters."
                )
            return CreateRecord(
                key=key, module=config["module"], values=resolve_each(values, scope), record_key=record_key
            )

        return careful(perform)
