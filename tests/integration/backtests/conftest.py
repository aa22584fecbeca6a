from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automations.models import Backtest, Module, Workflow
from automations.services.backtests import start_backtest, work_on
from automations.services.drafts import save_draft
from automations.services.records import create_record
from automations.testing import edge, make_module, make_workflow, node, run_everything

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "state", "type": "choice", "choices": ["open", "closed"]},
    {"key": "amount", "type": "money"},
    {"key": "due", "type": "datetime"},
    {"key": "owner", "type": "text"},
    {"key": "desk", "type": "text"},
]
TRIGGER = node("t1", "trigger.record", module="tickets", on=["created"])


def triage(limit: str = "100", owner: str = "bob", trigger: dict[str, Any] = TRIGGER) -> dict[str, Any]:
    """New tickets over the limit get an owner, the others nothing."""
    return {
        "schema": 1,
        "nodes": [
            trigger,
            node("c1", "condition.if", rule={"field": "amount", "op": "gt", "value": limit}),
            node("a1", "action.update_fields", values={"owner": owner}),
        ],
        "edges": [edge("t1", "c1"), edge("c1", "a1", "true")],
    }


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", FIELDS, title_field="title", status_field="state")


@pytest.fixture
def workflow(tickets: Module, alice: Any) -> Workflow:
    """Triage at a limit of 100, live in execute."""
    return make_workflow("triage", triage(), owner=alice, module=tickets)


@pytest.fixture
def tickets_of(workflow: Workflow, tickets: Module, alice: Any) -> Callable[..., None]:
    """Creates a ticket for each amount, and lets the workers do what comes of it."""

    def create(*amounts: int) -> None:
        for number, amount in enumerate(amounts):
            values = {"title": f"Ticket {number}", "state": "open", "amount": str(amount)}
            create_record(module=tickets, key=f"T{number}", values=values, actor=alice)
        run_everything()

    return create


@pytest.fixture
def backtest(workflow: Workflow, alice: Any) -> Callable[..., Backtest]:
    """Makes a document the draft, and a finished backtest of it."""

    def run(document: dict[str, Any] | None = None, **asked: Any) -> Backtest:
        if document is not None:
            save_draft(workflow=workflow, document=document, revision=None, actor=alice)
        started = start_backtest(workflow=workflow, actor=alice, **asked)
        return work_on(started, watch=lambda _: None)

    return run


def counts(backtest: Backtest) -> dict[str, int]:
    """The counts that are not 0, and how many events were looked at."""
    names = ("same", "newly_selected", "no_longer_selected", "other_effect", "other_branch")
    found = {name: getattr(backtest, name) for name in names if getattr(backtest, name)}
    assert backtest.status == "succeeded", backtest.failure
    assert backtest.looked_at == sum(found.values())
    return found
