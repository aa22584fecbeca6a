"""One LISTEN connection a process, fanned out to the Channels groups that somebody here watches."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from automations.runtime.announce import CHANNEL
from automations.runtime.listening import listen_parameters
from builder.live.presence import Roster, Word, parse_word

logger = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 10.0
SIGN_OF_LIFE_SECONDS = 15.0


def run_group(run_id: int) -> str:
    return f"run.{run_id:d}"


def workflow_group(workflow_id: int) -> str:
    return f"workflow.{workflow_id:d}"


class Listener:
    """Listens while anybody watches, and reconnects with back-off.

    A hint that comes while the connection is down is lost; so each time it is up again, every watched group is told
    to look. The same first look covers what was committed between a consumer's subscription and the LISTEN.
    """

    def __init__(self) -> None:
        self.watched: Counter[str] = Counter()
        self.roster = Roster()
        self._task: asyncio.Task[None] | None = None

    def watch(self, group: str) -> None:
        self.watched[group] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="automations-live-listener")

    def unwatch(self, group: str) -> None:
        """Forget one watcher; the last one to leave closes the connection."""
        self.watched[group] -= 1
        if self.watched[group] <= 0:
            del self.watched[group]
        if not self.watched and self._task is not None:
            self._task.cancel()
            self._task = None

    async def hear(self, word: Word) -> None:
        """Note who has a draft open, and tell those who have it open here."""
        if self.roster.hear(word, time.monotonic()):
            await self._tell(workflow_group(word.workflow), {"type": "people.changed"})

    async def _run(self) -> None:
        backoff = FIRST_BACKOFF_SECONDS
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**listen_parameters()) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    backoff = FIRST_BACKOFF_SECONDS
                    await self._tell_all()
                    await self._follow(connection)
            except (psycopg.Error, OSError) as error:
                logger.warning(
                    "Live news: the database connection was lost (%s); again in %.1f s.", error, backoff
                )
                await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                backoff = min(LONGEST_BACKOFF_SECONDS, backoff * 2)

    async def _follow(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notify in connection.notifies(timeout=SIGN_OF_LIFE_SECONDS):
                await self._fan_out(notify.payload)
            await connection.execute(
                "SELECT 1"
            )  # A peer that vanished silently shows here, not at the next NOTIFY.

    async def _fan_out(self, payload: str) -> None:
        runs, workflows = parse_announcement(payload)
        for run in runs:
            await self._tell(run_group(run), _rows_changed([run]))
        for workflow in workflows:
            await self._tell(workflow_group(workflow), _rows_changed(runs))
        if (word := parse_word(payload)) is not None:
            await self.hear(word)

    async def _tell_all(self) -> None:
        for group in list(self.watched):
            await self._tell(group, _rows_changed([]))

    async def _tell(self, group: str, message: dict[str, Any]) -> None:
        layer = get_channel_layer()
        if group in self.watched and layer is not None:
            # A full or failing layer costs a hint, never the listener: consumers look again at their next check.
            with contextlib.suppress(OSError, RedisError):
                await layer.group_send(group, message)


def _rows_changed(runs: list[int]) -> dict[str, Any]:
    return {"type": "rows.changed", "runs": runs}


def parse_announcement(payload: str) -> tuple[list[int], list[int]]:
    """The run and workflow ids that a NOTIFY names; nothing for a payload of another form."""
    try:
        body = json.loads(payload)
    except ValueError:
        return [], []
    if not isinstance(body, dict):
        return [], []
    return list(_ids(body.get("runs"))), list(_ids(body.get("workflows")))


def _ids(value: object) -> Iterator[int]:
    if isinstance(value, list):
        yield from (entry for entry in value if type(entry) is int)


_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = WeakKeyDictionary()


def current_listener() -> Listener:
    """The listener of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    return _listeners[loop]
