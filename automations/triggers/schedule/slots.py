"""A cron expression's due moments, right across daylight-saving changes.

A schedule that names hours runs by the clock on the wall: each of its times comes once a day. A time that the
clocks skip is due at the first moment after the gap, and two that fall together there are one; a time that
comes twice is due the first time only. A schedule that runs in every hour goes by elapsed time: it neither
pauses nor repeats itself when the clocks change.

cronsim gives the times; what it does at the changes is made up for here: it starts from the wall clock alone,
so that in the repeated hour it gives moments that have passed; a step in the minutes makes it repeat the hour
even for a schedule that names hours; and times within a gap come out as one moment several times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from automations.engine.errors import Problem

POLICIES = ("skip", "once", "all")
"""What becomes of slots that nobody served in time."""

_FIELDS = 5
_HOUR = 1
_EVERY_HOUR = frozenset(range(24))
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class CronError(ValueError):
    """The expression is no cron expression, or it is never due."""


def check_cron(cron: str, path: str) -> list[Problem]:
    """The problem of a cron expression, if it has one: malformed, or never due."""
    try:
        next_slot(cron, "UTC", _ANY_TIME)
    except CronError as error:
        return [
            Problem(
                "bad-cron",
                path,
                str(error),
                "Write it like “30 2 * * 1-5”: minute, hour, day, month, weekday.",
            )
        ]
    return []


def next_slot(cron: str, zone: str, after: datetime) -> datetime:
    """The first due moment after `after`, in UTC. Raises CronError."""
    moment = next(_moments(cron, zone, after), None)
    if moment is None:
        raise CronError(f"“{cron}” is never due.")
    return moment


def slots_between(cron: str, zone: str, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """The due moments with after < moment <= until, in UTC, oldest first, at most `limit`. Raises
    CronError."""
    return list(islice(takewhile(lambda moment: moment <= until, _moments(cron, zone, after)), limit))


def missed(policy: str, slots: Sequence[datetime], most: int) -> tuple[list[datetime], list[datetime]]:
    """(to fire, to record as skipped) of slots that passed unserved, oldest first.

    "skip" fires none, "once" the newest, "all" the newest `most`. Raises KeyError for another policy.
    """
    keep = {"skip": 0, "once": 1, "all": most}[policy]
    split = max(0, len(slots) - keep)
    return list(slots[split:]), list(slots[:split])


def _moments(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    expression, every_hour = _parse(cron)
    place = ZoneInfo(zone)
    local = after.astimezone(place)
    last = after
    for due in CronSim(expression, local if every_hour else local.replace(tzinfo=None)):
        moment = due.astimezone(UTC) if every_hour else _instant(due, place)
        if moment > last:
            yield moment
            last = moment


@lru_cache(maxsize=1_024)
def _parse(cron: str) -> tuple[str, bool]:
    """(the expression as cronsim shall see it, whether it runs in every hour)."""
    fields = cron.split()
    if len(fields) != _FIELDS:
        raise CronError(f"“{cron[:60]}” has {len(fields)} fields; a cron expression has {_FIELDS}.")
    try:
        hours = CronSim(cron, _ANY_TIME).hours
    except CronSimError as error:
        raise CronError(f"“{cron[:60]}” is no cron expression: {str(error).lower()}.") from error
    if hours != _EVERY_HOUR:
        return cron, False
    fields[_HOUR] = "*"
    return " ".join(fields), True


def _instant(wall: datetime, place: ZoneInfo) -> datetime:
    """The moment at which the clocks of `place` first show `wall`, or have just jumped over it."""
    while True:
        moment = wall.replace(tzinfo=place).astimezone(UTC)
        if moment.astimezone(place).replace(tzinfo=None) == wall:
            return moment
        wall += _MINUTE
