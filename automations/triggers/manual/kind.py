from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.forms import FORM, form_problems
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.triggers.common import COMMON_PROPERTIES, MODULE, check_common, prepare_rules


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
                **FORM,
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
            *form_problems(config.get("form", {}), f"{path}.form"),
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
