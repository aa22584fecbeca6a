from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from automations.models import Module, Scenario, Workflow
from automations.services.drafts import save_draft
from automations.services.scenarios import save_scenario
from automations.services.workflows import create_workflow
from automations.testing import edge, make_module, node

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "state", "type": "choice", "choices": ["open", "closed"]},
    {"key": "amount", "type": "money"},
    {"key": "due", "type": "datetime"},
    {"key": "owner", "type": "text"},
]


def triage(limit: str = "100", owner: str = "bob") -> dict[str, Any]:
    """Created open tickets: those over the limit get an owner, others nothing."""
    trigger = node(
        "t1",
        "trigger.record",
        module="tickets",
        on=["created"],
        filter={"field": "state", "op": "eq", "value": "open"},
    )
    return {
        "schema": 1,
        "nodes": [
            trigger,
            node("c1", "condition.if", rule={"field": "amount", "op": "gt", "value": limit}),
            node("a1", "action.update_fields", values={"owner": owner}),
        ],
        "edges": [edge("t1", "c1"), edge("c1", "a1", "true")],
        "layout": {},
    }


def given(**values: Any) -> dict[str, Any]:
    values = {"title": "One", "state": "open", **values}
    return {"record": {"module": "tickets", "key": "T1", "values": values}}


EXPECTED: dict[str, Any] = {
    "path": {"c1": ["true"]},
    "effects": [
        {
            "node": "a1",
            "kind": "action.update_fields",
            "target": "T1",
            "changes": [{"field": "owner", "before": None, "after": "bob"}],
        }
    ],
    "outcome": "succeeded",
}


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", FIELDS, title_field="title", status_field="state")


@pytest.fixture
def workflow(tickets: Module, alice: Any) -> Workflow:
    made = create_workflow(key="triage", name="Triage", module=tickets, actor=alice)
    save_draft(workflow=made, document=triage(), revision=None, actor=alice)
    return made


@pytest.fixture
def scenario(workflow: Workflow, alice: Any) -> Callable[..., Scenario]:
    """Saves one that passes; parts can be put in the place of its own."""

    def save(**parts: Any) -> Scenario:
        usual: dict[str, Any] = {
            "name": "Large ones get Bob",
            "kind": "positive",
            "given": given(amount="150"),
            "at": NOON,
            "expected": EXPECTED,
        }
        return save_scenario(workflow=workflow, actor=alice, **{**usual, **parts})

    return save
