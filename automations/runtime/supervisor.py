"""Keeping a worker cluster alive: start it in a process group of its own, watch its stamp, replace it when silent.

A django-q2 worker that is killed while idle dies with the task queue's read lock; the cluster looks alive and
never works again, and no longer stops on SIGTERM. So the proof of life is a heartbeat that has passed through
that very queue (see `queue.WakeupBroker`), and the cure is to kill the whole group.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from automations.conf import setting
from automations.models import ProcessStamp

logger = logging.getLogger(__name__)

STOP_SECONDS = 30.0


def stamp_process(name: str, *, role: str) -> None:
    """Write a sign of life."""
    ProcessStamp.objects.update_or_create(
        name=name,
        defaults={
            "role": role,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "stamped_at": timezone.now(),
        },
    )


def supervise(stop: threading.Event) -> int:
    """Run one cluster until `stop` is set, replacing it whenever it exits or goes silent. Returns the exit code."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    lifeline = os.pipe()  # its writing end closes with this process, however that ends; the cluster sees it
    cluster = _start(name, lifeline[0])
    born = time.monotonic()
    try:
        while not stop.wait(1.0):
            silent = time.monotonic() - born > setting("AUTOMATIONS_SILENCE_SECONDS") and _is_silent(name)
            if cluster.poll() is not None or silent:
                logger.error(
                    "The worker cluster %s %s; starting another",
                    cluster.pid,
                    "is silent" if silent else "ended",
                )
                _kill(cluster)
                cluster = _start(name, lifeline[0])
                born = time.monotonic()
    finally:
        _stop(cluster)
        for end in lifeline:
            os.close(end)
        _forget(name)
    return 0


def _start(name: str, lifeline: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the project's own manage.py, as it was started
        [sys.executable, sys.argv[0], "qcluster"],
        env={
            **os.environ,
            "AUTOMATIONS_CLUSTER": name,
            "AUTOMATIONS_LIFELINE": str(lifeline),
            "PGOPTIONS": _session_options(),
        },
        pass_fds=(lifeline,),
        start_new_session=True,
    )


def _session_options() -> str:
    """A worker that is frozen inside a transaction holds its rows' locks; once its lease is out the database ends its
    session, so that others can take the work over."""
    timeout = f"-c idle_in_transaction_session_timeout={setting('AUTOMATIONS_LEASE_SECONDS')}s"
    return f"{os.environ.get('PGOPTIONS', '')} {timeout}".strip()


def _is_silent(name: str) -> bool:
    """Whether no worker of the cluster has stamped for too long. Without a database nobody can: that is no silence."""
    limit = timezone.now() - timedelta(seconds=setting("AUTOMATIONS_SILENCE_SECONDS"))
    try:
        return not ProcessStamp.objects.filter(name=name, stamped_at__gt=limit).exists()
    except DatabaseError:
        connection.close()
        return False


def _forget(name: str) -> None:
    """Take the stamp of a cluster that was stopped away; without a database it just grows old."""
    try:
        ProcessStamp.objects.filter(name=name).delete()
    except DatabaseError as error:
        logger.warning("The stamp of %s stays, because the database is away: %s", name, error)


def _kill(cluster: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(cluster.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    cluster.wait()


def _stop(cluster: subprocess.Popen[bytes]) -> None:
    """Let the cluster finish what it holds; what does not end in time is killed, and its leases run out."""
    cluster.terminate()
    try:
        cluster.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        logger.warning("The worker cluster did not stop in %.0f s and is killed", STOP_SECONDS)
    _kill(cluster)
