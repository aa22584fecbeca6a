"""The secrets that this process knows, so that it can mask them: all that are stored, whoever stores them.

Each table that keeps secrets is a source. `refresh` asks every source for its stamp, one query, and reads the values anew
only where it has moved; `text` asks no database, so that a line of the log can be masked anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, QuerySet

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
        stamp = tuple(
            (name, *source.rows().aggregate(count=Count("pk"), moved=Max(source.moved)).values())
            for name, source in SOURCES.items()
        )
        if stamp == self._stamp:
            return
        values = {text for _, source in SOURCES.items() for text in _texts(source)}
        with self._lock:
            self._spelt, self._stamp = Spelt(sorted(values)), stamp

    def forget(self) -> None:
        """As if this process had just begun."""
        with self._lock:
            self._spelt, self._stamp = Spelt([]), None


def _texts(source: Source) -> Iterable[str]:
    for stored in source.rows().values_list(source.value, flat=True):
        try:
            value = decrypt(stored)
        except UnreadableSecretError:
            continue  # it can't be sent either, so nobody can echo it
        yield from (text for text in source.read(value) if len(text) >= MIN_LENGTH)


KNOWN = KnownSecrets()
MASKS.register("webhooks", KNOWN)
