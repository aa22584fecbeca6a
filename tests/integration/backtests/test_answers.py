"""What a backtest says of events: judged as they were, by both sides, and counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.engine.comparison import Kind
from automations.models import Backtest, BacktestDifference, Event, Module, Record, Run, Workflow
from automations.runtime.backtests import work
from automations.services.records import update_record
from automations.testing import edge, node, run_everything

from .conftest import TRIGGER, counts, triage

pytestmark = pytest.mark.django_db

Backtesting = Callable[..., Backtest]
Tickets = Callable[..., None]


def difference(backtest: Backtest, kind: Kind) -> BacktestDifference:
    return BacktestDifference.objects.get(backtest=backtest, kind=kind.value)


def test_lower_limit_selects_more_and_a_higher_one_fewer(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(50, 80, 120, 200)
    lower = backtest(triage("70"))
    assert counts(lower) == {"same": 3, "newly_selected": 1}
    assert (lower.selected_before, lower.selected_after) == (2, 3)
    assert difference(lower, Kind.NEWLY_SELECTED).record_key == "T1"
    higher = backtest(triage("150"))
    assert counts(higher) == {"same": 3, "no_longer_selected": 1}
    assert difference(higher, Kind.NO_LONGER_SELECTED).record_key == "T2"


def test_record_is_judged_as_it_was_and_not_as_it_is(
    tickets_of: Tickets, backtest: Backtesting, tickets: Module, alice: Any
) -> None:
    tickets_of(50, 120)
    now = Record.objects.get(module=tickets, key="T1")
    update_record(module=tickets, key="T1", values={"amount": "1"}, expected_version=now.version, actor=alice)
    changed = backtest(triage("100", owner="charlie"))
    assert counts(changed) == {"same": 1, "other_effect": 1}
    shown = difference(changed, Kind.OTHER_EFFECT)
    assert shown.before["runs"][0]["actions"][0]["changes"] == [
        {"module": "tickets", "record": "T1", "field": "owner", "before": None, "after": "bob"}
    ]
    assert shown.after["runs"][0]["actions"][0]["changes"][0]["after"] == "charlie"
    assert shown.after["runs"][0]["path"] == [
        {"node": "t1", "branches": []},
        {"node": "c1", "branches": ["true"]},
        {"node": "a1", "branches": []},
    ]
    assert shown.event_id == Event.objects.get(record_key="T1", type="record.created").pk


def test_two_ways_to_the_same_effect_are_another_branch(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120)
    both = triage()
    both["nodes"][1]["config"]["rule"] = {"field": "amount", "op": "lte", "value": "100"}
    both["edges"][1]["branch"] = "false"
    assert counts(backtest(both)) == {"other_branch": 1}


def test_step_put_in_is_no_other_branch_by_itself(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120, 20)
    more = triage()
    more["nodes"].append(node("c2", "condition.if", rule={"field": "state", "op": "eq", "value": "open"}))
    more["edges"] = [edge("t1", "c2"), edge("c2", "c1", "true"), edge("c1", "a1", "true")]
    assert counts(backtest(more)) == {"same": 2}


def test_action_put_in_is_another_effect_where_it_is_reached(
    tickets_of: Tickets, backtest: Backtesting
) -> None:
    tickets_of(120, 20)
    more = triage()
    more["nodes"].append(node("a2", "action.comment", text="Large"))
    more["edges"].append(edge("a1", "a2"))
    assert counts(backtest(more)) == {"same": 1, "other_effect": 1}


def test_trigger_that_no_longer_hears_of_events_says_so(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120)
    deaf = triage(trigger=node("t1", "trigger.record", module="tickets", on=["updated"]))
    # The workflow's own change of the owner is an event too, and its own changes don't start it.
    assert counts(backtest(deaf)) == {"same": 1, "no_longer_selected": 1}


def test_filter_that_refuses_says_why(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120)
    closed = {"field": "state", "op": "eq", "value": "closed"}
    strict = triage(trigger={**TRIGGER, "config": {**TRIGGER["config"], "filter": closed}})
    shown = difference(backtest(strict), Kind.NO_LONGER_SELECTED)
    assert shown.after["runs"] == []
    assert "state" in shown.after["why_not"]
    assert shown.before["selected"] is True


def test_versions_can_be_compared_and_nothing_published_selects_anew(
    tickets_of: Tickets, backtest: Backtesting, workflow: Workflow
) -> None:
    tickets_of(120, 20)
    assert counts(backtest(version=1, against=1)) == {"same": 2}
    Workflow.objects.filter(pk=workflow.pk).update(active_version=None, mode="simulate", promotion=None)
    assert counts(backtest()) == {"same": 1, "newly_selected": 1}


def test_events_outside_of_the_range_are_not_looked_at(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120, 20)
    now = timezone.now()
    assert counts(backtest(since=now - timedelta(days=9), until=now - timedelta(days=1))) == {}
    Event.objects.filter(record_key="T1").update(occurred_at=now - timedelta(days=3))
    assert counts(backtest(since=now - timedelta(days=9), until=now - timedelta(days=1))) == {"same": 1}


def test_nothing_is_written_but_the_backtest_and_its_differences(
    tickets_of: Tickets, backtest: Backtesting, tickets: Module
) -> None:
    tickets_of(50, 120)
    before = (list(Record.objects.values()), Run.objects.count(), Event.objects.count())
    assert counts(backtest(triage("10", owner="charlie"))) == {"newly_selected": 1, "other_effect": 1}
    run_everything()
    assert (list(Record.objects.values()), Run.objects.count(), Event.objects.count()) == before


def test_what_could_not_be_known_is_said(tickets_of: Tickets, backtest: Backtesting) -> None:
    tickets_of(120)
    waits = triage()
    waits["nodes"].append({**node("w1", "action.wait"), "config": {"for": "P2D"}})
    waits["edges"] = [edge("t1", "c1"), edge("c1", "w1", "true"), edge("w1", "a1")]
    done = backtest(waits)
    assert done.assumed == 1
    # The same effect, two days later: a wait is none.
    assert counts(done) == {"same": 1}


def test_turn_that_was_not_kept_makes_no_difference_up(
    tickets_of: Tickets, backtest: Backtesting, workflow: Workflow
) -> None:
    tickets_of(120)
    turns = triage()
    turns["nodes"][2] = node("a1", "action.assign", field="owner", strategy="round_robin", pool=["alice"])
    done = backtest(turns)
    shown = difference(done, Kind.OTHER_EFFECT)
    assert shown.after["runs"][0]["actions"][0]["changes"] == []
    assert shown.assumed == ["Who would have been chosen then is not known."]


@pytest.mark.parametrize("limit", ["10", "70", "119.5", "100", "500"])
@pytest.mark.parametrize("owner", ["bob", "charlie"])
@pytest.mark.parametrize("extra", [False, True])
def test_one_walk_for_both_says_what_two_walks_say(
    tickets_of: Tickets,
    backtest: Backtesting,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    owner: str,
    extra: bool,
) -> None:
    tickets_of(9, 50, 80, 100, 119, 120, 200, 900)
    document = triage(limit, owner)
    if extra:
        document["nodes"].append(node("a2", "action.comment", text="Small"))
        document["edges"].append(edge("c1", "a2", "false"))
    quick = backtest(document)
    monkeypatch.setattr("automations.runtime.backtests.likeness.Likeness.differs", lambda *_: True)
    slow = backtest(document)
    assert counts(quick) == counts(slow)
    assert (quick.selected_before, quick.selected_after) == (slow.selected_before, slow.selected_after)


def test_details_are_kept_up_to_a_cap_and_counts_are_exact(
    tickets_of: Tickets, backtest: Backtesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "KEPT_A_KIND", 2)
    monkeypatch.setattr(work, "PAGE", 2)
    tickets_of(50, 51, 52, 53, 54)
    done = backtest(triage("10"))
    assert counts(done) == {"newly_selected": 5}
    assert BacktestDifference.objects.filter(backtest=done).count() == 2
