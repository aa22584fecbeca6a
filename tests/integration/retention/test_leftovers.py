"""Events that nothing came of and changes of records go after their own time, and nothing that is still needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations.insight.metrics import READINGS, metrics_text
from automations.models import Decision, Event, Module, RecordChange, Retention, Run, Swept, Workflow
from automations.runtime import leftovers, retention
from automations.runtime.drain import drain
from automations.services.records import create_record, update_record
from automations.services.retention import lift_legal_hold, set_legal_hold, set_retention
from automations.testing import edge, make_module, make_workflow, node

RULE = {"all": [{"field": "title", "op": "eq", "value": "heard"}]}


@pytest.fixture
def now(settings: Any) -> datetime:
    settings.AUTOMATIONS_EVENTS_KEPT_DAYS = settings.AUTOMATIONS_CHANGES_KEPT_DAYS = 90
    return timezone.now()


@pytest.fixture
def module(db: None) -> Module:
    made: Module = make_module("tickets", {"title": "text"})
    return made


@pytest.fixture
def workflow(module: Module, alice: Any) -> Workflow:
    nodes = [
        node("t1", "trigger.record", module="tickets", on=["created"], filter=RULE),
        node("a1", "action.update_fields", values={"title": "seen"}),
    ]
    document = {"schema": 1, "nodes": nodes, "edges": [edge("t1", "a1")]}
    made: Workflow = make_workflow("greet", document, owner=alice)
    return made


@pytest.fixture
def old(workflow: Workflow, module: Module, now: datetime) -> Callable[[str, str], Event]:
    """The event of a record that was created a year ago, judged by the worker's own code."""

    def make(key: str, title: str) -> Event:
        create_record(module=module, key=key, values={"title": title}, actor=None)
        drain()
        then = now - timedelta(days=365)
        Event.objects.update(received_at=then)
        RecordChange.objects.update(at=then)
        return Event.objects.get(record_key=key, type="record.created")

    return make


def test_an_event_that_started_no_run_goes_with_its_decisions(
    old: Callable[[str, str], Event], now: datetime
) -> None:
    heard, unheard = old("T1", "heard"), old("T2", "not heard")
    assert Decision.objects.filter(event=unheard, outcome="filtered").exists()
    retention.sweep(now=now)
    assert Event.objects.filter(pk=heard.pk).exists()
    assert not Event.objects.filter(pk=unheard.pk).exists()
    assert not Decision.objects.filter(event=unheard.pk).exists()
    assert Run.objects.count() == 1


def _young(event: Event, alice: Any, workflow: Workflow) -> None:
    Event.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(days=89))


def _unjudged(event: Event, alice: Any, workflow: Workflow) -> None:
    Event.objects.filter(pk=event.pk).update(state="pending")


def _remembered(event: Event, alice: Any, workflow: Workflow) -> None:
    Event.objects.filter(pk=event.pk).update(idempotency_key="key:once")


def _held(event: Event, alice: Any, workflow: Workflow) -> None:
    set_legal_hold(workflow=workflow, reason="A claim", actor=alice)


@pytest.mark.parametrize("keep", [_young, _unjudged, _remembered, _held])
def test_an_event_that_is_young_or_needed_or_held_stays(
    old: Callable[[str, str], Event], workflow: Workflow, alice: Any, now: datetime, keep: Any
) -> None:
    event = old("T2", "not heard")
    keep(event, alice, workflow)
    retention.sweep(now=now)
    assert Event.objects.filter(pk=event.pk).exists()


def test_what_people_changed_goes_and_what_a_kept_run_may_have_undone_stays(
    old: Callable[[str, str], Event], module: Module, alice: Any, now: datetime
) -> None:
    old("T1", "heard")
    old("T2", "not heard")
    update_record(module=module, key="T1", values={"title": "by hand"}, actor=alice)
    RecordChange.objects.update(at=now - timedelta(days=365))
    kept = set(
        RecordChange.objects.filter(record_key="T1", run__isnull=False).values_list("pk", flat=True)
    ) | set(RecordChange.objects.filter(record_key="T1", after="by hand").values_list("pk", flat=True))
    assert len(kept) == 2
    retention.sweep(now=now)
    assert set(RecordChange.objects.values_list("pk", flat=True)) == kept


def test_a_hold_keeps_the_changes_of_its_module(
    old: Callable[[str, str], Event], workflow: Workflow, module: Module, alice: Any, now: datetime
) -> None:
    old("T2", "not heard")
    Workflow.objects.filter(pk=workflow.pk).update(module=module)
    set_legal_hold(workflow=workflow, reason="A claim", actor=alice)
    count = RecordChange.objects.count()
    assert count
    retention.sweep(now=now)
    assert RecordChange.objects.count() == count
    lift_legal_hold(workflow=workflow, actor=alice)
    retention.sweep(now=now + leftovers.PAUSE)
    assert RecordChange.objects.count() == 0


def test_a_pass_goes_on_where_the_tick_before_stood(
    old: Callable[[str, str], Event], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "STRETCH", 2)
    for number in range(5):
        old(f"T{number}", "not heard")
    left = []
    for _ in range(3):
        leftovers.sweep(now=now)
        left.append(Event.objects.count())
    assert left == [3, 1, 0]
    row = Swept.objects.get(kind="events")
    assert (row.dropped, row.position, row.done_at) == (5, 0, now)


def test_what_was_dropped_and_how_far_the_sweep_is_can_be_seen(
    old: Callable[[str, str], Event], workflow: Workflow, alice: Any, now: datetime, settings: Any
) -> None:
    old("T1", "heard")
    Run.objects.update(finished_at=now - timedelta(days=365))
    client = APIClient()
    client.force_authenticate(alice)
    address = f"/api/v1/workflows/{workflow.pk}/retention/"
    assert client.get(f"{address}foreseen/").json() == {"now": 0, "in_30_days": 0}
    assert client.get(f"{address}foreseen/?days=340").json() == {"now": 1, "in_30_days": 1}
    assert client.get(f"{address}foreseen/?days=370").json() == {"now": 0, "in_30_days": 1}
    assert client.get(f"{address}foreseen/?days=29").status_code == 400
    set_retention(workflow=workflow, days=90, actor=alice)
    assert retention.sweep(now=now) == 1
    told = client.get(address).json()
    assert (told["dropped"], told["dropped_at"] is not None, told["swept_at"] is not None) == (1, True, True)
    READINGS.forget()
    lines = metrics_text().decode().splitlines()
    assert 'automations_dropped{kind="runs"} 1.0' in lines
    assert any(line.startswith('automations_sweep_behind_seconds{kind="runs"}') for line in lines)

    Retention.objects.update(days=None)
    retention.sweep(now=now)
    READINGS.forget()
    assert 'automations_sweep_behind_seconds{kind="runs"}' not in metrics_text().decode()
