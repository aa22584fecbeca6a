"""ISO 8601 durations of fixed length: weeks, days, hours, minutes, seconds."""

from __future__ import annotations

import re
from datetime import timedelta

from automations.engine.errors import DurationError, quoted

_PATTERN = re.compile(
    r"P(?=[\dT])(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?",
    re.ASCII,
)


def parse_duration(text: object) -> timedelta:
    """The length of "PT4H", "P2D", "P1DT2H30M".

    Raises DurationError with a hint for anything else. Months and years have no fixed length and are refused;
    each number has at most six digits.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        hint = "Write it like PT4H (4 hours), P2D (2 days) or P1DT2H30M."
        raise DurationError(f"{quoted(text)} is no duration.", hint)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(delta: timedelta) -> str:
    """The shortest ISO 8601 text of a length of whole seconds, zero or more; `parse_duration` of it gives the
    length back. Raises DurationError for a negative one."""
    if delta < timedelta(0):
        raise DurationError("A duration can't be negative.", "Give the length without its direction.")
    hours, rest = divmod(delta.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count
    )
    days = f"{delta.days}D" if delta.days else ""
    return f"P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"
