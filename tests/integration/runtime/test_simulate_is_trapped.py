"""A simulated run of every kind of action, with sockets and writes trapped: none leaves it, and its plan is what execute
does. A kind that is added without a line in `CONFIGS` fails here."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from automations.actions import ACTIONS
from automations.models import Approval, Mode, Module, Run, Step
from automations.runtime import subscriptions
from automations.services.approvals import decide_approval
from automations.services.records import create_record
from automations.testing import chain, edge, give_modules, let_act, make_workflow, node, run_everything
from tests.receiver import Receiver, receiver
from webhooks.models import Destination
from webhooks.outbound.lane import deliver

from ..kinds.scene import people, scene, tickets  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scene")]

CONFIGS: dict[str, dict[str, Any]] = {
    "update_fields": {"values": {"title": "{{ record.title }}!", "amount": "3.50"}},
    "change_status": {"to": "pending"},
    "assign": {"field": "owner", "strategy": "round_robin", "group": "Support"},
    "approval": {"title": "Go on?", "groups": ["Support"]},
    "comment": {"text": "Seen {{ record.title }}"},
    "create_record": {"module": "errands", "key": "E-1", "values": {"title": "Buy {{ record.title }}"}},
    "notify": {"users": ["bob"], "channels": ["app", "email"], "title": "Look", "body": "Here"},
    "set_variable": {"values": {"x": "{{ record.amount }}"}},
    "wait": {"for": "PT1H"},
    "start_workflow": {"workflow": "child", "for_each": {"ref": "record.lines"}},
    "call_webhook": {"destination": "crm", "data": {"title": "{{ record.title }}"}},
    "chat_message": {"destination": "channel", "text": "{{ record.title }}"},
    "stop": {"outcome": "succeeded", "message": "Enough"},
}
ANSWERED = {"action.approval", "action.wait", "action.call_webhook", "action.chat_message"}
"""Steps whose output tells what people, the clock or the outside have answered: in simulate that is assumed."""
SIMULATION = {"run", "step", "logentry", "event", "decision"}
"""The tables in which a simulated run stands: itself, and what the trigger said to its event."""


@pytest.fixture
def peer() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_every_kind_of_action_is_tried() -> None:
    assert set(CONFIGS) == {key for key, _ in ACTIONS.items()}


def written() -> dict[str, int]:
    """Rows that this transaction has inserted, changed or deleted so far, by table, as PostgreSQL counts them: what a
    savepoint took back is counted too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name.removeprefix("automations_"): count for name, count in cursor.fetchall()}


@contextmanager
def trapped(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Any], set[str]]]:
    """(what was asked of a socket meanwhile, tables that were written meanwhile)"""
    calls: list[Any] = []
    tables: set[str] = set()

    def refuse(*args: Any, **_: Any) -> Any:
        calls.append(args)
        raise AssertionError(f"a socket was asked for: {args}")

    before = written()
    with monkeypatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto", "bind"):
            patch.setattr(socket.socket, name, refuse)
        for name in ("getaddrinfo", "create_connection"):
            patch.setattr(socket, name, refuse)
        yield calls, tables
    after = written()
    tables |= {table for table, count in after.items() if count != before.get(table, 0)}


def test_the_traps_catch(monkeypatch: pytest.MonkeyPatch, tickets: Module) -> None:  # noqa: F811
    with trapped(monkeypatch) as (calls, tables):
        with pytest.raises(AssertionError):
            socket.create_connection(("127.0.0.1", 9))
        with socket.socket() as plain, pytest.raises(AssertionError):
            plain.connect(("127.0.0.1", 9))
        create_record(module=tickets, key="T9", values={}, actor=None)
    assert len(calls) == 2
    assert {"record", "event"} <= tables


def play(module: Module, key: str) -> Run:
    values = {"title": "Ink", "status": "open", "amount": "250", "lines": ["a", "b"]}
    create_record(module=module, key=key, values=values, actor=None)
    return run_of(key)


def run_of(key: str) -> Run:
    run_everything()
    return Run.objects.get(record_key=key, workflow__key="w")


def plan_of(run: Run, key: str) -> list[tuple[Any, ...]]:
    """What each step came to, with the record's key put aside."""
    rows = Step.objects.filter(run=run).order_by("position")
    return [
        (
            row.node,
            row.kind,
            row.status,
            row.branches,
            [{**change, "record": change["record"].replace(key, "T")} for change in row.changes],
            None if row.kind in ANSWERED else row.output,
        )
        for row in rows
    ]


def goes_on(run: Run, person: Any) -> None:
    """In execute a wait lasts, people are asked and others are called: let the time come, let them agree and answer."""
    approval = Approval.objects.filter(run=run, state="pending").first()
    if approval is not None:
        decide_approval(approval=approval, actor=person, verdict="approve", plan_hash=approval.plan_hash)
    past = "2020-01-01T00:00:00+00:00"
    for step in Step.objects.filter(run=run, status="waiting"):
        if step.wait and step.wait["until"]:
            Step.objects.filter(pk=step.pk).update(wait={**step.wait, "until": past})
    Run.objects.filter(pk=run.pk, status="waiting").update(due_at=past)
    deliver()
    run_everything()


def document_of(kind: str) -> dict[str, Any]:
    """A record event, the action, and a change after it; “every” has all kinds in one line, with “stop” as its end."""
    kinds = [*sorted(set(CONFIGS) - {"stop"}), "stop"] if kind == "every" else [kind]
    steps = [node(f"a{place}", f"action.{one}", **CONFIGS[one]) for place, one in enumerate(kinds)]
    if kind != "every":
        steps.append(node("z1", "action.update_fields", values={"title": "Done"}))
    document = chain(node("t1", "trigger.record", module="tickets", on=["created"]), *steps)
    asking = {step["id"] for step in steps if step["type"] == "action.approval"}
    document["edges"] = [
        edge(one["from"], one["to"], "approved") if one["from"] in asking else one
        for one in document["edges"]
    ]
    return document


@pytest.mark.parametrize("kind", [*sorted(CONFIGS), "every"])
def test_simulate_opens_no_socket_writes_only_itself_and_plans_what_execute_does(
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    tickets: Module,  # noqa: F811
    people: Group,  # noqa: F811
    alice: Any,
    bob: Any,
    settings: Any,
    peer: Receiver,
) -> None:
    give_modules(alice)
    workflow = make_workflow("w", document_of(kind), owner=alice, mode=Mode.SIMULATE)
    values = {"title": "Ink", "status": "open", "amount": "250", "lines": ["a", "b"]}
    create_record(module=tickets, key="T1", values=values, actor=None)
    with trapped(monkeypatch) as (calls, tables):
        simulated = run_of("T1")
    assert calls == []
    assert tables - {"django_q_ormq"} <= SIMULATION, tables
    assert (simulated.mode, simulated.status, simulated.inconclusive) == ("simulate", "succeeded", False)

    settings.WEBHOOKS_ALLOWED_ADDRESSES = ["127.0.0.1/32"]
    Destination.objects.update(url=peer.url)
    let_act(workflow, alice)
    subscriptions.forget()
    executed = play(tickets, "T2")
    for _ in range(
        len(CONFIGS)
    ):  # in “every” it waits for people, for its time and for others, one after the other
        goes_on(executed, bob)
        executed.refresh_from_db()
    assert (executed.mode, executed.status) == ("execute", "succeeded")
    assert plan_of(simulated, "T1") == plan_of(executed, "T2")
