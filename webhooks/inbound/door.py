"""The door for webhooks: an ASGI application that stands before Django's own and answers `POST …/hooks/<token>/`.

Before Django, because Django keeps a whole body before any view can say that it is too large; here a body is read up to
its cap and not a byte further. No cookie, session or CSRF token means anything here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from automations.logs import HEADER, TRACE, id_of
from webhooks.inbound.requests import MAX_BODY, NOT_FOUND, Incoming, Reply, header_map, refusal

READ_SECONDS = 15.0
"""How long a sender may take to send a body."""

NOT_FOUND_SECONDS = 0.05
"""No sooner is an address said to be none: unknown, switched off or not for this sender, it is found out in less, and how
much less would tell them apart."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_TOKEN = re.compile(r"([A-Za-z0-9_\-]{1,64})/?")
NOT_POSTED = refusal(405, "method-not-allowed", "Webhooks are posted.", Allow="POST")
TOO_SLOW = refusal(408, "too-slow", f"The body did not come within {READ_SECONDS:.0f} seconds.")


def hooks_path() -> str:
    """Where the hooks are, with a slash at both ends."""
    path: str = getattr(settings, "AUTOMATIONS_HOOKS_PATH", "/hooks/")
    return path


def with_hooks(http: Application) -> Application:
    """The application with the door before it."""
    prefix = hooks_path()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(prefix):
            await http(scope, receive, send)
            return
        reply = await _answer(scope, receive, path.removeprefix(prefix))
        if reply is not None:
            await _send(send, reply)

    return application


async def _answer(scope: Scope, receive: Receive, rest: str) -> Reply | None:
    """The answer, named as its request is; None when the sender has gone."""
    started = time.monotonic()
    headers, repeated = header_map(scope["headers"])
    named = id_of(headers.get(HEADER.lower(), ""), headers.get(TRACE, ""))
    client = scope.get("client") or ("", 0)
    incoming = Incoming(rest, headers, None, client[0], repeated, started, named)
    reply = await _judged(incoming, scope, receive)
    return reply and replace(reply, headers={**reply.headers, HEADER: named})


async def _judged(incoming: Incoming, scope: Scope, receive: Receive) -> Reply | None:
    from webhooks.inbound.committer import COMMITTER

    token = _TOKEN.fullmatch(incoming.token)
    if token is None:
        return NOT_FOUND
    if scope["method"] != "POST":
        return NOT_POSTED
    try:
        async with asyncio.timeout(READ_SECONDS):  # in this task: a second one for each request is felt
            body = await _read(receive, incoming.headers.get("content-length", ""))
    except TimeoutError:
        return TOO_SLOW
    except ConnectionResetError:
        return None
    reply = await COMMITTER.take(replace(incoming, token=token[1], body=body))
    if reply is NOT_FOUND:
        await asyncio.sleep(NOT_FOUND_SECONDS - (time.monotonic() - incoming.started))
    return reply


async def _read(receive: Receive, declared: str) -> bytes | None:
    """The body; None as soon as it is known to be larger than what is read. Raises ConnectionResetError."""
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > MAX_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, reply: Reply) -> None:
    headers = {
        "content-type": reply.content_type,
        "content-length": str(len(reply.body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **{name.lower(): value for name, value in reply.headers.items()},
    }
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
    await send({"type": "http.response.body", "body": reply.body})
