"""Shadows: every live event from now on judged beside the live version, until somebody or something ends it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.engine.fields import datetime_text
from automations.errors import ConflictError, InvalidError
from automations.models import (
    AuditEntry,
    Backtest,
    BacktestAlarm,
    BacktestDifference,
    Event,
    Module,
    Record,
    RecordChange,
    Run,
    Workflow,
)
from automations.runtime.backtests import following, work
from automations.runtime.drain import drain
from automations.services.backtests import (
    KEPT,
    cancel_backtest,
    start_backtest,
    start_shadow,
    stop_shadow,
    work_on,
)
from automations.services.drafts import save_draft
from automations.services.records import create_record, update_record
from automations.services.releases import demote_workflow, rollback_workflow
from automations.services.versions import publish_version
from automations.services.workflows import archive_workflow, create_workflow
from automations.testing import chain, make_module, make_workflow, node

from .conftest import counts, triage
from .test_reckoned import due

pytestmark = pytest.mark.django_db

Create = Callable[..., None]
NOON = datetime(2020, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def shadow(workflow: Workflow, alice: Any) -> Backtest:
    """A shadow of a lower limit, beside the live one of 100."""
    save_draft(workflow=workflow, document=triage("70"), revision=None, actor=alice)
    return start_shadow(workflow=workflow, actor=alice)


@pytest.fixture
def create(tickets: Module, alice: Any) -> Create:
    """Creates a ticket for each amount."""

    def make(*amounts: int) -> None:
        for number, amount in enumerate(amounts, Record.objects.count()):
            values = {"title": f"Ticket {number}", "state": "open", "amount": str(amount)}
            create_record(module=tickets, key=f"T{number}", values=values, actor=alice)

    return make


def followed(shadow: Backtest) -> Backtest:
    """The shadow after the workers have done all that is due, its rest being over."""
    Backtest.objects.filter(pk=shadow.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    drain()
    shadow.refresh_from_db()
    return shadow


def told(shadow: Backtest) -> dict[str, int]:
    names = ("same", "newly_selected", "no_longer_selected", "other_effect", "other_branch")
    return {name: getattr(shadow, name) for name in names if getattr(shadow, name)}


def test_it_counts_what_comes_after_its_start_while_the_live_version_acts_as_ever(
    tickets: Module, shadow: Backtest, create: Create, workflow: Workflow
) -> None:
    assert (shadow.status, shadow.is_shadow, shadow.agreement) == ("queued", True, None)
    create(50, 80, 120)
    followed(shadow)
    assert shadow.status == "running"
    # The live version's own change is an event as well; both sides leave it alone.
    assert told(shadow) == {"same": 2, "newly_selected": 1}
    assert shadow.agreement == pytest.approx(100 * 2 / 3)
    create(90)
    assert told(followed(shadow)) == {"same": 2, "newly_selected": 2}
    assert [run.mode for run in Run.objects.filter(workflow=workflow)] == ["execute"] * 4
    owners = RecordChange.objects.filter(field="owner").values_list("record_key", "after")
    assert list(owners) == [("T2", "bob")]
    keys = BacktestDifference.objects.filter(backtest=shadow).values_list("record_key", flat=True)
    assert set(keys) == {"T1", "T3"}
    assert shadow.judged_until is not None
    assert timezone.now() - shadow.judged_until < timedelta(seconds=5)


def test_what_came_before_its_start_is_not_its_affair(workflow: Workflow, create: Create, alice: Any) -> None:
    create(80, 90)
    save_draft(workflow=workflow, document=triage("70"), revision=None, actor=alice)
    shadow = start_shadow(workflow=workflow, actor=alice)
    create(85)
    assert told(followed(shadow)) == {"newly_selected": 1}


def test_idle_shadow_rests_and_leaves_the_worker_to_others(shadow: Backtest) -> None:
    drain()
    assert not work.is_due()
    assert work.work(seconds=1, give_way=lambda: False) is False
    shadow.refresh_from_db()
    assert shadow.due_at > timezone.now()


def test_late_delivery_of_an_old_event_counts_as_the_live_version_hears_it(
    tickets: Module, shadow: Backtest, alice: Any
) -> None:
    old = timezone.now() - timedelta(days=30)
    values = {"title": "Old", "state": "open", "amount": "80"}
    create_record(module=tickets, key="OLD", values=values, actor=alice, at=old, clock="past")
    assert told(followed(shadow)) == {"newly_selected": 1}


def test_stopped_one_judges_what_came_before_and_then_stands(
    shadow: Backtest, create: Create, workflow: Workflow, alice: Any
) -> None:
    create(80)
    stopped = stop_shadow(backtest=shadow, actor=alice, reason="Seen enough")
    assert (stopped.status, stopped.ended_why) == ("queued", f"{alice.get_username()} stopped it.")
    create(90)  # too late for it
    followed(shadow)
    assert (shadow.status, told(shadow)) == ("succeeded", {"newly_selected": 1})
    assert shadow.judged_until == shadow.until <= timezone.now()
    assert AuditEntry.objects.filter(action="backtest.shadow_stopped", reason="Seen enough").count() == 1
    with pytest.raises(ConflictError, match="ended already"):
        stop_shadow(backtest=shadow, actor=alice)
    assert start_shadow(workflow=workflow, actor=alice).pk != shadow.pk


def test_a_slice_that_runs_while_it_is_stopped_is_judged_again_up_to_the_stop(
    shadow: Backtest, create: Create, alice: Any
) -> None:
    create(80)
    held = work._claim(None)
    assert held is not None
    stop_shadow(backtest=shadow, actor=alice)
    create(90)
    work._slice(held, 60, lambda: False)  # it had not heard of the stop
    assert told(followed(shadow)) == {"newly_selected": 1}


def test_another_live_version_ends_it_and_says_so(shadow: Backtest, create: Create, alice: Any) -> None:
    create(80)
    publish_version(workflow=shadow.workflow, actor=alice)
    create(90)
    followed(shadow)
    assert (shadow.status, shadow.ended_why) == ("succeeded", "Version 2 became the live one.")
    assert told(shadow) == {"newly_selected": 1}


def test_roll_back_and_archive_end_it_and_only_simulating_does_not(
    workflow: Workflow, shadow: Backtest, create: Create, alice: Any
) -> None:
    demote_workflow(workflow=workflow, actor=alice)
    create(80)
    assert (followed(shadow).status, told(shadow)) == ("running", {"newly_selected": 1})
    publish_version(workflow=workflow, actor=alice)
    save_draft(workflow=workflow, document=triage("60"), revision=None, actor=alice)
    second = start_shadow(workflow=workflow, actor=alice)
    rollback_workflow(workflow=workflow, number=1, reason="Too many", actor=alice)
    second.refresh_from_db()
    assert second.ended_why == "Version 1 became the live one."
    third = start_shadow(workflow=workflow, actor=alice, version=2)
    archive_workflow(workflow=workflow, actor=alice)
    assert (followed(third).status, third.ended_why) == ("succeeded", "The workflow was archived.")
    workflow.refresh_from_db()
    with pytest.raises(ConflictError, match="is archived"):
        start_shadow(workflow=workflow, actor=alice)


def test_its_days_end_it(shadow: Backtest, create: Create) -> None:
    assert shadow.until - shadow.since == timedelta(days=14)
    create(80)
    Backtest.objects.filter(pk=shadow.pk).update(until=following.database_clock())
    create(90)
    followed(shadow)
    assert (shadow.status, shadow.ended_why) == ("succeeded", "It has come to the end of its days.")
    assert told(shadow) == {"newly_selected": 1}


def test_what_can_not_be_a_shadow_is_refused(workflow: Workflow, shadow: Backtest, alice: Any) -> None:
    for days in (0, 91):
        with pytest.raises(InvalidError):
            start_shadow(workflow=workflow, actor=alice, days=days)
    with pytest.raises(ConflictError) as second:
        start_shadow(workflow=workflow, actor=alice)
    assert second.value.code == "shadow-exists"
    with pytest.raises(ConflictError) as same:
        start_shadow(workflow=workflow, actor=alice, version=1)
    assert same.value.code == "already-live"
    fresh = create_workflow(key="fresh", name="Fresh", actor=alice)
    save_draft(workflow=fresh, document=triage(), revision=None, actor=alice)
    with pytest.raises(ConflictError) as nothing:
        start_shadow(workflow=fresh, actor=alice)
    assert nothing.value.code == "nothing-published"
    with pytest.raises(ConflictError) as none:
        stop_shadow(backtest=start_backtest(workflow=workflow, actor=alice), actor=alice)
    assert none.value.code == "no-shadow"
    assert Backtest.objects.filter(is_shadow=True).count() == 1


def test_cancelled_one_proves_nothing(shadow: Backtest, create: Create, alice: Any) -> None:
    create(80)
    followed(shadow)
    cancelled = cancel_backtest(backtest=shadow, actor=alice)
    create(90)
    assert told(followed(cancelled)) == {"newly_selected": 1}
    assert cancelled.status == "cancelled"


def test_killed_worker_loses_its_slice_and_nothing_is_judged_twice(
    shadow: Backtest, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PAGE", 2)
    create(50, 80, 90, 120, 75)
    Backtest.objects.update(due_at=timezone.now())
    assert work.work(seconds=60, give_way=lambda: True)  # one page
    lost = work._claim(None)
    assert lost is not None
    assert lost.looked_at == 2
    work._jobs.clear()  # as another process has none
    assert told(followed(shadow)) == {"same": 2, "newly_selected": 3}
    work._slice(lost, 60, lambda: False)  # the dead one wakes and finds its lease gone
    assert told(followed(shadow)) == {"same": 2, "newly_selected": 3}


def test_backtests_and_shadows_do_not_crowd_each_other_out(
    workflow: Workflow, shadow: Backtest, alice: Any
) -> None:
    Backtest.objects.bulk_create(
        [
            Backtest(
                workflow=workflow,
                against=shadow.against,
                document={},
                is_shadow=True,
                status="succeeded",
                ended_why="x",
                since=NOON,
                until=timezone.now(),
                due_at=NOON,
                created_at=NOON,
                finished_at=NOON,
            )
            for _ in range(KEPT)
        ]
    )
    for _ in range(6):
        start_backtest(workflow=workflow, actor=alice)
        drain()
    assert Backtest.objects.filter(is_shadow=False).count() == 6
    assert Backtest.objects.filter(is_shadow=True).count() == KEPT + 1


# Time: the clock of the database is a stand-in, so that hours pass between two looks.


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """[now], which shadows take for the database's."""
    now = [NOON]
    monkeypatch.setattr(following, "database_clock", lambda: now[0])
    work._jobs.clear()
    yield now
    work._jobs.clear()


def happened(now: datetime) -> None:
    """Everything that has happened since the last call happened at this moment."""
    Event.objects.filter(received_at__gt=NOON + timedelta(days=90)).update(occurred_at=now, received_at=now)


def shadow_of(
    before: dict[str, Any], after: dict[str, Any], days: int, alice: Any, **options: Any
) -> Backtest:
    workflow = make_workflow("timed", before, owner=alice, **options)
    save_draft(workflow=workflow, document=after, revision=None, actor=alice)
    return start_shadow(workflow=workflow, actor=alice, days=days)


@pytest.mark.parametrize("seed", range(4))
def test_alarms_come_to_the_same_whether_followed_or_looked_back_at(
    seed: int, tickets: Module, alice: Any, clock: list[datetime]
) -> None:
    """However a shadow's looks fall, its counts and details are those of a backtest over its whole range afterwards."""
    chance = random.Random(seed)

    def moment(hours: float) -> str:
        return datetime_text(NOON + timedelta(hours=hours))

    for number in range(12):  # there before the shadow is, and some of them never touched
        values = {"state": "open", "due": moment(chance.uniform(-10, 30))}
        create_record(module=tickets, key=f"A{number}", values=values, actor=alice)
    happened(NOON - timedelta(days=chance.randint(1, 4)))
    wider = due("PT5H")
    wider["nodes"][1]["config"]["text"] = (
        "Soon due"  # so that each alarm of both is a row that can be compared
    )
    shadow = shadow_of(due("PT2H"), wider, 1, alice, module=tickets)
    hours = 0.0
    while hours < 24:
        hours += chance.choice((0.01, 0.2, 1, 4))
        clock[0] = NOON + timedelta(hours=hours)
        for _ in range(chance.randint(0, 3)):
            record = Record.objects.filter(key=f"A{chance.randrange(14)}").first()
            values = chance.choice(
                [{"state": "closed"}, {"due": moment(hours + chance.uniform(-3, 9))}, {"title": "x"}]
            )
            if record is None:
                values = {"state": "open", "due": moment(hours + chance.uniform(-2, 8))}
                create_record(module=tickets, key=f"A{chance.randint(12, 13)}", values=values, actor=alice)
            else:
                version = record.version
                update_record(
                    module=tickets, key=record.key, values=values, expected_version=version, actor=alice
                )
        happened(clock[0] - timedelta(seconds=chance.randint(0, 30)))
        followed(shadow)
    assert shadow.status == "succeeded", shadow.failure
    assert not BacktestAlarm.objects.exists()
    afterwards = work_on(
        start_backtest(workflow=shadow.workflow, actor=alice, since=shadow.since, until=shadow.until),
        watch=lambda _: None,
    )
    assert counts(shadow) == counts(afterwards)
    assert rows_of(shadow) == rows_of(afterwards)
    assert len(rows_of(shadow)) > 5  # else it would prove little


def rows_of(backtest: Backtest) -> list[tuple[Any, ...]]:
    rows = BacktestDifference.objects.filter(backtest=backtest)
    return sorted(rows.values_list("kind", "record_key", "at"))


def test_alarm_of_a_date_rings_at_its_midnight(alice: Any, clock: list[datetime]) -> None:
    module = make_module("days", {"day": "date"})
    trigger = node("t1", "trigger.deadline", module="days", field="day", offset="P1D", when="after")
    for day in ("2020-03-01", "2020-03-02", "2020-03-09"):
        create_record(module=module, key=day, values={"day": day}, actor=alice)
    happened(NOON - timedelta(days=3))
    before, after = (chain(trigger, node("a1", "action.comment", text=text)) for text in ("a", "b"))
    shadow = shadow_of(before, after, 5, alice, module=module)
    for hours, expected in ((11, {}), (13, {"other_effect": 1}), (100, {"other_effect": 1})):
        clock[0] = NOON + timedelta(hours=hours)
        assert told(followed(shadow)) == expected


def test_slots_are_followed_as_their_moments_pass(alice: Any, clock: list[datetime]) -> None:
    def daily(cron: str) -> dict[str, Any]:
        tell = node("a1", "action.notify", users=["alice"], channels=["app"], title="Hello", body="")
        return chain(node("t1", "trigger.schedule", cron=cron, zone="UTC"), tell)

    shadow = shadow_of(daily("0 15 * * *"), daily("0 15,18 * * *"), 2, alice)
    for hours, expected in (
        (2, {}),
        (3, {"same": 1}),
        (5, {"same": 1}),
        (7, {"same": 1, "newly_selected": 1}),
        (48, {"same": 2, "newly_selected": 2}),
    ):
        clock[0] = NOON + timedelta(hours=hours)
        assert told(followed(shadow)) == expected
    assert shadow.status == "succeeded"
