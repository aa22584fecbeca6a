"""The settings that all actions share which send something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.kinds import ValidationContext
from automations.engine.schemas import check_name

SHARED: dict[str, Any] = {
    "wait": {
        "type": "boolean",
        "default": True,
        "title": "Wait for the answer",
        "x-widget": "switch",
        "x-help": "Go on only when it was taken, with what came back; the step fails when nobody took it.",
    },
    "max_attempts": {
        "type": "integer",
        "minimum": 1,
        "maximum": 10,
        "title": "Attempts at most",
        "x-widget": "number",
        "x-help": "5 attempts take about three hours, 10 about three days. Empty: as the destination says.",
    },
    "if_unknown": {
        "type": "string",
        "enum": ["repeat", "ask"],
        "title": "When nobody knows whether it arrived",
        "x-widget": "select",
        "x-help": "After a time-out, say. repeat: the receiver knows a repeated call, or it does no harm. ask: nothing is"
        " sent until somebody says whether it happened. Empty: as the destination says.",
    },
}


RETRY_SAFE: Mapping[str, bool] = {"repeat": True, "ask": False}


def retry_safe(config: Mapping[str, Any]) -> bool | None:
    """What a step says of repeating its call; None where it leaves that to the destination."""
    return RETRY_SAFE.get(config.get("if_unknown", ""))


def destination_setting(help: str) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": 80,
        "title": "Destination",
        "x-widget": "destination",
        "x-help": help,
    }


def check_destination(config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
    known = context.names.get("destination", frozenset())
    return check_name("destination", config["destination"], known, f"{path}.destination")
