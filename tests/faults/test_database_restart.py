"""PostgreSQL restarts under load, kindly and unkindly; the worker and the ticker come back by themselves."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config.embedded_postgres import EmbeddedPostgres
from tests.faults.harness import SETUP, World

RECOVERY_SECONDS = 120

FEED = """
import sys, time
from pathlib import Path
from django.db import Error, connection
from automations.models import Module
from automations.services.records import create_record
module = Module.objects.get(key="tickets")
number = 0
while not Path(STOP).exists():
    number += 1
    try:
        create_record(module=module, key=f"T{number}", values={"title": str(number)}, actor=None)
        time.sleep(0.02)
    except Error:
        connection.close()
        time.sleep(0.1)
"""
"""New records without end, as a client that goes on after each failure. Whether a record that failed on the way was
committed nobody can know; the rows tell afterwards."""


def stop_fast(server: EmbeddedPostgres) -> None:
    server.stop()


def kill_postmaster(server: EmbeddedPostgres) -> None:
    pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    psutil.Process(pid).kill()


@pytest.mark.parametrize(
    ("end", "away_seconds"),
    [(stop_fast, 2.0), (kill_postmaster, 0.0)],  # long enough for every loop to notice, and back at once
    ids=["stopped", "killed"],
)
def test_restart_under_load_loses_no_run_and_leaves_no_lease(
    end: Callable[[EmbeddedPostgres], None], away_seconds: float, server_folder: Path, tmp_path: Path
) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    server.create_database("load")
    it = World(tmp_path, server.url("load"))
    try:
        it.script(
            f"{SETUP}\nworkflow('w', node('c1', 'action.comment', text='Hello'),"
            " node('u1', 'action.update_fields', values={'state': 'seen'}))"
        )
        worker = it.start("automations_worker")
        ticker = it.start("automations_ticker")
        it.wait_until_working()
        stop_feeding = tmp_path / "stop"
        feeder = it.start("shell", "--verbosity", "0", "-c", f"STOP = {str(stop_feeding)!r}\n{FEED}")
        it.wait_for(lambda: ended(it) >= 20, 30, "the load is on")
        end(server)
        time.sleep(away_seconds)
        server.start()
        before = ended(it)
        it.wait_for(lambda: ended(it) >= before + 50, RECOVERY_SECONDS, "work goes on")
        stop_feeding.touch()
        assert feeder.wait(30) == 0, it.logs()[-3000:]
        events = it.value("SELECT count(*) FROM automations_event WHERE type = 'record.created'")
        it.wait_until_ended(events, RECOVERY_SECONDS)
        assert it.query(
            "SELECT count(*), count(DISTINCT event_id), count(lease_token) FROM automations_run"
        ) == [(events, events, 0)]
        assert it.query("SELECT DISTINCT status FROM automations_run") == [("succeeded",)]
        assert it.query(
            "SELECT count(*), count(DISTINCT run_id), count(DISTINCT record_key) FROM automations_recordcomment"
        ) == [(events, events, events)]
        assert it.query(
            "SELECT count(*), count(DISTINCT run_id) FROM automations_recordchange WHERE field = 'state'"
        ) == [(events, events)]
        for process in (worker, ticker):
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    finally:
        it.stop()


def ended(it: World) -> int:
    count: int = it.value("SELECT count(*) FROM automations_run WHERE finished_at IS NOT NULL")
    return count


def test_worker_and_ticker_stop_while_the_database_is_away(server_folder: Path, tmp_path: Path) -> None:
    server = EmbeddedPostgres(server_folder)
    server.start()
    server.create_database("away")
    it = World(tmp_path, server.url("away"))
    try:
        processes = [it.start("automations_worker"), it.start("automations_ticker")]
        it.wait_until_working()
        server.stop()
        time.sleep(2)
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(40) for process in processes] == [0, 0], it.logs()[-3000:]
    finally:
        it.stop()
