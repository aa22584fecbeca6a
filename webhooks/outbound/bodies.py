"""What a delivery's body looks like, for each format. Pure; written once, and the same in every attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_BODY = 256 * 1024


def event_body(type: str, at: datetime, data: Mapping[str, Any]) -> str:
    """An event as Standard Webhooks wants it: its type, its time, its data."""
    return _json({"type": type, "timestamp": at.isoformat(), "data": data})


def chat_body(format: str, text: str) -> str:
    """A message for a channel. What was filled in can't call people (<!channel>) or hide an address behind other words."""
    if format == "slack":
        for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(sign, escaped)
        return _json({"text": text})
    for sign in ("[", "]", "<", ">"):
        text = text.replace(sign, f"\\{sign}")
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    return _json({"type": "message", "attachments": [{"contentType": content_type, "content": card}]})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
