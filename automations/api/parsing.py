"""JSON bodies, read with a limit and refused whole when they are anything but plain, storable JSON.

The standard parser accepts NaN, answers deep nesting with RecursionError and huge integers with ValueError; here
each of these is a clean refusal, found in time linear in the body and without recursion.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

MAX_BODY = 1024 * 1024
MAX_DOCUMENT = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 400

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")


class BodyTooLargeError(APIException):
    """The body is larger than this address accepts."""

    status_code = 413
    default_code = "body-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than the {limit // 1024:,} KiB accepted here.")


class StrictJSONParser(BaseParser):
    """`application/json` in UTF-8, of at most `limit` bytes and 64 levels."""

    media_type = "application/json"
    limit = MAX_BODY

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises UnsupportedMediaType, BodyTooLargeError or ParseError; nothing else, whatever the bytes."""
        request = (parser_context or {})["request"]
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise UnsupportedMediaType(
                encoding, "Send the body without Content-Encoding; compressed bodies are refused."
            )
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) > self.limit:
            raise BodyTooLargeError(self.limit)
        raw = stream.read(self.limit + 1)
        if len(raw) > self.limit:
            raise BodyTooLargeError(self.limit)
        return parse_json(raw)


class DocumentParser(StrictJSONParser):
    """For workflow documents, which may be larger than other bodies."""

    limit = MAX_DOCUMENT


def parse_json(raw: bytes, *, what: str = "The body") -> Any:
    """The JSON value of `raw`. Raises ParseError, with a sentence about `what`, for anything that is not plain JSON or
    that PostgreSQL could not store (NUL, half a surrogate pair)."""
    if depth_of(raw) > MAX_DEPTH:
        raise ParseError(f"The JSON is nested more than {MAX_DEPTH} deep.", code="json-too-deep")
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
        )
    except ParseError:
        raise
    except UnicodeDecodeError as error:
        raise ParseError(f"{what} is not UTF-8.", code="malformed-json") from error
    except json.JSONDecodeError as error:
        raise ParseError(
            f"{what} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            code="malformed-json",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{what} is not JSON that can be read here.", code="malformed-json") from error
    if _SUSPECT.search(raw) and _holds_unstorable(value):
        raise ParseError(
            "A text holds a NUL or half a character, which can't be stored.", code="unstorable-value"
        )
    return value


def depth_of(raw: bytes) -> int:
    """How deep the brackets outside of strings are nested; says nothing about whether they match."""
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKET)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _refuse_constant(name: str) -> float:
    raise ParseError(f"{name} is no JSON number.", code="malformed-json")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ParseError(f"The number {text[:20]} is out of range.", code="malformed-json")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_DIGITS:
        raise ParseError(f"A whole number has more than {MAX_INTEGER_DIGITS} digits.", code="malformed-json")
    return int(text)


def _holds_unstorable(value: Any) -> bool:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, str):
            if "\0" in current or _SURROGATE.search(current):
                return True
        elif isinstance(current, dict):
            stack.extend(current)
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
    return False
