from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from guardian.shortcuts import assign_perm, remove_perm
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from automations.models import Run, Workflow
from tests.integration.live.conftest import LiveServer, frame_of, lines_of, start_run, write_lines, write_step


@pytest.fixture
def run(workflow: Workflow) -> Run:
    return start_run(workflow)


def close_code(client: ClientConnection, seen: list[int] | None = None) -> int | None:
    """The server's close code; the numbers of log lines that came before it go to `seen`."""
    try:
        while True:
            frame = frame_of(client)
            if seen is not None:
                seen += lines_of([frame])
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_foreign_origin_is_refused_before_the_handshake_ends(live: LiveServer, run: Run, alice: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        live.open(f"/ws/runs/{run.pk}/?after=0", alice, origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403


def test_nobody_signed_in_is_refused(live: LiveServer, run: Run) -> None:
    with live.open(f"/ws/runs/{run.pk}/?after=0") as client:
        assert close_code(client) == 4401


@pytest.mark.parametrize("path", ["/ws/runs/{run}/?after=0", "/ws/workflows/{workflow}/?after=0"])
def test_stranger_is_refused_without_a_frame(live: LiveServer, run: Run, charlie: Any, path: str) -> None:
    write_lines(run, 3)
    with live.open(path.format(run=run.pk, workflow=run.workflow_id), charlie) as client:
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize("path", ["/ws/runs/{run}/?after=0", "/ws/workflows/{workflow}/?after=0"])
def test_an_admin_who_looks_as_another_hears_what_that_person_would(
    live: LiveServer, run: Run, root: Any, bob: Any, charlie: Any, path: str
) -> None:
    write_lines(run, 3)
    assign_perm("view_workflow", bob, run.workflow)
    address = path.format(run=run.pk, workflow=run.workflow_id)
    with live.open(address, root, looks_as=charlie) as client:
        assert close_code(client) == 4403
    with live.open(address, root, looks_as=bob) as client:
        frame = frame_of(client)
        assert frame["type"] == "replay"
        assert all(entry["data"] is None for entry in frame.get("entries", ()))  # Bob sees no payloads


@pytest.mark.parametrize("path", ["/ws/runs/999999/", "/ws/workflows/999999/"])
def test_unknown_object_is_refused_like_a_strangers(live: LiveServer, alice: Any, path: str) -> None:
    with live.open(path, alice) as client:
        assert close_code(client) == 4403


def test_revoked_permission_ends_the_news_within_the_check(
    live: LiveServer, run: Run, bob: Any, settings: Any
) -> None:
    settings.AUTOMATIONS_LIVE_RECHECK_SECONDS = 0.3
    assign_perm("automations.view_workflow", bob, run.workflow)
    with live.open(f"/ws/runs/{run.pk}/?after=0", bob) as client:
        assert frame_of(client)["type"] == "nothing"
        time.sleep(0.5)
        write_lines(run, 1)
        assert frame_of(client)["type"] == "news"  # still allowed after a check
        remove_perm("automations.view_workflow", bob, run.workflow)
        revoked = time.monotonic()
        assert close_code(client) == 4403
        assert time.monotonic() - revoked < 2


def test_busy_run_does_not_put_off_the_check(live: LiveServer, run: Run, bob: Any, settings: Any) -> None:
    settings.AUTOMATIONS_LIVE_RECHECK_SECONDS = 0.3
    assign_perm("automations.view_workflow", bob, run.workflow)
    with live.open(f"/ws/runs/{run.pk}/?after=0", bob) as client:
        frame_of(client)
        remove_perm("automations.view_workflow", bob, run.workflow)
        for _ in range(100):
            write_lines(run, 1)
            time.sleep(0.01)
        seen: list[int] = []
        assert close_code(client, seen) == 4403
    assert 0 < len(seen) < 100


def test_ended_session_ends_the_socket(live: LiveServer, run: Run, alice: Any, settings: Any) -> None:
    settings.AUTOMATIONS_LIVE_RECHECK_SECONDS = 0.3
    with live.open(f"/ws/runs/{run.pk}/?after=0", alice) as client:
        frame_of(client)
        Session.objects.all().delete()
        assert close_code(client) == 4401


def test_payloads_are_left_out_without_the_right_to_see_them(live: LiveServer, run: Run, bob: Any) -> None:
    assign_perm("automations.view_workflow", bob, run.workflow)
    write_step(run, "succeeded")
    write_lines(run, 1)
    with live.open(f"/ws/runs/{run.pk}/?after=0", bob) as client:
        frame = frame_of(client)
    assert frame["entries"][0]["data"] is None
    assert frame["entries"][0]["message"] == "line 1"
    assert frame["steps"][0]["output"] is None


def test_payloads_are_there_with_the_right(live: LiveServer, run: Run, alice: Any) -> None:
    write_lines(run, 1)
    with live.open(f"/ws/runs/{run.pk}/?after=0", alice) as client:
        assert frame_of(client)["entries"][0]["data"] == {"n": 1}


def test_frame_that_is_too_large_closes_and_the_server_lives(live: LiveServer, run: Run, alice: Any) -> None:
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        client.send("x" * 1_000_000)
        assert close_code(client) in (4413, 1009)
    _serves(live, run, alice)


def test_flood_of_frames_closes_and_the_server_lives(live: LiveServer, run: Run, alice: Any) -> None:
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        try:
            for _ in range(1_000):
                client.send('{"after":0}')
        except ConnectionClosed:
            pass
        assert close_code(client) == 4429
    _serves(live, run, alice)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"after":-1}', '{"after":true}', '{"after":"1"}', "[" * 50_000]
)
def test_frame_that_means_nothing_closes(live: LiveServer, run: Run, alice: Any, text: str) -> None:
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        client.send(text)
        assert close_code(client) == 4400


def test_binary_frame_closes(live: LiveServer, run: Run, alice: Any) -> None:
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        client.send(b'{"after":0}')
        assert close_code(client) == 4400


def test_huge_cursor_is_only_beyond_the_log(live: LiveServer, run: Run, alice: Any) -> None:
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        client.send('{"after":' + "9" * 400 + "}")
        assert frame_of(client)["type"] == "reset"
    with live.open(f"/ws/runs/{run.pk}/?after=" + "9" * 400, alice) as client:
        assert frame_of(client)["type"] == "reset"


@pytest.mark.parametrize("path", ["/ws/runs/1/x", "/ws/runs/abc/", "/ws/nothing/", "/ws/runs/-1/"])
def test_unknown_address_is_refused_and_the_server_lives(
    live: LiveServer, run: Run, alice: Any, path: str
) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        live.open(path, alice).recv(timeout=5)
    _serves(live, run, alice)


def _serves(live: LiveServer, run: Run, user: Any) -> None:
    with live.open(f"/ws/runs/{run.pk}/?after=0", user) as client:
        assert frame_of(client)["type"] == "nothing"
