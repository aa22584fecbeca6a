"""A backfill keeps to its rate, its rights and the blast radius, and stops when what it was asked under is no more."""

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
    Backfill,
    BackfillItem,
    Hold,
    Module,
    RecordComment,
    Workflow,
)
from automations.services.approvals import decide_approval
from automations.services.backfilling import work
from automations.services.workflows import update_workflow
from automations.testing import chain
from tests.integration.retries.world import publish

from .world import COMMENT, CREATED, asked, client_of, go_on, left_out, previewed, told, window

pytestmark = pytest.mark.django_db


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
    assert previewed(owner, workflow)["approvers"] == []
    update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 2}}, actor=alice)
    seen = previewed(owner, workflow)
    assert seen["parts"][0]["held"]["sentence"] == "3 runs at once; 2 are allowed."
    assert seen["approvers"] == ["sam"], "who asks for it answers for none of it"
    made = asked(owner, workflow)
    waits = go_on(owner, made["id"])
    assert (waits["status"], told(waits)) == ("running", {"waiting": 2, "started": 1})
    assert waits["waits_why"] == "Its runs are above the blast radius and wait for approval."
    approval = Approval.objects.get()
    assert (waits["approval"], waits["waits_for"]) == (approval.pk, ["sam"])
    assert (approval.title, approval.requester) == ("Start 3 runs of “w”?", alice)
    assert not RecordComment.objects.exclude(record_key="T5").exists()
    decide_approval(approval=approval, actor=sam, verdict="approve", plan_hash=approval.plan_hash)
    ended = go_on(owner, made["id"])
    assert (ended["status"], told(ended)) == ("done", {"started": 2, "not_started": 1})
    assert (ended["approval"], ended["waits_for"]) == (None, [])
    assert Approval.objects.count() == 1
    assert RecordComment.objects.count() == 3


def test_each_of_its_triggers_has_a_question_of_its_own(workflow: Workflow, owner: APIClient) -> None:
    made = asked(owner, workflow)
    firing, now = Backfill.objects.get().firing, timezone.now()
    common = {"workflow": workflow, "firing": firing, "bound": Hold.Bound.FIRING, "cap": 2, "opened_at": now}
    Hold.objects.create(**common, trigger_node="t1", state=Hold.State.RELEASED, ended_at=now)
    second = Hold.objects.create(**common, trigger_node="t2")
    waits = go_on(owner, made["id"])
    assert (waits["waits_why"], told(waits)) == (
        "Its runs are above the blast radius and wait for approval.",
        {"waiting": 3},
    )
    Hold.objects.filter(pk=second.pk).update(state=Hold.State.REJECTED, ended_at=now)
    assert go_on(owner, made["id"])["ended_why"] == "Its blast radius was not approved: rejected."


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
