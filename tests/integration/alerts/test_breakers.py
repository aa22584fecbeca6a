"""A workflow that goes wrong stops acting, goes on judging, and is tried with one run before it acts again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from automations.errors import ConflictError
from automations.models import (
    Alert,
    AuditEntry,
    Breaker,
    Module,
    Notification,
    OutgoingEmail,
    Record,
    Run,
    Workflow,
)
from automations.services.alerts import make_rule
from automations.services.breakers import (
    attend_breakers,
    close_breaker,
    open_breaker,
    trip_breaker,
    try_breaker,
)
from automations.services.records import create_record
from automations.services.releases import demote_workflow
from automations.services.workflows import pause_workflow
from automations.testing import run_everything

pytestmark = pytest.mark.django_db

Ran = Callable[..., Run]
Look = Callable[..., list[Alert]]


def ticket(key: str, root: Any) -> None:
    module = Module.objects.get(key="tickets")
    create_record(module=module, key=key, values={"subject": key, "state": "new"}, actor=root)


def state_of(key: str) -> Any:
    return Record.objects.get(key=key).data["state"]


@pytest.fixture
def tripped(workflow: Workflow, ran: Ran, alerts: Look, alice: Any) -> Workflow:
    make_rule(
        kind="failures", name="x", raise_at=2, breaks=True, retry_minutes=30, workflow=workflow, actor=alice
    )
    ran(workflow, "failed")
    ran(workflow, "failed")
    alerts()
    workflow.refresh_from_db()
    return workflow


def test_what_leaves_its_bounds_is_taken_back_to_simulate_and_what_waits_with_it(
    workflow: Workflow, ran: Ran, alerts: Look, alice: Any, root: Any
) -> None:
    make_rule(kind="failures", name="x", raise_at=2, breaks=True, workflow=workflow, actor=alice)
    ran(workflow, "failed")
    waiting = ran(workflow, "queued", finished_at=None, started_at=None)
    assert alerts() == []
    workflow.refresh_from_db()
    assert workflow.mode == "execute"
    ran(workflow, "failed")
    (alert,) = alerts()
    workflow.refresh_from_db()
    waiting.refresh_from_db()
    assert (workflow.mode, workflow.promotion, waiting.mode) == ("simulate", None, "simulate")
    assert waiting.logs.get().message.startswith("The breaker has taken")
    breaker = open_breaker(workflow)
    assert breaker is not None
    assert (breaker.state, breaker.alert, breaker.reason) == ("open", alert, "2 runs failed in 15 minutes.")
    entry = AuditEntry.objects.get(action="workflow.breaker_tripped")
    assert (entry.actor_name, entry.object_id) == ("system", str(workflow.pk))
    told = Notification.objects.get(user=alice, key=f"alert:{alert.pk}")
    assert "taken back to simulate" in told.body
    ticket("T1", root)
    run_everything()
    run = Run.objects.get(record_key="T1")
    assert (run.mode, run.status) == ("simulate", "succeeded")
    assert state_of("T1") == "new"


def test_one_run_acts_to_try_and_when_it_succeeds_the_workflow_acts_again(
    tripped: Workflow, root: Any, alice: Any, now: datetime
) -> None:
    for key in ("T1", "T2"):
        ticket(key, root)
    run_everything()
    try_breaker(workflow=tripped, actor=alice)
    run_everything()
    assert (state_of("T1"), state_of("T2")) == ("new", "seen")
    breaker = Breaker.objects.get()
    assert breaker.state == "half_open"
    attend_breakers(now=now)
    breaker.refresh_from_db()
    tripped.refresh_from_db()
    assert (breaker.state, tripped.mode) == ("closed", "execute")
    assert tripped.promotion is not None
    assert tripped.promotion.pk != breaker.promotion_id
    assert AuditEntry.objects.filter(action="workflow.breaker_closed", object_id=str(tripped.pk)).exists()
    assert OutgoingEmail.objects.filter(subject="“watch-tickets” acts again").count() == 1
    ticket("T3", root)
    run_everything()
    assert state_of("T3") == "seen"


def test_a_try_with_nothing_to_try_waits_for_the_next_event_and_one_that_fails_opens_it_again(
    tripped: Workflow, root: Any, alice: Any, now: datetime
) -> None:
    try_breaker(workflow=tripped, actor=alice)
    assert Breaker.objects.get().canary is None
    with pytest.raises(ConflictError):
        try_breaker(workflow=tripped, actor=alice)
    attend_breakers(now=now)
    ticket("T1", root)
    run_everything()
    attend_breakers(now=now)
    canary = Breaker.objects.get().canary
    assert canary is not None
    assert (canary.mode, canary.record_key) == ("execute", "T1")
    assert attend_breakers(now=now) == 0, "it has not ended"
    Run.objects.filter(pk=canary.pk).update(status="failed", finished_at=now)
    attend_breakers(now=now)
    breaker = Breaker.objects.get()
    tripped.refresh_from_db()
    assert (breaker.state, breaker.canary, tripped.mode) == ("open", None, "simulate")
    assert breaker.retry_at == now + timedelta(minutes=30)
    assert OutgoingEmail.objects.filter(subject="“watch-tickets” does not work yet").exists()


def test_a_breaker_with_a_time_tries_by_itself_but_not_while_its_workflow_is_paused(
    tripped: Workflow, root: Any, alice: Any, now: datetime
) -> None:
    ticket("T1", root)
    run_everything()
    later = now + timedelta(minutes=31)
    pause_workflow(workflow=tripped, reason="", actor=alice)
    attend_breakers(now=later)
    assert Breaker.objects.get().state == "open"
    Workflow.objects.update(paused_at=None)
    attend_breakers(now=now + timedelta(minutes=29))
    assert Breaker.objects.get().state == "open"
    attend_breakers(now=later)
    assert (Breaker.objects.get().state, Breaker.objects.get().tries) == ("half_open", 1)
    run_everything()
    attend_breakers(now=later)
    assert Breaker.objects.get().state == "closed"


def test_a_person_closes_it_without_a_try_once(tripped: Workflow, alice: Any) -> None:
    workflow = close_breaker(workflow=tripped, actor=alice, reason="The mail server is back")
    assert workflow.mode == "execute"
    breaker = Breaker.objects.get()
    assert (breaker.closed_by, breaker.closed_why) == ("alice", "The mail server is back")
    with pytest.raises(ConflictError):
        close_breaker(workflow=tripped, actor=alice, reason="Again")


def test_who_decides_what_is_live_ends_the_breaker(tripped: Workflow, alice: Any, now: datetime) -> None:
    workflow = close_breaker(workflow=tripped, actor=alice, reason="x")
    trip_breaker(workflow=workflow, reason="Again.", now=now)
    from automations.services.drafts import save_draft
    from automations.services.versions import publish_version
    from automations.testing import chain, node

    drawn = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "other"}),
    )
    save_draft(workflow=workflow, document=drawn, revision=None, actor=alice)
    publish_version(workflow=workflow, actor=alice)
    assert Breaker.objects.filter(closed_at=None).count() == 0
    assert Breaker.objects.latest("pk").closed_why == "Version 2 became the live one."
    workflow.refresh_from_db()
    assert trip_breaker(workflow=workflow, reason="It only simulates.", now=now) is None
    with pytest.raises(ConflictError):
        demote_workflow(workflow=workflow, actor=alice)
