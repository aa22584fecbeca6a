"""A small world in which every page of the admin has something to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from automations import permissions
from automations.models import (
    Alert,
    AlertRule,
    Approval,
    Backfill,
    BackfillItem,
    Backtest,
    BacktestDifference,
    Breaker,
    Consent,
    Deadline,
    FirstRelease,
    Hold,
    IdempotencyKey,
    KeptReview,
    LargeValue,
    ModePolicy,
    Module,
    Notification,
    OutgoingEmail,
    Place,
    ProcessStamp,
    Redrive,
    RedriveItem,
    Retention,
    ReviewDecision,
    ReviewReader,
    ReviewSchedule,
    ReviewSignature,
    RotationCursor,
    Run,
    RunSignal,
    RunTestMark,
    RunUndo,
    ScheduleSlot,
    SignOff,
    Standstill,
    Swept,
    Workflow,
)
from automations.services.drafts import save_draft
from automations.services.policies import create_policy
from automations.services.records import comment_record, create_record
from automations.services.scenarios import save_scenario
from automations.services.sources import create_source
from automations.services.tokens import create_token
from automations.testing import chain, edge, make_module, make_workflow, node, run_everything
from tests.integration.letters import keep_letter

AHEAD = {
    "schema": 1,
    "nodes": [
        node("t1", "trigger.record", module="tickets", on=["created"], filter={"policy": "big"}),
        node("c1", "condition.if", rule={"field": "state", "op": "is_empty"}),
        node("a1", "action.update_fields", values={"state": "seen"}),
    ],
    "edges": [edge("t1", "c1"), edge("c1", "a1", "true")],
}
"""A draft ahead of what is live: it names a policy and holds a rule."""


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", {"title": "text", "state": "text"})


@pytest.fixture
def workflow(root: Any, alice: Any, tickets: Module) -> Workflow:
    """Alice's, live in execute, with a run that has ended."""
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    change = node("a1", "action.update_fields", values={"state": "seen"})
    workflow = make_workflow("Route", chain(trigger, change), owner=alice, run_as=root)
    create_record(module=tickets, key="T1", values={"title": "<script>alert(1)</script>"}, actor=root)
    run_everything()
    assert Run.objects.get().status == "succeeded"
    return workflow


@pytest.fixture
def world(root: Any, tickets: Module, workflow: Workflow) -> Workflow:
    """One row at least of everything that the admin shows."""
    now, run = timezone.now(), Run.objects.get()
    create_policy(
        key="big", name="Big", module=tickets, rule={"field": "title", "op": "is_not_empty"}, actor=root
    )
    save_draft(workflow=workflow, document=AHEAD, revision=None, actor=root)
    save_scenario(
        workflow=workflow,
        actor=root,
        name="<script>alert(1)</script>",
        kind="positive",
        given={"record": {"module": "tickets", "key": "T1", "values": {"title": "One"}}},
    )
    create_source(key="erp", name="ERP", module=tickets, actor=root)
    comment_record(module=tickets, key="T1", text="Hello", actor=root)
    create_token(name="shop", scope="read", days=1, actor=root, now=now)
    at = {"created_at": now}
    Notification.objects.create(user=root, title="Look", run=run, key="k", **at)
    OutgoingEmail.objects.create(
        to="a@example.org", subject="Hello", body="You", run=run, key="k", due_at=now, **at
    )
    keep_letter(run, "It came late")
    how = {"start": "start", "version": "run", "rate": 60, "most_failures": 1, "among": 1}
    redrive = Redrive.objects.create(
        requested_by=root, reason="<script>alert(1)</script>", due_at=now, **how, **at
    )
    RedriveItem.objects.create(redrive=redrive, run=run)
    window = {"since": run.created_at, "until": run.created_at + timedelta(hours=1), "zone": "UTC"}
    of = {"workflow": workflow, "version": run.version, "mode": "execute", "slots": True, "events": True}
    backfill = Backfill.objects.create(
        requested_by=root, reason="<script>alert(1)</script>", rate=60, due_at=now, **of, **window, **at
    )
    BackfillItem.objects.create(
        backfill=backfill,
        workflow=workflow,
        is_dry_run=False,
        trigger_node="t1",
        event=run.event,
        record_key="<script>alert(1)</script>",
        at=now,
    )
    Approval.objects.create(
        run=run, node="p1", workflow=workflow, title="<script>alert(1)</script>", asked_at=now
    )
    version = workflow.versions.get()
    named = {"workflow": workflow, "version": version, "digest": version.digest}
    Consent.objects.create(**named, asked_by_name="<script>alert(1)</script>", asked_at=now)
    FirstRelease.objects.create(version=version, confirmed_by_name="root", at=now)
    ModePolicy.objects.create(
        module=tickets, rule="four_eyes", reason="Audit", set_by_name="root", set_at=now
    )
    RunTestMark.objects.create(workflow=workflow, digest=version.digest, tested_by_name="root", tested_at=now)
    SignOff.objects.create(**named, signed_by_name="root", checklist=[], at=now)
    RunUndo.objects.create(run=run, actor=root, actor_name="root", plan_hash="0" * 64, at=now)
    Place.objects.create(run=run, workflow=run.workflow, number=1, since=now)
    Retention.objects.create(
        workflow=workflow, hold_reason="<script>alert(1)</script>", held_at=now, held_by_name="root"
    )
    Standstill.objects.create(
        reason="<script>alert(1)</script>", starts_at=now + timedelta(days=1), set_by_name="root"
    )
    alert = Alert.objects.create(
        rule=AlertRule.objects.create(
            kind="failures", name="<script>alert(1)</script>", raise_at=1, workflow=workflow, made_at=now
        ),
        rule_name="<script>alert(1)</script>",
        kind="failures",
        workflow=workflow,
        phase="raised",
        since=now,
        raised_at=now,
        value=1,
        worst=1,
        bound=1,
        window_seconds=900,
    )
    Breaker.objects.create(
        workflow=workflow, alert=alert, promotion=workflow.promotions.get(), reason="x", tripped_at=now
    )
    Hold.objects.create(
        workflow=workflow, trigger_node="t1", firing="f", bound="firing", cap=1, opened_at=now
    )
    schedule = ReviewSchedule.objects.create(team="Desk", next_at=now, made_at=now)
    ReviewReader.objects.create(schedule=schedule, person=root)
    review = KeptReview.objects.create(
        schedule=schedule,
        week="2026-W12",
        team="Desk",
        zone="UTC",
        headline="<script>alert(1)</script>",
        asked=0,
        figures={"questions": [], "failures": []},
        digest="0",
        starts_at=now,
        ends_at=now,
        made_at=now,
    )
    ReviewDecision.objects.create(review=review, question="idle:1", choice="keep", at=now)
    ReviewSignature.objects.create(review=review, digest="0", note="Read", decided=[], triage=[], at=now)
    backtest = Backtest.objects.create(
        workflow=workflow, document={}, since=now - timedelta(days=1), until=now, due_at=now, **at
    )
    BacktestDifference.objects.create(
        backtest=backtest,
        kind="newly_selected",
        record_key="<script>alert(1)</script>",
        at=now,
        before={},
        after={},
    )
    RunSignal.objects.create(run=run, node="a1", key="k", outcome={}, **at)
    RotationCursor.objects.create(workflow=workflow, node="a1", position=1)
    Swept.objects.create(kind="runs", dropped=3)
    LargeValue.objects.create(hash="0" * 64, size=40_000, preview="{", body={}, touched_at=now)
    ProcessStamp.objects.create(name="worker-1", role="worker", host="here", pid=1, stamped_at=now)
    IdempotencyKey.objects.create(actor=root, key="k", route="runs", request_hash="0" * 64, status=200, **at)
    Deadline.objects.create(workflow=workflow, module=tickets, trigger_node="t1", record_key="T1", due_at=now)
    ScheduleSlot.objects.create(workflow=workflow, trigger_node="t1", slot_at=now)
    return workflow


@pytest.fixture
def admin_client(root: Any) -> Client:
    return client_of(root)


@pytest.fixture
def operator(bob: Any, workflow: Workflow) -> Client:
    """Bob: of the staff; he may see and run Alice's workflow, not edit it."""
    permissions.seed_roles()
    permissions.share(workflow, "Operator")
    bob.groups.add(Group.objects.get(name="Operator"))
    bob.is_staff = True
    bob.save()
    return client_of(bob)
