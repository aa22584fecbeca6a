"""A cron expression's due moments, right across daylight-saving changes.

Of a fixed daily time that the clocks skip, the job runs once, right after the gap; of one that comes twice, it
runs once, the first time (cronsim follows Debian's cron in this).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


class CronError(ValueError):
    """The expression is no cron expression, or has no further moment."""


def next_slot(cron: str, zone: str, after: datetime) -> datetime:
    """The first due moment after `after`, in UTC. Raises CronError."""
    try:
        return next(_moments(cron, zone, after))
    except StopIteration as error:
        raise CronError(f"“{cron}” is never due.") from error


def slots_between(cron: str, zone: str, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """Due moments with after < moment <= until, at most `limit`, oldest first."""
    found: list[datetime] = []
    for moment in takewhile(lambda moment: moment <= until, _moments(cron, zone, after)):
        found.append(moment)
        if len(found) >= limit:
            break
    return found


def _moments(cron: str, zone: str, after: datetime):  # type: ignore[no-untyped-def]
    try:
        simulation = CronSim(cron, after.astimezone(ZoneInfo(zone)))
    except CronSimError as error:
        raise CronError(f"“{cron[:60]}” is no cron expression: {error}") from error
    for moment in simulation:
        utc = moment.astimezone(UTC)
        if utc > after:
            yield utc


def missed(policy: str, slots: Sequence[datetime], most: int) -> tuple[list[datetime], list[datetime]]:
    """(to fire, to record as skipped) of the slots that passed unserved: "skip" none, "once" the newest, "all" the
    newest `most`."""
    keep = {"skip": 0, "once": 1, "all": most}[policy]
    split = max(0, len(slots) - keep)
    return list(slots[split:]), list(slots[:split])
