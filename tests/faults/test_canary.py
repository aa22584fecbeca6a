"""Check 52: a secret is sent by real processes, echoed in every spelling by a real peer, put into an error by a defect, and
stands nowhere: in no table, no line of the log, no frame of a socket, no mail."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.faults.harness import ROOT, SETUP, World, world
from tests.faults.launching import free_port
from tests.integration.outbound.test_canary import CANARY, careless, spelled
from tests.receiver import Receiver, Request, receiver

SCENE = f"""{SETUP}
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from webhooks.outbound.destinations import create_destination
from webhooks.secrets.services import create_secret
owner.email = "alice@example.org"
owner.set_password("demo")
owner.save()
given = json.loads(%r)
secret = create_secret(key="crm-token", value=given["canary"], hosts=["127.0.0.1"], actor=owner)
create_destination(key="crm", name="CRM", url=given["url"], actor=owner,
    headers=[{{"name": "X-Token", "text": "", "secret": secret}}])
made = workflow(
    "w",
    node("s1", "action.call_webhook", destination="crm", data={{"n": "1"}}),
    node("s2", "action.set_variable", values={{"got": {{"ref": "steps.s1.output.body"}}}}),
    node("s3", "action.comment", text="It said {{{{ steps.s2.output.got }}}}"),
    node("s4", "action.notify", users=["alice"], channels=["app", "email"], title="It said so",
        body="{{{{ steps.s2.output.got }}}}"),
)
workflow("defect", node("m1", "action.misbehave", how="reveal", file=given["file"]))
session = SessionStore()
session[SESSION_KEY] = str(owner.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
session.create()
tickets(1, 1)
print(json.dumps([made.pk, session.session_key, settings.SESSION_COOKIE_NAME]))
"""


def every_spelling() -> list[str]:
    raw = CANARY.encode()
    thirds = [base64.b64encode(b"ab" + raw).decode()[4:-4], base64.b64encode(b"a" + raw).decode()[4:-4]]
    return [*spelled(CANARY), *thirds, raw.hex(), repr(CANARY)[1:-1]]


def slow_and_careless(wire: socket.socket, request: Request) -> None:
    time.sleep(1.5)  # so that somebody watches the run before the answer is there
    careless(wire, request)


@contextmanager
def web_process(it: World) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    with (it.tmp_path / "web.log").open("ab") as log:
        it.processes.append(subprocess.Popen(command, cwd=ROOT, env=it.environment, stdout=log, stderr=log))

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    it.wait_for(listens, 30, "the web process starts")
    yield port


def frames_of(port: int, run: int, cookie: str) -> list[str]:
    """All that a subscriber to the run is told until it has ended."""
    frames: list[str] = []
    address = f"ws://127.0.0.1:{port}/ws/runs/{run}/"
    headers = {"Cookie": cookie}
    with connect(address, origin=f"http://127.0.0.1:{port}", additional_headers=headers) as client:  # type: ignore[arg-type]
        client.send(json.dumps({"after": 0}))
        try:
            while not frames or json.loads(frames[-1])["type"] != "end":
                frames.append(str(client.recv(timeout=60)))
        except ConnectionClosed:
            pass
    return frames


def tables(it: World) -> dict[str, str]:
    """Every row of every table, all its columns, as text."""
    names = it.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        name: "\n".join(row[0] for row in it.query(f'SELECT t::text FROM "{name}" t'))  # noqa: S608 - names from the catalogue
        for (name,) in names
    }


def mails(folder: Path) -> list[str]:
    """Each mail as it went out and, unpacked, as it is read."""
    texts: list[str] = []
    for path in folder.iterdir():
        for raw in path.read_bytes().split(b"-" * 79 + b"\n"):
            if raw.strip():
                message = email.message_from_bytes(raw, policy=email.policy.default)
                bodies = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
                texts.append("\n".join([raw.decode("utf-8", "replace"), str(message["subject"]), *bodies]))
    return texts


def act(it: World, peer: Receiver) -> list[str]:
    given = json.dumps({"canary": CANARY, "url": peer.url, "file": str(it.tmp_path / "effects")})
    workflow, session, name = json.loads(it.script(SCENE % given))
    it.start("automations_worker")
    it.start("automations_ticker")
    with web_process(it) as port:
        it.wait_for(lambda: bool(peer.requests), 60, "the peer is called")
        run = it.value("SELECT id FROM automations_run WHERE workflow_id = %s", workflow)
        frames = frames_of(port, run, f"{name}={session}")
        it.wait_until_ended(2, 60)
        it.wait_for(
            lambda: it.value("SELECT count(*) FROM automations_outgoingemail WHERE sent_at IS NULL") == 0,
            30,
            "the mail is sent",
        )
    return frames


def test_check_52_the_canary_stands_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    told = {"MAIL_FOLDER": str(folder), "ERROR_MAIL_TO": "ops@example.org", "LOG_LEVEL": "INFO"}
    with receiver(slow_and_careless) as peer, world(tmp_path, **told) as it:
        frames = act(it, peer)
        assert peer.requests[0].headers["x-token"].encode("latin-1").decode() == CANARY
        assert it.query("SELECT status FROM automations_run ORDER BY workflow_id") == [
            ("succeeded",),
            ("failed",),
        ]
        places = {f"table {name}": text for name, text in tables(it).items()}
        places |= {path.name: path.read_text(errors="replace") for path in tmp_path.glob("*.log")}
        places |= {f"mail {number}": text for number, text in enumerate(mails(folder))}
        places["websocket"] = "\n".join(frames)
    # Where it was, it was masked: this test would find it.
    for name in (
        "automations_step",
        "automations_deadletter",
        "automations_notification",
        "webhooks_attempt",
    ):
        assert "[secret]" in places[f"table {name}"], name
    assert "[secret]" in places["websocket"]
    assert any("[secret]" in text for name, text in places.items() if name.endswith(".log"))
    reports = [text for name, text in places.items() if name.startswith("mail") and "They are [" in text]
    assert reports
    assert all("[secret]" in text and "Traceback" in text for text in reports)
    assert any("automations_auditentry" in name for name in places)
    found = [
        (name, spelling) for name, text in places.items() for spelling in every_spelling() if spelling in text
    ]
    assert found == []
    assert [name for name, text in places.items() if "S3CR3T" in text] == []
