"""Above its blast radius work waits for people: let go when they agree, ended with a reason when they don't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.models import (
    Approval,
    Decision,
    Hold,
    Module,
    Notification,
    OutgoingEmail,
    RecordComment,
    Run,
    StartCount,
    Workflow,
)
from automations.runtime import approvals as runtime_approvals
from automations.runtime import deadlines
from automations.runtime.matching import match_due
from automations.services.approvals import decide_approval
from automations.services.records import create_record, update_record
from automations.services.runs import cancel_run, start_run, start_runs
from automations.services.workflows import update_workflow
from automations.testing import chain, give_modules, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMENT = node("a1", "action.comment", text="Hello")
MANUAL = node("t1", "trigger.manual", module="tickets")


@pytest.fixture
def tickets(db: None) -> Module:
    module = make_module("tickets", {"title": "text", "due": "datetime", "lines": "list"})
    for number in range(8):
        create_record(module=module, key=f"T-{number}", values={"title": str(number)}, actor=None)
    run_everything()
    return module


@pytest.fixture
def alice(alice: Any) -> Any:
    return give_modules(alice)


@pytest.fixture
def sam(db: None) -> Any:
    return get_user_model().objects.create_user(username="sam", email="sam@example.org")


def limited(
    alice: Any, sam: Any, *nodes: Any, mode: str = "execute", key: str = "w", **limits: int
) -> Workflow:
    workflow = make_workflow(key, chain(*(nodes or (MANUAL, COMMENT))), owner=alice, mode=mode)
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), sam, workflow)
    return update_workflow(workflow=workflow, changes={"limits": limits}, actor=alice)


def keys(count: int) -> list[str]:
    return [f"T-{number}" for number in range(count)]


def fire(workflow: Workflow, actor: Any, count: int) -> list[Run]:
    start_runs(workflow=workflow, actor=actor, record_keys=keys(count))
    run_everything()
    return list(Run.objects.filter(workflow=workflow).order_by("pk"))


def statuses(workflow: Workflow) -> list[str]:
    return list(Run.objects.filter(workflow=workflow).order_by("pk").values_list("status", flat=True))


def answer(person: Any, verdict: str = "approve", reason: str = "") -> None:
    approval = Approval.objects.get(state="pending")
    decide_approval(
        approval=approval, actor=person, verdict=verdict, plan_hash=approval.plan_hash, reason=reason
    )
    go_on()


def go_on() -> None:
    """Do what is due; the news for a run is, though this test's transaction began before it came."""
    Run.objects.filter(status="waiting", signals__isnull=False).update(due_at=NOW)
    run_everything()


def test_a_firing_at_the_cap_runs_and_one_above_waits(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    assert [run.status for run in fire(workflow, alice, 3)] == ["succeeded"] * 3
    assert not Hold.objects.exists()
    fire(workflow, alice, 4)
    assert statuses(workflow) == ["succeeded"] * 3 + ["waiting"] * 4
    held = Hold.objects.get()
    assert (held.bound, held.count, held.cap, held.state) == ("firing", 4, 3, "pending")
    asked = Approval.objects.get()
    assert (asked.kind, asked.title, asked.requester) == ("blast_radius", "Start 4 runs of “w”?", alice)
    assert [record["record"] for record in asked.reach["records"]] == keys(4)
    told = [note.user for note in Notification.objects.filter(title=asked.title)]
    assert told == [sam], "who has started it can't agree himself"
    assert OutgoingEmail.objects.filter(to="sam@example.org").count() == 1
    run = Run.objects.filter(hold=held).first()
    assert run.logs.get().message == "Held for approval: 4 runs at once; 3 are allowed."
    assert Decision.objects.get(run=run).reason["held"]["count"] == 4


def test_agreement_lets_all_of_it_go(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    fire(workflow, alice, 4)
    with pytest.raises(ForbiddenError):
        answer(alice)
    answer(sam, reason="As planned.")
    assert statuses(workflow) == ["succeeded"] * 4
    assert tickets_commented() == 4
    run = Run.objects.filter(workflow=workflow).first()
    messages = list(run.logs.order_by("seq").values_list("message", flat=True))
    assert messages[:2] == [
        "Held for approval: 4 runs at once; 3 are allowed.",
        "Let go by sam: As planned.",
    ]
    assert list(run.logs.order_by("seq").values_list("seq", flat=True)) == list(range(1, len(messages) + 1))
    assert Hold.objects.get().state == "released"


def tickets_commented() -> int:
    return RecordComment.objects.count()


def test_a_rejection_ends_the_runs_with_its_reason(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    fire(workflow, alice, 4)
    answer(sam, "reject", "Too many.")
    runs = Run.objects.filter(workflow=workflow)
    assert {(run.status, run.failure_code) for run in runs} == {("cancelled", "blast-radius-rejected")}
    assert "sam: Too many." in runs[0].failure["message"]
    assert tickets_commented() == 0


def test_what_nobody_answers_expires_and_does_not_start(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    fire(workflow, alice, 4)
    later = timezone.now() + timedelta(hours=25)
    runtime_approvals.attend(now=later)
    run_everything()
    assert {run.failure_code for run in Run.objects.filter(workflow=workflow)} == {"blast-radius-expired"}
    assert Hold.objects.get().state == "expired"
    approval = Approval.objects.get()
    with pytest.raises(ConflictError) as refused:
        decide_approval(approval=approval, actor=sam, verdict="approve", plan_hash=approval.plan_hash)
    assert refused.value.code == "already-expired"


def test_simulate_holds_nothing_and_says_what_it_would_hold(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, mode="simulate", blast_radius=3)
    runs = fire(workflow, alice, 4)
    assert [run.status for run in runs] == ["succeeded"] * 4
    assert not Hold.objects.exists()
    assert Decision.objects.get(run=runs[0]).reason["would_hold"] == {
        "bound": "firing",
        "count": 4,
        "cap": 3,
        "population": None,
    }


def test_only_what_matches_counts(tickets: Module, alice: Any, sam: Any) -> None:
    """Eight alarms ring at once; the trigger's filter lets three through, and three are allowed."""
    trigger = node(
        "t1",
        "trigger.deadline",
        module="tickets",
        field="due",
        when="before",
        offset="PT1H",
        filter={"field": "title", "op": "in", "value": ["0", "1", "2"]},
    )
    workflow = limited(alice, sam, trigger, COMMENT, blast_radius=3)
    ring(tickets)
    assert statuses(workflow) == ["succeeded"] * 3


def ring(tickets: Module) -> None:
    due = (timezone.now() + timedelta(minutes=90)).isoformat()
    for key in keys(8):
        update_record(module=tickets, key=key, values={"due": due}, actor=None)
    deadlines.fire_due(now=timezone.now() + timedelta(hours=1))
    run_everything()


def test_alarms_that_ring_together_are_one_firing(tickets: Module, alice: Any, sam: Any) -> None:
    trigger = node("t1", "trigger.deadline", module="tickets", field="due", when="before", offset="PT1H")
    workflow = limited(alice, sam, trigger, COMMENT, blast_radius=7)
    ring(tickets)
    assert statuses(workflow) == ["waiting"] * 8
    answer(sam)
    assert statuses(workflow) == ["succeeded"] * 8


def test_a_firing_that_a_batch_cuts_in_two_is_held_as_a_whole(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=5)
    start_runs(workflow=workflow, actor=alice, record_keys=keys(6))
    for _ in range(3):
        match_due(limit=2)
    assert statuses(workflow) == ["waiting"] * 6
    asked = Approval.objects.get()
    assert (Hold.objects.get().count, asked.reach["count"], len(asked.reach["records"])) == (6, 6, 6)
    answer(sam)
    assert statuses(workflow) == ["succeeded"] * 6


def test_the_rest_of_a_firing_that_was_let_go_follows_it(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, blast_radius=5)
    start_runs(workflow=workflow, actor=alice, record_keys=keys(6))
    match_due(limit=4)
    answer(sam)
    assert statuses(workflow) == ["succeeded"] * 6
    assert Approval.objects.count() == 1


def test_a_share_of_the_records_that_the_trigger_is_about(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam, share=60)
    assert [run.status for run in fire(workflow, alice, 4)] == ["succeeded"] * 4
    fire(workflow, alice, 5)
    held = Hold.objects.get()
    assert (held.bound, held.count, held.cap, held.population) == ("share", 5, 60, 8)
    assert "5 of 8 records at once" in Approval.objects.get().body


def test_a_budget_an_hour_holds_what_is_beyond_and_one_question_covers_the_batch(
    tickets: Module, alice: Any, sam: Any
) -> None:
    workflow = limited(alice, sam, runs_per_hour=3)
    for key in keys(5):
        start_run(workflow=workflow, actor=alice, record_key=key)
    run_everything()
    assert statuses(workflow) == ["succeeded"] * 3 + ["waiting"] * 2
    start_run(workflow=workflow, actor=alice, record_key="T-7")
    run_everything()
    held = Hold.objects.get()
    assert (held.bound, held.count, Approval.objects.count()) == ("hour", 3, 1)
    answer(sam)
    assert statuses(workflow) == ["succeeded"] * 6
    start_run(workflow=workflow, actor=alice, record_key="T-6")
    run_everything()
    assert statuses(workflow)[-1] == "waiting"
    assert Hold.objects.count() == 2
    StartCount.objects.update(slot=timezone.now() - timedelta(hours=2))
    start_run(workflow=workflow, actor=alice, record_key="T-5")
    run_everything()
    assert statuses(workflow)[-1] == "succeeded", "an hour later the budget is there again"


def test_children_above_the_cap_wait_at_their_step(tickets: Module, alice: Any, sam: Any) -> None:
    make_workflow("child", chain(node("t1", "trigger.manual", module="tickets"), COMMENT), owner=alice)
    each = node("a1", "action.start_workflow", workflow="child", for_each={"ref": "record.lines"}, wait=True)
    created = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = limited(alice, sam, created, each, blast_radius=3)
    create_record(module=tickets, key="N-1", values={"lines": list("abcd")}, actor=None)
    run_everything()
    run = Run.objects.get(workflow=workflow)
    assert (run.status, run.steps.get(node="a1").status) == ("waiting", "waiting")
    assert run.children.count() == 0
    asked = Approval.objects.get()
    assert (asked.reach["count"], asked.reach["cap"], asked.reach["items"]) == (4, 3, list("abcd"))
    answer(sam)
    run.refresh_from_db()
    assert (run.status, run.children.count()) == ("succeeded", 4)


@pytest.mark.parametrize("how", ["reject", "expire"])
def test_children_that_nobody_wants_fail_their_step(how: str, tickets: Module, alice: Any, sam: Any) -> None:
    make_workflow("child", chain(node("t1", "trigger.manual", module="tickets"), COMMENT), owner=alice)
    each = node("a1", "action.start_workflow", workflow="child", for_each={"ref": "record.lines"})
    created = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = limited(alice, sam, created, each, blast_radius=3)
    create_record(module=tickets, key="N-1", values={"lines": list("abcd")}, actor=None)
    run_everything()
    if how == "reject":
        answer(sam, "reject", "Not today.")
    else:
        runtime_approvals.attend(now=timezone.now() + timedelta(hours=25))
        go_on()
    run = Run.objects.get(workflow=workflow)
    assert (run.status, run.failure_code) == (
        "failed",
        "blast-radius-rejected" if how == "reject" else "blast-radius-expired",
    )
    assert Run.objects.filter(workflow__key="child").count() == 0


def test_one_run_of_a_hold_is_cancelled_by_hand_and_the_rest_still_waits(
    tickets: Module, alice: Any, sam: Any
) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    runs = fire(workflow, alice, 4)
    cancel_run(run=runs[0], actor=alice)
    answer(sam)
    assert statuses(workflow) == ["cancelled"] + ["succeeded"] * 3


def test_a_batch_without_firings_and_budgets_costs_no_query_more(
    tickets: Module, alice: Any, sam: Any
) -> None:
    created = node("t1", "trigger.record", module="tickets", on=["created"])
    limited(alice, sam, created, COMMENT)
    create_record(module=tickets, key="N-1", values={}, actor=None)
    with CaptureQueriesContext(connection) as one:
        match_due()
    for number in range(20):
        create_record(module=tickets, key=f"N-2{number}", values={}, actor=None)
    with CaptureQueriesContext(connection) as many:
        match_due()
    assert len(many) <= len(one)
    assert not any("hold" in query["sql"] or "startcount" in query["sql"] for query in many)


def test_records_are_named_once_known_and_not_too_many(tickets: Module, alice: Any, sam: Any) -> None:
    workflow = limited(alice, sam)
    with pytest.raises(InvalidError):
        start_runs(workflow=workflow, actor=alice, record_keys=[])
    assert len(start_runs(workflow=workflow, actor=alice, record_keys=["T-1", "T-1"])) == 1
    client = APIClient()
    client.force_login(alice)
    address = f"/api/v1/workflows/{workflow.pk}/run-many/"
    assert client.post(address, {"records": ["T-1", "nope"]}, format="json").status_code == 404
    started = client.post(address, {"records": keys(4)}, format="json")
    assert (started.status_code, len(started.json()["events"]), started.json()["cap"]) == (202, 4, 100)


def test_the_question_shows_the_records_to_those_who_may_approve(
    tickets: Module, alice: Any, sam: Any
) -> None:
    workflow = limited(alice, sam, blast_radius=3)
    fire(workflow, alice, 4)
    client = APIClient()
    client.force_login(sam)
    row = client.get("/api/v1/approvals/?mine=true").json()["results"][0]
    seen = client.get(f"/api/v1/approvals/{row['id']}/").json()
    assert (seen["kind"], seen["reach"]["count"], seen["reach"]["cap"]) == ("blast_radius", 4, 3)
    assert [record["record"] for record in seen["reach"]["records"]] == keys(4)
    assert (seen["deciders"], seen["why_not"]) == (["sam"], "")
    listed = client.get(f"/api/v1/runs/?hold={seen['hold']}").json()["results"]
    assert len(listed) == 4
    client.force_login(alice)
    assert (
        client.get(f"/api/v1/approvals/{row['id']}/")
        .json()["why_not"]
        .startswith("You started this yourself")
    )
