"""Runs by the words that are in them, as far as who asks may see those."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from automations import permissions
from automations.engine.errors import Problem
from automations.engine.words import words_of
from automations.errors import InvalidError
from automations.models import Run

MOST_WORDS = 12
SECONDS = 3


class SearchError(InvalidError):
    """What is looked for can't be looked for: 400, not 422."""

    code = "invalid-filter"


def matching(runs: QuerySet[Run], text: str, actor: Any) -> QuerySet[Run]:
    """Those of the runs that have every word of `text`, each of which may be the beginning of one; for a UUID also the
    runs of that correlation. Values count only in workflows whose payloads the actor may see.

    Raises SearchError for a text without words, or with too many.
    """
    words = list(dict.fromkeys(words_of(text)))
    if not 1 <= len(words) <= MOST_WORDS:
        message = f"A search has 1 to {MOST_WORDS} words of letters and digits."
        raise SearchError([Problem("bad-search", "search", message, "Write a record, an error or a value.")])
    asked = " & ".join(f"{_quoted(word)}:*" for word in words)
    payloads = permissions.workflows_with(actor, "view_payloads").values_list("pk", flat=True)
    found = Q(text__told__meets=asked) | Q(text__everything__meets=asked, text__workflow__in=list(payloads))
    if (correlation := _uuid(text)) is not None:
        found |= Q(text__correlation_id=correlation)
    return runs.filter(found)


def _quoted(word: str) -> str:
    """As a word of a tsquery."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


@contextmanager
def in_bounded_time() -> Iterator[None]:
    """Let no question to the database within take longer than SECONDS. Raises SearchError for one that would."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(round(SECONDS * 1_000))])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        message = f"This search takes longer than {SECONDS} seconds."
        hint = "Narrow it: one workflow, a status, a few days, or a rarer word."
        raise SearchError([Problem("search-too-broad", "search", message, hint)]) from error
