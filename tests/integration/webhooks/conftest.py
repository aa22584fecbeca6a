"""Endpoints, and senders that post to them over real sockets."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from tests.integration.live.conftest import LiveServer, live
from webhooks.inbound.committer import COMMITTER
from webhooks.inbound.models import Endpoint, Receipt
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.services import create_endpoint

__all__ = ["live"]


@dataclass(frozen=True)
class Answered:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def post(
    port: int,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    chunked: bool = False,
) -> Answered:
    """One request over a connection of its own. Headers may hold anything that fits into latin-1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        connection.putheader(
            *(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body))))
        )
        connection.endheaders()
        if chunked:
            for start in range(0, len(body), 65_536):
                part = body[start : start + 65_536]
                connection.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            connection.send(b"0\r\n\r\n")
        else:
            connection.send(body)
        answer = connection.getresponse()
        return Answered(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
    finally:
        connection.close()


@dataclass(frozen=True)
class Sender:
    """A sender with its endpoint's address and secret, which signs as the endpoint's scheme asks for."""

    port: int
    endpoint: Endpoint
    token: str
    secret: str

    def signed(
        self, body: bytes, *, id: str = "", at: int | None = None, secret: str = "", type: str = ""
    ) -> dict[str, str]:
        scheme = SCHEMES.get(self.endpoint.scheme)
        key = scheme.secret_bytes(secret or self.secret) if scheme.needs_secret else b""
        at = int(time.time()) if at is None else at
        headers = scheme.sign(secret=key, body=body, id=id or f"msg_{time.monotonic_ns()}", at=at, type=type)
        return {"Content-Type": "application/json", **headers}

    def send(self, body: bytes, headers: Mapping[str, str] | None = None, **how: Any) -> Answered:
        given = self.signed(body, **how) if headers is None else headers
        return post(self.port, f"/hooks/{self.token}/", body, given)


class World:
    """A running server; `endpoint` opens one more address on it."""

    def __init__(self, live: LiveServer, actor: Any) -> None:
        self.live, self.actor = live, actor

    def endpoint(self, key: str = "shop", **settings: Any) -> Sender:
        made = create_endpoint(key=key, name=key.title(), actor=self.actor, now=timezone.now(), **settings)
        return Sender(self.live.port, made.endpoint, made.token, settings.get("secret", made.secret))


@pytest.fixture
def world(live: LiveServer, root: Any) -> Iterator[World]:
    yield World(live, root)
    COMMITTER.stop()


def verdicts(sender: Sender) -> list[tuple[str, int]]:
    """What the endpoint's receipts tell, oldest first: (verdict, how many)."""
    return list(
        Receipt.objects.filter(endpoint=sender.endpoint).order_by("id").values_list("verdict", "count")
    )
