"""A real server: uvicorn in a thread of the test process, on the test database, spoken to by a real client."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction
from django.utils import timezone
from websockets.sync.client import ClientConnection, connect

from automations import permissions
from automations.models import LogEntry, Run, Step, Workflow, WorkflowVersion
from automations.runtime.announce import announce_runs
from automations.services import viewing

PATIENCE = 10.0
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class LiveServer:
    port: int
    loop: asyncio.AbstractEventLoop

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(
        self,
        path: str,
        user: Any = None,
        *,
        origin: str | None = None,
        looks_as: Any = None,
        **options: Any,
    ) -> ClientConnection:
        """A socket with the session of `user`, from the server's own origin unless another is named; with the eyes of
        the person that he `looks_as`."""
        more = {} if looks_as is None else {viewing.KEY: {"user": looks_as.pk}}
        cookie = {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}={sign_in(user, **more)}"} if user else {}
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            origin=origin or self.origin,
            additional_headers=cookie,
            open_timeout=PATIENCE,
            close_timeout=1,
            **options,
        )


def sign_in(user: Any, **more: Any) -> str:
    """The key of a new session of `user`, which holds `more`."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(more)
    session.create()
    assert session.session_key
    return session.session_key


def frame_of(client: ClientConnection, seconds: float = PATIENCE) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(client.recv(timeout=seconds))
    return frame


def frames_until(client: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """All frames up to the first of this kind, it included."""
    frames = [frame_of(client)]
    while frames[-1]["type"] != kind:
        frames.append(frame_of(client))
    return frames


def lines_of(frames: list[dict[str, Any]]) -> list[int]:
    return [entry["seq"] for frame in frames for entry in frame.get("entries", ())]


@pytest.fixture
def live(transactional_db: None, settings: Any) -> Iterator[LiveServer]:
    Path(django_settings.STATIC_ROOT).mkdir(
        parents=True, exist_ok=True
    )  # WhiteNoise warns of a missing folder
    from config.asgi import application

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, lifespan="off", log_level="warning", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()
        # The server's threads hold connections of their own; the test database can't be cleared beside them.
        await sync_to_async(connections.close_all)()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    yield LiveServer(port, loops[0])
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture
def workflow(alice: Any) -> Workflow:
    """A workflow of Alice's; nobody else sees it."""
    workflow = Workflow.objects.create(key="route", name="Route tickets", owner=alice)
    permissions.grant_owner(workflow, alice)
    WorkflowVersion.objects.create(
        workflow=workflow, number=1, digest="0" * 64, document={"schema": 1}, published_at=timezone.now()
    )
    return workflow


def start_run(workflow: Workflow, **fields: Any) -> Run:
    now = timezone.now()
    defaults = {
        "version": workflow.versions.get(),
        "trigger_node": "t1",
        "dedupe_key": f"k{Run.objects.count()}",
        "mode": "simulate",
        "status": "waiting",
        "due_at": NEVER,
        "created_at": now,
        "started_at": now,
    }
    return Run.objects.create(workflow=workflow, **(defaults | fields))


def write_lines(run: Run, count: int, *, end: str = "", announce: bool = True) -> None:
    """As the executor does: lines and status in one transaction, the announcement after it."""
    with transaction.atomic():
        run.refresh_from_db()
        now = timezone.now()
        numbers = range(run.last_seq + 1, run.last_seq + count + 1)
        LogEntry.objects.bulk_create(
            LogEntry(run=run, seq=n, at=now, level="info", node="a1", message=f"line {n}", data={"n": n})
            for n in numbers
        )
        run.last_seq += count
        if end:
            run.status, run.finished_at = end, now
        run.save()
    if announce:
        announce_runs([(run.pk, run.workflow_id)])


def write_step(run: Run, status: str) -> None:
    with transaction.atomic():
        Step.objects.update_or_create(
            run=run,
            node="a1",
            defaults={
                "position": 1,
                "kind": "action.assign",
                "status": status,
                "output": {"assignee": "bob"},
            },
        )
    announce_runs([(run.pk, run.workflow_id)])
