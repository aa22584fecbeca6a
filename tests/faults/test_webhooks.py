"""Webhooks come in while the web process and PostgreSQL are killed: what the sender sends again is there once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from config.embedded_postgres import EmbeddedPostgres
from tests.faults.harness import ROOT, SETUP, World, world
from tests.faults.launching import free_port
from tests.integration.webhooks.conftest import Answered, post
from webhooks.inbound.presets import SCHEMES

BODY = b'{"type": "order.paid", "number": 17}'
OPEN = f"""{SETUP}
import json
from django.utils import timezone
from webhooks.inbound.services import create_endpoint
made = create_endpoint(key="shop", name="Shop", actor=owner, now=timezone.now(), rate_per_minute=600000)
make_workflow("w", chain(node("t1", "trigger.webhook", endpoint="shop"), node("a1", "action.stop", outcome="succeeded")), owner=owner)
print(json.dumps([made.token, made.secret]))
"""


class Web:
    """A web process of a world, and a sender that knows an endpoint of it."""

    def __init__(self, it: World) -> None:
        self.it = it
        self.port = free_port()
        self.token, self.secret = json.loads(it.script(OPEN))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(self.port)]
        with (self.it.tmp_path / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**self.it.environment, **environment}, stdout=log, stderr=log
            )
        self.it.processes.append(self.process)
        self.it.wait_for(self._listens, 30, "the web process starts")

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def send(self, name: str) -> Answered:
        scheme = SCHEMES.get("standard")
        key = scheme.secret_bytes(self.secret)
        headers = scheme.sign(secret=key, body=BODY, id=name, at=int(time.time()))
        return post(self.port, f"/hooks/{self.token}/", BODY, {"Content-Type": "application/json", **headers})

    def send_until_taken(self, name: str) -> int:
        """As a sender does: again after each failure; how often it had to."""
        for attempt in range(400):
            with contextlib.suppress(OSError, HTTPException):
                answer = self.send(name)
                if answer.status in (200, 202):
                    return attempt
                assert answer.status == 503, answer
            time.sleep(0.1)
        raise AssertionError(f"{name} was never taken.\n{self.it.logs()[-3000:]}")

    def run_everything(self) -> None:
        self.it.script("from automations.testing import run_everything; run_everything()")

    def counts(self) -> tuple[int, ...]:
        """Deliveries, events and runs, and how many different ids they tell of."""
        (row,) = self.it.query(
            "SELECT count(*), count(DISTINCT r.webhook_id), count(DISTINCT e.id), count(DISTINCT run.id)"
            " FROM webhooks_receipt r LEFT JOIN automations_event e ON e.id = r.event_id"
            " LEFT JOIN automations_run run ON run.event_id = e.id WHERE r.verdict = 'accepted'"
        )
        return row


@pytest.mark.parametrize(("moment", "status"), [("before", 202), ("after", 200)])
def test_killed_between_the_row_and_the_answer_the_retry_finds_one_event(
    tmp_path: Path, moment: str, status: int
) -> None:
    """Check 14."""
    with world(tmp_path) as it:
        web = Web(it)
        web.start(WEBHOOKS_DIE=moment)
        with pytest.raises((OSError, HTTPException)):
            web.send("msg_1")
        assert web.process is not None
        assert web.process.wait(10) == -signal.SIGKILL
        kept = 1 if moment == "after" else 0
        assert it.value("SELECT count(*) FROM webhooks_receipt") == kept
        assert it.value("SELECT count(*) FROM automations_event WHERE type LIKE 'webhook.%%'") == kept
        web.start()
        answer = web.send("msg_1")
        assert (answer.status, answer.json["duplicate"]) == (status, moment == "after")
        web.run_everything()
        assert web.counts() == (1, 1, 1, 1)
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)]


@pytest.fixture
def own_server(server_folder: Path, tmp_path: Path) -> Iterator[tuple[EmbeddedPostgres, World]]:
    server = EmbeddedPostgres(server_folder)
    server.start()
    server.create_database("hooks")
    it = World(tmp_path, server.url("hooks"))
    yield server, it
    it.stop()


def test_without_a_database_the_sender_is_told_to_come_again(
    own_server: tuple[EmbeddedPostgres, World],
) -> None:
    """Check 15."""
    server, it = own_server
    web = Web(it)
    web.start()
    assert web.send("msg_1").status == 202
    server.stop()
    for name in ("msg_1", "msg_2"):
        answer = web.send(name)
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    server.start()
    assert (web.send("msg_1").status, web.send("msg_2").status) == (200, 202)
    web.run_everything()
    assert web.counts() == (2, 2, 2, 2)


def test_nothing_is_lost_or_doubled_when_both_are_killed_under_load(
    own_server: tuple[EmbeddedPostgres, World],
) -> None:
    server, it = own_server
    web = Web(it)
    web.start()
    done = 0
    counting = threading.Lock()

    def send(number: int) -> int:
        nonlocal done
        attempts = web.send_until_taken(f"msg_{number}")
        with counting:
            done += 1
        time.sleep(0.02)
        return attempts

    with ThreadPoolExecutor(8) as pool:
        attempts = pool.map(send, range(600))
        it.wait_for(lambda: done >= 100, 60, "the load is on")
        web.kill()
        web.start()
        it.wait_for(lambda: done >= 300, 60, "the load goes on")
        psutil.Process(int((server.data / "postmaster.pid").read_text().splitlines()[0])).kill()
        server.start()
    assert sum(attempts) > 0, "nobody was in the middle of anything"
    web.run_everything()
    assert web.counts() == (600, 600, 600, 600)
