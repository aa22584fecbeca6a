from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from automations.models import Run, Workflow
from tests.integration.live.conftest import (
    LiveServer,
    frame_of,
    frames_until,
    lines_of,
    start_run,
    write_lines,
    write_step,
)


@pytest.fixture
def run(workflow: Workflow) -> Run:
    return start_run(workflow)


@contextmanager
def watch(live: LiveServer, run: Run, user: Any, after: int = 0) -> Iterator[ClientConnection]:
    with live.open(f"/ws/runs/{run.pk}/", user) as client:
        client.send(json.dumps({"after": after}))
        yield client


def test_lines_arrive_when_their_transaction_has_committed(live: LiveServer, run: Run, alice: Any) -> None:
    with watch(live, run, alice) as client:
        assert frame_of(client)["type"] == "nothing"
        began = time.monotonic()
        write_lines(run, 3)
        frames = [frame_of(client)]
        assert time.monotonic() - began < 2
        # The run is read before its log: what commits in between is told in the next frame.
        while "run" not in frames[-1]:
            frames.append(frame_of(client))
    assert {frame["type"] for frame in frames} == {"news"}
    assert frames[0]["seq"] == 3
    assert [entry["message"] for entry in frames[0]["entries"]] == ["line 1", "line 2", "line 3"]
    assert frames[-1]["run"]["last_seq"] == 3


def test_first_answer_replays_the_log_in_pages_with_steps_and_status(
    live: LiveServer, run: Run, alice: Any
) -> None:
    write_step(run, "succeeded")
    write_lines(run, 1_203, end="succeeded")
    with watch(live, run, alice) as client:
        frames = frames_until(client, "end")
    assert [frame["type"] for frame in frames] == ["replay", "replay", "replay", "end"]
    assert lines_of(frames) == list(range(1, 1_204))
    assert frames[0]["steps"][0]["output"] == {"assignee": "bob"}
    assert frames[0]["run"]["status"] == "succeeded"
    assert frames[-1]["status"] == "succeeded"


def test_who_asks_for_the_end_gets_the_last_page_and_what_follows(
    live: LiveServer, run: Run, alice: Any
) -> None:
    write_lines(run, 1_203)
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        client.send(json.dumps({"after": 0, "tail": True}))
        assert lines_of([frame_of(client)]) == list(range(704, 1_204))
        write_lines(run, 2)
        assert lines_of([frame_of(client)])[:1] == [1_204]
    with live.open(f"/ws/runs/{run.pk}/", alice) as client:
        # Whoever comes back lacks what lies after his cursor, however much.
        client.send(json.dumps({"after": 100, "tail": True}))
        assert lines_of([frame_of(client)]) == list(range(101, 601))


def test_cursor_may_stand_in_the_address(live: LiveServer, run: Run, alice: Any) -> None:
    write_lines(run, 5)
    with live.open(f"/ws/runs/{run.pk}/?after=3", alice) as client:
        assert lines_of([frame_of(client)]) == [4, 5]


def test_client_that_was_cut_off_gets_every_line_once(live: LiveServer, run: Run, alice: Any) -> None:
    """Forty lines, one every 10 ms; the socket is cut after line 10 and comes back with its cursor."""
    writer = threading.Thread(target=_write_slowly, args=(run.pk, 40))
    seen: list[int] = []
    with watch(live, run, alice) as client:
        writer.start()
        while len(seen) < 10:
            seen += lines_of([frame_of(client)])
    time.sleep(0.05)
    with watch(live, run, alice, after=seen[-1]) as client:
        seen += lines_of(frames_until(client, "end"))
    writer.join()
    assert seen == list(range(1, 41))


def _write_slowly(run_id: int, count: int) -> None:
    from django.db import connection

    run = Run.objects.get(pk=run_id)
    for number in range(1, count + 1):
        write_lines(run, 1, end="succeeded" if number == count else "")
        time.sleep(0.01)
    connection.close()


def test_cursor_beyond_the_log_is_told_to_begin_again(live: LiveServer, run: Run, alice: Any) -> None:
    write_lines(run, 4)
    with watch(live, run, alice, after=99) as client:
        assert frame_of(client) == {"type": "reset", "seq": 4}
        assert frame_of(client)["run"]["last_seq"] == 4
        write_lines(run, 1)
        assert lines_of([frame_of(client)]) == [5]


def test_unchanged_steps_are_not_sent_again(live: LiveServer, run: Run, alice: Any) -> None:
    with watch(live, run, alice) as client:
        frame_of(client)
        write_step(run, "running")
        assert [step["status"] for step in frame_of(client)["steps"]] == ["running"]
        write_lines(run, 1)
        assert frame_of(client)["steps"] == []
        write_step(run, "succeeded")
        assert [step["status"] for step in frame_of(client)["steps"]] == ["succeeded"]


def test_an_ended_run_tells_that_it_was_retried_and_its_end_once(
    live: LiveServer, run: Run, alice: Any
) -> None:
    write_lines(run, 1, end="failed")
    with watch(live, run, alice) as client:
        assert frames_until(client, "end")[-1]["status"] == "failed"
        retry = start_run(run.workflow)
        Run.objects.filter(pk=retry.pk).update(retry_of=run)
        write_lines(run, 1)
        news = frame_of(client)
        assert (news["type"], news["run"]["status"], news["run"]["retried_as"]) == (
            "news",
            "failed",
            retry.pk,
        )
        assert lines_of([news]) == [2]
        with pytest.raises(TimeoutError):
            frame_of(client, 0.5)


def test_hint_for_another_run_sends_nothing(live: LiveServer, run: Run, alice: Any) -> None:
    other = start_run(run.workflow)
    with watch(live, run, alice) as client:
        frame_of(client)
        write_lines(other, 1)
        with pytest.raises(TimeoutError):
            frame_of(client, 0.5)


def test_news_survive_the_loss_of_the_listening_connection(live: LiveServer, run: Run, alice: Any) -> None:
    with watch(live, run, alice) as client:
        frame_of(client)
        _kill_listeners()
        write_lines(run, 2)
        assert lines_of([frame_of(client)]) == [1, 2]


def _kill_listeners() -> None:
    from django.db import connection

    until = time.monotonic() + 5
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN automations_live%%' AND pid <> pg_backend_pid()"
            )
            if cursor.fetchall():
                return
        time.sleep(0.05)
    pytest.fail("nobody listens")


def test_ping_is_answered(live: LiveServer, run: Run, alice: Any) -> None:
    with watch(live, run, alice) as client:
        frame_of(client)
        client.send('{"type":"ping"}')
        assert frame_of(client) == {"type": "pong"}


def test_hundred_sockets_get_the_same_line(live: LiveServer, run: Run, alice: Any) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(watch(live, run, alice)) for _ in range(100)]
        for client in clients:
            assert frame_of(client)["type"] == "nothing"
        write_lines(run, 1)
        assert [lines_of([frame_of(client)]) for client in clients] == [[1]] * 100


def test_socket_writes_nothing(live: LiveServer, run: Run, alice: Any) -> None:
    before = Run.objects.values().get(pk=run.pk)
    with watch(live, run, alice) as client:
        frame_of(client)
        client.send(json.dumps({"status": "cancelled", "type": "cancel", "run": run.pk}))
        with pytest.raises(ConnectionClosed) as closed:
            frame_of(client)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert Run.objects.values().get(pk=run.pk) == before
