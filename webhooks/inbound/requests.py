"""A request as it came in, and the answer that it gets: plain values, so that one thread can judge many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any

MAX_BODY = 1024 * 1024
"""Bytes that are read of any request; what is larger belongs behind an address that the event names."""
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Incoming:
    """`body` is None when it was larger than anything that is read. `repeated` names headers that came twice."""

    token: str
    headers: Mapping[str, str]
    body: bytes | None
    sender: str
    repeated: frozenset[str] = frozenset()
    started: float = 0.0
    """On the monotonic clock."""
    request_id: str = ""
    """What its caller named it, else an id of ours."""

    @cached_property
    def token_hash(self) -> str:
        return hash_of(self.token.encode("utf-8", "surrogateescape"))

    @cached_property
    def body_hash(self) -> str:
        return hash_of(self.body or b"")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def hash_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def header_map(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], frozenset[str]]:
    """Headers by lower-case name, the first of each, and the names that came more than once."""
    found: dict[str, str] = {}
    repeated = set()
    for raw_name, raw_value in pairs:
        name = raw_name.decode("latin-1").lower()
        if name in found:
            repeated.add(name)
        found.setdefault(name, raw_value.decode("latin-1").strip())
    return found, frozenset(repeated)


def accepted(*, status: int, delivery: int | None, duplicate: bool) -> Reply:
    return Reply(status, json.dumps({"delivery": delivery, "duplicate": duplicate}).encode())


def refusal(status: int, code: str, detail: str, **headers: str) -> Reply:
    """A problem, as the API's are."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), PROBLEM, named)


NOT_FOUND = refusal(404, "not-found", "There is nothing at this address.")
"""For addresses that are none, that are switched off, and for senders that are not let in: told apart only in receipts."""

UNAUTHENTIC = refusal(401, "not-authentic", "The signature or its time does not hold.")
"""For both, so that nobody learns which."""

AWAY = refusal(
    503, "unavailable", "This can't be taken in just now. Send it again in a few seconds.", Retry_After="5"
)
