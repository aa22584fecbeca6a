"""Many rows into one table at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection


def copy_rows(target: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """COPY rows into `target`, which is "table (column, …)"; JSON goes in as its text."""
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
