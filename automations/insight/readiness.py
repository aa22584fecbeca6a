"""Whether an installation can do its work now: the database, its tables, a worker, a ticker."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from automations.models import ProcessStamp

ALIVE_WITHIN = timedelta(seconds=60)
"""A process that has given no sign of life for so long counts as gone."""
ROLES = {"worker": "automations_worker", "ticker": "automations_ticker"}
"""The processes that have to be there, each with the command that starts it."""

_migrated = False


def what_is_missing(*, now: datetime) -> list[str]:
    """A sentence for each thing without which no work gets done; none when all are there."""
    try:
        if not is_migrated():
            return ["Migrations are not applied. Run `manage.py migrate`."]
        gone = [role for role in ROLES if not is_alive(role, now=now)]
    except DatabaseError as error:
        connection.close()
        return [f"The database does not answer: {str(error).strip().partition(chr(10))[0]}"]
    seconds = ALIVE_WITHIN.total_seconds()
    return [
        f"No {role} has given a sign of life for {seconds:.0f} s. Start `manage.py {ROLES[role]}`."
        for role in gone
    ]


def is_migrated() -> bool:
    """Whether every migration is applied. Once they are, they stay so as long as this process lives."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def is_alive(role: str, *, now: datetime, host: str = "", within: timedelta = ALIVE_WITHIN) -> bool:
    """Whether a worker or ticker, on this host or anywhere, has given a sign of life lately."""
    stamps = ProcessStamp.objects.filter(role=role, stamped_at__gt=now - within)
    return (stamps.filter(host=host) if host else stamps).exists()
