"""Only so many runs are at work at once: one more waits, is skipped, or takes the place of the oldest."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import NEVER, Approval, Decision, Event, LogEntry, Module, Place, Run, Workflow
from automations.runtime import places
from automations.runtime.drain import drain_once
from automations.runtime.matching import match_due
from automations.services.approvals import decide_approval
from automations.services.records import create_record
from automations.services.retries import retry_run
from automations.services.runs import cancel_run, start_run, start_runs
from automations.services.workflows import update_workflow
from automations.testing import chain, give_modules, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

MANUAL = node("t1", "trigger.manual", module="tickets")
WAIT = node("w1", "action.wait", **{"for": "PT1H"})
SET = node("a1", "action.set_variable", values={"x": 1})


@pytest.fixture
def tickets(db: None) -> Module:
    module = make_module("tickets", {"title": "text"})
    for number in range(6):
        create_record(module=module, key=f"T-{number}", values={"title": str(number)}, actor=None)
    run_everything()
    return module


@pytest.fixture
def alice(alice: Any) -> Any:
    return give_modules(alice)


def limited(alice: Any, *nodes: Any, mode: str = "execute", **limits: Any) -> Workflow:
    workflow = make_workflow("w", chain(MANUAL, *(nodes or (WAIT, SET))), owner=alice, mode=mode)
    return update_workflow(workflow=workflow, changes={"limits": limits}, actor=alice)


def begin(workflow: Workflow, actor: Any, *records: str) -> None:
    for record in records:
        start_run(workflow=workflow, actor=actor, record_key=record)
    run_everything()


def runs(workflow: Workflow) -> list[str]:
    """In words, oldest first: waits at its step, ended, or parked."""
    rows = Run.objects.filter(workflow=workflow).order_by("pk")
    return ["parked" if run.status == "queued" and run.due_at == NEVER else run.status for run in rows]


def end(run: Run | None, actor: Any) -> None:
    assert run is not None
    cancel_run(run=run, actor=actor, reason="Enough.")
    run_everything()


def test_one_more_waits_until_the_oldest_place_is_free_and_the_oldest_goes_first(
    tickets: Module, alice: Any
) -> None:
    workflow = limited(alice, at_once=2)
    begin(workflow, alice, "T-0", "T-1", "T-2", "T-3")
    assert runs(workflow) == ["waiting", "waiting", "parked", "parked"]
    first, second, third, fourth = Run.objects.filter(workflow=workflow).order_by("pk")
    reason = Decision.objects.get(run=third).reason
    assert reason["waits"] == "It waits for a place: 2 of 2 places are taken."
    end(second, alice)
    assert runs(workflow) == ["waiting", "cancelled", "waiting", "parked"]
    held = Place.objects.filter(number__isnull=False).order_by("number")
    assert [(place.run_id, place.number) for place in held] == [(first.pk, 1), (third.pk, 2)]
    end(fourth, alice)
    begin(workflow, alice, "T-4")
    end(first, alice)
    assert runs(workflow) == ["cancelled", "cancelled", "waiting", "cancelled", "waiting"]
    end(third, alice)
    end(Run.objects.get(status="waiting"), alice)
    places.settle(workflow.pk)
    assert not Place.objects.exists()


def test_runs_that_end_by_themselves_pass_their_place_on(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, SET, at_once=1)
    start_runs(workflow=workflow, actor=alice, record_keys=[f"T-{number}" for number in range(5)])
    run_everything()
    assert runs(workflow) == ["succeeded"] * 5
    waited = Decision.objects.filter(workflow=workflow, reason__has_key="waits").count()
    assert waited == 4, "they were taken one after another, not at once"


def test_each_value_of_the_key_has_places_of_its_own(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, at_once=1, at_once_per="event.record")
    begin(workflow, alice, "T-0", "T-1", "T-0", "T-1")
    assert runs(workflow) == ["waiting", "waiting", "parked", "parked"]
    told = Decision.objects.get(run=Run.objects.order_by("pk")[2]).reason["waits"]
    assert told == "It waits for a place: 1 of 1 place is taken (event.record = T-0)."
    end(Run.objects.filter(record_key="T-1").order_by("pk").first(), alice)
    assert runs(workflow) == ["waiting", "cancelled", "parked", "waiting"]


def test_skip_starts_no_run_and_the_decision_says_why(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, at_once=1, when_full="skip")
    begin(workflow, alice, "T-0", "T-1")
    assert runs(workflow) == ["waiting"]
    skipped = Decision.objects.get(outcome="no_place")
    assert (skipped.run, skipped.reason["why"]) == (
        None,
        "1 of 1 place is taken, and the limit says to skip.",
    )
    assert Place.objects.count() == 1
    end(Run.objects.get(workflow=workflow), alice)
    begin(workflow, alice, "T-1")
    assert runs(workflow) == ["cancelled", "waiting"]


def test_a_caller_hears_that_what_it_started_was_skipped(tickets: Module, alice: Any) -> None:
    child = limited(alice, at_once=1, when_full="skip")
    parent = make_workflow(
        "p",
        chain(
            node("t1", "trigger.manual", module="tickets"),
            node("s1", "action.start_workflow", workflow="w", wait=True),
        ),
        owner=alice,
    )
    begin(child, alice, "T-0")
    begin(parent, alice, "T-1")
    Run.objects.filter(workflow=parent, signals__isnull=False).update(due_at="2026-01-01T00:00:00Z")
    run_everything()
    run = Run.objects.get(workflow=parent)
    assert (run.status, run.failure_code) == ("failed", "child-failed")
    assert "no_place" in run.failure["message"]


def test_the_oldest_is_cancelled_with_a_reason_and_the_new_one_starts(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, at_once=2, when_full="cancel_oldest")
    begin(workflow, alice, "T-0", "T-1")
    begin(workflow, alice, "T-2")
    assert runs(workflow) == ["cancelled", "waiting", "waiting"]
    first, _, third = Run.objects.filter(workflow=workflow).order_by("pk")
    assert first.failure_code == "place-taken"
    assert first.failure["message"] == (
        f"Cancelled: run {third.pk} took its place, because 2 of 2 places are taken."
    )
    assert LogEntry.objects.get(run=first, seq=first.last_seq).message == first.failure["message"]
    assert first.steps.get(node="w1").status == "cancelled"
    start_runs(workflow=workflow, actor=alice, record_keys=["T-3", "T-4", "T-5"])
    run_everything()
    assert runs(workflow) == ["cancelled"] * 4 + ["waiting"] * 2
    assert Place.objects.filter(number__isnull=False).count() == 2


def test_what_was_begun_before_a_limit_holds_no_place_and_a_wider_one_lets_go(
    tickets: Module, alice: Any
) -> None:
    workflow = limited(alice, at_once=1)
    begin(workflow, alice, "T-0", "T-1", "T-2", "T-3")
    update_workflow(workflow=workflow, changes={"limits": {"at_once": 3}}, actor=alice)
    run_everything()
    assert runs(workflow) == ["waiting", "waiting", "waiting", "parked"]
    update_workflow(workflow=workflow, changes={"limits": {"at_once": 1}}, actor=alice)
    end(Run.objects.filter(workflow=workflow).order_by("pk").first(), alice)
    assert runs(workflow)[3] == "parked", "two are at work still, and one is allowed"
    update_workflow(workflow=workflow, changes={"limits": {}}, actor=alice)
    run_everything()
    assert runs(workflow) == ["cancelled", "waiting", "waiting", "waiting"]
    assert not Place.objects.exists()


def test_simulated_runs_take_no_place(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, mode="simulate", at_once=1, when_full="skip")
    begin(workflow, alice, "T-0", "T-1")
    assert runs(workflow) == ["succeeded", "succeeded"]
    assert not Place.objects.exists()


def test_a_retry_waits_whatever_the_limit_says(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, at_once=1, when_full="skip")
    begin(workflow, alice, "T-0")
    end(Run.objects.get(workflow=workflow), alice)
    begin(workflow, alice, "T-1")
    retry_run(run=Run.objects.get(status="cancelled"), actor=alice)
    run_everything()
    assert runs(workflow) == ["cancelled", "waiting", "parked"]
    end(Run.objects.get(status="waiting"), alice)
    assert runs(workflow) == ["cancelled", "cancelled", "waiting"]


def test_runs_that_the_blast_radius_held_take_places_when_they_are_let_go(
    tickets: Module, alice: Any, bob: Any
) -> None:
    workflow = limited(alice, at_once=1, blast_radius=1)
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), bob, workflow)
    start_runs(workflow=workflow, actor=alice, record_keys=["T-0", "T-1"])
    run_everything()
    assert not Place.objects.exists()
    asked = Approval.objects.get()
    decide_approval(approval=asked, actor=bob, verdict="approve", plan_hash=asked.plan_hash)
    run_everything()
    assert list(Place.objects.order_by("run_id").values_list("number", flat=True)) == [1, None]
    begun = Run.objects.filter(workflow=workflow, started_at__isnull=False)
    assert begun.count() == 1
    end(begun.get(), alice)
    assert begun.count() == 2


def test_a_place_is_given_though_who_should_have_is_gone(tickets: Module, alice: Any) -> None:
    workflow = limited(alice, at_once=1)
    begin(workflow, alice, "T-0", "T-1")
    cancel_run(run=Run.objects.order_by("pk")[0], actor=alice)  # and nobody drains
    assert runs(workflow) == ["cancelled", "parked"]
    assert places.settle_all(timezone.now()) == 1
    assert places.settle_all(timezone.now()) == 0
    run_everything()
    assert runs(workflow) == ["cancelled", "waiting"]


def test_a_workflow_without_a_limit_is_asked_nothing(tickets: Module, alice: Any) -> None:
    workflow = make_workflow("w", chain(MANUAL, SET), owner=alice)
    for record in ("T-0", "T-1"):
        start_run(workflow=workflow, actor=alice, record_key=record)
    with CaptureQueriesContext(connection) as queries:
        match_due(take=10)
    assert not [query for query in queries if "automations_place" in query["sql"]]
    with CaptureQueriesContext(connection) as queries:
        drain_once()
    assert len([query for query in queries if "automations_place" in query["sql"]]) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when_full", ["queue", "skip", "cancel_oldest"])
def test_workers_that_start_together_never_give_a_place_twice(alice: Any, when_full: str) -> None:
    alice = give_modules(alice)
    module = make_module("tickets", {"title": "text"})
    for number in range(24):
        create_record(module=module, key=f"T-{number}", values={"title": ""}, actor=None)
    run_everything()
    workflow = limited(alice, at_once=3, when_full=when_full)
    for number in range(24):
        start_run(workflow=workflow, actor=alice, record_key=f"T-{number}")
    together = threading.Barrier(4)
    most: list[int] = []

    def worker() -> None:
        together.wait(timeout=60)
        while match_due(limit=2).events:
            most.append(Place.objects.filter(number__isnull=False).count())
        connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not Event.objects.filter(state="pending").exists()
    held = Place.objects.filter(number__isnull=False)
    assert list(held.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert max(most) <= 3
    due = Run.objects.filter(workflow=workflow, status="queued").exclude(due_at=NEVER)
    assert set(due.values_list("pk", flat=True)) == set(held.values_list("run_id", flat=True))
    count = Counter(runs(workflow))
    assert (
        count
        == {
            "queue": {"queued": 3, "parked": 21},
            "skip": {"queued": 3},
            "cancel_oldest": {"queued": 3, "cancelled": 21},
        }[when_full]
    )
