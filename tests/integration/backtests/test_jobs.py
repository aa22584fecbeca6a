"""A backtest as work in the background: claimed, sliced, cancelled, taken up again; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import Backtest, BacktestDifference, Event, Workflow
from automations.runtime.backtests import work
from automations.runtime.drain import drain
from automations.services.backtests import KEPT, MOST_UNFINISHED, cancel_backtest, start_backtest
from automations.services.drafts import save_draft

from .conftest import counts, triage

pytestmark = pytest.mark.django_db

Tickets = Callable[..., None]


@pytest.fixture
def queued(workflow: Workflow, tickets_of: Tickets, alice: Any, monkeypatch: pytest.MonkeyPatch) -> Backtest:
    """A backtest of a lower limit over four tickets, two to a page."""
    monkeypatch.setattr(work, "PAGE", 2)
    tickets_of(50, 80, 120, 200)
    save_draft(workflow=workflow, document=triage("70"), revision=None, actor=alice)
    return start_backtest(workflow=workflow, actor=alice)


def one_page(backtest: Backtest) -> Backtest:
    assert work.work(seconds=60, give_way=lambda: True)
    backtest.refresh_from_db()
    return backtest


def test_workers_do_it_when_nothing_else_is_due(queued: Backtest) -> None:
    assert work.is_due()
    drain()
    queued.refresh_from_db()
    assert counts(queued) == {"same": 3, "newly_selected": 1}
    assert (queued.read, queued.to_read) == (4, 4)
    assert queued.started_at is not None
    assert queued.finished_at is not None
    assert not work.is_due()


def test_slice_gives_way_after_a_page_and_another_goes_on(queued: Backtest) -> None:
    one_page(queued)
    assert (queued.status, queued.read, queued.looked_at, queued.to_read) == ("running", 2, 2, 4)
    work._jobs.clear()  # as another process has none
    one_page(queued)
    one_page(queued)
    assert counts(queued) == {"same": 3, "newly_selected": 1}
    assert BacktestDifference.objects.filter(backtest=queued).count() == 1


def test_what_was_asked_for_stays_though_the_draft_is_edited(
    queued: Backtest, workflow: Workflow, alice: Any
) -> None:
    save_draft(workflow=workflow, document=triage("1000"), revision=None, actor=alice)
    drain()
    queued.refresh_from_db()
    assert counts(queued) == {"same": 3, "newly_selected": 1}


def test_killed_worker_loses_its_slice_and_the_backtest_is_taken_up_again(queued: Backtest) -> None:
    one_page(queued)
    lost = work._claim(None)
    assert lost is not None
    assert lost.attempt == 1
    assert not work.work(seconds=1, give_way=lambda: False)  # the lease holds
    Backtest.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # and is out
    drain()
    queued.refresh_from_db()
    assert counts(queued) == {"same": 3, "newly_selected": 1}
    work._slice(lost, 60, lambda: False)  # the dead one wakes and finds its lease gone
    queued.refresh_from_db()
    assert queued.looked_at == 4
    assert BacktestDifference.objects.filter(backtest=queued).count() == 1


def test_backtest_that_kills_its_workers_fails_and_says_so(queued: Backtest) -> None:
    for _ in range(3):
        assert work._claim(None) is not None
        Backtest.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    drain()
    queued.refresh_from_db()
    assert queued.status == "failed"
    assert queued.failure.startswith("3 attempts ended without a result")


def test_event_that_cannot_be_judged_fails_it_and_is_named(
    queued: Backtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("automations.runtime.backtests.sides.Side.walk", broken)
    drain()
    queued.refresh_from_db()
    assert queued.status == "failed"
    assert "could not be judged: ZeroDivisionError" in queued.failure
    assert queued.looked_at == 0


def test_cancelled_one_stops_though_a_worker_is_at_it(queued: Backtest, alice: Any) -> None:
    one_page(queued)
    held = work._claim(None)
    assert held is not None
    cancelled = cancel_backtest(backtest=queued, actor=alice, reason="Wrong limit")
    assert cancelled.status == "cancelled"
    work._slice(held, 60, lambda: False)
    queued.refresh_from_db()
    assert (queued.status, queued.looked_at) == ("cancelled", 2)
    with pytest.raises(ConflictError, match="ended already"):
        cancel_backtest(backtest=queued, actor=alice)


def test_database_holds_each_event_to_one_count(queued: Backtest) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="backtest_counts_each_event_once"), transaction.atomic():
        Backtest.objects.filter(pk=queued.pk).update(looked_at=1)


def test_ranges_and_versions_that_are_none_are_refused(workflow: Workflow, alice: Any) -> None:
    now = timezone.now()
    for wrong, code in (
        ({"days": 0}, "out-of-range"),
        ({"days": 367}, "out-of-range"),
        ({"days": 7, "since": now}, "unclear-range"),
        ({"since": now, "until": now}, "empty-range"),
    ):
        with pytest.raises(InvalidError) as refused:
            start_backtest(workflow=workflow, actor=alice, **wrong)
        assert refused.value.problems[0].code == code
    for unknown in ({"version": 7}, {"against": 7}, {"version": "newest"}):
        with pytest.raises(NotFoundError):
            start_backtest(workflow=workflow, actor=alice, **unknown)
    unfinished = triage()
    unfinished["nodes"][1]["config"]["rule"] = {"field": "nothing", "op": "eq", "value": 1}
    save_draft(workflow=workflow, document=unfinished, revision=None, actor=alice)
    with pytest.raises(InvalidError):
        start_backtest(workflow=workflow, actor=alice)
    assert not Backtest.objects.exists()


def test_workflow_has_only_so_many_unfinished_and_keeps_only_so_many(workflow: Workflow, alice: Any) -> None:
    for _ in range(MOST_UNFINISHED):
        start_backtest(workflow=workflow, actor=alice)
    with pytest.raises(ConflictError) as refused:
        start_backtest(workflow=workflow, actor=alice)
    assert refused.value.code == "too-many-backtests"
    drain()
    for _ in range(KEPT + 3):
        start_backtest(workflow=workflow, actor=alice)
        drain()
    assert Backtest.objects.count() == KEPT + 1


def test_ten_times_the_events_cost_no_query_more(
    queued: Backtest, workflow: Workflow, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PAGE", 500)

    def cost(backtest: Backtest) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert work.work(seconds=60, give_way=lambda: False, only=backtest.pk)
        backtest.refresh_from_db()
        assert backtest.status == "succeeded"
        return len(queries)

    few = cost(queued)
    rows = list(Event.objects.filter(type="record.created"))
    for row in rows * 9:
        row.pk, row.idempotency_key = None, None
        row.save(force_insert=True)
    many = start_backtest(workflow=workflow, actor=alice)
    assert cost(many) <= few
    assert (queued.looked_at, many.looked_at) == (4, 40)
