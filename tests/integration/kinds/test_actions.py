"""Each kind of action end to end: simulate says what execute does, and only execute does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group

from automations.actions import ACTIONS
from automations.engine.kinds import Risk
from automations.models import (
    Approval,
    LogEntry,
    Module,
    Notification,
    OutgoingEmail,
    Record,
    RecordChange,
    RotationCursor,
    Run,
)
from automations.testing import node, run_everything

from .scene import children, comments, play, sent

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """One action on the ticket T1 (“Ink”, open, 250.00): what it changes, and what else is there afterwards."""

    config: Mapping[str, Any]
    changes: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    """(record, field, before, after)"""
    left: Callable[[], object] = bool
    """Read from the database afterwards; equal to `leaves` in execute, and to what it was before in simulate."""
    leaves: object = False
    output: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = False
    """Whether its run waits in execute, for people or for an answer; in simulate nobody is asked."""


def told() -> list[tuple[str, str]]:
    return list(Notification.objects.order_by("user").values_list("user__username", "title"))


def mails() -> list[tuple[str, str, str]]:
    return list(OutgoingEmail.objects.order_by("to").values_list("to", "subject", "state"))


def orders() -> list[Any]:
    return [record.data["title"] for record in Record.objects.filter(module__key="errands")]


def asked() -> list[str]:
    return list(Approval.objects.values_list("title", flat=True))


CASES: dict[str, list[Case]] = {
    "approval": [
        Case(
            {"title": "Ink for {{ record.amount }}?", "users": ["bob"]},
            left=asked,
            leaves=["Ink for 250?"],
            waits=True,
        )
    ],
    "update_fields": [
        Case(
            {"values": {"title": "{{ record.title | upper }}!", "amount": {"ref": "record.amount"}}},
            changes=[("T1", "title", "Ink", "INK!")],
        ),
        Case({"values": {"title": "Ink"}}, output={"changed": []}),
    ],
    "change_status": [Case({"to": "pending"}, changes=[("T1", "status", "open", "pending")])],
    "assign": [
        Case({"field": "owner", "strategy": "fixed", "value": "bob"}, changes=[("T1", "owner", None, "bob")]),
        Case(
            {"field": "owner", "strategy": "round_robin", "group": "Support"},
            changes=[("T1", "owner", None, "alice")],
            left=lambda: list(RotationCursor.objects.values_list("position", flat=True)),
            leaves=[1],
        ),
        Case(
            {"field": "owner", "strategy": "least_loaded", "pool": ["alice", "bob"]},
            changes=[("T1", "owner", None, "bob")],  # alice has the other open ticket
            output={"assigned": "bob", "changed": ["owner"]},
        ),
        Case(
            {
                "field": "owner",
                "strategy": "by_rule",
                "rules": [{"rule": {"field": "amount", "op": "gt", "value": "200"}, "value": "charlie"}],
                "otherwise": "bob",
            },
            changes=[("T1", "owner", None, "charlie")],
        ),
    ],
    "comment": [Case({"text": "About {{ record.title }}"}, left=comments, leaves=["About Ink"])],
    "create_record": [
        Case(
            {
                "module": "errands",
                "key": "E-{{ record.amount }}",
                "values": {"title": {"ref": "record.title"}},
            },
            changes=[("E-250", "title", None, "Ink")],
            left=orders,
            leaves=["Ink"],
        )
    ],
    "notify": [
        Case(
            {"users": ["bob"], "groups": ["Support"], "title": "Look at {{ record.title }}"},
            left=told,
            leaves=[("alice", "Look at Ink"), ("bob", "Look at Ink")],
        ),
        Case(
            {"users": ["bob"], "channels": ["email"], "title": "Hello", "body": "You"},
            left=mails,
            leaves=[("bob@example.org", "Hello", "pending")],
        ),
    ],
    "call_webhook": [
        Case(
            {"destination": "crm", "type": "ticket.seen", "data": {"title": "{{ record.title }}!"}},
            left=sent,
            leaves=[("crm", "pending", {"title": "Ink!"})],
            waits=True,
        ),
        Case(
            {"destination": "crm", "data": {"amount": {"ref": "record.amount"}}, "wait": False},
            left=sent,
            leaves=[("crm", "pending", {"amount": "250"})],
        ),
    ],
    "chat_message": [
        Case(
            {"destination": "channel", "text": "{{ record.title }} <!channel>"},
            left=sent,
            leaves=[("channel", "pending", "Ink &lt;!channel&gt;")],
            waits=True,
        )
    ],
    "set_variable": [Case({"values": {"tier": "gold"}}, output={"tier": "gold"})],
    "wait": [Case({"for": "PT0S"})],
    "start_workflow": [
        Case(
            {"workflow": "child", "input": {"from": "{{ record.title }}"}},
            left=children,
            leaves=[{"from": "Ink", "item": None}],
        ),
        Case(
            {"workflow": "child", "for_each": {"ref": "record.lines"}},
            left=children,
            leaves=[{"item": "a"}, {"item": "b"}],
        ),
    ],
    "stop": [Case({"outcome": "succeeded", "message": "Enough of {{ record.title }}"})],
}
LISTED = [(kind, case) for kind, cases in CASES.items() for case in cases]


def changes_of(run: Run) -> list[tuple[str, str, Any, Any]]:
    """Those that the steps of a run say that it made or would make."""
    return [
        (change["record"], change["field"], change["before"], change["after"])
        for step in run.steps.order_by("position")
        for change in step.changes or []
    ]


def test_every_kind_of_action_has_a_case_here() -> None:
    assert set(CASES) == {key for key, _ in ACTIONS.items()}


@pytest.mark.parametrize("key", list(CASES))
def test_every_kind_says_what_it_takes_risks_needs_and_can_undo(key: str) -> None:
    kind = ACTIONS.get(key)
    assert kind.config_schema["type"] == "object"
    assert kind.config_schema["additionalProperties"] is False
    assert isinstance(kind.risk, Risk)
    assert kind.undo in ("before_image", "delete", "none", "nothing")
    assert kind.permission in ("", "automations.use_module")
    writes_record = key in ("update_fields", "change_status", "assign", "comment", "create_record")
    assert bool(kind.permission) == writes_record
    for case in CASES[key]:
        assert kind.summary(case.config)


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(("kind", "case"), LISTED, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(LISTED)])
def test_simulate_says_what_would_change_and_changes_nothing(
    kind: str, case: Case, tickets: Module, alice: Any
) -> None:
    before = case.left()
    run = play(tickets, alice, "simulate", node("a1", f"action.{kind}", **case.config))
    assert (run.status, run.inconclusive) == ("succeeded", False), run.failure
    assert changes_of(run) == case.changes
    assert case.left() == before
    assert not RecordChange.objects.filter(run=run).exists()
    assert Record.objects.get(key="T1").version == 1
    said = LogEntry.objects.filter(run=run, node="a1")
    assert said.exists()


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(("kind", "case"), LISTED, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(LISTED)])
def test_execute_does_it_once_and_the_history_names_the_run(
    kind: str, case: Case, tickets: Module, alice: Any
) -> None:
    run = play(tickets, alice, "execute", node("a1", f"action.{kind}", **case.config))
    assert run.status == ("waiting" if case.waits else "succeeded"), run.failure
    assert changes_of(run) == case.changes
    assert case.left() == case.leaves
    written = (
        RecordChange.objects.filter(run=run)
        .order_by("id")
        .values_list("record_key", "field", "before", "after")
    )
    assert list(written) == case.changes
    step = run.steps.get(node="a1")
    for name, value in case.output.items():
        assert step.output[name] == value
    run_everything()
    assert case.left() == case.leaves


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(
    ("kind", "config", "code"),
    [
        ("change_status", {"to": "solved"}, "transition-not-allowed"),
        ("update_fields", {"values": {"amount": "{{ record.title }}"}}, "bad-value"),
        ("assign", {"field": "owner", "strategy": "round_robin", "group": "Empty"}, "nobody-to-assign"),
        ("notify", {"users": ["{{ record.owner }}"], "title": "x"}, "nobody-to-notify"),
        ("create_record", {"module": "tickets", "key": "T0", "values": {"title": "x"}}, "record-exists"),
        ("start_workflow", {"workflow": "child", "for_each": {"ref": "record.title"}}, None),
    ],
)
@pytest.mark.parametrize("mode", ["simulate", "execute"])
def test_what_cannot_be_done_fails_alike_in_both_modes_and_leaves_nothing(
    kind: str, config: dict[str, Any], code: str | None, mode: str, tickets: Module, alice: Any
) -> None:
    Group.objects.create(name="Empty")
    before = Record.objects.count(), Notification.objects.count()
    run = play(tickets, alice, mode, node("a1", f"action.{kind}", **config))
    assert run.status == "failed"
    if code is not None:
        assert run.failure_code == code
    assert run.failure["message"]
    assert (Record.objects.count(), Notification.objects.count()) == (before[0] + 1, before[1])
    assert not RecordChange.objects.filter(run=run).exists()


@pytest.mark.usefixtures("scene")
def test_a_stop_says_how_the_run_ended(tickets: Module, alice: Any) -> None:
    stop = node("a1", "action.stop", outcome="failed", message="No stock of {{ record.title }}")
    run = play(tickets, alice, "execute", stop, node("a2", "action.comment", text="never"))
    assert (run.status, run.outcome) == ("failed", {"status": "failed", "message": "No stock of Ink"})
    assert comments() == []
