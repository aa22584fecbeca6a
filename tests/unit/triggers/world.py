"""The small world that these tests' triggers work in, and how a save and an event meet a trigger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.fields import parse_schema
from automations.engine.kinds import Match, ModuleFacts, ValidationContext
from automations.engine.rules import Scope
from automations.engine.schemas import check_config
from automations.triggers import TRIGGERS

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

TICKETS = ModuleFacts(
    "tickets",
    "Tickets",
    parse_schema(
        [
            {"key": "title", "label": "Title", "type": "text"},
            {"key": "priority", "label": "Priority", "type": "choice", "choices": ["low", "high", "urgent"]},
            {"key": "amount", "label": "Amount", "type": "money"},
            {"key": "status", "label": "Status", "type": "choice", "choices": ["open", "solved", "closed"]},
            {"key": "due_at", "label": "Due", "type": "datetime"},
            {"key": "birthday", "label": "Birthday", "type": "date"},
        ]
    )[0],
    "status",
)
ORDERS = ModuleFacts(
    "orders", "Orders", parse_schema([{"key": "total", "label": "Total", "type": "money"}])[0]
)
CONTEXT = ValidationContext(
    modules={"tickets": TICKETS, "orders": ORDERS},
    policies={"vip": {"field": "amount", "op": "gt", "value": "1000"}},
    sources=frozenset({"shop", "monitoring", "webhook:till"}),
    workflows=frozenset({"route", "other"}),
    names={"endpoint": frozenset({"till"})},
)
OPEN = {"title": "Printer on fire", "priority": "high", "amount": "200.00", "status": "open"}


def event(kind: str = "record.created", **rest: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "type": kind,
        "module": "tickets",
        "record": "T-1",
        "occurred_at": "2026-03-02T12:00:00.000000Z",
        "data": {},
        "before": None,
        "after": OPEN,
        "changed": [],
        "actor": "alice",
        **rest,
    }


def update(**changes: Any) -> dict[str, Any]:
    """The event of an update that set these fields of the open ticket."""
    return event("record.updated", before=OPEN, after={**OPEN, **changes}, changed=sorted(changes))


def judge(
    key: str, config: Mapping[str, Any], happened: Mapping[str, Any], *, assume_changed: bool = False
) -> Match:
    """What a trigger with this valid config answers to an event."""
    assert codes(key, config) == []
    module = CONTEXT.modules.get(config.get("module", ""))
    scope = Scope(
        record=happened.get("after"), event=happened, now=NOON, zone=BERLIN, assume_changed=assume_changed
    )
    return TRIGGERS.get(key).prepare(config, module, CONTEXT.policies)(scope)


def codes(key: str, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a save would say: the schema first, and then the kind itself."""
    kind = TRIGGERS.get(key)
    found = check_config(config, kind.config_schema, "config") or kind.validate(config, CONTEXT, "config")
    assert all(problem.message and problem.hint for problem in found)
    return [(problem.code, problem.path) for problem in found]
