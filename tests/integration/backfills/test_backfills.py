"""What nobody judged in a window is made up for: counted before, at a rate, once, and never above the blast radius."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import (
    Approval,
    AuditEntry,
    Backfill,
    BackfillItem,
    Decision,
    Event,
    Module,
    Record,
    RecordComment,
    Run,
    ScheduleSlot,
    Workflow,
)
from automations.runtime import schedules
from automations.services.approvals import decide_approval
from automations.services.backfilling import work
from automations.services.records import create_record
from automations.services.workflows import pause_workflow, resume_workflow, update_workflow
from automations.testing import chain, give_modules, make_module, make_workflow, node, run_everything
from tests.integration.retries.world import publish

pytestmark = pytest.mark.django_db

CREATED = node(
    "t1",
    "trigger.record",
    module="tickets",
    on=["created"],
    filter={"field": "amount", "op": "gt", "value": "100"},
)
COMMENT = node("a1", "action.comment", text="Looked at.")
HOURLY = node("s1", "trigger.schedule", cron="0 * * * *", missed="skip")
TELL = node("a1", "action.notify", users=["alice"], channels=["app"], title="Look")


@pytest.fixture
def alice(alice: Any) -> Any:
    return give_modules(alice)


@pytest.fixture
def tickets(db: None) -> Module:
    """Four tickets, three of them large, one of these gone again; nobody has heard of any."""
    module = make_module("tickets", {"title": "text", "amount": "money"})
    for key, amount in (("T1", "250"), ("T2", "300"), ("T3", "50"), ("T4", "900")):
        create_record(module=module, key=key, values={"title": key, "amount": amount}, actor=None)
    run_everything()
    Record.objects.filter(key="T4").delete()
    return module


@pytest.fixture
def workflow(tickets: Module, alice: Any) -> Workflow:
    """It has heard of T5 alone."""
    made = make_workflow("w", chain(CREATED, COMMENT), owner=alice)
    create_record(module=tickets, key="T5", values={"title": "T5", "amount": "500"}, actor=None)
    run_everything()
    return made


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


@pytest.fixture
def owner(alice: Any) -> APIClient:
    return client_of(alice)


def window(workflow: Workflow, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    moments = {
        "since": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=1)).isoformat(),
    }
    return {"workflow": workflow.pk, **moments, **more}


def previewed(client: APIClient, workflow: Workflow, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/backfills/preview/", window(workflow, **more), format="json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def asked(client: APIClient, workflow: Workflow, status: int = 201, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/backfills/", window(workflow, **more), format="json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def go_on(client: APIClient, pk: int, *, slices: int = 12, runs: bool = True) -> dict[str, Any]:
    """Slice after slice, with the runs worked on between them, without waiting for its rate."""
    for _ in range(slices):
        Backfill.objects.filter(pk=pk).update(due_at=timezone.now() - timedelta(seconds=1))
        if not work.work(seconds=1, only=pk):
            break
        if runs:
            run_everything()
    return dict(client.get(f"/api/v1/backfills/{pk}/").json())


def told(backfill: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in backfill["counts"].items() if number}


def left_out(answer: dict[str, Any]) -> dict[str, int]:
    return {entry["code"]: entry["count"] for entry in answer["left_out"]}


def test_a_preview_counts_and_judges_a_sample_and_writes_nothing(
    workflow: Workflow, owner: APIClient
) -> None:
    seen = previewed(owner, workflow)
    assert (seen["total"], seen["mode"], seen["version"], seen["refusal"]) == (3, "execute", 1, "")
    assert left_out(seen) == {"already-judged": 1, "record-gone": 1}
    (part,) = seen["parts"]
    assert (part["trigger"], part["makes_up_for"], part["held"]) == ("t1", "events", None)
    assert [(one["record"], one["answer"]) for one in part["sample"]] == [
        ("T1", "matched"),
        ("T2", "matched"),
        ("T3", "filtered"),
    ]
    assert "amount" in part["sample"][2]["why"]
    assert part["first"] == part["sample"][0]["at"]
    assert part["last"] == part["sample"][2]["at"]
    assert [note["code"] for note in seen["notes"]] == ["values"]
    assert Run.objects.count() == 1
    assert not Backfill.objects.exists()


def test_what_was_missed_is_judged_once(workflow: Workflow, owner: APIClient, alice: Any) -> None:
    made = asked(owner, workflow, reason="It was not there yet")
    assert (made["status"], made["total"], told(made)) == ("queued", 3, {"waiting": 3})
    ended = go_on(owner, made["id"])
    assert (ended["status"], told(ended)) == ("done", {"started": 2, "not_started": 1})
    assert set(RecordComment.objects.values_list("record_key", flat=True)) == {"T1", "T2", "T5"}
    assert RecordComment.objects.count() == 3
    made_up = Run.objects.exclude(record_key="T5")
    assert {(run.actor, run.mode, run.status) for run in made_up} == {(alice, "execute", "succeeded")}
    assert set(Decision.objects.exclude(event__record_key="T5").values_list("outcome", flat=True)) == {
        "matched",
        "filtered",
    }
    items = owner.get(f"/api/v1/backfills/{made['id']}/items/").json()["results"]
    assert {(item["record"], item["answer"], item["run_status"]) for item in items} == {
        ("T1", "matched", "succeeded"),
        ("T2", "matched", "succeeded"),
        ("T3", "filtered", None),
    }
    entry = AuditEntry.objects.get(action="backfill.started")
    assert (entry.actor, entry.after["items"], entry.reason) == (alice, 3, "It was not there yet")
    assert left_out(previewed(owner, workflow)) == {"already-judged": 4, "record-gone": 1}
    assert asked(owner, workflow, status=409)["code"] == "nothing-to-make-up"


def test_the_trigger_sees_the_record_as_the_event_left_it(
    workflow: Workflow, owner: APIClient, tickets: Module
) -> None:
    Record.objects.filter(key="T1").update(data={"title": "T1", "amount": "5"})
    ended = go_on(owner, asked(owner, workflow)["id"])
    assert told(ended) == {"started": 2, "not_started": 1}
    assert Run.objects.get(record_key="T1").status == "succeeded"


def test_what_a_paused_workflow_did_not_look_at_is_made_up_for(
    workflow: Workflow, owner: APIClient, alice: Any, tickets: Module
) -> None:
    pause_workflow(workflow=workflow, actor=alice, reason="Stock-taking")
    create_record(module=tickets, key="T6", values={"title": "T6", "amount": "700"}, actor=None)
    run_everything()
    assert Decision.objects.get(event__record_key="T6").outcome == "paused"
    seen = previewed(owner, workflow)
    assert (seen["total"], seen["code"]) == (4, "paused")
    assert asked(owner, workflow, status=409)["code"] == "paused"
    workflow.refresh_from_db()
    resume_workflow(workflow=workflow, actor=alice)
    made = asked(owner, workflow)
    pause_workflow(workflow=Workflow.objects.get(), actor=alice, reason="Again")
    waits = go_on(owner, made["id"], slices=1)
    assert (waits["status"], told(waits)) == ("running", {"waiting": 4})
    assert waits["waits_why"] == "The workflow is paused."
    resume_workflow(workflow=Workflow.objects.get(), actor=alice)
    assert told(go_on(owner, made["id"])) == {"started": 3, "not_started": 1}
    assert Decision.objects.get(event__record_key="T6").outcome == "matched"


def test_slots_that_passed_unserved_are_made_up_for_once(owner: APIClient, alice: Any) -> None:
    workflow = make_workflow("s", chain(HOURLY, TELL), owner=alice)
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    slots = [hour - timedelta(hours=number) for number in range(3, -1, -1)]
    # The ticker skipped one, as its policy says, and fired one that was judged.
    ScheduleSlot.objects.create(workflow=workflow, trigger_node="s1", slot_at=slots[1])
    trigger = workflow.active_triggers.get()
    trigger.next_slot_at = slots[2]
    trigger.save()
    assert schedules.fire_due(now=slots[2]) == 1
    run_everything()
    trigger.refresh_from_db()
    trigger.next_slot_at = hour + timedelta(hours=1)
    trigger.save()
    body = {"since": (hour - timedelta(hours=3)).isoformat(), "events": False}
    seen = previewed(owner, workflow, **body)
    assert (seen["total"], left_out(seen)) == (3, {"already-judged": 1})
    assert [one["answer"] for one in seen["parts"][0]["sample"]] == ["matched"] * 3
    ended = go_on(owner, asked(owner, workflow, **body)["id"])
    assert (ended["status"], told(ended)) == ("done", {"started": 3})
    assert Run.objects.filter(workflow=workflow, status="succeeded").count() == 4
    told_slots = Event.objects.filter(type="schedule").values_list("snapshot__data__slot", flat=True)
    assert len(set(told_slots)) == len(told_slots) == 4
    assert ScheduleSlot.objects.filter(fired_at=None).count() == 0
    # A ticker that comes late finds them served.
    trigger.next_slot_at = slots[0]
    trigger.save()
    schedules.fire_due(now=now)
    run_everything()
    assert Run.objects.filter(workflow=workflow).count() == 4


def test_slots_are_those_of_the_schedules_zone_and_the_window_is_of_the_one_that_names_it(
    owner: APIClient, alice: Any
) -> None:
    daily = node("s1", "trigger.schedule", cron="30 2 * * *", zone="Europe/Berlin")
    workflow = make_workflow("s", chain(daily, TELL), owner=alice)
    body = {"since": "2026-03-28", "until": "2026-03-31", "zone": "Europe/Berlin"}
    first = previewed(owner, workflow, **body)
    assert (first["since"], first["until"]) == ("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z")
    (part,) = first["parts"]
    # On the 29th the clocks jump over 02:30.
    assert [one["slot"] for one in part["sample"]] == [
        "2026-03-28T01:30:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:30:00Z",
    ]


def test_a_dry_run_says_what_would_come_of_each_and_does_nothing(
    workflow: Workflow, owner: APIClient, bob: Any
) -> None:
    before = (Run.objects.count(), RecordComment.objects.count(), Decision.objects.count())
    made = asked(owner, workflow, dry_run=True)
    ended = go_on(owner, made["id"], slices=2)
    assert (ended["status"], told(ended)) == ("done", {"would_succeed": 2, "would_not_start": 1})
    assert (Run.objects.count(), RecordComment.objects.count(), Decision.objects.count()) == before
    items = owner.get(f"/api/v1/backfills/{made['id']}/items/").json()["results"]
    assert {(item["record"], item["answer"], item["outcome"]) for item in items} == {
        ("T1", "matched", "succeeds"),
        ("T2", "matched", "succeeds"),
        ("T3", "filtered", ""),
    }
    assert any("amount" in item["message"] for item in items)
    assign_perm(permissions.codename("view"), bob, workflow)
    hidden = client_of(bob).get(f"/api/v1/backfills/{made['id']}/items/").json()["results"]
    assert [item["message"] for item in hidden] == ["", "", ""]
    assert asked(owner, workflow)["total"] == 3, "it takes nothing away"


def test_it_keeps_to_its_rate(workflow: Workflow, owner: APIClient) -> None:
    made = asked(owner, workflow, rate=6)
    began = timezone.now()
    assert work.work(seconds=5, only=made["id"])
    assert BackfillItem.objects.filter(state="judged").count() == 1
    due = Backfill.objects.get().due_at - began
    assert timedelta(seconds=9) < due < timedelta(seconds=12)
    assert not work.work(seconds=5, only=made["id"]), "it is not due"
    assert not work.is_due()


def test_of_two_that_are_asked_for_each_thing_belongs_to_one(workflow: Workflow, owner: APIClient) -> None:
    asked(owner, workflow)
    assert left_out(previewed(owner, workflow)) == {
        "already-judged": 1,
        "record-gone": 1,
        "in-a-backfill": 3,
    }
    assert asked(owner, workflow, status=409)["code"] == "nothing-to-make-up"
    item = BackfillItem.objects.earliest("pk")
    item.pk = None
    with pytest.raises(IntegrityError, match="backfillitem_event_once"), transaction.atomic():
        item.save()


def test_what_was_cancelled_can_be_made_up_for_later(workflow: Workflow, owner: APIClient) -> None:
    made = asked(owner, workflow)
    go_on(owner, made["id"], slices=1)
    late = Backfill.objects.get()
    late.lease_token = None
    address = f"/api/v1/backfills/{made['id']}/cancel/"
    answer = owner.post(address, {"reason": "Wrong window"}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert told(answer.json()) == {"started": 1, "skipped": 2}
    assert work.BACKFILLING.make_up(late, 1) == 0
    assert owner.post(address, {}, format="json").json()["code"] == "already-ended"
    assert told(go_on(owner, asked(owner, workflow)["id"])) == {"started": 1, "not_started": 1}


def test_above_the_blast_radius_one_waits_for_approval_and_the_rest_for_it(
    workflow: Workflow, owner: APIClient, alice: Any
) -> None:
    sam = get_user_model().objects.create_user(username="sam")
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), sam, workflow)
    update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 2}}, actor=alice)
    assert previewed(owner, workflow)["parts"][0]["held"]["sentence"] == "3 runs at once; 2 are allowed."
    made = asked(owner, workflow)
    waits = go_on(owner, made["id"])
    assert (waits["status"], told(waits)) == ("running", {"waiting": 2, "started": 1})
    assert waits["waits_why"] == "Its runs are above the blast radius and wait for approval."
    approval = Approval.objects.get()
    assert (approval.title, approval.requester) == ("Start 3 runs of “w”?", alice)
    assert not RecordComment.objects.exclude(record_key="T5").exists()
    decide_approval(approval=approval, actor=sam, verdict="approve", plan_hash=approval.plan_hash)
    ended = go_on(owner, made["id"])
    assert (ended["status"], told(ended)) == ("done", {"started": 2, "not_started": 1})
    assert Approval.objects.count() == 1
    assert RecordComment.objects.count() == 3


def test_it_stops_when_its_blast_radius_is_not_approved(
    workflow: Workflow, owner: APIClient, alice: Any
) -> None:
    sam = get_user_model().objects.create_user(username="sam")
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), sam, workflow)
    update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 2}}, actor=alice)
    made = asked(owner, workflow)
    go_on(owner, made["id"], slices=2)
    approval = Approval.objects.get()
    decide_approval(
        approval=approval,
        actor=sam,
        verdict="reject",
        reason="Too many",
        plan_hash=approval.plan_hash,
    )
    ended = go_on(owner, made["id"])
    assert (ended["status"], told(ended)) == ("stopped", {"started": 1, "skipped": 2})
    assert ended["ended_why"] == "Its blast radius was not approved: rejected."
    assert RecordComment.objects.count() == 1


def test_it_goes_no_further_under_another_version_or_without_the_right(
    workflow: Workflow, owner: APIClient, alice: Any, bob: Any
) -> None:
    for right in ("view", "run"):
        assign_perm(permissions.codename(right), bob, workflow)
    assign_perm("automations.view_module", bob, Module.objects.get(key="tickets"))
    made = asked(client_of(bob), workflow)
    go_on(owner, made["id"], slices=1)
    remove_perm(permissions.codename("run"), bob, workflow)
    ended = go_on(owner, made["id"], slices=1)
    assert (ended["status"], ended["ended_why"]) == (
        "stopped",
        "bob may not start runs of “w” any more.",
    )
    made = asked(owner, workflow)
    publish(workflow, chain(CREATED, {**COMMENT, "config": {"text": "Seen."}}), alice)
    ended = go_on(owner, made["id"], slices=1)
    assert ended["ended_why"] == "Another version is live than version 1, which it was asked for."
    assert told(ended) == {"skipped": 2}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"since": "yesterday"}, "bad-moment"),
        ({"since": "2020-01-01", "until": "2026-01-01"}, "window-too-long"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "bad-moment"),
        ({"zone": "Mars/Base"}, "unknown-zone"),
        ({"slots": False, "events": False}, "nothing-asked"),
    ],
)
def test_what_is_no_window_is_refused(
    workflow: Workflow, owner: APIClient, more: dict[str, Any], code: str
) -> None:
    for address in ("/api/v1/backfills/", "/api/v1/backfills/preview/"):
        answer = owner.post(address, window(workflow, **more), format="json")
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, code)


def test_it_takes_the_right_to_start_runs(workflow: Workflow, bob: Any, charlie: Any) -> None:
    assign_perm(permissions.codename("view"), bob, workflow)
    for person, status in ((bob, 403), (charlie, 404)):
        for address in ("/api/v1/backfills/", "/api/v1/backfills/preview/"):
            answer = client_of(person).post(address, window(workflow), format="json")
            assert answer.status_code == status


def test_the_command_counts_and_starts_only_when_told(
    workflow: Workflow, alice: Any, charlie: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    today = timezone.now().date()
    words = [
        "backfill",
        "w",
        "--from",
        str(today - timedelta(days=1)),
        "--to",
        str(today + timedelta(days=2)),
    ]
    call_command(*words)
    said = capsys.readouterr().out
    assert "w, version 1, in execute: 3 to be judged" in said
    assert "t1: 3 events" in said
    assert "of the oldest 3, 2 would start" in said
    assert "left out: 1 about a record that is not there any more" in said
    assert "Nothing was started" in said
    assert not Backfill.objects.exists()
    call_command(*words, "--yes", "--simulate", "--actor", "alice", "--rate", "30")
    made = Backfill.objects.get()
    assert (made.is_dry_run, made.rate, made.requested_by) == (True, 30, alice)
    for more, code in ((["--actor", "charlie"], 1), (["--actor", "nobody"], 2), (["--yes"], 2)):
        with pytest.raises(SystemExit) as ended:
            call_command(*words, *more)
        assert ended.value.code == code
    with pytest.raises(SystemExit) as ended:
        call_command("backfill", "w", "--from", "soon", "--to", "later")
    assert ended.value.code == 1
    assert "is no moment" in capsys.readouterr().err
