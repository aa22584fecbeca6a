"""How commands say that the database is away: two lines, no traceback, one exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand
from django.db import OperationalError

NO_DATABASE = 2


@contextmanager
def database_needed(command: BaseCommand) -> Iterator[None]:
    """Ends the process with exit code 2 and a sentence when the database does not answer."""
    try:
        yield
    except OperationalError as error:
        reason = str(error).strip().split("\n")[0]
        command.stderr.write(
            f"The database does not answer: {reason}\nStart it (`make run` does), or set DATABASE_URL."
        )
        sys.exit(NO_DATABASE)
