"""How a secret looks after somebody has echoed it: plain, encoded, escaped. Pure."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Collection, Iterable
from urllib.parse import quote, quote_plus

import re2

MASKED = "[secret]"
MIN_LENGTH = 8
"""A shorter text can't be told from ordinary words, so it can be no secret."""
PER_PATTERN = 100


def spellings_of(value: str) -> set[str]:
    """Every spelling of a value that is looked for; none shorter than what can be told from ordinary words."""
    raw = value.encode()
    plain = {value, html.escape(value), html.escape(value, quote=False)}
    encoded = {quote(value, safe=""), quote(value), quote_plus(value), raw.hex(), raw.hex().upper()}
    encoded |= {_lower_escapes(text) for text in tuple(encoded)}
    encoded |= _base64_cores(raw)
    once = {escaped for text in plain | encoded for escaped in _json_escaped(text)}
    twice = {escaped for text in once for escaped in _json_escaped(text)}
    return {text for text in plain | encoded | once | twice if len(text) >= MIN_LENGTH}


def _base64_cores(raw: bytes) -> set[str]:
    """What is the same in the base64 of every text that the value stands in, for each of the three places in a group of
    bytes that it can begin at."""
    found = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        begins = (0, 2, 3)[before]
        ends = len(text) - (1 if (before + len(raw)) % 3 else 0)
        core = text[begins:ends]
        found |= {core, core.replace("+", "-").replace("/", "_")}
    return found


def _lower_escapes(text: str) -> str:
    parts = text.split("%")
    return parts[0] + "".join("%" + part[:2].lower() + part[2:] for part in parts[1:])


def _json_escaped(text: str) -> set[str]:
    forms = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return forms | {form.replace("/", "\\/") for form in forms}


class Spelt:
    """All that is looked for, of many values, in one look."""

    def __init__(self, values: Iterable[str]) -> None:
        texts = sorted({text for value in values for text in spellings_of(value)}, key=len, reverse=True)
        self.longest = len(texts[0]) if texts else 0
        self._patterns = [_pattern(texts[at : at + PER_PATTERN]) for at in range(0, len(texts), PER_PATTERN)]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def masked(self, text: str) -> str:
        text = "".join(
            [text]
        )  # a plain text also where it was a choice or marked as safe: RE2 wants nothing else
        for pattern in self._patterns:
            text = pattern.sub(MASKED, text)
        return text


def _pattern(texts: Collection[str]) -> re2._Regexp:
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile("|".join(re2.escape(text) for text in texts), options)
