"""The lane of backfills in the workers. The path of `backfill` stands in queue rows: never rename it."""

from __future__ import annotations

from automations.conf import setting
from automations.runtime import queue
from automations.runtime.lanes import LANES, Lane
from automations.services.backfilling import work

TASK = "automations.services.backfilling.lane.backfill"


def backfill() -> None:
    """Go on with a backfill that is due, for a time slice at most; then leave a hint for whoever comes next."""
    if work.work(seconds=setting("AUTOMATIONS_SLICE_SECONDS")) and work.is_due():
        queue.wake(TASK)


def register() -> None:
    LANES.register("backfills", Lane(TASK, work.is_due))
