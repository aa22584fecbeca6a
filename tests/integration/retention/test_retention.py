"""What is past its time goes, whole, and nothing that somebody still needs."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from automations.models import (
    Approval,
    AuditEntry,
    DeadLetter,
    Decision,
    Event,
    LogEntry,
    Redrive,
    RedriveItem,
    Retention,
    Run,
    RunText,
    RunUndo,
    Step,
    Workflow,
)
from automations.runtime import retention, run_reading, run_texts, ticker
from automations.runtime.drain import drain
from automations.services.records import create_record
from automations.services.retention import lift_legal_hold, set_legal_hold, set_retention
from automations.testing import edge, make_module, make_workflow, node
from tests.integration.letters import keep_letter
from webhooks.models import Delivery, Destination

DAYS = 90


@pytest.fixture
def now(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def workflow(db: None, alice: Any) -> Workflow:
    make_module("tickets", {"title": "text"})
    return flow("greet", alice)


def flow(key: str, owner: Any, **trigger: Any) -> Workflow:
    nodes = [
        node("t1", "trigger.record", module="tickets", on=["created"], **trigger),
        node("a1", "action.comment", text="Hello"),
    ]
    made: Workflow = make_workflow(
        key, {"schema": 1, "nodes": nodes, "edges": [edge("t1", "a1")]}, owner=owner
    )
    return made


@pytest.fixture
def old(workflow: Workflow, now: datetime) -> Callable[..., Run]:
    """A run that ended a year ago, made by the worker's own code."""

    def make(key: str = "T1") -> Run:
        create_record(module=workflow.module or _module(), key=key, values={"title": key}, actor=None)
        drain()
        run_texts.catch_up(now=now, seconds=None)
        run = Run.objects.filter(workflow=workflow).latest("pk")
        Run.objects.filter(pk=run.pk).update(finished_at=now - timedelta(days=365))
        run.refresh_from_db()
        return run

    return make


def _module() -> Any:
    from automations.models import Module

    return Module.objects.get(key="tickets")


def sweep(now: datetime) -> int:
    return retention.sweep(now=now)


def test_nothing_goes_unless_somebody_says_for_how_long(old: Callable[..., Run], now: datetime) -> None:
    old()
    assert sweep(now) == 0
    assert Run.objects.count() == 1


def test_a_run_goes_with_all_that_is_its_own_and_the_audit_stays(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    run = old()
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    trail = AuditEntry.objects.count()
    for model in (Step, LogEntry, Decision, Event, RunText):
        assert model._default_manager.exists()
    assert sweep(now) == 1
    for model in (Run, Step, LogEntry, Decision, Event, RunText):
        assert not model._default_manager.exists(), model
    assert AuditEntry.objects.count() == trail
    assert _module().records.filter(key="T1").exists()
    assert sweep(now) == 0
    assert run.pk


def test_what_is_young_or_goes_on_stays(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    run = old()
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    Run.objects.update(finished_at=now - timedelta(days=DAYS - 1))
    assert sweep(now) == 0
    Run.objects.update(status="waiting", finished_at=None)
    assert sweep(now) == 0
    assert Run.objects.filter(pk=run.pk).exists()


def _letter(run: Run, now: datetime) -> None:
    keep_letter(run, "Late.")


def _undone(run: Run, now: datetime) -> None:
    RunUndo.objects.create(run=run, actor_name="x", plan_hash="0" * 64, at=now)


def _asks(run: Run, now: datetime) -> None:
    Approval.objects.create(run=run, workflow=run.workflow, node="a1", title="?", asked_at=now)


def _redriven(run: Run, now: datetime) -> None:
    redrive = Redrive.objects.create(
        start="start", version="run", rate=60, most_failures=1, among=1, due_at=now, created_at=now
    )
    RedriveItem.objects.create(redrive=redrive, run=run)


def _copy(run: Run, **other: Any) -> None:
    run.pk, run.dedupe_key = None, f"event:{run.pk}-again"
    for name, value in other.items():
        setattr(run, name, value)
    run.save(force_insert=True)


def _child_at_work(run: Run, now: datetime) -> None:
    _copy(run, parent_id=run.pk, status="waiting", finished_at=None)


def _young_retry(run: Run, now: datetime) -> None:
    _copy(run, retry_of_id=run.pk, finished_at=now)


def _open_call(run: Run, now: datetime) -> None:
    there = Destination.objects.create(key="crm", name="CRM", url="https://crm.example.org/")
    Delivery.objects.create(destination=there, run=run, max_attempts=3, due_at=now, created_at=now)


def _started_once(run: Run, now: datetime) -> None:
    Run.objects.filter(pk=run.pk).update(dedupe_key="record:5f2c")


@pytest.mark.parametrize(
    "needs",
    [_letter, _undone, _asks, _redriven, _child_at_work, _young_retry, _open_call, _started_once],
    ids=lambda one: one.__name__.strip("_"),
)
def test_what_something_living_needs_stays(
    old: Callable[..., Run],
    workflow: Workflow,
    alice: Any,
    now: datetime,
    needs: Callable[[Run, datetime], None],
) -> None:
    first, other = old("T1"), old("T2")
    pk = first.pk
    needs(first, now)
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    assert sweep(now) == 1
    assert Run.objects.filter(pk=pk).exists()
    assert Event.objects.filter(pk=first.event_id).exists()
    assert not Run.objects.filter(pk=other.pk).exists()


def test_a_letter_that_is_closed_goes_with_its_run(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    keep_letter(old(), "Late.")
    DeadLetter.objects.update(state="discarded")
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    assert sweep(now) == 1
    assert not DeadLetter.objects.exists()


def test_a_legal_hold_keeps_all_until_it_is_lifted_or_over(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    old()
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    stale = retention.terms(now=now)[0]
    set_legal_hold(workflow=workflow, reason="Claim 117", actor=alice, until=now + timedelta(days=7))
    assert sweep(now) == 0
    assert retention.drop_batch(stale, now=now) == 0, "also of who began before it was set"
    assert sweep(now + timedelta(days=8)) == 1
    old("T2")
    set_legal_hold(workflow=workflow, reason="Claim 118", actor=alice)
    assert sweep(now + timedelta(days=800)) == 0
    lift_legal_hold(workflow=workflow, actor=alice)
    assert sweep(now) == 1


def test_an_event_that_another_workflow_judged_stays(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    other = flow("another", alice)
    run = old()
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    assert sweep(now) == 1
    assert Event.objects.filter(pk=run.event_id).exists()
    assert Run.objects.get().workflow == other


def test_the_settings_hold_where_a_workflow_says_nothing(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime, settings: Any
) -> None:
    old()
    set_retention(workflow=workflow, days=500, actor=alice)
    settings.AUTOMATIONS_RUNS_KEPT_DAYS = 100
    assert sweep(now) == 0
    set_retention(workflow=workflow, days=None, actor=alice)
    ticker.tick()
    assert not Run.objects.exists()


def test_the_command_says_what_would_go_and_drops_it(
    old: Callable[..., Run], workflow: Workflow, alice: Any, now: datetime
) -> None:
    for number in range(3):
        old(f"T{number}")
    flow("kept", alice)
    set_retention(workflow=workflow, days=DAYS, actor=alice)

    def said(*args: str) -> str:
        out = io.StringIO()
        call_command("retention", *args, stdout=out)
        return out.getvalue()

    text = said("--dry-run")
    assert "greet: kept 90 days, 3 runs past them" in text
    assert "kept: kept for ever" in text
    assert "3 runs would go. Nothing was dropped." in text
    assert Run.objects.count() == 3
    with pytest.raises(CommandError, match="There is no workflow “none”"):
        said("--workflow", "none")
    assert "0 runs dropped" in said("--workflow", "kept")
    assert "3 runs dropped" in said("--workflow", "greet")
    assert not Run.objects.exists()
    set_legal_hold(workflow=workflow, reason="Claim", actor=alice)
    assert "greet: legal hold, nothing goes" in said("--dry-run")


@pytest.mark.django_db(transaction=True)
def test_the_words_of_a_run_go_with_it_though_somebody_reads_it_meanwhile(
    old: Callable[..., Run], workflow: Workflow, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a legal hold they stay. A reader that has the run in its hands keeps its words first, and then they go too."""
    now = timezone.now()
    run = old()
    asked = Run.objects.filter(text__everything__meets="'hello'")  # of its log line and its output
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    set_legal_hold(workflow=workflow, reason="Claim 117", actor=alice)
    assert sweep(now) == 0
    assert asked.get() == run
    lift_legal_hold(workflow=workflow, actor=alice)
    RunText.objects.update(is_final=False)
    has_read, go_on = threading.Event(), threading.Event()
    read = run_reading.read

    def slowly(ids: Any) -> Any:
        found = read(ids)
        has_read.set()
        go_on.wait(20)
        return found

    monkeypatch.setattr(run_reading, "read", slowly)

    def catch_up() -> None:
        run_texts.catch_up(now=now, seconds=0)
        connection.close()

    dropped: list[int] = []

    def drop() -> None:
        dropped.append(retention.drop_batch(retention.terms(now=now)[0], now=now))
        connection.close()

    reader, dropper = threading.Thread(target=catch_up), threading.Thread(target=drop)
    reader.start()
    assert has_read.wait(20)
    dropper.start()
    dropper.join(0.5)
    assert dropped == []
    go_on.set()
    reader.join(20)
    dropper.join(20)
    assert dropped == [1]
    assert not RunText.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_that_somebody_holds_is_left_for_later_and_a_kill_leaves_no_half(
    old: Callable[..., Run], workflow: Workflow, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    runs = [old(f"T{number}").pk for number in range(3)]
    set_retention(workflow=workflow, days=DAYS, actor=alice)
    term = retention.terms(now=now)[0]
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=runs[0])
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(20)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_drop_events", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.drop_batch(term, now=now)
    assert Run.objects.count() == 3
    assert Step.objects.filter(run__in=runs).count() == 6
    assert retention.drop_batch(term, now=now) == 2
    assert list(Run.objects.values_list("pk", flat=True)) == runs[:1]
    done.set()
    other.join()
    assert retention.drop_batch(term, now=now) == 1
    assert not Step.objects.exists()
    assert Retention.objects.count() == 1
