"""Weeks as ISO 8601 has them: they begin on Monday, and the first of a year holds its first Thursday."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

NAME = re.compile(r"(\d{4})-W(\d{2})")
LONGEST_NAME = 8


@dataclass(frozen=True, slots=True)
class Week:
    """From Monday's midnight to the next, in the zone."""

    monday: date
    zone: ZoneInfo

    @property
    def name(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @property
    def start(self) -> datetime:
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        return self.after.start

    @property
    def before(self) -> Week:
        return Week(self.monday - timedelta(days=7), self.zone)

    @property
    def after(self) -> Week:
        return Week(self.monday + timedelta(days=7), self.zone)


def week_of(moment: datetime, zone: ZoneInfo) -> Week:
    """The week that a moment lies in."""
    day = moment.astimezone(zone).date()
    return Week(day - timedelta(days=day.weekday()), zone)


def named_week(name: str, zone: ZoneInfo) -> Week | None:
    """“2026-W48”; None for what is no week of a year from 2000 on."""
    found = NAME.fullmatch(name)
    if found is None or not 2000 <= int(found[1]) < 9000:
        return None
    try:
        return Week(date.fromisocalendar(int(found[1]), int(found[2]), 1), zone)
    except ValueError:
        return None
