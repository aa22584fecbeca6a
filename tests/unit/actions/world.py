"""The small world that these tests' actions work in, and how a run and a save meet an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.actions import ACTIONS
from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import parse_schema
from automations.engine.kinds import ModuleFacts, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.schemas import check_config

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "7:a1"

FIELDS, _ = parse_schema(
    [
        {"key": "title", "label": "Title", "type": "text", "required": True},
        {"key": "priority", "label": "Priority", "type": "choice", "choices": ["low", "high", "urgent"]},
        {"key": "amount", "label": "Amount", "type": "money"},
        {"key": "status", "label": "Status", "type": "choice", "choices": ["open", "solved", "closed"]},
        {"key": "due_at", "label": "Due", "type": "datetime"},
        {"key": "birthday", "label": "Birthday", "type": "date"},
        {"key": "owner", "label": "Owner", "type": "user"},
        {"key": "tags", "label": "Tags", "type": "list"},
        {"key": "payload", "label": "Payload", "type": "json"},
        {"key": "opened_at", "label": "Opened", "type": "datetime", "read_only": True},
    ]
)
TICKETS = ModuleFacts("tickets", "Tickets", FIELDS, "status", {"open": ["solved"], "solved": ["open"]})
ORDERS = ModuleFacts(
    "orders", "Orders", parse_schema([{"key": "total", "label": "Total", "type": "money"}])[0]
)
CONTEXT = ValidationContext(
    modules={"tickets": TICKETS, "orders": ORDERS},
    policies={"vip": {"field": "amount", "op": "gt", "value": "1000"}},
    workflows=frozenset({"refund", "close-solved"}),
    groups=frozenset({"support", "leads"}),
    users=frozenset({"alice", "bob"}),
    module=TICKETS,
)
WITHOUT_RECORD = replace(CONTEXT, module=None)
RECORD = {
    "title": "Printer on fire",
    "priority": "high",
    "amount": "200.00",
    "status": "open",
    "owner": "alice",
}


def scope(
    record: Mapping[str, Any] | None = RECORD,
    *,
    data: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    now: datetime = NOON,
) -> Scope:
    event = {"id": 5, "type": "record.created", "record": "T-1", "data": data or {}}
    return Scope(record=record, event=event, now=now, zone=BERLIN, variables=variables or {})


def problems(key: str, config: Mapping[str, Any], context: ValidationContext = CONTEXT) -> list[Problem]:
    """What a save would say: the schema first, and then the kind itself."""
    kind = ACTIONS.get(key)
    return check_config(config, kind.config_schema, "config") or kind.validate(config, context, "config")


def codes(key: str, config: Mapping[str, Any], context: ValidationContext = CONTEXT) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in problems(key, config, context)]


def perform(key: str, config: Mapping[str, Any], seen: Scope | None = None) -> Effect | Outcome:
    """What a run would get of a valid config."""
    assert [problem for problem in problems(key, config) if problem.severity == "error"] == []
    return ACTIONS.get(key).prepare(config, FIELDS, CONTEXT.policies)(seen or scope(), KEY)
