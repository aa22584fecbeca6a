"""The embedded PostgreSQL, started, killed and started again in every unkind way."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pwd
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from config import embedded_postgres
from config.embedded_postgres import EmbeddedPostgres, PostgresStartError
from tests.faults.harness import ROOT


def postmasters(server: EmbeddedPostgres) -> list[psutil.Process]:
    """Every server process that was started on this data folder; a server's children carry other command lines."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(server.data) in (process.info["cmdline"] or ()) and process.status() != psutil.STATUS_ZOMBIE
    ]


def ask(server: EmbeddedPostgres, sql: str) -> str:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
        assert row is not None
        return str(row[0])


def fill(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")


def kill_all(server: EmbeddedPostgres) -> None:
    (postmaster,) = postmasters(server)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.embedded_postgres", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def assert_one_sentence(outcome: subprocess.CompletedProcess[str], *words: str) -> None:
    assert outcome.returncode == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr
    for word in words:
        assert word in outcome.stderr


def test_second_start_finds_the_running_server(server_folder: Path) -> None:
    first = EmbeddedPostgres(server_folder)
    first.start()
    born = ask(first, "SELECT pg_postmaster_start_time()")
    second = EmbeddedPostgres(server_folder)
    second.start()
    assert second.url() == first.url()
    assert ask(second, "SELECT pg_postmaster_start_time()") == born
    assert len(postmasters(first)) == 1


def test_server_killed_with_all_its_children_serves_again_with_its_data(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    fill(server)
    kill_all(server)
    assert (
        server.data / "postmaster.pid"
    ).exists()  # what a kill leaves behind, and what must not be believed
    assert not server.answers()
    server.start()
    assert ask(server, "SELECT count(*) FROM kept") == "1000"
    assert len(postmasters(server)) == 1


def test_server_whose_postmaster_alone_was_killed_serves_again_with_its_data(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    fill(server)
    (postmaster,) = postmasters(server)
    with contextlib.closing(psycopg.connect(server.url())) as connection:
        connection.execute("SELECT count(*) FROM kept")
        postmaster.kill()
        server.start()
    assert ask(server, "SELECT count(*) FROM kept") == "1000"
    assert len(postmasters(server)) == 1


def test_new_server_waits_for_the_last_process_of_the_killed_one(server_folder: Path) -> None:
    """Two servers on one data folder would ruin it: a frozen session of the dead server keeps the new one out."""
    server = EmbeddedPostgres(server_folder)
    server.start()
    fill(server)
    (postmaster,) = postmasters(server)
    with contextlib.closing(psycopg.connect(server.url())) as connection:
        session = psutil.Process(connection.info.backend_pid)
        session.suspend()
        postmaster.kill()
        threading.Timer(3, session.resume).start()
        started = time.monotonic()
        server.start()
        assert time.monotonic() - started > 2.5
    assert ask(server, "SELECT count(*) FROM kept") == "1000"


def test_pid_file_that_names_a_living_stranger_is_not_believed(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    fill(server)
    kill_all(server)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        for path in (
            server.data / "postmaster.pid",
            server.socket_dir / f".s.PGSQL.{embedded_postgres.PORT}.lock",
        ):
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.start()
        assert ask(server, "SELECT count(*) FROM kept") == "1000"
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_processes_that_start_it_at_the_same_moment_share_one_server(server_folder: Path) -> None:
    code = (
        "import sys, psycopg; from pathlib import Path; from config.embedded_postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1])); sys.stdin.read(); server.start()\n"
        "print(psycopg.connect(server.url()).execute('SELECT pg_postmaster_start_time()').fetchone()[0])"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(server_folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    time.sleep(0.5)  # all wait at the line; closing their input lets them go
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.close()
        starter.stdin = None
    answers = [starter.communicate(timeout=60) for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 4, answers
    assert len({out for out, _ in answers}) == 1
    assert len(postmasters(EmbeddedPostgres(server_folder))) == 1


def test_starts_at_the_same_moment_after_a_kill_share_one_server(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    fill(server)
    kill_all(server)
    starters = [
        subprocess.Popen(
            [sys.executable, "-m", "config.embedded_postgres", "start", str(server_folder)], cwd=ROOT
        )
        for _ in range(3)
    ]
    assert [starter.wait(60) for starter in starters] == [0] * 3
    assert ask(server, "SELECT count(*) FROM kept") == "1000"
    assert len(postmasters(server)) == 1


def test_stop_ends_every_process_even_with_sessions_open_and_may_be_repeated(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.stop()  # before there ever was one
    server.start()
    (postmaster,) = postmasters(server)
    processes = [postmaster, *postmaster.children(recursive=True)]
    with psycopg.connect(server.url()):
        server.stop()
    assert not psutil.wait_procs(processes, timeout=5)[1]
    assert not server.answers()
    server.stop()
    server.start()
    assert server.answers()


def test_making_of_the_data_that_was_cut_short_is_begun_anew(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    server.start()
    assert ask(server, "SELECT 1") == "1"


def test_folder_below_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "postgres"
    assert_one_sentence(command("start", str(folder)), str(folder), "Not a directory")


def test_folder_with_a_long_name_gets_a_short_socket(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / ("long" * 40))
    server.start()
    try:
        assert ask(server, "SELECT 1") == "1"
        assert len(str(server.socket_dir)) < embedded_postgres.SOCKET_PATH_LIMIT
    finally:
        server.stop()
        shutil.rmtree(server.socket_dir, ignore_errors=True)


def test_temporary_folder_with_too_long_a_name_is_refused_with_a_sentence(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    folder = tmp_path / ("a" * 80)
    outcome = command("start", str(folder), TMPDIR=str(long))
    assert_one_sentence(outcome, str(long), "TMPDIR")
    assert not (folder / "data").exists()


def test_server_that_can_not_start_says_why(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'a lot'\n")
    monkeypatch.setattr(embedded_postgres, "START_SECONDS", 4.0)
    with pytest.raises(
        PostgresStartError, match=r'did not start[\s\S]*invalid value for parameter "shared_buffers"'
    ):
        server.start()
    assert postmasters(server) == []


def test_unknown_word_on_the_command_line_gets_the_usage() -> None:
    outcome = command("begin")
    assert outcome.returncode == 2
    assert "start|stop|status|url" in outcome.stderr


def as_ordinary_user(action: Callable[[], None]) -> int:
    """Run it in a fork that is not root (as itself where the tests are not root's); returns the exit code."""
    fork = multiprocessing.get_context("fork")

    def drop() -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        action()

    process = fork.Process(target=drop)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def test_ordinary_user_starts_it_with_the_socket_in_the_folder(server_folder: Path) -> None:
    server_folder.parent.chmod(0o777)

    def start() -> None:
        server = EmbeddedPostgres(server_folder)
        server.start()
        assert server.socket_dir == server_folder
        ask(server, "SELECT 1")
        server.stop()

    assert as_ordinary_user(start) == 0
    assert (server_folder / "data" / "PG_VERSION").exists()


def test_ordinary_user_without_the_right_to_write_is_told_so(server_folder: Path) -> None:
    server_folder.mkdir()
    server_folder.chmod(0o555)
    server_folder.parent.chmod(0o755)

    def start() -> None:
        with pytest.raises(PostgresStartError, match=rf"{server_folder}.*Permission denied"):
            EmbeddedPostgres(server_folder).start()

    assert as_ordinary_user(start) == 0
