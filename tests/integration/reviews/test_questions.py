"""What a review asks about, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from automations.models import AlertRule, Approval, Breaker, Hold, Promotion, StartCount, Workflow
from automations.services.alerts import make_rule
from automations.testing import chain, make_workflow, node
from webhooks.outbound.destinations import create_destination
from webhooks.secrets.services import create_secret

from .world import Desk, the_week

pytestmark = pytest.mark.django_db

WEEK = the_week()


def asked(desk: Desk) -> dict[str, dict[str, Any]]:
    return {one["kind"]: one for one in desk.kept(WEEK).figures["questions"]}


def test_a_gate_is_asked_about_when_every_answer_of_four_weeks_was_yes(desk: Desk) -> None:
    run, *_ = desk.ran(WEEK.start)
    for number in range(6):
        Approval.objects.create(
            workflow=desk.workflow,
            run=run,
            node="p1" if number < 5 else "p2",
            round=number + 1,
            title="Refund?",
            plan_hash="0",
            state="approved",
            asked_at=WEEK.start,
            ended_at=WEEK.start + timedelta(hours=3),
        )
    gate = asked(desk)["always-granted"]
    assert gate["key"] == f"always-granted:{desk.workflow.pk}:p1"
    assert gate["facts"] == "All 5 answers of the last four weeks were yes, on average after 3.0 hours."


def test_a_gate_that_was_closed_once_is_left_alone(desk: Desk) -> None:
    run, *_ = desk.ran(WEEK.start)
    for number in range(6):
        Approval.objects.create(
            workflow=desk.workflow,
            run=run,
            node="p1",
            round=number + 1,
            title="Refund?",
            plan_hash="0",
            state="approved" if number else "rejected",
            asked_at=WEEK.start,
            ended_at=WEEK.start + timedelta(hours=3),
        )
    assert "always-granted" not in asked(desk)


def test_idle_unowned_and_demoted_workflows_and_near_misses_are_named(desk: Desk) -> None:
    Promotion.objects.update(at=WEEK.end - timedelta(days=40))
    Workflow.objects.filter(pk=desk.workflow.pk).update(owner=None, limits={"runs_per_hour": 10})
    for minutes, started in ((0, 4), (50, 5), (300, 3)):
        StartCount.objects.create(
            workflow=desk.workflow, slot=WEEK.start + timedelta(minutes=minutes), started=started
        )
    Hold.objects.create(
        workflow=desk.workflow,
        bound="firing",
        firing="f1",
        cap=100,
        count=120,
        opened_at=WEEK.start,
    )
    Breaker.objects.create(
        workflow=desk.workflow,
        promotion=Promotion.objects.get(),
        reason="2 runs failed.",
        tripped_at=WEEK.start,
    )
    found = asked(desk)
    assert set(found) == {"idle", "near-miss", "unowned", "unwatched", "demoted"}
    assert found["idle"]["facts"] == "No run has ever begun."
    assert found["near-miss"]["facts"] == (
        "9 of 10 runs in an hour; 1 time above a bound, where people were asked."
    )
    assert found["demoted"]["facts"] == "On 2026-03-15: 2 runs failed. It still only simulates."
    assert found["unowned"]["title"] == "1 workflow acts, and nobody owns it"


def test_what_is_watched_and_at_work_is_left_alone(desk: Desk) -> None:
    Promotion.objects.update(at=WEEK.end - timedelta(days=40))
    desk.ran(WEEK.start)
    make_rule(kind="failures", name="Desk", raise_at=3, team="Desk", actor=desk.root)
    assert AlertRule.objects.filter(fallback=False).count() == 1
    assert asked(desk) == {}


def test_a_secret_that_a_live_workflow_sends_is_asked_about_before_it_expires(desk: Desk) -> None:
    secret = create_secret(key="crm", value="value-123456789", hosts=["example.com"], actor=desk.root)
    secret.expires_at = WEEK.end + timedelta(days=10)
    secret.save()
    headers = [{"name": "X-Token", "text": "", "secret": secret}]
    create_destination(key="crm", name="CRM", url="https://example.com/", actor=desk.root, headers=headers)
    assert "secret" not in asked(desk)
    other = desk.scheduled(team="Store", now=WEEK.end)
    call = node("a1", "action.call_webhook", destination="crm")
    made = make_workflow("calls", chain(node("t1", "trigger.manual"), call), owner=desk.root)
    Workflow.objects.filter(pk=made.pk).update(team="Store")
    desk.schedule = other
    found = asked(desk)["secret"]
    assert (found["key"], found["address"]) == ("secret:crm", "webhooks/secrets/crm/")
