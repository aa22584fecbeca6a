"""The least that an endpoint can do: verify a Standard Webhook, insert one row, commit, answer 202. No product.

With BARE_GROUPED set, requests that wait at the same time share one commit, as ours do; else each has one of its own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

TABLE = """
DROP TABLE IF EXISTS bare_delivery;
CREATE TABLE bare_delivery (id bigserial PRIMARY KEY, webhook_id text NOT NULL UNIQUE, body jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
"""
INSERT = "INSERT INTO bare_delivery (webhook_id, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"
INSERT_ALL = (
    "INSERT INTO bare_delivery (webhook_id, body) SELECT webhook_id, body"
    " FROM json_to_recordset(%s) AS n (webhook_id text, body jsonb) ON CONFLICT DO NOTHING"
)
MAX_GROUP = 200

_pool: list[AsyncConnectionPool] = []
_waiting: asyncio.Queue[tuple[str, Any, asyncio.Future[None]]] = asyncio.Queue()
_tasks: list[asyncio.Task[None]] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
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
    await (_insert_with_others if "BARE_GROUPED" in os.environ else _insert)(name, json.loads(body))
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def _insert(name: str, body: Any) -> None:
    if not _pool:
        pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=False)
        _pool.append(pool)
        await pool.open(wait=True)
    async with _pool[0].connection() as connection:
        await connection.execute(INSERT, [name, Jsonb(body)])


async def _insert_with_others(name: str, body: Any) -> None:
    if not _tasks:
        _tasks.append(asyncio.create_task(_commit_groups()))
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    await _waiting.put((name, body, done))
    await done


async def _commit_groups() -> None:
    async with await psycopg.AsyncConnection.connect(
        os.environ["DATABASE_URL"], autocommit=True
    ) as connection:
        while True:
            group = [await _waiting.get()]
            while not _waiting.empty() and len(group) < MAX_GROUP:
                group.append(_waiting.get_nowait())
            rows = [{"webhook_id": name, "body": body} for name, body, _ in group]
            await connection.execute(INSERT_ALL, [json.dumps(rows)])
            for _, _, done in group:
                done.set_result(None)
