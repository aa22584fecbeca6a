"""Where an admin lets nothing act, nothing acts: not what comes, not what waits in the queue, not what has begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from automations.errors import ConflictError
from automations.models import LogEntry, ModePolicy, Module, Run, Workflow
from automations.runtime.claims import claim
from automations.runtime.execute import execute
from automations.runtime.matching import match_due
from automations.runtime.mode_policies import HELD, LOCK, SIMULATED
from automations.services.gate import read_gate
from automations.services.mode_policies import lift_mode_policy, set_mode_policy
from automations.services.records import create_record
from automations.services.releases import break_glass, promote_workflow
from automations.services.runs import start_run
from automations.testing import chain, make_module, make_workflow, node, run_everything

from .conftest import fresh, state_of, ticket

pytestmark = pytest.mark.django_db
REASON = "The till stands still, and nobody else is here"


@pytest.fixture
def acting(proven: Workflow, alice: Any) -> Workflow:
    promote_workflow(workflow=proven, actor=alice)
    return fresh(proven)


def forbid(module: Module | None, root: Any) -> ModePolicy:
    return set_mode_policy(rule="simulate_only", module=module, reason="Year-end close", actor=root)


@pytest.mark.parametrize("everything", [True, False])
def test_what_comes_is_only_simulated_until_it_is_lifted(
    acting: Workflow, tickets: Module, root: Any, everything: bool
) -> None:
    ticket(tickets, "T1")
    assert state_of(tickets, "T1") == "closed"
    policy = forbid(None if everything else tickets, root)
    ticket(tickets, "T2")
    assert state_of(tickets, "T2") is None
    assert Run.objects.get(record_key="T2").mode == "simulate"
    assert fresh(acting).mode == "execute"
    lift_mode_policy(policy=policy, reason="Done", actor=root)
    ticket(tickets, "T3")
    assert state_of(tickets, "T3") == "closed"
    assert state_of(tickets, "T2") is None


def test_another_module_is_not_concerned(acting: Workflow, tickets: Module, root: Any) -> None:
    forbid(make_module("parcels", {"title": "text"}), root)
    ticket(tickets)
    assert state_of(tickets) == "closed"


def test_a_run_that_waits_in_the_queue_does_not_act(acting: Workflow, tickets: Module, root: Any) -> None:
    create_record(module=tickets, key="T1", values={"amount": "380.00"}, actor=None)
    match_due()
    assert Run.objects.get().mode == "execute"
    forbid(tickets, root)
    run_everything()
    run = Run.objects.get()
    assert (run.mode, run.status, run.attempt) == ("simulate", "succeeded", 0)
    assert state_of(tickets) is None
    lines = LogEntry.objects.filter(run=run).order_by("seq")
    assert lines[0].message == SIMULATED
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))


def test_a_claimed_run_does_not_act_either(acting: Workflow, tickets: Module, root: Any) -> None:
    create_record(module=tickets, key="T1", values={"amount": "380.00"}, actor=None)
    match_due()
    claimed = claim(limit=10)
    forbid(tickets, root)
    assert execute(claimed) == 1
    assert (Run.objects.get().mode, state_of(tickets)) == ("simulate", None)


def test_a_run_that_has_begun_is_held_back_and_goes_on_when_it_is_lifted(
    tickets: Module, alice: Any, root: Any
) -> None:
    steps = (
        node("a1", "action.update_fields", values={"state": "begun"}),
        node("w1", "action.wait", **{"for": "P1D"}),
        node("a2", "action.update_fields", values={"state": "done"}),
    )
    workflow = make_workflow(
        "slow", chain(node("t1", "trigger.manual", module="tickets"), *steps), owner=alice, module=tickets
    )
    ticket(tickets)
    start_run(workflow=workflow, actor=alice, record_key="T1")
    run_everything()
    assert state_of(tickets) == "begun"
    policy = forbid(tickets, root)
    for _ in range(2):  # what is held is looked at again and again, and said once
        _due_now()
        run_everything()
    run = Run.objects.get()
    assert (run.status, run.mode, run.attempt, state_of(tickets)) == ("waiting", "execute", 0, "begun")
    assert LogEntry.objects.filter(run=run, message=HELD).count() == 1
    lift_mode_policy(policy=policy, reason="Done", actor=root)
    _wait_is_over(run)
    run_everything()
    assert (Run.objects.get().status, state_of(tickets)) == ("succeeded", "done")


def test_a_workflow_of_another_module_does_not_write_there(tickets: Module, alice: Any, root: Any) -> None:
    orders = make_module("parcels", {"title": "text"})
    assign_perm("automations.use_module", alice, orders)
    copies = chain(
        node("t1", "trigger.record", module="parcels", on=["created"]),
        node("a1", "action.create_record", module="tickets", values={"title": "Copy"}),
    )
    make_workflow("copies", copies, owner=alice, module=orders)
    forbid(tickets, root)
    create_record(module=orders, key="O1", values={"title": "x"}, actor=None)
    run_everything()
    run = Run.objects.get()
    assert (run.status, run.failure_code) == ("failed", "execute-forbidden")
    assert run.failure["message"] == "A policy lets nothing act on Tickets."


def test_neither_the_gate_nor_its_glass_lets_anything_past_it(
    proven: Workflow, release: Callable[..., Workflow], tickets: Module, alice: Any, root: Any
) -> None:
    forbid(tickets, root)
    line = next(line for line in read_gate(workflow=fresh(proven)).lines if line.is_open)
    assert (line.key, line.sentence) == (
        "mode-policy",
        "root has set Tickets to “simulate only”: Year-end close",
    )
    with pytest.raises(ConflictError) as refused:
        break_glass(workflow=proven, actor=root, reason=REASON)
    assert refused.value.code == "execute-forbidden"


def test_four_eyes_can_be_demanded_of_every_promotion(proven: Workflow, tickets: Module, root: Any) -> None:
    set_mode_policy(rule="four_eyes", module=tickets, reason="Auditors ask for it", actor=root)
    opened = [line.key for line in read_gate(workflow=fresh(proven)).lines if line.is_open]
    assert opened == ["four-eyes"]


def test_a_policy_stands_once_and_is_lifted_once(tickets: Module, root: Any) -> None:
    policy = forbid(tickets, root)
    with pytest.raises(ConflictError):
        forbid(tickets, root)
    lift_mode_policy(policy=policy, reason="Done", actor=root)
    with pytest.raises(ConflictError):
        lift_mode_policy(policy=policy, reason="Done", actor=root)


def test_who_acts_shares_a_lock_that_who_forbids_holds_alone(
    acting: Workflow, tickets: Module, root: Any
) -> None:
    forbid(tickets, root)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND pid = pg_backend_pid()",
            [LOCK],
        )
        assert ("ExclusiveLock",) in cursor.fetchall()


def _due_now() -> None:
    Run.objects.filter(status="waiting").update(due_at=datetime(2026, 1, 1, tzinfo=UTC))


def _wait_is_over(run: Run) -> None:
    """The day has passed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE automations_step SET wait = jsonb_set(wait, '{until}', to_jsonb((now() - interval '1 second')::text))"
            " WHERE run_id = %s AND wait IS NOT NULL",
            [run.pk],
        )
    _due_now()
