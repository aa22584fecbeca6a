"""Work of other apps in our workers: each lane has a task of its own in the queue, so that what is slow in one keeps no other
waiting, and is hinted at by the ticker while anything in it is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from automations.registry import Registry
from automations.runtime import queue


@dataclass(frozen=True, slots=True)
class Lane:
    """`task` is the dotted path of a function without arguments that does what is due, for about a time slice; running it
    when nothing is due, or twice at once, must do no harm."""

    task: str
    is_due: Callable[[], bool]


LANES: Registry[Lane] = Registry("lane")


def wake_due() -> None:
    """Losing every hint loses nothing: lanes with due work are hinted at again."""
    for _, lane in LANES.items():
        if lane.is_due():
            queue.wake(lane.task)
