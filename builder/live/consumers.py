"""The two live sockets. They write no rows: a frame of a client changes its own cursor, and says that it is there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import Error as DatabaseError

from automations import permissions
from automations.insight.run_news import (
    RunCursor,
    RunNews,
    before_last_page,
    read_run_news,
    read_workflow_runs,
)
from automations.models import Run, Workflow
from automations.services import viewing
from builder.live.listener import current_listener, run_group, workflow_group
from builder.live.presence import LONGEST_NAME, TAB, Word, announce_presence

logger = logging.getLogger(__name__)

UNREADABLE = 4400
SIGNED_OUT = 4401
FORBIDDEN = 4403
TOO_LARGE = 4413
TOO_MANY = 4429
BROKEN = 1011

LARGEST_FRAME = 64 * 1024
FRAMES_PER_SECOND = 20
OPENING_SECONDS = 10.0
LARGEST_CURSOR = 2**31 - 1
WINDOW = 100
"""Runs of a workflow that one replay holds, and that a resumed client is brought up to date with."""
REMEMBERED = 5 * WINDOW
PRESENCE_SECONDS = 5.0
"""A tab's word that it is there is passed on no more often."""


def recheck_seconds() -> float:
    return float(getattr(settings, "AUTOMATIONS_LIVE_RECHECK_SECONDS", 60))


class LiveConsumer(AsyncWebsocketConsumer):
    """Session, object permission, limits, and one pump that turns hints into frames.

    Hints only set a flag. The pump clears it before it reads, so what is committed after a reading began causes
    another one; a hundred hints during a reading cause one.
    """

    group: str
    actor: Any
    watches_as_another = False

    async def connect(self) -> None:
        self._news = asyncio.Event()
        self._opened = asyncio.Event()
        self._after = 0
        self._wants_end = False
        self._arrivals: deque[float] = deque(maxlen=FRAMES_PER_SECOND)
        self._pump: asyncio.Task[None] | None = None
        self._closing = False
        self._announced: set[int] = set()
        self.pk: int = self.scope["url_route"]["kwargs"]["pk"]
        await (
            self.accept()
        )  # A refusal before this reaches a browser as a bare network error, without its code.
        refusal = await self._refusal()
        if refusal is not None:
            await self._leave(refusal)
            return
        asked = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("after", [])
        if asked:
            if not (asked[-1].isascii() and asked[-1].isdigit() and len(asked[-1]) <= 1_000):
                await self._leave(UNREADABLE)
                return
            self._open(int(asked[-1]))
        await self.channel_layer.group_add(self.group, self.channel_name)
        current_listener().watch(self.group)
        self._pump = asyncio.create_task(self._run())

    async def disconnect(self, code: int) -> None:
        self._closing = True
        if self._pump is None:
            return
        self._pump.cancel()
        self._pump = None
        current_listener().unwatch(self.group)
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._closing:
            return
        now = time.monotonic()
        if len(self._arrivals) == FRAMES_PER_SECOND and now - self._arrivals[0] < 1.0:
            await self._leave(TOO_MANY)
            return
        self._arrivals.append(now)
        if len(bytes_data or b"") > LARGEST_FRAME or len((text_data or "").encode()) > LARGEST_FRAME:
            await self._leave(TOO_LARGE)
            return
        frame = _parse(text_data)
        if frame is None:
            await self._leave(UNREADABLE)
        elif frame.get("type") == "ping":
            await self._send({"type": "pong"})
            await self._heard(frame)
        elif type(after := frame.get("after")) is int and after >= 0:
            self._open(after, wants_end=frame.get("tail") is True)
            await self._heard(frame)
        else:
            await self._leave(UNREADABLE)

    async def rows_changed(self, message: dict[str, Any]) -> None:
        """A hint of the listener, by way of the group."""
        if len(self._announced) < REMEMBERED:
            self._announced.update(message["runs"])
        self._news.set()

    def _open(self, after: int, *, wants_end: bool = False) -> None:
        # Only the first cursor counts: afterwards the server's own says what this client has.
        if not self._opened.is_set():
            self._after = min(after, LARGEST_CURSOR)
            self._wants_end = wants_end
            self._opened.set()

    async def _run(self) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OPENING_SECONDS):
                    await self._opened.wait()
            self._opened.set()
            await self._begin()
            check_at = time.monotonic() + recheck_seconds()
            while not self._closing:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, check_at - time.monotonic())):
                        await self._news.wait()
                if time.monotonic() >= check_at:
                    if (refusal := await self._refusal()) is not None:
                        await self._leave(refusal)
                        return
                    check_at = time.monotonic() + recheck_seconds()
                self._news.clear()
                await self._continue()
        except (DatabaseError, ObjectDoesNotExist) as error:
            logger.warning("Live news: %s closed, the client will come again (%s).", self.group, error)
            await self._leave(BROKEN)

    async def _refusal(self) -> int | None:
        """The close code if this session may not watch (any more), else None."""
        key = getattr(self.scope.get("session"), "session_key", None)
        if not key:
            return SIGNED_OUT
        store = import_module(settings.SESSION_ENGINE).SessionStore(key)
        self.actor = await get_user({"session": store})
        if not self.actor.is_authenticated or not self.actor.is_active:
            return SIGNED_OUT
        return None if await database_sync_to_async(self._may_watch)(store) else FORBIDDEN

    def _may_watch(self, session: Any) -> bool:
        """Whether who looks may: the reader or, for an admin who looks as another, that person or role."""
        self.watches_as_another = viewing.is_viewing(session)
        if not self.watches_as_another:
            return self.may_watch()
        target = viewing.viewed_by(session, self.actor)
        if target is None:
            return False
        admin = self.actor
        with viewing.eyes_of(target) as self.actor:
            allowed = self.may_watch()
        self.actor = admin
        return allowed

    async def _leave(self, code: int) -> None:
        self._closing = True
        with contextlib.suppress(RuntimeError):  # the peer was faster
            await self.close(code)

    async def _send(self, frame: dict[str, Any]) -> None:
        if not self._closing:
            await self.send(text_data=json.dumps(frame, separators=(",", ":")))

    def may_watch(self) -> bool:
        """Whether `self.actor` may see the object now; also the place to note what else they may see."""
        raise NotImplementedError

    async def _heard(self, frame: dict[str, Any]) -> None:
        """The client is there, as a good frame shows."""

    async def _begin(self) -> None:
        """Answer the client's cursor."""
        raise NotImplementedError

    async def _continue(self) -> None:
        """Read after the cursor and send what is new."""
        raise NotImplementedError


class RunConsumer(LiveConsumer):
    """`/ws/runs/{id}/`: log lines, steps and status of one run."""

    async def connect(self) -> None:
        self.cursor = RunCursor(run_id=self.scope["url_route"]["kwargs"]["pk"], payloads=False)
        self.group = run_group(self.cursor.run_id)
        self._told_end = False
        await super().connect()

    def may_watch(self) -> bool:
        run = permissions.visible_runs(self.actor).select_related("workflow").filter(pk=self.pk).first()
        if run is None:
            return False
        self.cursor.payloads = permissions.may(self.actor, "view_payloads", run.workflow)
        return True

    async def _begin(self) -> None:
        self.cursor.seq = self._after
        if self._wants_end and self._after == 0:
            self.cursor.seq = await database_sync_to_async(before_last_page)(self.pk)
        news = await self._read()
        if self._after > news.last_seq:
            self.cursor.seq = news.last_seq
            await self._send({"type": "reset", "seq": news.last_seq})
            await self._pass_on("news", news)
            return
        await self._pass_on("replay" if news.entries else "nothing", news, always=True)
        while news.more:
            news = await self._read()
            await self._pass_on("replay", news)

    async def _continue(self) -> None:
        more = True
        while more and not self._closing:
            news = await self._read()
            await self._pass_on("news", news)
            more = news.more

    async def _read(self) -> RunNews:
        news: RunNews | None = await database_sync_to_async(read_run_news)(self.cursor)
        if news is None:
            raise Run.DoesNotExist(f"run {self.pk} is gone")
        return news

    async def _pass_on(self, kind: str, news: RunNews, *, always: bool = False) -> None:
        if always or not news.empty:
            frame: dict[str, Any] = {
                "type": kind,
                "seq": self.cursor.seq,
                "entries": news.entries,
                "steps": news.steps,
            }
            if news.run is not None:
                frame["run"] = news.run
            await self._send(frame)
        if news.ended and not news.more and not self._told_end:
            self._told_end = True
            await self._send({"type": "end", "seq": self.cursor.seq, "status": self.cursor.run["status"]})


class WorkflowConsumer(LiveConsumer):
    """`/ws/workflows/{id}/`: the runs of one workflow as they appear and change. The cursor is the newest run id.

    A client that names its tab has the draft open: it is told who else has, and they are told of it.
    """

    async def connect(self) -> None:
        self.group = workflow_group(self.scope["url_route"]["kwargs"]["pk"])
        self._seen: dict[int, dict[str, Any]] = {}
        self._newest = 0
        self._tab = ""
        self._spoke_at = -PRESENCE_SECONDS
        self._told_people: list[dict[str, Any]] | None = None
        await super().connect()

    async def disconnect(self, code: int) -> None:
        if self._tab and not self.watches_as_another:
            await self._speak(here=False)
        await super().disconnect(code)

    async def people_changed(self, _message: dict[str, Any]) -> None:
        """Somebody opened the draft, or left it."""
        if self._tab:
            await self._tell_people()

    def may_watch(self) -> bool:
        workflow = Workflow.objects.filter(pk=self.pk).first()
        return workflow is not None and permissions.may(self.actor, "view", workflow)

    async def _begin(self) -> None:
        runs = await database_sync_to_async(read_workflow_runs)(self.pk, limit=WINDOW)
        self._note(runs)
        behind = len(runs) == WINDOW and 0 < self._after < runs[0]["id"]
        if self._after > self._newest or behind:
            await self._send({"type": "reset", "seq": self._newest})
        elif runs:
            await self._send({"type": "replay", "seq": self._newest, "runs": runs})
        else:
            await self._send({"type": "nothing", "seq": 0})

    async def _continue(self) -> None:
        announced, self._announced = self._announced, set()
        # Ids are given before the commit, so a smaller one may appear later; it comes among the announced.
        runs = await database_sync_to_async(read_workflow_runs)(
            self.pk, after=self._newest, among=announced | self._unfinished(), limit=REMEMBERED
        )
        fresh = [run for run in runs if self._seen.get(run["id"]) != run]
        self._note(fresh)
        if fresh:
            await self._send({"type": "news", "seq": self._newest, "runs": fresh})

    async def _heard(self, frame: dict[str, Any]) -> None:
        tab = frame.get("draft")
        if not self._tab and isinstance(tab, str) and TAB.fullmatch(tab):
            self._tab = tab
        if self._tab and time.monotonic() - self._spoke_at >= PRESENCE_SECONDS:
            self._spoke_at = time.monotonic()
            if not self.watches_as_another:  # who looks with another's eyes is not there
                await self._speak(here=True)
            await self._tell_people()

    async def _speak(self, *, here: bool) -> None:
        name = (self.actor.get_full_name() or self.actor.get_username())[:LONGEST_NAME]
        word = Word(self.pk, self.actor.get_username(), name, self._tab, here)
        # Here at once, also while the listener connects; its own echo changes nothing more.
        await current_listener().hear(word)
        with contextlib.suppress(DatabaseError):  # the next word comes soon
            await database_sync_to_async(announce_presence)(word)

    async def _tell_people(self) -> None:
        people = current_listener().roster.others(
            self.pk, self.actor.get_username(), self._tab, time.monotonic()
        )
        if people != self._told_people:
            self._told_people = people
            await self._send({"type": "people", "people": people})

    def _unfinished(self) -> set[int]:
        """Known runs that may still change: looked at again, so that a hint lost with a connection costs nothing."""
        return {pk for pk, run in self._seen.items() if run["finished_at"] is None}

    def _note(self, runs: list[dict[str, Any]]) -> None:
        self._seen |= {run["id"]: run for run in runs}
        for pk in sorted(self._seen)[:-REMEMBERED]:
            del self._seen[pk]
        self._newest = max(self._seen, default=0)


def _parse(text: str | None) -> dict[str, Any] | None:
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None
