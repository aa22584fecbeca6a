"""What nobody judged in a window is made up for: counted before, at a rate, once, and never above the blast radius."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import (
    AuditEntry,
    Backfill,
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
from automations.services.records import create_record
from automations.services.workflows import pause_workflow, resume_workflow
from automations.testing import chain, make_workflow, node, run_everything

from .world import HOURLY, TELL, asked, client_of, counted, go_on, left_out, previewed, told

pytestmark = pytest.mark.django_db


def test_a_preview_counts_and_judges_a_sample_and_writes_nothing(
    workflow: Workflow, owner: APIClient
) -> None:
    seen = previewed(owner, workflow)
    assert (seen["total"], seen["mode"], seen["version"], seen["refusal"]) == (3, "execute", 1, "")
    assert left_out(seen) == {"already-judged": 1, "record-gone": 1}
    (part,) = seen["parts"]
    assert (part["trigger"], part["title"], part["makes_up_for"]) == ("t1", "t1", "events")
    assert part["held"] is None
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
    assert counted(owner, ended) == told(ended)
    entry = AuditEntry.objects.get(action="backfill.started")
    assert (entry.actor, entry.after["items"], entry.reason) == (alice, 3, "It was not there yet")
    assert left_out(previewed(owner, workflow)) == {"already-judged": 4, "record-gone": 1}
    assert asked(owner, workflow, status=409)["code"] == "nothing-to-make-up"


def test_what_a_replay_has_played_happened_at_no_real_time(workflow: Workflow, owner: APIClient) -> None:
    Event.objects.filter(record_key="T1").update(clock="demo")
    seen = previewed(owner, workflow)
    assert seen["total"] == 2
    assert left_out(seen) == {"already-judged": 1, "record-gone": 1, "of-a-replay": 1}


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
    assert counted(owner, ended) == told(ended)
    assert any("amount" in item["message"] for item in items)
    assign_perm(permissions.codename("view"), bob, workflow)
    hidden = client_of(bob).get(f"/api/v1/backfills/{made['id']}/items/").json()["results"]
    assert [item["message"] for item in hidden] == ["", "", ""]
    assert asked(owner, workflow)["total"] == 3, "it takes nothing away"
