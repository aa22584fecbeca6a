"""The secrets that this process knows, so that it can mask them: all that are stored, whoever stores them.

Each table that keeps secrets is a source. `refresh` asks every source for its stamp, one query, and reads the values anew
only where it has moved; `text` asks no database, so that a line of the log can be masked anywhere.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from automations.masking import MASKS
from automations.registry import Registry
from webhooks.encryption import UnreadableSecretError, decrypt
from webhooks.secrets.spellings import MIN_LENGTH, Spelt


@dataclass(frozen=True, slots=True)
class Source:
    """A table of secrets: `rows` gives its queryset, `value` and `moved` name the encrypted field and the one that grows
    with every change of a value; `read` gives the texts that one value may be echoed as."""

    rows: Callable[[], QuerySet[Any]]
    value: str
    moved: str
    read: Callable[[bytes], Iterable[str]]


SOURCES: Registry[Source] = Registry("source of secrets")


class KnownSecrets:
    """The mask of all sources. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: object = None
        self._spelt = Spelt([])

    @property
    def knows_any(self) -> bool:
        return bool(self._spelt)

    @property
    def longest(self) -> int:
        """Characters of the longest spelling: so much of the end of a cut text could be the beginning of one."""
        return self._spelt.longest

    def text(self, text: str) -> str:
        return self._spelt.masked(text)

    def refresh(self) -> None:
        stamp = _stamp(tuple(SOURCES.items()))
        if stamp == self._stamp:
            return
        values = {text for _, source in SOURCES.items() for text in _texts(source)}
        with self._lock:
            self._spelt, self._stamp = Spelt(sorted(values)), stamp

    def forget(self) -> None:
        """As if this process had just begun."""
        with self._lock:
            self._spelt, self._stamp = Spelt([]), None


def _stamp(sources: tuple[tuple[str, Source], ...]) -> list[tuple[Any, ...]]:
    """How many values each source has, and when one was last changed. Asked before every batch of runs."""
    sql, parameters = _question(sources)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return sorted(cursor.fetchall())


@functools.cache
def _question(sources: tuple[tuple[str, Source], ...]) -> tuple[str, list[Any]]:
    """All of them in one query, put together once."""
    parts, parameters = [], []
    for name, source in sources:
        rows, of_rows = source.rows().order_by().values_list(source.moved).query.sql_with_params()
        parts.append(f"SELECT %s, count(*), max(moved) FROM ({rows}) AS kept (moved)")
        parameters += [name, *of_rows]
    return " UNION ALL ".join(parts), parameters


def _texts(source: Source) -> Iterable[str]:
    for stored in source.rows().values_list(source.value, flat=True):
        try:
            value = decrypt(stored)
        except UnreadableSecretError:
            continue  # it can't be sent either, so nobody can echo it
        yield from (text for text in source.read(value) if len(text) >= MIN_LENGTH)


KNOWN = KnownSecrets()
MASKS.register("webhooks", KNOWN)
