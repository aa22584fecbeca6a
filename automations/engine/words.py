"""Texts and JSON values as sets of words: how what is searched and what is looked for are taken apart alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LONGEST = 60
"""Characters of a word that count; a longer one is found by its beginning."""
_WORD = re.compile(r"\w+")


def words_of(text: str) -> Iterator[str]:
    """The words of a text, in one case and one spelling: what stands between blanks, without signs around it."""
    for word, _ in _taken_apart(text):
        yield word


def _taken_apart(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each word and, where signs stand within it (T-1042), its parts."""
    for piece in unicodedata.normalize("NFKC", text).casefold().split():
        found = list(_WORD.finditer(piece))
        if found:
            parts = [part[0][:LONGEST] for part in found] if len(found) > 1 else []
            yield piece[found[0].start() : found[-1].end()][:LONGEST], parts


def texts_in(value: Any) -> Iterator[str]:
    """Every text and number within a JSON value, however deep; not the names of its fields."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield str(one)


def distinct_words(texts: Iterable[str], *, most: int) -> list[str]:
    """The different words of the texts and the parts of those, about the first `most` of them."""
    found: dict[str, None] = {}
    for text in texts:
        for word, parts in _taken_apart(text):
            found |= dict.fromkeys((word, *parts))
            if len(found) >= most:
                return list(found)[:most]
    return list(found)
