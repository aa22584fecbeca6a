from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.schemas import listed, nearest
from automations.triggers.common import COMMON_PROPERTIES, MODULE, check_common, prepare_rules


class EventTrigger(TriggerKind):
    """An event that an API client sent to a named source.

    With a module its rules look at the record that the event names, and the event's data are at hand as
    references; without one they look at the event itself: “data.customer.tier” is a field then.
    """

    key = "event"
    label = "API event"
    description = "Starts when an API client sends an event."
    source_kind = "api"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "source": {
                "type": "string",
                "minLength": 1,
                "title": "Source",
                "x-widget": "source",
                "x-help": "The source that the event is sent to.",
            },
            "module": {**MODULE, "x-help": "The source's module, if its events name records."},
            **COMMON_PROPERTIES,
        },
        "required": ["source"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems: list[Problem] = []
        known = sorted(key for key in context.sources if ":" not in key)  # the others are of other kinds
        if config["source"] not in known:
            meant = nearest(config["source"], known)
            hint = (
                f"Did you mean “{meant}”?"
                if meant
                else f"Choose one of {listed(known)}."
                if known
                else "Create it first."
            )
            message = f"There is no source “{config['source'][:80]}”."
            problems.append(Problem("unknown-source", f"{path}.source", message, hint))
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"An event of {config['source']}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), (f"api.{config['source']}",)

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return prepare_rules(config, module, policies)
