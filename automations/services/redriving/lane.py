"""The lane of redrives in the workers. The path of `redrive` stands in queue rows: never rename it."""

from __future__ import annotations

from automations.conf import setting
from automations.runtime import queue
from automations.runtime.lanes import LANES, Lane
from automations.services.redriving import work

TASK = "automations.services.redriving.lane.redrive"


def redrive() -> None:
    """Go on with a redrive that is due, for a time slice at most; then leave a hint for whoever comes next."""
    if work.work(seconds=setting("AUTOMATIONS_SLICE_SECONDS")) and work.is_due():
        queue.wake(TASK)


def register() -> None:
    LANES.register("redrives", Lane(TASK, work.is_due))
