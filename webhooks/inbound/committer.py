"""Group commit: one thread of the web process takes whatever requests wait and stores them in one transaction.

While it is at one batch the next one gathers, so that a burst costs few commits and a lone request waits for nobody. No
request is answered before the transaction with its row has committed; one that can't be stored is told to come again.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Sequence

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from automations.runtime.intake import KeyReusedError
from automations.runtime.queue import wake
from webhooks.inbound import storing, tidying
from webhooks.inbound.limits import Limits
from webhooks.inbound.requests import AWAY, Incoming, Reply

logger = logging.getLogger(__name__)

MAX_BATCH = 200
MAX_WAITING = 1000
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""How much may wait for the thread; what is more is told to come again."""
PATIENCE_SECONDS = 20.0
"""How long a request waits for its row. What is stored later than that is a repetition when the sender comes again."""
TIDY_SECONDS = 600.0
SESSION = "SET lock_timeout = '4s'; SET statement_timeout = '15s'"

_Waiting = tuple[Incoming, asyncio.Future[Reply]]


class Committer:
    """The thread and what waits for it. `take` may be called from any event loop of the process."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._limits = Limits()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tidied = time.monotonic()
        self._bytes = 0

    async def take(self, incoming: Incoming) -> Reply:
        """The answer to a request, once what it says is durable."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()

        size = len(incoming.body or b"")
        if self._bytes + size > MAX_WAITING_BYTES:
            return AWAY
        self._ensure_thread()
        self._bytes += size
        try:
            self._waiting.put_nowait((incoming, answer))
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await answer
        except (queue.Full, TimeoutError):
            return AWAY
        finally:
            self._bytes -= size

    def stop(self) -> None:
        """End the thread and its connection, once it has answered what waits."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _ensure_thread(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="webhooks-committer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while batch := self._gather():
            try:
                replies = self.stored([incoming for incoming, _ in batch])
            except Exception:
                logger.exception("Webhooks could not be taken in")
                connection.close()
                replies = [AWAY] * len(batch)
            _tell([answer for _, answer in batch], replies)
            self._follow_up(taken_in=any(reply.status == 202 for reply in replies))
        connection.close()

    def _gather(self) -> list[_Waiting]:
        """What waits, as soon as something does; nothing when it is told to stop."""
        batch: list[_Waiting] = []
        first = self._waiting.get()
        while first is not None:
            batch.append(first)
            if len(batch) == MAX_BATCH:
                break
            try:
                first = self._waiting.get_nowait()
            except queue.Empty:
                break
        else:
            if batch:
                self._waiting.put(None)
        return batch

    def stored(self, batch: Sequence[Incoming]) -> list[Reply]:
        """Store a batch; where its requests can't be stored together, one by one, so that a bad one stops no other.

        A connection that was lost, and a deadlock, are tried once more: had the first try been committed after all,
        the second one finds repetitions.
        """
        for _ in range(2):
            try:
                return self._store(batch)
            except (InterfaceError, OperationalError) as error:
                self._limits.forget()
                logger.warning("Webhooks wait for the database: %s", str(error).strip().partition("\n")[0])
                if not connection.is_usable():
                    connection.close()
            except (DatabaseError, KeyReusedError):
                self._limits.forget()
                if len(batch) == 1:
                    raise
                return [reply for incoming in batch for reply in self._alone(incoming)]
        return [AWAY] * len(batch)

    def _alone(self, incoming: Incoming) -> list[Reply]:
        try:
            return self.stored([incoming])
        except Exception:
            logger.exception("A webhook could not be taken in")
            return [AWAY]

    def _store(self, batch: Sequence[Incoming]) -> list[Reply]:
        if connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute(SESSION)
        return storing.answer(batch, now=timezone.now(), limits=self._limits, wake=False)

    def _follow_up(self, *, taken_in: bool) -> None:
        """What nobody waits for: workers are woken, and now and then old receipts go."""
        try:
            if taken_in:
                wake()
            if time.monotonic() - self._tidied > TIDY_SECONDS:
                self._tidied = time.monotonic()
                tidying.tidy(now=timezone.now())
        except DatabaseError as error:  # the ticker finds what is due, and the next round what is old
            logger.warning("Webhooks were taken in, and the workers not told: %s", error)


def _tell(answers: Sequence[asyncio.Future[Reply]], replies: Sequence[Reply]) -> None:
    """Hand a batch its replies: each event loop is woken once, not once for each of its requests."""
    waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Reply], Reply]]] = {}
    for answer, reply in zip(answers, replies, strict=True):
        waiting.setdefault(answer.get_loop(), []).append((answer, reply))
    for loop, told in waiting.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, told)


def _resolve(told: Sequence[tuple[asyncio.Future[Reply], Reply]]) -> None:
    for answer, reply in told:
        if not answer.done():
            answer.set_result(reply)


COMMITTER = Committer()
"""The one of this process."""
