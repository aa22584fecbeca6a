from __future__ import annotations

import json
import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from automations.models import Run, Workflow
from tests.integration.live.conftest import start_run, write_lines, write_step


@pytest.fixture
def run(transactional_db: None, workflow: Workflow) -> Run:
    return start_run(workflow)


def watch(*words: Any) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, error = StringIO(), StringIO()
    try:
        call_command("watch", *map(str, words), stdout=out, stderr=error)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), error.getvalue()
    return 0, out.getvalue(), error.getvalue()


def test_ended_run_is_printed_whole_and_tells_success(run: Run) -> None:
    write_lines(run, 3, end="succeeded")
    code, out, _ = watch(run.pk)
    assert code == 0
    assert [line.split("line ")[1] for line in out.splitlines()[:3]] == ["1", "2", "3"]
    assert out.splitlines()[-1] == f"run {run.pk} succeeded"


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_run_that_did_not_succeed_gives_exit_code_1(run: Run, status: str) -> None:
    Run.objects.filter(pk=run.pk).update(failure={"message": "the peer refused"})
    write_lines(run, 1, end=status)
    code, out, _ = watch(run.pk)
    assert code == 1
    assert out.splitlines()[-1] == f"run {run.pk} {status}: the peer refused"


def test_unknown_run_gives_exit_code_2_and_a_sentence(transactional_db: None) -> None:
    code, out, error = watch(4711)
    assert (code, out) == (2, "")
    assert error.startswith("There is no run 4711.")


def test_no_follow_prints_what_is_there_and_returns(run: Run) -> None:
    write_lines(run, 2)
    code, out, _ = watch(run.pk, "--no-follow")
    assert code == 0
    assert "line 2" in out


def test_following_wakes_on_commit_and_loses_no_line(run: Run) -> None:
    def write() -> None:
        mine = Run.objects.get(pk=run.pk)
        for number in range(1, 21):
            time.sleep(0.02)
            write_lines(mine, 1, end="succeeded" if number == 20 else "")
        connection.close()

    writer = threading.Thread(target=write)
    began = time.monotonic()
    writer.start()
    code, out, _ = watch(run.pk, "--json")
    writer.join()
    assert code == 0
    assert time.monotonic() - began < 5  # told by NOTIFY: looking every five seconds would be late
    frames = [json.loads(line) for line in out.splitlines()]
    assert [entry["seq"] for frame in frames for entry in frame.get("entries", ())] == list(range(1, 21))
    assert frames[-1] == {"type": "end", "seq": 20, "status": "succeeded"}


def test_json_lines_are_the_frames_of_the_socket(run: Run) -> None:
    write_step(run, "succeeded")
    write_lines(run, 1, end="succeeded")
    _, out, _ = watch(run.pk, "--json")
    frame = json.loads(out.splitlines()[0])
    assert frame["type"] == "news"
    assert frame["steps"][0]["node"] == "a1"
    assert frame["run"]["status"] == "succeeded"


def test_message_that_looks_like_markup_is_printed_as_it_is(run: Run) -> None:
    write_lines(run, 1, end="succeeded")
    run.logs.update(message="[bold]not markup[/bold] [/]")
    _, out, _ = watch(run.pk)
    assert "[bold]not markup[/bold] [/]" in out
