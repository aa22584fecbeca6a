"""django-q2 as the carrier of hints: "there is work". The only module that imports django_q.

Our tables carry the truth; losing every queue row loses nothing, because the ticker wakes lanes with due work.
The broker waits with LISTEN instead of sleeping, and passes a heartbeat through the cluster's own process queue,
so that a stamp proves that a worker can still take work (a worker killed while idle takes the queue's lock with
it to the grave; nothing inside the cluster notices).
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.humanhash import humanize
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

CHANNEL = "automations_queue"
DRAIN_TASK = "automations.runtime.tasks.drain"
STAMP_TASK = "automations.runtime.tasks.stamp"
HEARTBEAT_SECONDS = 5.0
IDLE_WAIT_SECONDS = 2.0
HEARTBEAT_ACK = 0


def wake_on_commit(task: str = DRAIN_TASK) -> None:
    """Send a hint once the current transaction has committed (at once when there is none).

    Called many times in one transaction it sends one hint.
    """
    if not connection.in_atomic_block:
        wake(task)
    elif not any(getattr(hook, "task", "") == task for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(_Wake(task), robust=True)


class _Wake:
    """A hint to be sent; equal hints can be told by their task."""

    def __init__(self, task: str) -> None:
        self.task = task
        # Django names a robust hook that failed by this, in its log: without it the failure is not survived.
        self.__qualname__ = f"wake({task})"

    def __call__(self) -> None:
        wake(self.task)


def wake(task: str = DRAIN_TASK) -> None:
    """Put a hint into the queue unless enough for this task wait there already.

    Must run after the work it speaks of has committed: a waiting hint that this call relies on is drained later
    than this look, so its drain sees the work.
    """
    waiting = OrmQ.objects.filter(key=Conf.PREFIX, lock__lte=timezone.now())[: 4 * Conf.WORKERS]
    if sum(hint.task.get("func") == task for hint in waiting) < Conf.WORKERS:
        async_task(task)


class WakeupBroker(ORM):
    """The ORM broker with LISTEN in place of polling, and the cluster's heartbeat."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._listener: Any = None
        self._beat_at = 0.0

    def enqueue(self, task: str) -> int:
        pk: int = super().enqueue(task)
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
        return pk

    def dequeue(self) -> list[tuple[int, str]] | None:
        _end_without_supervisor()
        if time.monotonic() - self._beat_at >= HEARTBEAT_SECONDS and "AUTOMATIONS_CLUSTER" in os.environ:
            self._beat_at = time.monotonic()
            return [(HEARTBEAT_ACK, _heartbeat())]
        self._listen()
        tasks = self._take()
        if not tasks and self._announced():
            tasks = self._take()
        return tasks or None

    def delete(self, task_id: int) -> None:
        if task_id != HEARTBEAT_ACK:
            super().delete(task_id)

    def _take(self) -> list[tuple[int, str]]:
        """Claim visible hints, oldest first, one statement; a second cluster passes over locked rows."""
        self.get_connection()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE django_q_ormq SET lock = now() + make_interval(secs => %s) WHERE id IN ("
                " SELECT id FROM django_q_ormq WHERE key = %s AND lock <= now()"
                " ORDER BY lock, id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id, payload",
                [Conf.RETRY, self.list_key, Conf.BULK],
            )
            return list(cursor.fetchall())

    def _listen(self) -> None:
        if self._listener is None or self._listener.closed:
            import psycopg

            connection.ensure_connection()
            parameters = connection.get_connection_params()
            self._listener = psycopg.connect(
                **{
                    key: parameters[key]
                    for key in ("host", "port", "user", "password", "dbname")
                    if key in parameters
                },
                autocommit=True,
            )
            self._listener.execute(f"LISTEN {CHANNEL}")

    def _announced(self) -> bool:
        """Wait for a hint to be announced; False when it is time to look again for other reasons (a beat is due, a
        delayed hint has become visible)."""
        return any(True for _ in self._listener.notifies(timeout=IDLE_WAIT_SECONDS, stop_after=1))


def _end_without_supervisor() -> None:
    """A cluster whose supervisor was killed has nobody to watch or stop it: it finishes what it holds and ends."""
    lifeline = os.environ.get("AUTOMATIONS_LIFELINE")
    if lifeline is None:
        return
    try:
        gone = bool(select.select([int(lifeline)], [], [], 0)[0])
    except OSError:  # processes are spawned here, not forked, and the pipe did not come along
        return
    if gone:
        os.kill(os.getpgrp(), signal.SIGTERM)  # the cluster's main process leads the group


def _heartbeat() -> str:
    name = humanize(os.urandom(16).hex())
    task = {
        "id": os.urandom(16).hex(),
        "name": name,
        "func": STAMP_TASK,
        "args": (os.environ["AUTOMATIONS_CLUSTER"],),
        "kwargs": {},
        "started": timezone.now(),
        "save": False,
        "ack_failure": True,
    }
    packed: str = SignedPackage.dumps(task)
    return packed


def unregister_admin() -> None:
    """Take django-q2's models out of the admin: their rows hold import paths and pickles."""
    import django_q.admin  # noqa: F401 - registers them, and once imported does so no more
    from django.contrib import admin

    for model in list(admin.site._registry):
        if model._meta.app_label == "django_q":
            admin.site.unregister(model)
