"""Drainers that start at once: a warm process forks them, and forks another for each that dies.

A Django process takes about a second to start; under a kill each fifth of a second it would never come to work.
`python -m tests.faults.nursery COUNT`, until SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

import django


def drain_for_ever() -> None:
    from django.db import Error as DatabaseError
    from django.db import connection

    from automations.runtime.drain import drain

    while True:
        try:
            drain()
        except DatabaseError:
            connection.close()
        time.sleep(0.02)


def main(count: int) -> None:
    django.setup()
    from automations.runtime import drain  # noqa: F401 - all imports are done before the first fork

    children: set[int] = set()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for child in children:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        while len(children) < count:
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                drain_for_ever()
            children.add(child)
        children.discard(os.wait()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]))
