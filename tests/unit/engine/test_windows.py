"""Windows that come again, through the hour that does not exist and the hour that stands twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from automations.engine.windows import EVERY_DAY, Recurrence, Window

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = frozenset((6,))


def daily(start: str, end: str, *, days: frozenset[int] = EVERY_DAY, zone: ZoneInfo = BERLIN) -> Recurrence:
    return Recurrence(days, time.fromisoformat(start), time.fromisoformat(end), zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str) -> Window:
    return Window(at(start), at(end))


@pytest.mark.parametrize(
    ("recurs", "moment", "current", "following"),
    [
        (  # winter: one hour ahead of UTC; the start belongs to it
            daily("22:00", "23:30"),
            "2026-01-14T21:00",
            window("2026-01-14T21:00", "2026-01-14T22:30"),
            window("2026-01-14T21:00", "2026-01-14T22:30"),
        ),
        (  # the end doesn't
            daily("22:00", "23:30"),
            "2026-01-14T22:30",
            None,
            window("2026-01-15T21:00", "2026-01-15T22:30"),
        ),
        (  # summer: two hours ahead
            daily("22:00", "23:30"),
            "2026-07-14T20:30",
            window("2026-07-14T20:00", "2026-07-14T21:30"),
            window("2026-07-15T20:00", "2026-07-15T21:30"),
        ),
        (  # over midnight, in the evening and in the morning after
            daily("22:00", "06:00"),
            "2026-01-14T22:00",
            window("2026-01-14T21:00", "2026-01-15T05:00"),
            window("2026-01-15T21:00", "2026-01-16T05:00"),
        ),
        (
            daily("22:00", "06:00"),
            "2026-01-15T04:59",
            window("2026-01-14T21:00", "2026-01-15T05:00"),
            window("2026-01-15T21:00", "2026-01-16T05:00"),
        ),
        (  # Sundays only: Saturday's night isn't one, Monday's morning belongs to Sunday
            daily("22:00", "06:00", days=SUNDAY),
            "2026-01-17T22:00",
            None,
            window("2026-01-18T21:00", "2026-01-19T05:00"),
        ),
        (
            daily("22:00", "06:00", days=SUNDAY),
            "2026-01-19T04:00",
            window("2026-01-18T21:00", "2026-01-19T05:00"),
            window("2026-01-25T21:00", "2026-01-26T05:00"),
        ),
    ],
)
def test_a_window_goes_by_the_clock_on_the_wall(
    recurs: Recurrence, moment: str, current: Window | None, following: Window
) -> None:
    assert recurs.current(at(moment)) == current
    assert recurs.next(at(moment)) == following


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        # At 01:00 UTC on 29 March 2026 the walls jump from 02:00 to 03:00.
        ("01:30", "04:00", window("2026-03-29T00:30", "2026-03-29T02:00")),  # an hour shorter
        ("02:30", "04:00", window("2026-03-29T01:00", "2026-03-29T02:00")),  # begins with the jump
        ("01:30", "02:30", window("2026-03-29T00:30", "2026-03-29T01:00")),  # is over with the jump
        ("02:15", "02:45", None),  # doesn't come that day
        ("02:00", "03:00", None),
    ],
)
def test_the_hour_that_does_not_exist(start: str, end: str, found: Window | None) -> None:
    recurs = daily(start, end, days=SUNDAY)
    assert recurs.next(at("2026-03-28T12:00")) == (found or recurs.next(at("2026-04-05T00:00")))
    for minute in range(24 * 60):
        moment = at("2026-03-29T00:00") + timedelta(minutes=minute)
        assert (recurs.current(moment) is not None) == (found is not None and found.holds(moment)), moment


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        # At 01:00 UTC on 25 October 2026 the walls go back from 03:00 to 02:00.
        ("01:30", "04:00", window("2026-10-24T23:30", "2026-10-25T03:00")),  # an hour longer
        ("02:30", "04:00", window("2026-10-25T00:30", "2026-10-25T03:00")),  # begins the first time
        ("01:30", "02:30", window("2026-10-24T23:30", "2026-10-25T01:30")),  # is over the second time
        ("02:15", "02:45", window("2026-10-25T00:15", "2026-10-25T01:45")),  # without a gap between both
    ],
)
def test_the_hour_that_stands_twice(start: str, end: str, found: Window) -> None:
    recurs = daily(start, end, days=SUNDAY)
    assert recurs.next(at("2026-10-24T12:00")) == found
    assert recurs.current(found.ends_at - timedelta(minutes=1)) == found
    assert recurs.current(found.ends_at) is None


def test_of_two_that_overlap_because_the_clocks_went_back_the_later_is_told() -> None:
    recurs = daily("02:30", "02:15")
    assert recurs.current(at("2026-10-25T01:00")) == window("2026-10-25T00:30", "2026-10-26T01:15")


def test_a_day_that_a_zone_skips_has_no_window() -> None:
    recurs = daily("09:00", "10:00", zone=ZoneInfo("Pacific/Apia"), days=frozenset((4,)))
    assert recurs.next(at("2011-12-29T12:00")) == window("2012-01-05T19:00", "2012-01-05T20:00")


def test_when_the_last_one_was_over() -> None:
    recurs = daily("22:00", "23:30", days=SUNDAY)
    assert recurs.last_end(at("2026-01-18T22:30")) == at("2026-01-18T22:30")
    assert recurs.last_end(at("2026-01-18T22:29")) == at("2026-01-11T22:30")


def test_only_a_skipped_one_is_none_at_all() -> None:
    recurs = daily("22:00", "23:30", days=frozenset())
    assert recurs.next(at("2026-01-18T00:00")) is None
    assert recurs.last_end(at("2026-01-18T00:00")) is None
