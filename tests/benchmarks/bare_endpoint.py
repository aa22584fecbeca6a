"""The least that an endpoint can do: verify a Standard Webhook, insert one row, commit, answer 202. No product."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from typing import Any

from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

TABLE = """
DROP TABLE IF EXISTS bare_delivery;
CREATE TABLE bare_delivery (id bigserial PRIMARY KEY, webhook_id text NOT NULL UNIQUE, body jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
"""
INSERT = "INSERT INTO bare_delivery (webhook_id, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_pool: list[AsyncConnectionPool] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if not _pool:
        pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=False)
        _pool.append(pool)
        await pool.open(wait=True)
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    name, at = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(os.environ["BARE_SECRET"].removeprefix("whsec_"))
    expected = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    given = base64.b64decode(headers["webhook-signature"].removeprefix("v1,"))
    if not hmac.compare_digest(expected, given) or abs(time.time() - int(at)) > 300:
        raise PermissionError
    async with _pool[0].connection() as connection:
        await connection.execute(INSERT, [name, Jsonb(json.loads(body))])
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})
