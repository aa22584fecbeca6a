"""No failure is silent, and none floods: what rules measure, and who is told what, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.models import (
    Alert,
    AlertRule,
    Approval,
    DeadLetter,
    Event,
    Notification,
    OutgoingEmail,
    Promotion,
    Run,
    Standstill,
    Step,
    TriggerSource,
    Workflow,
)
from automations.runtime.product_events import LISTENERS, ProductEvent
from automations.services.alerts import acknowledge_alert, make_rule, remove_rule, snooze_alert, snooze_rule
from automations.services.watching import watch
from automations.services.workflows import pause_workflow, resume_workflow
from automations.testing import make_workflow
from tests.integration.letters import keep_letter

pytestmark = pytest.mark.django_db

Ran = Callable[..., Run]
Look = Callable[..., list[Alert]]


def mails() -> list[str]:
    return list(OutgoingEmail.objects.order_by("pk").values_list("subject", flat=True))


def test_a_failure_that_no_rule_watches_is_told_to_the_owner_once_and_so_is_that_it_works_again(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any
) -> None:
    before = len(mails())
    assert alerts() == []
    ran(workflow, "failed")
    (alert,) = alerts()
    told = Notification.objects.get(user=alice, key=f"alert:{alert.pk}")
    assert told.title == "“watch-tickets”: 1 run failed in 15 minutes"
    assert f"run {alert.run_id}: boom at “Mark it”" in told.body
    assert "Secret" not in told.body
    assert "what to press: “Diagnosis” beside the alert." in told.body, "half an address leads nowhere"
    assert told.address == f"alerts/?alert={alert.pk}"
    for _ in range(30):
        ran(workflow, "failed", ago=0.5)
    assert alerts() == [alert]
    alert.refresh_from_db()
    assert (alert.value, alert.worst) == (31, 31)
    assert len(mails()) == before + 1
    assert alerts(after=20) == [alert], "nothing ran since: that is no recovery"
    ran(workflow, "succeeded", ago=-20)
    assert alerts(after=20.5) == []
    over = OutgoingEmail.objects.latest("pk")
    assert over.subject == "“watch-tickets” works again"
    assert "31 runs failed in that time." in over.body
    assert len(mails()) == before + 2
    assert alerts(after=21) == []


def test_what_only_simulates_is_replayed_or_cancelled_raises_nothing(
    workflow: Workflow, ran: Ran, alerts: Look
) -> None:
    ran(workflow, "failed", mode="simulate")
    ran(workflow, "failed", clock="march")
    ran(workflow, "cancelled")
    ran(workflow, "failed", ago=16)
    assert alerts() == []


def test_a_workflows_own_rule_and_its_teams_stand_in_the_place_of_the_fallback(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any
) -> None:
    make_rule(kind="failures", name="Three", raise_at=3, clear_at=1, workflow=workflow, actor=alice)
    ran(workflow, "failed")
    ran(workflow, "failed")
    assert alerts() == []
    ran(workflow, "failed")
    assert [alert.rule_name for alert in alerts()] == ["Three"]
    other = make_workflow("other", workflow.active_version.document, owner=alice, team="ops")
    ran(other, "failed")
    assert [alert.rule_name for alert in alerts()] == ["Runs fail", "Three"]
    team = make_rule(
        kind="failure_ratio", name="Half", raise_at=50, clear_at=10, least=2, team="ops", actor=alice
    )
    ran(other, "failed")
    assert {alert.rule_name for alert in alerts()} == {"Half", "Runs fail", "Three"}
    remove_rule(alert_rule=team, actor=alice)
    assert {alert.rule_name for alert in alerts()} == {"Runs fail", "Three"}


def test_ratio_says_nothing_of_too_few_runs_and_holds_for_as_long_as_its_rule_says(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any
) -> None:
    make_rule(
        kind="failure_ratio",
        name="A third",
        raise_at=30,
        clear_at=10,
        least=4,
        hold_seconds=120,
        workflow=workflow,
        actor=alice,
    )
    for status in ("failed", "failed", "succeeded"):
        ran(workflow, status)
    assert alerts() == []
    ran(workflow, "succeeded")
    (pending,) = alerts()
    assert (pending.phase, pending.value) == ("pending", 50)
    assert not Notification.objects.filter(key__startswith="alert:").exists()
    assert [alert.phase for alert in alerts(after=1.5)] == ["pending"]
    assert [alert.phase for alert in alerts(after=2)] == ["raised"]
    for _ in range(40):
        ran(workflow, "succeeded", ago=-3)
    assert alerts(after=4) == []


def test_what_leaves_its_bounds_for_a_moment_only_is_forgotten(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any
) -> None:
    make_rule(
        kind="failures",
        name="x",
        raise_at=1,
        hold_seconds=600,
        window_seconds=300,
        workflow=workflow,
        actor=alice,
    )
    ran(workflow, "failed")
    assert [alert.phase for alert in alerts()] == ["pending"]
    assert alerts(after=6) == []
    assert Alert.objects.count() == 0


def test_silence_counts_from_the_last_success_or_from_when_it_began_to_act(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any, now: datetime
) -> None:
    rule = make_rule(kind="silence", name="Daily", raise_at=60, clear_at=59, workflow=workflow, actor=alice)
    long_ago = now - timedelta(days=2)
    assert alerts() == [], "it acts only since now"
    Promotion.objects.update(at=long_ago)
    AlertRule.objects.filter(pk=rule.pk).update(made_at=long_ago)
    ran(workflow, "succeeded", ago=30)
    assert alerts() == []
    (alert,) = alerts(after=31)
    assert alert.value == pytest.approx(61)
    ran(workflow, "succeeded", ago=-32)
    assert alerts(after=33) == []
    assert mails()[-1] == "Over: “watch-tickets”: no run has succeeded for 61 minutes"
    Workflow.objects.update(paused_at=now)
    assert alerts(after=500) == [], "what is paused is not expected to run"


def test_silence_counts_anew_when_a_workflow_is_resumed_or_a_standstill_is_over(
    workflow: Workflow, alerts: Look, alice: Any, root: Any, now: datetime
) -> None:
    rule = make_rule(kind="silence", name="Daily", raise_at=60, clear_at=59, workflow=workflow, actor=alice)
    long_ago = now - timedelta(days=2)
    Promotion.objects.update(at=long_ago)
    AlertRule.objects.filter(pk=rule.pk).update(made_at=long_ago)
    pause_workflow(workflow=workflow, reason="Holidays", actor=alice)
    resume_workflow(workflow=workflow, actor=alice)
    assert alerts(after=30) == [], "it was paused for two days, and works again for half an hour"
    Standstill.objects.create(
        reason="The shop moves",
        starts_at=now + timedelta(minutes=31),
        ends_at=now + timedelta(minutes=90),
        set_by_name="root",
    )
    assert alerts(after=149) == []
    (alert,) = alerts(after=151)
    assert alert.value == pytest.approx(61)


def test_dead_letters_questions_and_late_work_are_counted_as_they_are_now(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any, root: Any, now: datetime
) -> None:
    for kind, bounds in (("dead_letters", 2), ("approvals_overdue", 1), ("needs_review", 1)):
        make_rule(kind=kind, name=kind, raise_at=bounds, workflow=workflow, window_seconds=3_600, actor=alice)
    make_rule(kind="queue_lag", name="queue_lag", raise_at=60, clear_at=10, actor=root)
    make_rule(kind="failures", name="quiet", raise_at=100, workflow=workflow, actor=alice)
    first = ran(workflow, "failed")
    keep_letter(first, "Boom")
    Approval.objects.create(
        run=first, node="p1", workflow=workflow, title="?", asked_at=now - timedelta(minutes=59)
    )
    assert alerts() == []
    second = ran(workflow, "failed")
    keep_letter(second, "Boom")
    waits: dict[str, Any] = {"kind": "action.call", "position": 1, "status": "waiting"}
    for node, ago, kind in (("c1", 59, "needs_review"), ("c2", 1, "needs_review"), ("c3", 59, "retry")):
        begun = now - timedelta(minutes=ago)
        Step.objects.create(
            run=second, node=node, wait={"kind": kind, "until": None}, started_at=begun, **waits
        )
    source = TriggerSource.objects.create(key="s", kind="api", name="s")
    Event.objects.create(
        source=source, type="x", snapshot={}, occurred_at=now, received_at=now - timedelta(seconds=61)
    )
    found = {alert.kind: alert for alert in alerts(after=2)}
    assert set(found) == {"dead_letters", "approvals_overdue", "needs_review", "queue_lag"}
    unknown = Notification.objects.get(user=alice, key=f"alert:{found['needs_review'].pk}")
    assert unknown.title == "“watch-tickets”: 1 step that began more than 1 hour ago needs review"
    assert found["queue_lag"].value == pytest.approx(181)
    assert found["queue_lag"].workflow is None
    told = Notification.objects.get(user=root, key=f"alert:{found['queue_lag'].pk}")
    assert told.title == "Due work has waited for 181.0 seconds".replace(
        "181.0", f"{found['queue_lag'].value:.0f}"
    )
    DeadLetter.objects.update(state="redriven")
    Approval.objects.update(state="approved", ended_at=now)
    Event.objects.update(state="matched")
    Step.objects.update(wait=None, status="succeeded")
    assert alerts(after=3) == []


def test_a_noisy_trigger_is_told_by_itself(workflow: Workflow, ran: Ran, alerts: Look, alice: Any) -> None:
    make_rule(kind="noisy_trigger", name="Noise", raise_at=5, workflow=workflow, actor=alice)
    for number in range(6):
        ran(workflow, "succeeded", trigger_node="t1" if number else "t2")
    (alert,) = alerts()
    assert (alert.node, alert.value) == ("t1", 5)


def test_snoozed_rule_tells_nobody_and_snoozed_episode_once_more_when_it_goes_on(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any, now: datetime
) -> None:
    rule = make_rule(
        kind="failures", name="x", raise_at=1, window_seconds=86_400, workflow=workflow, actor=alice
    )
    snooze_rule(alert_rule=rule, until=now + timedelta(minutes=5), actor=alice)
    before = len(mails())
    ran(workflow, "failed")
    (alert,) = alerts()
    assert alert.phase == "raised"
    assert len(mails()) == before
    snooze_alert(alert=alert, until=now + timedelta(minutes=10), actor=alice)
    alerts(after=9)
    assert len(mails()) == before
    alerts(after=10)
    alerts(after=11)
    assert mails()[before:] == ["Still: “watch-tickets”: 1 run failed in 1 day"]
    acknowledge_alert(alert=alert, actor=alice, note="On it")
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note) == ("alice", "On it")


def test_others_are_told_too_if_they_may_see_it_and_admins_where_nobody_owns_it(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any, bob: Any, root: Any
) -> None:
    rule = make_rule(kind="failures", name="x", raise_at=1, workflow=workflow, actor=alice)
    rule.people.add(bob)
    Workflow.objects.update(owner=None)
    ran(workflow, "failed")
    (alert,) = alerts()
    told = Notification.objects.filter(key=f"alert:{alert.pk}").values_list("user__username", flat=True)
    assert list(told) == ["root"]


def test_the_product_says_that_it_is_raised_and_that_it_is_over(
    workflow: Workflow, ran: Ran, alerts: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ProductEvent] = []
    monkeypatch.setitem(LISTENERS._entries, "test", heard.extend)
    ran(workflow, "failed")
    (alert,) = alerts()
    ran(workflow, "succeeded", ago=-20)
    alerts(after=21)
    ours = [event for event in heard if event.kind.startswith("alert.")]
    assert [event.kind for event in ours] == ["alert.raised", "alert.resolved"]
    assert ours[0].subject == ("alert", alert.pk)
    assert ours[0].workflow == workflow.pk
    assert ours[1].facts["failures"] == 1


def test_a_listener_that_fails_keeps_no_other_alert_from_being_raised(
    workflow: Workflow, ran: Ran, alice: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_workflow("other", workflow.active_version.document, owner=alice)

    def fails(events: Any) -> None:
        if any(event.workflow == other.pk and event.kind == "alert.raised" for event in events):
            raise ValueError("a listener's own fault")

    monkeypatch.setitem(LISTENERS._entries, "test", fails)
    for one in (workflow, other):
        ran(one, "failed")
    watch(now=now)
    assert [alert.workflow for alert in Alert.objects.all()] == [workflow]
    assert not Notification.objects.filter(title__startswith="“other”").exists()
    monkeypatch.undo()
    watch(now=now)
    assert Alert.objects.filter(workflow=other).count() == 1


def test_looking_costs_as_many_queries_for_ten_workflows_as_for_one(
    workflow: Workflow, ran: Ran, alice: Any, root: Any, now: datetime
) -> None:
    for kind in (
        "failure_ratio",
        "silence",
        "dead_letters",
        "approvals_overdue",
        "needs_review",
        "queue_lag",
        "noisy_trigger",
    ):
        make_rule(kind=kind, name=kind, raise_at=100, actor=root)

    def count() -> int:
        watch(now=now)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            watch(now=now)
        return len(captured)

    ran(workflow, "failed")
    make_rule(kind="failures", name="own", raise_at=1, workflow=workflow, actor=alice)
    one = count()
    for number in range(9):
        other = make_workflow(f"w{number}", workflow.active_version.document, owner=alice)
        make_rule(kind="failures", name="own", raise_at=1, workflow=other, actor=alice)
        ran(other, "failed")
    assert count() == one
    assert one <= 13
    assert Alert.objects.filter(rule_name="own").count() == 10
