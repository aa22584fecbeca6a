"""How commands say that the database is away, or not set up: two lines, no traceback, one exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from django.core.management.base import BaseCommand
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from psycopg.errors import UndefinedColumn, UndefinedTable

from automations.models import ProcessStamp

NO_DATABASE = 2


@contextmanager
def database_needed(command: BaseCommand) -> Iterator[None]:
    """Ends the process with exit code 2 and a sentence when the database does not answer, or has not our tables."""
    try:
        with tables_needed(command):
            yield
    except OperationalError as error:
        _end(
            command, "The database does not answer", error, "Start it (`make run` does), or set DATABASE_URL."
        )


@contextmanager
def tables_needed(command: BaseCommand) -> Iterator[None]:
    """Ends the process with exit code 2 and a sentence when a table is missing because migrations are."""
    try:
        yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn) or not _lacks_migrations():
            raise
        _end(command, "The database is not set up", error, "Run `manage.py migrate`, then this again.")


def require_tables(command: BaseCommand) -> None:
    """For what waits for a database that is away: ends the process only where it is there, without our tables."""
    with tables_needed(command):
        try:
            ProcessStamp.objects.exists()
        except OperationalError:
            connection.close()


def _lacks_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _end(command: BaseCommand, what: str, error: Exception, hint: str) -> NoReturn:
    reason = str(error).strip().split("\n")[0]
    command.stderr.write(f"{what}: {reason}\n{hint}")
    sys.exit(NO_DATABASE)
