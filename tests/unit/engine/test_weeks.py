"""Weeks begin on Monday at midnight of their zone, whatever the clocks do, and have the names of ISO 8601."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from automations.engine.weeks import Week, named_week, week_of

VIENNA = ZoneInfo("Europe/Vienna")


def test_a_week_is_named_as_iso_8601_names_it_and_begins_at_midnight_of_its_zone() -> None:
    week = named_week("2026-W14", VIENNA)
    assert week is not None
    assert (week.monday.isoformat(), week.name, week.before.name) == ("2026-03-30", "2026-W14", "2026-W13")
    assert week.days == [date(2026, 3, 30) + timedelta(days=number) for number in range(7)]
    assert week.after == Week(date(2026, 4, 6), VIENNA)


@pytest.mark.parametrize(
    ("name", "hours"), [("2026-W13", 7 * 24 - 1), ("2026-W14", 7 * 24), ("2026-W43", 7 * 24 + 1)]
)
def test_a_week_in_which_the_clocks_change_is_an_hour_shorter_or_longer(name: str, hours: int) -> None:
    week = named_week(name, VIENNA)
    assert week is not None
    assert week.end.astimezone(UTC) - week.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_year_may_end_in_a_week_of_the_next() -> None:
    assert named_week("2020-W53", VIENNA) is not None
    assert week_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), VIENNA).name == "2026-W53"


@pytest.mark.parametrize("name", ["2021-W53", "2026-W00", "2026-W60", "2026W14", "1999-W10", "9999-W52", "x"])
def test_what_names_no_week_is_told_so(name: str) -> None:
    assert named_week(name, VIENNA) is None
