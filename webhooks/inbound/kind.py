"""The trigger that starts a workflow when a webhook comes in; registered with automations, which knows only its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.schemas import check_name, listed
from automations.triggers.common import COMMON_PROPERTIES, MODULE, check_common, prepare_rules

PREFIX = "webhook:"
"""Of the keys of endpoints' trigger sources."""


class WebhookTrigger(TriggerKind):
    """A webhook that an endpoint has accepted.

    With a module its rules look at the record that the webhook names, and the body is at hand as references; without
    one they look at the body: “data.customer.tier” is a field then.
    """

    key = "webhook"
    label = "Webhook"
    description = "Starts when another system posts to an endpoint."
    source_kind = "webhook"
    uses: ClassVar[Mapping[str, str]] = {"endpoint": "endpoint"}
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "endpoint": {
                "type": "string",
                "minLength": 1,
                "maxLength": 40,
                "title": "Endpoint",
                "x-widget": "endpoint",
                "x-help": "The endpoint that is posted to, by its key.",
            },
            "events": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[a-z0-9_.*-]+$"},
                "maxItems": 20,
                "uniqueItems": True,
                "title": "Events",
                "x-widget": "texts",
                "x-help": "Only these, as the sender calls them: invoice.paid, issues.*; all when left out.",
            },
            "module": {**MODULE, "x-help": "The endpoint's module, if its webhooks name records."},
            **COMMON_PROPERTIES,
        },
        "required": ["endpoint"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems: list[Problem] = []
        known = context.names.get("endpoint", frozenset())
        problems += check_name("endpoint", config["endpoint"], known, f"{path}.endpoint")
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        which = f" {listed(config['events'])}" if config.get("events") else ""
        return f"A webhook{which} at {config['endpoint']}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        own = f"webhook.{config['endpoint']}"
        if config.get("events"):
            return config.get("module"), tuple(f"{own}.{name}" for name in config["events"])
        return config.get("module"), (own, f"{own}.*")

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return prepare_rules(config, module, policies)
