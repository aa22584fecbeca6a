"""The instant that a canonical date or datetime stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DATE_LENGTH = len("2026-03-29")


def instant_of(text: str, zone: ZoneInfo, offset: timedelta = timedelta(0)) -> datetime:
    """The instant, in UTC, of a canonical value moved by `offset`.

    A date stands for its local midnight in `zone`, and the offset moves it on the local calendar: two days
    before a date is a local midnight too, whatever the clocks did in between. A datetime moves by elapsed
    time. Raises ValueError for a text that is neither, OverflowError for an instant beyond the calendar.
    """
    if len(text) != _DATE_LENGTH:
        return datetime.fromisoformat(text).astimezone(UTC) + offset
    local = datetime.combine(date.fromisoformat(text), time()) + offset
    return local.replace(tzinfo=zone).astimezone(UTC)
