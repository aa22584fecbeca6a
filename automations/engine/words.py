"""Texts and JSON values as sets of words: how what is searched and what is looked for are taken apart alike."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

LONGEST = 60
"""Characters of a word that count; a longer one is found by its beginning."""
_SHORT = 200
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"\s*+(:?))?|(-?\d[\d.eE+-]*)')
"""A string within JSON, a name where a colon follows it, or a number."""
_CUT_SIGN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")


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


def texts_in_beginning(cut: str) -> Iterator[str]:
    """Every text and number within the beginning of a JSON value's text, wherever that was cut off; not the names of its
    fields, unless the cut goes through one."""
    for text, names, number in _TOKEN.findall(_CUT_SIGN.sub("", cut)):
        if number:
            yield number
        elif not names:
            yield json.loads(f'"{text}"', strict=False)


def distinct_words(texts: Iterable[str], *, most: int) -> list[str]:
    """The different words of the texts and the parts of those, about the first `most` of them."""
    found: dict[str, None] = {}
    for text in texts:
        for words in _known(text) if len(text) <= _SHORT else _with_parts(text):
            found |= dict.fromkeys(words)
            if len(found) >= most:
                return list(found)[:most]
    return list(found)


def _with_parts(text: str) -> Iterator[tuple[str, ...]]:
    """Each word of a text with its parts."""
    for word, parts in _taken_apart(text):
        yield (word, *parts)


@lru_cache(maxsize=10_000)
def _known(text: str) -> tuple[tuple[str, ...], ...]:
    """The same of a short text: what runs say, they mostly say alike."""
    return tuple(_with_parts(text))
