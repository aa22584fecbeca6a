from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.fields import FIELD_KEY
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.schemas import listed, nearest
from automations.triggers.common import COMMON_PROPERTIES, MODULE, check_common, prepare_rules

TEXT = {"type": "string", "maxLength": 1_000}
QUESTION: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["string", "integer", "number", "boolean"]},
        "title": TEXT,
        "description": TEXT,
        "enum": {"type": "array", "minItems": 1, "maxItems": 200},
        "default": {},
        "minLength": {"type": "integer", "minimum": 0},
        "maxLength": {"type": "integer", "minimum": 0},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "x-widget": TEXT,
        "x-help": TEXT,
    },
    "required": ["type"],
    "additionalProperties": False,
}
"""One question of the form: the part of JSON Schema that `engine.schemas.check_config` then holds answers
to."""


class ManualTrigger(TriggerKind):
    """A person or an API client presses the button, or another workflow starts this one.

    What the form asks for, or the other workflow hands over, becomes the run's variables.
    """

    key = "manual"
    label = "Manual"
    description = "Starts when somebody, or another workflow, starts it."
    source_kind = "manual"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "module": {
                **MODULE,
                "x-help": "Whose records it is started on; leave it out to start without one.",
            },
            "form": {
                "type": "object",
                "properties": {
                    "type": {"const": "object"},
                    "properties": {"type": "object", "additionalProperties": QUESTION},
                    "required": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
                    "additionalProperties": {"type": "boolean"},
                },
                "required": ["type", "properties"],
                "additionalProperties": False,
                "title": "Form",
                "x-widget": "form-builder",
                "x-help": "What is asked when somebody starts it, as a JSON Schema.",
            },
            **COMMON_PROPERTIES,
        },
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return [
            *_form_problems(config.get("form", {}), f"{path}.form"),
            *check_common(config, context, path),
        ]

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"By hand, on a record of {config['module']}" if "module" in config else "By hand"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), ("manual", "workflow.started")

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return prepare_rules(config, module, policies)


def _form_problems(form: Mapping[str, Any], path: str) -> list[Problem]:
    problems: list[Problem] = []
    questions = form.get("properties", {})
    for name in questions:
        if not FIELD_KEY.match(name):
            hint = "Use small letters, digits and “_”, starting with a letter, at most 63 long."
            message = f"“{name[:64]}” is no name for an input."
            problems.append(Problem("bad-variable-name", f"{path}.properties.{name[:64]}", message, hint))
    for index, name in enumerate(form.get("required", ())):
        if name not in questions:
            meant = nearest(name, list(questions))
            hint = (
                f"Did you mean “{meant}”?"
                if meant
                else f"The form asks for {listed(list(questions)) or 'nothing'}."
            )
            message = f"The form does not ask for “{name[:64]}”."
            problems.append(Problem("unknown-input", f"{path}.required[{index}]", message, hint))
    return problems
