"""`make run`: what it serves, what it says when it can't, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.demo.seed import DEMO, ORDERS, PEOPLE, TICKETS
from config.embedded_postgres import EmbeddedPostgres
from tests.faults.harness import SETUP, World
from tests.faults.launching import Launch
from tests.postgres_plugin import migrated_database, own_database

SEEDING = "Making the demo workspace"
Starter = Callable[..., Launch]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A migrated database that counts as seeded, so that a start takes seconds; a workflow that comments on new
    tickets, and one that dwells on new errands."""
    url = own_database("launch", template=migrated_database())
    made = World(tmp_path_factory.mktemp("launch"), url, migrated=True)
    made.script(
        f"{SETUP}\nfrom automations.services.workflows import create_workflow\n"
        "create_workflow(key='auto-routing', name='There already', actor=owner)\n"
        "workflow('hello', node('c1', 'action.comment', text='Hello'))\n"
        "make_module('errands', {'title': 'text'})\n"
        "make_workflow('dwell', chain(node('t1', 'trigger.record', module='errands', on=['created']),\n"
        f" node('m1', 'action.misbehave', how='sleep', file='{made.tmp_path / 'calls'}', seconds=9)), owner=owner)"
    )
    return made


@pytest.fixture
def on_workspace(workspace: World) -> dict[str, str]:
    return {name: workspace.environment[name] for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}


def create(workspace: World, module: str, key: str = "R1") -> None:
    workspace.script(
        "from automations.models import Module\nfrom automations.services.records import create_record\n"
        f"create_record(module=Module.objects.get(key='{module}'), key='{key}', values={{}}, actor=None)"
    )


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Starter]:
    """Start with these settings; None takes a variable away. What a failed test leaves is killed."""
    started: list[Launch] = []

    def start(**options: object) -> Launch:
        started.append(Launch(tmp_path, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for one in started:
        one.clean_up()


def assert_refused(refused: Launch, *sentences: str) -> None:
    """Code 2, the sentences and no traceback, and nothing stays."""
    assert refused.end() == 2, refused.output()
    for sentence in sentences:
        assert sentence in refused.output()
    assert "Traceback" not in refused.output()
    assert refused.left() == []


def test_pages_api_and_worker_serve_and_sigterm_leaves_nothing_behind(
    launch: Starter, workspace: World, on_workspace: dict[str, str]
) -> None:
    running = launch(**on_workspace)
    running.wait_until_ready()
    assert running.get("/healthz") == (200, "ok\n")
    status, page = running.get("/")  # sends strangers to the sign-in page
    assert status == 200
    assert 'name="password"' in page
    assert running.get("/api/v1/me/")[0] in (401, 403)
    create(workspace, "tickets")
    running.wait_for(
        lambda: workspace.value("SELECT count(*) FROM automations_recordcomment") == 1, 30, "the worker works"
    )
    assert len(running.left()) >= 6
    assert running.stop() == 0, running.output()
    assert running.left() == []
    assert "Traceback" not in running.output()


def test_stop_waits_for_the_step_that_the_worker_is_at(
    launch: Starter, workspace: World, on_workspace: dict[str, str]
) -> None:
    running = launch(**on_workspace)
    running.wait_until_ready()
    create(workspace, "errands")
    running.wait_for((workspace.tmp_path / "calls").exists, 30, "the step starts")
    assert running.stop() == 0, running.output()
    assert running.left() == []
    status = "SELECT r.status, r.lease_token FROM automations_run r JOIN automations_workflow w ON w.id = r.workflow_id"
    assert workspace.query(f"{status} WHERE w.key = 'dwell'") == [("succeeded", None)]


def test_killed_worker_stops_the_rest_with_a_message(launch: Starter, on_workspace: dict[str, str]) -> None:
    running = launch(**on_workspace)
    running.wait_until_ready()
    running.part("automations_worker").kill()
    assert running.end() == 1, running.output()
    assert "worker stopped" in running.output()
    assert "A part ended by itself" in running.output()
    running.wait_for_nothing_left(20)


def test_killed_cluster_is_replaced_and_ctrl_c_then_leaves_nothing_behind(
    launch: Starter, on_workspace: dict[str, str]
) -> None:
    running = launch(**on_workspace)
    running.wait_until_ready()
    cluster = running.part("qcluster")
    os.killpg(cluster.pid, signal.SIGKILL)
    running.wait_for_text("ended; starting another")
    running.wait_for(lambda: running.part("qcluster").pid != cluster.pid, 10, "another cluster starts")
    assert running.get("/healthz")[0] == 200
    os.killpg(running.process.pid, signal.SIGINT)  # what a terminal does: every process of the group gets it
    assert running.end() == 0, running.output()
    assert running.left() == []
    assert "Traceback" not in running.output()


def test_database_that_is_stopped_is_waited_for_and_one_that_is_killed_is_started_again(
    launch: Starter, server_folder: Path, tmp_path: Path
) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    server.create_database("automations")
    it = World(tmp_path, server.url("automations"))
    it.script(
        f"{SETUP}\nfrom automations.services.workflows import create_workflow\n"
        "create_workflow(key='auto-routing', name='There already', actor=owner)\n"
        "workflow('hello', node('c1', 'action.comment', text='Hello'))"
    )
    running = launch(DATABASE_URL=None, VAR_DIR=str(server_folder.parent))
    running.wait_until_ready()

    def asked() -> tuple[int, str]:
        return running.get("/api/v1/me/", Authorization="Token " + "a" * 64)

    def works(key: str) -> None:
        create(it, "tickets", key)
        comments = "SELECT count(*) FROM automations_recordcomment WHERE record_key = %s"
        running.wait_for(lambda: it.value(comments, key) == 1, 60, "the worker works")

    assert asked()[0] == 401
    works("R1")
    server.stop()
    status, body = asked()
    assert (status, json.loads(body)["code"]) == (503, "database-unavailable")
    status, page = running.get("/", Cookie="sessionid=" + "a" * 32)
    assert status == 503
    assert "The database does not answer" in page
    assert "Traceback" not in page
    time.sleep(3)
    assert not server.answers()  # somebody wanted it so
    server.start()
    assert asked()[0] == 401
    works("R2")

    pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    running.wait_for_text("PostgreSQL was killed; starting it again")
    running.wait_for(server.answers, 30, "the database serves again")
    assert asked()[0] == 401
    works("R3")
    assert running.stop() == 0
    assert running.left() == []


def test_taken_port_is_refused_before_anything_is_started(launch: Starter, server_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = launch(port=port, DATABASE_URL=None, VAR_DIR=str(server_folder.parent))
        assert_refused(refused, f"Port {port} is taken", f"PORT={port + 1}")
    assert not server_folder.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"port": 99_999}, "Port 99999 does not exist. Choose one from 1024 to 65535."),
        ({"host": "203.0.113.7"}, "203.0.113.7"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": "postgresql://localhost:many/x"}, "DATABASE_URL can't be used"),
        ({"AUTOMATIONS_WORKERS": "many"}, "AUTOMATIONS_WORKERS is “many”; set it to a whole number."),
    ],
)
def test_unusable_setting_is_refused_with_a_sentence(
    launch: Starter, options: dict[str, object], sentence: str
) -> None:
    assert_refused(launch(**options), sentence)


def test_folder_that_can_not_hold_the_database_is_refused(launch: Starter, tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("in the way")
    refused = launch(DATABASE_URL=None, VAR_DIR=str(tmp_path))
    assert_refused(refused, f"PostgreSQL can't be started in {tmp_path / 'postgres'}", "File exists")


def test_database_that_does_not_answer_is_waited_for_and_then_named(launch: Starter) -> None:
    refused = launch(
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2", DATABASE_WAIT_SECONDS="2"
    )
    assert_refused(
        refused, "Waiting for the database: ", "The database does not answer: ", "correct DATABASE_URL"
    )


def test_database_that_comes_up_late_is_used_and_a_stop_leaves_no_half_of_the_demo(
    launch: Starter, server_folder: Path
) -> None:
    server = EmbeddedPostgres(server_folder)
    running = launch(DATABASE_URL=server.url())
    running.wait_for_text("Waiting for the database: ")
    server.start()
    # All migrations are run before.
    running.wait_for_text(SEEDING, 120)
    time.sleep(3)
    assert running.stop() == 0, running.output()
    assert running.left() == []
    with psycopg.connect(server.url()) as connection:
        assert connection.execute(
            "SELECT (SELECT count(*) FROM automations_workflow), (SELECT count(*) FROM automations_record),"
            " (SELECT count(*) FROM automations_run), (SELECT count(*) FROM auth_user)"
        ).fetchone() == (0, 0, 0, 0)


def test_two_first_starts_at_once_seed_once_and_both_serve(launch: Starter, server_folder: Path) -> None:
    folder = {"DATABASE_URL": None, "VAR_DIR": str(server_folder.parent)}
    pair = [launch(**folder), launch(**folder)]
    for running in pair:
        running.wait_until_ready(240)
    assert sum(SEEDING in running.output() for running in pair) == 1
    assert sum("Another start prepares this database" in running.output() for running in pair) == 1
    with psycopg.connect(EmbeddedPostgres(server_folder).url("automations")) as connection:
        assert connection.execute(
            "SELECT (SELECT count(*) FROM automations_workflow), (SELECT count(*) FROM automations_record),"
            " (SELECT count(*) FROM demo_order), (SELECT count(*) FROM auth_user)"
        ).fetchone() == (len(DEMO) + 2, TICKETS, ORDERS, len(PEOPLE))
    for running in pair:
        assert running.get("/healthz")[0] == 200
        assert running.stop() == 0, running.output()
        assert running.left() == []
        assert f"-m config.embedded_postgres stop {server_folder}\n" in running.output()
    assert EmbeddedPostgres(server_folder).answers()


def test_of_two_starts_at_once_on_one_port_one_serves_until_its_terminal_closes(
    launch: Starter, on_workspace: dict[str, str]
) -> None:
    first = launch(terminal=True, **on_workspace)
    second = launch(terminal=True, port=first.port, **on_workspace)
    until = time.monotonic() + 40
    while first.process.poll() is None and second.process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    loser, winner = (first, second) if first.process.poll() is not None else (second, first)
    assert loser.end() == 2, loser.output()
    assert f"Port {first.port} is taken" in loser.output()
    assert loser.left() == []
    winner.wait_until_ready()
    assert winner.get("/healthz")[0] == 200
    winner.close_terminal()
    assert winner.end() == 0
    assert winner.left() == []
