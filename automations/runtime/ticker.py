"""The ticker: what happens because time passes. Its own process; of several, one leads by an advisory lock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import Error as DatabaseError
from django.db import connection

from automations.conf import setting
from automations.runtime import (
    approvals,
    deadlines,
    drain,
    housekeeping,
    lanes,
    mail,
    places,
    queue,
    run_texts,
    schedules,
    supervisor,
)
from automations.runtime.backtests import work as backtests
from automations.runtime.duties import DUTIES

logger = logging.getLogger(__name__)

LEADER_LOCK = 0x6175746F
"""The advisory lock's number: "auto" in ASCII."""


def run_forever(stop: threading.Event) -> None:
    """Tick until `stop` is set; a lost database connection is waited out."""
    while not stop.is_set():
        try:
            if _lead():
                tick()
        except DatabaseError as error:
            logger.warning("The ticker lost the database and tries again: %s", error)
            connection.close()
        stop.wait(setting("AUTOMATIONS_TICK_SECONDS"))


def _lead() -> bool:
    """Whether this process leads. The lock belongs to the connection, so a dead leader frees it by dying."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND pid = pg_backend_pid()"
            " AND granted) OR pg_try_advisory_lock(%s)",
            [LEADER_LOCK, LEADER_LOCK],
        )
        return bool(cursor.fetchone()[0])


def tick() -> None:
    """One tick by the database's clock. Each duty is tried on its own: one that fails stops no other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    duties: tuple[tuple[str, Callable[[], object]], ...] = (
        ("deadlines", lambda: deadlines.fire_due(now=now)),
        ("schedules", lambda: schedules.fire_due(now=now)),
        ("approvals", lambda: approvals.attend(now=now)),
        ("mail", lambda: mail.send_due(now=now)),
        ("run texts", lambda: run_texts.catch_up(now=now)),
        ("housekeeping", lambda: housekeeping.tidy(now=now)),
        ("places", lambda: places.settle_all(now)),
        ("wake", _wake),
        ("lanes", lanes.wake_due),
        *((name, partial(duty, now)) for name, duty in DUTIES.items()),
        ("stamp", lambda: supervisor.stamp_process("ticker", role="ticker")),
    )
    for name, duty in duties:
        try:
            duty()
        except DatabaseError:
            raise
        except Exception:
            logger.exception("The ticker's duty “%s” failed; the others go on", name)


def _wake() -> None:
    """Losing every hint loses nothing: due work is hinted at again."""
    if drain.work_is_due() or backtests.is_due():
        queue.wake()
