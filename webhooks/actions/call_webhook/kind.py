from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import VALUE_HELP, careful, check_templates, resolve_each
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from webhooks.actions.effects import SendDelivery
from webhooks.actions.settings import SHARED, check_destination, destination_setting, retry_safe


class CallWebhook(ActionKind):
    """Send an event to a destination outside, signed, until it is taken or given up."""

    key = "call_webhook"
    label = "Call webhook"
    description = "Send an event to a destination outside, and go on with its answer."
    risk = Risk.SENSITIVE
    uses: ClassVar[Mapping[str, str]] = {"destination": "destination"}
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "destination": destination_setting("Where it goes. Its address and its secrets are kept there."),
            "type": {
                "type": "string",
                "pattern": r"^[a-z0-9_]+(\.[a-z0-9_]+)*$",
                "maxLength": 80,
                "default": "workflow.step",
                "title": "Type",
                "x-widget": "text",
                "x-help": "What the receiver tells events apart by: order.refunded.",
            },
            "data": {
                "type": "object",
                "title": "Data",
                "x-widget": "named-values",
                "x-help": f"What the event says. {VALUE_HELP}",
            },
            **SHARED,
        },
        "required": ["destination"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return check_destination(config, context, path) + check_templates(
            config.get("data", {}), f"{path}.data"
        )

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Send {config.get('type', 'workflow.step')} to {config['destination']}"[:160]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return SendDelivery(
                key=key,
                destination=config["destination"],
                type=config.get("type", "workflow.step"),
                data=resolve_each(config.get("data", {}), scope),
                wait=config.get("wait", True),
                max_attempts=config.get("max_attempts", 0),
                retry_safe=retry_safe(config),
            )

        return careful(perform)
