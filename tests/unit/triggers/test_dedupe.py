from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from automations.triggers.common import dedupe_key
from automations.triggers.deadline.kind import due_at
from tests.unit.triggers.world import BERLIN, event

BY_ORDER = {"dedupe": {"path": "event.data.order.id"}}
BY_ORDER_AND_HOUR = {"dedupe": {"path": "event.data.order.id", "window": "PT1H"}}
ONCE_A_DAY = {"once_per_record": "P1D"}


def order(identity: Any, at: str = "12:00:00", number: int = 5, **rest: Any) -> dict[str, Any]:
    moment = f"2026-03-02T{at}.000000Z"
    return event(id=number, occurred_at=moment, data={"order": {"id": identity}}, **rest)


def test_by_default_every_event_is_its_own_thing() -> None:
    assert dedupe_key({}, order(1, number=5)) == "event:5"
    assert dedupe_key({}, order(1, number=6)) == "event:6"


def test_events_with_the_same_value_are_the_same_thing() -> None:
    assert dedupe_key(BY_ORDER, order("A-1")) == dedupe_key(BY_ORDER, order("A-1", "23:00:00", 6))
    assert dedupe_key(BY_ORDER, order("A-1")) != dedupe_key(BY_ORDER, order("A-2"))


def test_a_number_and_its_text_are_different_values() -> None:
    assert dedupe_key(BY_ORDER, order(5)) != dedupe_key(BY_ORDER, order("5"))


def test_a_window_makes_the_value_new_again() -> None:
    first, same, later = (
        dedupe_key(BY_ORDER_AND_HOUR, order("A", at)) for at in ("12:00:00", "12:59:59", "13:00:00")
    )
    assert first == same != later


@pytest.mark.parametrize(
    "data", [{}, {"order": None}, {"order": "x"}, {"order": {"id": None}}, {"order": []}]
)
def test_an_event_without_the_value_is_its_own_thing(data: dict[str, Any]) -> None:
    assert dedupe_key(BY_ORDER_AND_HOUR, event(id=9, data=data)) == "event:9"


def test_once_per_record_goes_by_module_record_and_window() -> None:
    first = dedupe_key(ONCE_A_DAY, order(1, "00:00:00"))
    assert first == dedupe_key(ONCE_A_DAY, order(2, "23:59:59", 6))
    assert first != dedupe_key(ONCE_A_DAY, order(1, "00:00:00", record="T-2"))
    assert first != dedupe_key(ONCE_A_DAY, order(1, "00:00:00", module="orders"))
    next_day = event(occurred_at="2026-03-03T00:00:00.000000Z")
    assert first != dedupe_key(ONCE_A_DAY, next_day)


def test_once_per_record_without_a_record_is_once_per_event() -> None:
    assert dedupe_key(ONCE_A_DAY, event(id=9, record=None)) == "event:9"


def test_a_key_is_short_whatever_the_value() -> None:
    for value in ("x" * 100_000, {"deep": [1, 2, {"a": "ü" * 5_000}]}):
        assert len(dedupe_key(BY_ORDER_AND_HOUR, order(value))) <= 120


def deadline(field: str, offset: str, when: str) -> dict[str, Any]:
    return {"module": "tickets", "field": field, "offset": offset, "when": when}


@pytest.mark.parametrize(
    ("offset", "when", "hour"), [("PT2H", "before", 10), ("PT15M", "after", 12), ("PT0S", "before", 12)]
)
def test_a_deadline_is_moved_by_its_offset(offset: str, when: str, hour: int) -> None:
    due = due_at(deadline("due_at", offset, when), {"due_at": "2026-03-02T12:00:00.000000Z"}, BERLIN)
    assert due == datetime(2026, 3, 2, hour, 15 if when == "after" else 0, tzinfo=UTC)


def test_a_date_means_its_local_midnight() -> None:
    due = due_at(deadline("birthday", "PT0S", "before"), {"birthday": "2026-07-01"}, BERLIN)
    assert due == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert due is not None
    assert due.tzinfo is UTC


def test_days_before_a_date_are_days_also_when_the_clocks_change_in_between() -> None:
    due = due_at(deadline("birthday", "P2D", "before"), {"birthday": "2026-03-30"}, BERLIN)
    assert due == datetime(2026, 3, 28, tzinfo=BERLIN)
    due = due_at(deadline("birthday", "PT9H", "after"), {"birthday": "2026-10-25"}, BERLIN)
    assert due == datetime(2026, 10, 25, 9, tzinfo=BERLIN)


@pytest.mark.parametrize("value", [None, "", "soon", 5, "2026-13-40", "9999-12-31T23:00:00.000000Z"])
def test_without_a_date_or_beyond_the_calendar_there_is_no_deadline(value: Any) -> None:
    assert due_at(deadline("due_at", "P2D", "after"), {"due_at": value}, BERLIN) is None
    assert due_at(deadline("due_at", "P2D", "after"), {}, BERLIN) is None
