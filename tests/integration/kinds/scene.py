"""A ticket (“Ink”, open, 250.00), two people in support, and a workflow that others can start."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import Module, RecordComment, Run, Step
from automations.services.records import create_record
from automations.testing import chain, make_module, make_workflow, node, run_everything
from webhooks.models import Delivery
from webhooks.outbound.destinations import create_destination

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "status", "type": "choice", "choices": ["open", "pending", "solved"]},
    {"key": "owner", "type": "user"},
    {"key": "amount", "type": "money"},
    {"key": "due_at", "type": "datetime"},
    {"key": "lines", "type": "list"},
]
MOVES = {"open": ["pending"], "pending": ["solved"]}


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", FIELDS, title_field="title", status_field="status", transitions=MOVES)


@pytest.fixture
def people(alice: Any, bob: Any, charlie: Any) -> Group:
    group = Group.objects.create(name="Support")
    group.user_set.add(alice, bob)
    assign_perm(permissions.codename("approve"), bob)
    return group


@pytest.fixture
def scene(tickets: Module, people: Group, alice: Any) -> None:
    make_module("errands", {"title": "text"})
    for key, format in (("crm", "webhook"), ("channel", "slack")):
        url = "https://hooks.example.com/in"
        create_destination(key=key, name=key, url=url, format=format, actor=alice)
    manual = chain(node("t1", "trigger.manual"), node("a1", "action.set_variable", values={"x": 1}))
    make_workflow("child", manual, owner=alice)
    create_record(module=tickets, key="T0", values={"owner": "alice", "status": "open"}, actor=None)
    run_everything()


def comments() -> list[str]:
    return list(RecordComment.objects.order_by("id").values_list("text", flat=True))


def children() -> list[Any]:
    return [run.input for run in Run.objects.filter(workflow__key="child").order_by("id")]


def sent() -> list[tuple[str, str, Any]]:
    """(destination, state, what it says) of each delivery."""
    rows = Delivery.objects.order_by("id").values_list("destination__key", "state", "body")
    return [(key, state, (said := json.loads(body)).get("data") or said["text"]) for key, state, body in rows]


def play(module: Module, owner: Any, mode: str, *actions: dict[str, Any]) -> Run:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = make_workflow("w", chain(trigger, *actions), owner=owner, mode=mode)
    values = {"title": "Ink", "status": "open", "amount": "250", "lines": ["a", "b"]}
    create_record(module=module, key="T1", values=values, actor=None)
    run_everything()
    return Run.objects.get(workflow=workflow)


def let_its_time_come(run: Run) -> None:
    """As if the time that the step w1 waits for had passed."""
    past = "2020-01-01T00:00:00+00:00"
    step = Step.objects.get(run=run, node="w1")
    Step.objects.filter(pk=step.pk).update(wait={**step.wait, "until": past})
    Run.objects.filter(pk=run.pk).update(due_at=past)
