"""A typed table of plug-ins: a duplicate key is loud, an unknown key names the known ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class DuplicateKeyError(Exception):
    """Two things were registered under one key."""


class UnknownKeyError(KeyError):
    """Nothing is registered under the key; the message names what is."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(Generic[T]):
    """What there is of one noun, by key."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, T] = {}

    def register(self, key: str, value: T) -> T:
        if key in self._entries:
            raise DuplicateKeyError(f"There is already a {self.noun} “{key}”.")
        self._entries[key] = value
        return value

    def get(self, key: str) -> T:
        try:
            return self._entries[key]
        except KeyError:
            known = ", ".join(sorted(self._entries)) or "none"
            raise UnknownKeyError(f"There is no {self.noun} “{key}”. Known: {known}.") from None

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def items(self) -> list[tuple[str, T]]:
        return list(self._entries.items())
