"""What a shadow reads next, window after window, so that no live event is missed and none is judged twice.

Events become visible in another order than that of their numbers: a number is taken when an event is written, and the
event is seen when its transaction ends. So a window ends at the last number taken, and is not read before every
transaction that may have taken one of its numbers has ended: such a transaction holds a lock on the numbers' sequence,
which PostgreSQL lets go only when all that it wrote can be seen, or never will be. Nobody waits for a shadow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection

from automations.models import Workflow
from automations.runtime.backtests.arrived import Window
from automations.runtime.backtests.occasions import Page, Reader
from automations.runtime.backtests.readers import Asked, readers_of_window

FOLLOW_SECONDS = 2.0
"""How long a shadow rests when it has judged all that had come."""
WAIT_SECONDS = 0.5
"""How soon it looks again for the transactions that its window waits for."""

SEQUENCE = "pg_get_serial_sequence('automations_event', 'id')::regclass"
TAKEN = f"SELECT COALESCE(pg_sequence_last_value({SEQUENCE}), 0)"
WRITERS = f"""
SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = {SEQUENCE}
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
"""
END = """
UPDATE automations_backtest SET ended_why = %s, lease_token = NULL, due_at = clock_timestamp(),
  until = LEAST(until, GREATEST(clock_timestamp(), since + interval '1 microsecond'))
WHERE is_shadow AND status IN ('queued', 'running') AND ended_why = '' AND (id = %s OR workflow_id = %s)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What was read, and the position after it (None: that was all). With a `pause` there is no more for the moment."""

    page: Page
    position: dict[str, Any] | None
    pause: float = 0


class Source(Protocol):
    """Where a backtest's occasions come from, page by page."""

    def step(self, position: dict[str, Any], limit: int) -> Step: ...


class Range:
    """Readers one after the other, each to its end."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self.readers = readers

    def step(self, position: dict[str, Any], limit: int) -> Step:
        part = position.get("part", 0)
        if part >= len(self.readers):
            return Step(Page(), None)
        page = self.readers[part].page(position.get("after"), limit)
        if page.after is not None:
            return Step(page, {"part": part, "after": page.after})
        return Step(page, {"part": part + 1} if part + 1 < len(self.readers) else None)


class Following:
    """Live events as they come, alarms and slots as their moments pass, from `since` until `until`.

    The position is {id, at}, up to where all is judged, and within a window also {to: {id, at, open}, part, after}: where
    it ends, and which transactions it waits for.
    """

    def __init__(self, asked: Asked, workflow: Workflow, since: datetime, until: datetime) -> None:
        self.asked = asked
        self.workflow = workflow
        self.since = since
        self.until = until
        self._window: Window | None = None
        self._range = Range(())

    def step(self, position: dict[str, Any], limit: int) -> Step:
        to = position.get("to") or self._fence()
        if to["open"] and set(to["open"]) & _writers():
            return Step(Page(), {**position, "to": to}, WAIT_SECONDS)
        to = {**to, "open": []}
        done = self._readers(position, to).step(position, limit)
        if done.position is not None:
            return Step(done.page, {"id": position["id"], "at": position["at"], "to": to, **done.position})
        if datetime.fromisoformat(to["at"]) >= self.until:
            return Step(done.page, None)
        return Step(done.page, {"id": to["id"], "at": to["at"]}, FOLLOW_SECONDS)

    def _fence(self) -> dict[str, Any]:
        """The end of a new window. The order matters: an event that was received by that moment has taken its number
        before the last number is asked for, and who has taken one by then is still among the writers or has ended."""
        now = database_clock()
        number = last_number()
        return {"at": min(now, self.until).isoformat(), "id": number, "open": sorted(_writers())}

    def _readers(self, position: dict[str, Any], to: dict[str, Any]) -> Range:
        window = Window(
            since=self.since,
            until=self.until,
            after_id=position["id"],
            after_at=datetime.fromisoformat(position["at"]),
            last_id=to["id"],
            last_at=datetime.fromisoformat(to["at"]),
        )
        if window != self._window:
            self._range = Range(readers_of_window(self.asked, self.workflow, window))
            self._window = window
        return self._range


def beginning() -> tuple[datetime, dict[str, Any]]:
    """From when on a shadow that is started now looks at events, and its position then."""
    now = database_clock()
    return now, {"id": last_number(), "at": now.isoformat()}


def end_shadow(*, why: str, backtest: int | None = None, workflow: int | None = None) -> bool:
    """End a shadow, or the workflow's, now: what came before is still judged, what is being judged is judged again.
    Returns whether there was one that had not ended."""
    with connection.cursor() as cursor:
        cursor.execute(END, [why, backtest, workflow])
        return bool(cursor.rowcount)


def database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def last_number() -> int:
    """The greatest number that an event has taken so far, whether or not it can be seen."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN)
        return int(cursor.fetchone()[0])


def _writers() -> set[str]:
    """The other transactions that have taken numbers of events and have not ended."""
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return {row[0] for row in cursor.fetchall()}
