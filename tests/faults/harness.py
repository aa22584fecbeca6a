"""Real processes on a database of their own: workers, tickers and drainers that tests start, kill and freeze."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.postgres_plugin import migrated_database, own_database

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 4


class World:
    """A migrated database and the processes on it. `query` reads and `script` writes through the product."""

    def __init__(self, tmp_path: Path, url: str, *, migrated: bool = False, **settings: str) -> None:
        self.tmp_path = tmp_path
        self.url = url
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "AUTOMATIONS_LEASE_SECONDS": str(LEASE_SECONDS),
            "AUTOMATIONS_SLICE_SECONDS": "1",
            "AUTOMATIONS_SILENCE_SECONDS": "6",
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        if not migrated:
            self.manage("migrate", "--verbosity", "0")

    def manage(self, *words: str) -> None:
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, check=True)

    def script(self, code: str) -> str:
        """Run Python in a process of the product; returns what it prints."""
        outcome = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def start(self, *words: str, **settings: str) -> subprocess.Popen[bytes]:
        """A manage.py command in the background; its output goes to <command>-<n>.log."""
        log = self.tmp_path / f"{words[0]}-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *words],
                cwd=ROOT,
                env={**self.environment, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.tmp_path.glob("*.log")))

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, *parameters: Any) -> Any:
        return self.query(sql, *parameters)[0][0]

    def wait_for(self, holds: Callable[[], bool], seconds: float, what: str) -> float:
        """Poll until it holds; returns how long that took, fails with the processes' logs otherwise."""
        started = time.monotonic()
        while not holds():
            if time.monotonic() - started > seconds:
                runs = self.query(
                    "SELECT id, status, attempt, failure_code FROM automations_run ORDER BY id LIMIT 30"
                )
                raise AssertionError(f"{what}: not within {seconds} s.\nRuns: {runs}\n{self.logs()[-6000:]}")
            time.sleep(0.05)
        return time.monotonic() - started

    def wait_until_ended(self, runs: int, seconds: float) -> float:
        def ended() -> bool:
            return bool(
                self.value("SELECT count(*) FROM automations_run WHERE finished_at IS NOT NULL") >= runs
                and self.value("SELECT count(*) FROM automations_event WHERE state = 'pending'") == 0
            )

        return self.wait_for(ended, seconds, f"{runs} runs end")

    def wait_until_working(self, workers: int = 1) -> None:
        """Until that many clusters have stamped, and so can take work."""

        def stamped() -> bool:
            return bool(
                self.value("SELECT count(*) FROM automations_processstamp WHERE role = 'worker'") >= workers
            )

        self.wait_for(stamped, 30, "workers start")

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def world(tmp_path: Path, **settings: str) -> Iterator[World]:
    url = own_database("faults", template=migrated_database())
    made = World(tmp_path, url, migrated=True, **settings)
    try:
        yield made
    finally:
        made.stop()


def task_processes(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """All processes below a worker's supervisor."""
    return psutil.Process(worker.pid).children(recursive=True)


SETUP = """
from django.contrib.auth import get_user_model
from automations.testing import *
from automations.services.records import create_record, update_record
owner = give_modules(get_user_model().objects.create(username="alice"))
module = make_module("tickets", {"title": "text", "count": "number", "state": "text"})
def workflow(key, *actions):
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    return make_workflow(key, chain(trigger, *actions), owner=owner)
def tickets(first, last):
    for number in range(first, last + 1):
        create_record(module=module, key=f"T{number}", values={"title": str(number)}, actor=None)
"""
