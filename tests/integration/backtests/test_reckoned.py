"""Deadlines and schedules in backtests: reckoned anew for each side, from what the records were and from the calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.engine.fields import datetime_text
from automations.models import Backtest, BacktestDifference, Event, Module, Record
from automations.runtime.backtests.reckoned import ALWAYS, Past, history_of
from automations.services.backtests import start_backtest, work_on
from automations.services.drafts import save_draft
from automations.services.records import create_record, update_record
from automations.testing import chain, make_workflow, node, run_everything

from .conftest import counts

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
OPEN = {"field": "state", "op": "eq", "value": "open"}


def due(offset: str, when: str = "before", **config: Any) -> dict[str, Any]:
    trigger = node(
        "t1",
        "trigger.deadline",
        module="tickets",
        field="due",
        offset=offset,
        when=when,
        filter=OPEN,
        **config,
    )
    return chain(trigger, node("a1", "action.comment", text="Due"))


@pytest.fixture
def ticket(tickets: Module, alice: Any) -> Callable[..., None]:
    """A ticket that is due so many hours from NOW and was made, and perhaps closed, so many hours before."""

    def make(key: str, due_in: float, made_before: float, closed_before: float | None = None) -> None:
        values = {"state": "open", "due": datetime_text(NOW + timedelta(hours=due_in))}
        create_record(module=tickets, key=key, values=values, actor=alice)
        moments = [made_before]
        if closed_before is not None:
            version = Record.objects.get(key=key).version
            update_record(
                module=tickets, key=key, values={"state": "closed"}, expected_version=version, actor=alice
            )
            moments.append(closed_before)
        for event, hours in zip(Event.objects.filter(record_key=key).order_by("id"), moments, strict=True):
            at = NOW - timedelta(hours=hours)
            Event.objects.filter(pk=event.pk).update(occurred_at=at, received_at=at)

    return make


@pytest.fixture
def widened(tickets: Module, alice: Any) -> Callable[..., Backtest]:
    """A backtest of one deadline beside another over the week before NOW."""

    def run(before: dict[str, Any], after: dict[str, Any]) -> Backtest:
        workflow = make_workflow("sla", before, owner=alice, module=tickets)
        save_draft(workflow=workflow, document=after, revision=None, actor=alice)
        started = start_backtest(workflow=workflow, actor=alice, since=SINCE, until=NOW)
        return work_on(started, watch=lambda _: None)

    return run


def keys(backtest: Backtest, kind: str) -> set[str]:
    rows = BacktestDifference.objects.filter(backtest=backtest, kind=kind)
    return set(rows.values_list("record_key", flat=True))


def test_wider_deadline_rings_for_those_that_were_closed_between(
    ticket: Callable[..., None], widened: Callable[..., Backtest]
) -> None:
    ticket("both", due_in=-10, made_before=48)
    ticket("closed-between", due_in=-10, made_before=48, closed_before=13)  # 3 h before it was due
    ticket("closed-early", due_in=-10, made_before=48, closed_before=40)
    ticket("made-late", due_in=-10, made_before=13)  # rings at once on the wider side, on time on the other
    ticket("still-to-come", due_in=3, made_before=48)  # the wider side has rung, the other will
    ticket("long-ago", due_in=-24 * 20, made_before=24 * 21)
    done = widened(due("PT2H"), due("PT4H"))
    assert counts(done) == {"same": 3, "newly_selected": 1}
    assert keys(done, "newly_selected") == {"closed-between"}
    shown = BacktestDifference.objects.get(backtest=done)
    assert datetime.fromisoformat(shown.after["at"]) == NOW - timedelta(hours=14)
    assert datetime.fromisoformat(shown.before["at"]) == NOW - timedelta(hours=12)
    assert "state" in shown.before["why_not"]
    assert shown.event_id is None
    assert [note["code"] for note in done.notes] == ["deadlines"]


def test_records_that_nothing_happened_to_are_judged_as_they_are(
    ticket: Callable[..., None], widened: Callable[..., Backtest]
) -> None:
    for number in range(5):
        ticket(f"old-{number}", due_in=-24 * number - 1, made_before=24 * 60)
    ticket("far", due_in=24 * 30, made_before=24 * 60)
    after = due("PT2H")
    after["nodes"][1]["config"]["text"] = "Soon due"
    done = widened(due("PT2H"), after)
    assert counts(done) == {"other_effect": 5}
    assert done.selected_before == 5


def test_alarm_on_the_edge_of_the_window_has_its_other_side_outside(
    ticket: Callable[..., None], widened: Callable[..., Backtest]
) -> None:
    ticket("edge", due_in=-24 * 7 + 3, made_before=24 * 30)  # 4 h before: outside; 2 h before: inside
    assert counts(widened(due("PT2H"), due("PT4H"))) == {"same": 1}


def test_date_that_moved_rings_for_the_new_one_alone(
    ticket: Callable[..., None], widened: Callable[..., Backtest], tickets: Module, alice: Any
) -> None:
    ticket("moved", due_in=-10, made_before=48)
    later = {"due": datetime_text(NOW - timedelta(hours=5))}
    version = Record.objects.get(key="moved").version
    update_record(module=tickets, key="moved", values=later, expected_version=version, actor=alice)
    at = NOW - timedelta(hours=13)  # the old date's wider alarm has rung, its other one has not
    Event.objects.filter(type="record.updated").update(occurred_at=at, received_at=at)
    done = widened(due("PT2H"), due("PT4H"))
    assert counts(done) == {"same": 1, "newly_selected": 1}


def test_change_without_an_event_is_told_as_assumed(
    ticket: Callable[..., None], widened: Callable[..., Backtest]
) -> None:
    ticket("gap", due_in=-10, made_before=48, closed_before=2)
    event = Event.objects.get(type="record.updated")
    event.snapshot["before"]["title"] = "Changed by a script"
    event.save(update_fields=["snapshot"])
    done = widened(due("PT2H"), due("PT4H"))
    assert counts(done) == {"same": 1}
    assert done.assumed == 1


def test_what_a_deadline_trigger_really_did_is_what_is_reckoned(
    tickets: Module, alice: Any, widened: Callable[..., Backtest]
) -> None:
    """The runtime rings the alarm of a record whose moment has passed when the record comes; so does the backtest."""
    from automations.runtime import deadlines

    workflow = make_workflow("live", due("PT2H"), owner=alice, module=tickets)
    moment = datetime_text(timezone.now() + timedelta(hours=1))
    create_record(module=tickets, key="late", values={"state": "open", "due": moment}, actor=alice)
    deadlines.fire_due(now=timezone.now())
    run_everything()
    assert workflow.runs.count() == 1
    done = work_on(start_backtest(workflow=workflow, actor=alice, days=1), watch=lambda _: None)
    assert counts(done) == {"same": 1}
    assert done.selected_before == done.selected_after == 1


def test_slots_of_another_calendar_are_newly_selected(tickets: Module, alice: Any) -> None:
    def daily(cron: str) -> dict[str, Any]:
        stop = node("a1", "action.notify", users=["alice"], channels=["app"], title="Hello", body="")
        return chain(node("t1", "trigger.schedule", cron=cron, zone="UTC"), stop)

    workflow = make_workflow("daily", daily("0 9 * * *"), owner=alice)
    save_draft(workflow=workflow, document=daily("0 9,15 * * 1-5"), revision=None, actor=alice)
    started = start_backtest(workflow=workflow, actor=alice, since=SINCE, until=NOW)
    done = work_on(started, watch=lambda _: None)
    # 23 February, a Monday, noon to 2 March, a Monday, noon.
    assert counts(done) == {"same": 5, "newly_selected": 5, "no_longer_selected": 2}
    assert (done.read, done.to_read) == (7, 7)


def test_history_is_what_events_say_and_of_one_moment_the_last() -> None:
    assert history_of([(NOW, None, {"a": 1}), (NOW, {"a": 1}, {"a": 2})]) == [
        Past(ALWAYS, None),
        Past(NOW, {"a": 1}),
        Past(NOW, {"a": 2}),
    ]
    assert history_of([(NOW, {"a": 0}, {"a": 1}), (NOW, {"a": 5}, {"a": 2})])[1] == Past(
        NOW, {"a": 1}, gap=True
    )
