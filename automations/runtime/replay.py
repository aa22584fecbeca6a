"""Playing a log of the past through the present engine, on a clock of its own.

Events, alarms and runs that carry the clock's name live by the log's time: the ticker leaves them alone, and only
`Replay.advance` lets time pass. The rows in between go through the ordinary services.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from automations.models import NEVER, Deadline, Run
from automations.runtime import approvals, deadlines, queue
from automations.runtime.drain import drain_once

NEXT = """
SELECT LEAST(
  (SELECT min(due_at) FROM automations_deadline
    WHERE clock = %(clock)s AND due_at <= %(last)s AND fired_for IS DISTINCT FROM due_at),
  (SELECT min(as_of) FROM automations_run
    WHERE clock = %(clock)s AND status = 'waiting' AND as_of <= %(last)s AND due_at > 'epoch'),
  (SELECT min(moment) FROM automations_approval a JOIN automations_run r ON r.id = a.run_id,
      unnest(ARRAY[a.expires_at, a.escalate_at, a.remind_at]) AS moment
    WHERE a.state = 'pending' AND r.clock = %(clock)s AND moment <= %(last)s)
)
"""
"""The next alarm, the next end of a wait, the next clock of a question; LEAST passes over those that there are not."""


class ReplayStalledError(Exception):
    """Nothing has worked on the replay's events for too long; the message says what to look at."""


class Replay:
    """One clock. With `inline` this process does the work itself, and workers that run beside it may take part of it;
    otherwise it waits for the workers to."""

    def __init__(self, clock: str, *, inline: bool, patience_seconds: float = 60.0) -> None:
        self.clock = clock
        self.inline = inline
        self.patience_seconds = patience_seconds

    def advance(self, until: datetime) -> int:
        """Let time pass up to, but not including, `until`: alarms and waits that fall due before it happen, each
        at its own moment and in order, on settled records. Returns how many alarms rang."""
        rang = 0
        last = until - timedelta(microseconds=1)
        while (moment := self._next_moment(last)) is not None:
            self.settle()
            Run.objects.filter(clock=self.clock, status="waiting", as_of__lte=moment).update(
                due_at=_long_ago()
            )
            rang += deadlines.fire_due(now=moment, clock=self.clock)
            approvals.attend(now=moment, clock=self.clock)
            self.settle()
        return rang

    def finish(self) -> None:
        """Let all time pass: whatever is still to happen happens."""
        self.advance(datetime.max.replace(tzinfo=_long_ago().tzinfo))
        self.settle()

    def hand_over(self) -> None:
        """Give what has not happened yet to real time: alarms and waits to come are from now on the ticker's."""
        Deadline.objects.filter(clock=self.clock).update(clock="")
        Run.objects.filter(clock=self.clock, status="waiting").update(
            clock="", due_at=Coalesce(F("as_of"), Value(NEVER)), as_of=None
        )

    def settle(self) -> None:
        """Return when no event of this clock waits to be judged and no run of it could go on.

        Raises ReplayStalledError when nothing gets done for `patience_seconds`.
        """
        if not self.inline:
            queue.wake()
        left, patience_ends = self._open(), time.monotonic() + self.patience_seconds
        while left:
            # A worker beside us may hold some of it: then there is nothing to find, but something to wait for.
            if not (self.inline and drain_once()):
                time.sleep(0.003)
            before, left = left, self._open()
            if left != before:
                patience_ends = time.monotonic() + self.patience_seconds
            elif time.monotonic() > patience_ends:
                raise ReplayStalledError(
                    f"{left} events and runs of this replay wait, and no worker takes them."
                    " Start one with `manage.py automations_worker`."
                )

    def _next_moment(self, last: datetime) -> datetime | None:
        """The earliest moment, not after `last`, at which something is to happen. It is asked for each row of a log."""
        with connection.cursor() as cursor:
            cursor.execute(NEXT, {"clock": self.clock, "last": last})
            moment: datetime | None = cursor.fetchone()[0]
        return moment

    def _open(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM automations_event WHERE state = 'pending' AND clock = %s)"
                " + (SELECT count(*) FROM automations_run WHERE clock = %s AND (status IN ('queued', 'running')"
                "  OR status = 'waiting' AND due_at <= now()))",
                [self.clock, self.clock],
            )
            return int(cursor.fetchone()[0])


def _long_ago() -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00")
