from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.triggers.common import COMMON_PROPERTIES, check_common, check_module, prepare_rules


class ManualTrigger(TriggerKind):
    """A person or an API client presses the button, or another workflow starts this one."""

    key = "manual"
    label = "Manual"
    description = "Starts when somebody, or another workflow, starts it."
    source_kind = "manual"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "module": {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"},
            "scope": COMMON_PROPERTIES["scope"],
            "filter": COMMON_PROPERTIES["filter"],
            "throttle": COMMON_PROPERTIES["throttle"],
        },
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return check_module(config, context, path) or check_common(config, context, path, event=False)

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"on {config['module']}" if "module" in config else "by hand"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), ("manual", "workflow.started")

    def prepare(self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
        return prepare_rules(config, module, policies)
