"""Events that become visible in another order than that of their numbers: a shadow misses none and judges none twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from automations.models import Backtest, BacktestDifference, Module, Workflow
from automations.runtime.backtests import work
from automations.services.backtests import start_shadow, stop_shadow, work_on
from automations.services.drafts import save_draft
from automations.services.records import create_record

from .conftest import triage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shadow(workflow: Workflow, alice: Any) -> Backtest:
    """A shadow that selects every ticket under 100, which the live version does not."""
    save_draft(workflow=workflow, document=triage("0"), revision=None, actor=alice)
    return start_shadow(workflow=workflow, actor=alice)


def ticket(module: Module, key: str) -> None:
    create_record(module=module, key=key, values={"amount": "50", "state": "open"}, actor=None)


def followed(shadow: Backtest) -> Backtest:
    Backtest.objects.filter(pk=shadow.pk).update(due_at=shadow.since)
    assert work.work(seconds=5, give_way=lambda: False)
    shadow.refresh_from_db()
    return shadow


def judged(shadow: Backtest) -> list[str]:
    rows = BacktestDifference.objects.filter(backtest=shadow).order_by("event_id")
    return list(rows.values_list("record_key", flat=True))


@contextmanager
def elsewhere(do: Callable[[], None], *, keep: bool = True) -> Iterator[None]:
    """`do` has been done in a transaction of another connection, which ends after the block."""
    done, end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                do()
                done.set()
                end.wait(20)
                if not keep:
                    transaction.set_rollback(True)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert done.wait(20)
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_event_that_becomes_visible_after_a_greater_number_is_waited_for(
    shadow: Backtest, tickets: Module
) -> None:
    with elsewhere(lambda: ticket(tickets, "slow")):
        ticket(tickets, "quick")
        followed(shadow)
        assert judged(shadow) == []
        assert shadow.position["to"]["open"]
        followed(shadow)
        assert judged(shadow) == []
    followed(shadow)
    assert judged(shadow) == ["slow", "quick"]
    followed(shadow)
    assert shadow.looked_at == 2


def test_number_that_was_taken_for_nothing_holds_it_up_no_longer_than_its_transaction(
    shadow: Backtest, tickets: Module
) -> None:
    with elsewhere(lambda: ticket(tickets, "gone"), keep=False):
        ticket(tickets, "kept")
        followed(shadow)
        assert judged(shadow) == []
    followed(shadow)
    assert judged(shadow) == ["kept"]


def test_transaction_that_takes_no_number_is_not_waited_for(
    shadow: Backtest, tickets: Module, workflow: Workflow
) -> None:
    def read_and_write() -> None:
        Module.objects.filter(pk=tickets.pk).count()
        Workflow.objects.filter(pk=workflow.pk).update(description="x")

    with elsewhere(read_and_write):
        ticket(tickets, "one")
        followed(shadow)
        assert judged(shadow) == ["one"]


def test_release_that_is_being_made_does_not_keep_a_worker_waiting(shadow: Backtest, tickets: Module) -> None:
    ticket(tickets, "one")
    Backtest.objects.filter(pk=shadow.pk).update(due_at=shadow.since)
    held = work._claim(None)
    assert held is not None

    def hold() -> None:
        Backtest.objects.filter(pk=shadow.pk).update(ended_why="Held")

    with elsewhere(hold, keep=False):
        began = time.monotonic()
        work._slice(held, 5, lambda: False)
        assert time.monotonic() - began < 5
    assert judged(shadow) == []
    followed(shadow)
    assert judged(shadow) == ["one"]


def test_many_writers_that_commit_in_any_order_are_all_judged_once(shadow: Backtest, tickets: Module) -> None:
    kept: list[str] = []

    def write(writer: int) -> None:
        chance = random.Random(writer)
        try:
            for number in range(12):
                key = f"W{writer}-{number}"
                with transaction.atomic():
                    ticket(tickets, key)
                    time.sleep(chance.choice((0, 0, 0.01, 0.05)))
                    if chance.random() < 0.2:
                        transaction.set_rollback(True)
                    else:
                        kept.append(key)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for writer in writers:
        writer.start()
    looks = 0
    while any(writer.is_alive() for writer in writers):
        followed(shadow)
        looks += 1
    for writer in writers:
        writer.join()
    stopped = stop_shadow(backtest=shadow, actor=None)
    done = work_on(stopped, watch=lambda _: None)
    assert looks > 3
    assert done.status == "succeeded"
    assert sorted(judged(done)) == sorted(kept)
    assert done.looked_at == len(kept)
