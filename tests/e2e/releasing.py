"""Letting a workflow act, as people do: two cases, a first release, the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OPEN = {"title": "VPN drops", "status": "open", "category": "network"}
SOLVED = {**OPEN, "status": "solved"}
RENAMED = {
    "type": "record.updated",
    "module": "tickets",
    "record": "T-0",
    "changed": ["title"],
    "before": {**OPEN, "title": "VPN"},
    "after": OPEN,
}


def given(values: dict[str, Any], event: dict[str, Any] | None = None) -> dict[str, Any]:
    record = {"module": "tickets", "key": "T-0", "values": values}
    return {"record": record, **({} if event is None else {"event": event})}


def prove(ask: Callable[..., Any], pk: int, negative: dict[str, Any]) -> None:
    """Save a case that starts the workflow, and one that does not; both act as an operator."""
    for kind, content in (("positive", given(OPEN)), ("negative", negative)):
        body = {"name": kind, "kind": kind, "given": content, "as_role": "Operator"}
        ask("POST", f"workflows/{pk}/scenarios/", body)


def let_act(ask: Callable[..., Any], pk: int, negative: dict[str, Any]) -> None:
    """Publish the draft and take it through the gate; `ask` sends (method, path, body)."""
    prove(ask, pk, negative)
    ask("POST", f"workflows/{pk}/publish/", {})
    ask("POST", f"workflows/{pk}/first-release/", {})
    ask("POST", f"workflows/{pk}/promote/", {})
