"""Windows that come again: every day, or on some days of the week, between two times by the clock on a zone's walls.

A window begins when the wall first shows its start, and is over when the wall last shows its end. So where the clocks are
put back, a time that comes twice is the first one for a start and the second one for an end: the window is longer, never
shorter. A time that the clocks skip is the moment at which they jump; a window that lies wholly in what is skipped does not
come that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
LOOKED_AT = 15
"""Days in which a window has to come again, however few days of the week it is on."""
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From one moment on and before another."""

    starts_at: datetime
    ends_at: datetime

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True)
class Recurrence:
    """From `start` to `end` on these days of the week (0 is Monday), by the clocks of `zone`. An `end` that is not later
    than the `start` is on the next day."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def current(self, moment: datetime) -> Window | None:
        """The window that a moment lies in; of two that overlap the later."""
        found = [window for window in self._around(moment, -2, 1) if window.holds(moment)]
        return found[-1] if found else None

    def next(self, moment: datetime) -> Window | None:
        """The first window that begins at a moment or after it; None where none does within a fortnight, because the clocks
        skip the only ones."""
        return next((one for one in self._around(moment, -1, LOOKED_AT) if one.starts_at >= moment), None)

    def last_end(self, moment: datetime) -> datetime | None:
        """When the last window was over that was over at a moment; None where none was within a fortnight."""
        ends = [one.ends_at for one in self._around(moment, -LOOKED_AT, 1) if one.ends_at <= moment]
        return max(ends, default=None)

    def _around(self, moment: datetime, first: int, last: int) -> Iterator[Window]:
        """Those of the days from so many before (negative) to so many after the day of a moment, in their order."""
        today = moment.astimezone(self.zone).date()
        for number in range(first, last + 1):
            day = today + timedelta(days=number)
            if day.weekday() in self.days and (window := self._on(day)) is not None:
                yield window

    def _on(self, day: date) -> Window | None:
        last = day if self.end > self.start else day + A_DAY
        starts_at = _instant(datetime.combine(day, self.start), self.zone, fold=0)
        ends_at = _instant(datetime.combine(last, self.end), self.zone, fold=1)
        return Window(starts_at, ends_at) if starts_at < ends_at else None


def _instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    """The moment at which the walls show this, the first or, with a fold, the last time, or have just jumped over it."""
    while True:
        moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall, fold = wall + A_MINUTE, 0
