from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_templates
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.templating import render
from webhooks.actions.effects import SendDelivery
from webhooks.actions.settings import SHARED, check_destination, destination_setting, retry_safe

MAX_TEXT = 4_000


class ChatMessage(ActionKind):
    """Write into a channel of Slack or Teams, by an incoming webhook of theirs."""

    key = "chat_message"
    label = "Chat message"
    description = "Write into a channel of Slack or Microsoft Teams."
    risk = Risk.MEDIUM
    minor = True
    uses: ClassVar[Mapping[str, str]] = {"destination": "destination"}
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "destination": destination_setting("A destination for Slack or Teams: one channel each."),
            "text": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_TEXT,
                "title": "Text",
                "x-widget": "template",
                "x-help": "What it says. {{ record.title }} and the like are filled in, and can call nobody by name.",
            },
            **SHARED,
        },
        "required": ["destination", "text"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return check_destination(config, context, path) + check_templates(config["text"], f"{path}.text")

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Write to {config['destination']}: {config['text']}"[:160]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return SendDelivery(
                key=key,
                destination=config["destination"],
                type="chat.message",
                text=render(config["text"], scope)[:MAX_TEXT],
                wait=config.get("wait", True),
                max_attempts=config.get("max_attempts", 0),
                retry_safe=retry_safe(config),
            )

        return careful(perform)
