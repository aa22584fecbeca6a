from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.schemas import nearest
from automations.triggers.common import COMMON_PROPERTIES, check_common, check_module, prepare_rules


class EventTrigger(TriggerKind):
    """An event that an API client sent to a named source."""

    key = "event"
    label = "API event"
    description = "Starts when an API client sends an event."
    source_kind = "api"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "source": {"type": "string", "minLength": 1, "title": "Source", "x-widget": "source"},
            "module": {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"},
            **COMMON_PROPERTIES,
        },
        "required": ["source"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_module(config, context, path)
        if config["source"] not in context.sources:
            meant = nearest(config["source"], sorted(context.sources))
            hint = f"Did you mean “{meant}”?" if meant else "Create the source first."
            problems.append(
                Problem("unknown-source", f"{path}.source", f"There is no source “{config['source']}”.", hint)
            )
        return problems or check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        return str(config["source"])

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), (f"api.{config['source']}",)

    def prepare(self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
        return prepare_rules(config, module, policies)
