from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import MofNCompleteColumn
from rich.table import Table

from automations.management.database import database_needed
from automations.management.progress import progress_bar
from automations.models import Mode
from automations.runtime.replay import ReplayStalledError
from config.demo.incident_log import IncidentLog, LogError, generate_log, read_log
from config.demo.incidents import MISSED, ROUTE, URGENT, IncidentDemo


class Command(BaseCommand):
    help = "Replay an incident log through three workflows: simulated first, then executed by a real worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="CSV of audit rows; without it one is generated."
        )
        parser.add_argument(
            "--json", action="store_true", help="End with the counts as one JSON object on a line."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True)
        try:
            log = read_log(options["file"]) if options["file"] else generate_log()
            with database_needed(self):
                result = self._both_halves(log, console)
        except (LogError, ReplayStalledError) as error:
            self.stderr.write(str(error))
            sys.exit(2)
        Console().print(_table(result))
        if options["json"]:
            self.stdout.write(json.dumps(result))

    def _both_halves(self, log: IncidentLog, console: Console) -> dict[str, Any]:
        simulate = IncidentDemo(log, Mode.SIMULATE, inline=True)
        execute = IncidentDemo(log, Mode.EXECUTE, inline=False)
        with progress_bar(console, MofNCompleteColumn()) as bar:
            task = bar.add_task("Simulate", total=len(log.rows))
            simulated = simulate.run(lambda n: bar.advance(task, n))
            task = bar.add_task("Execute", total=len(log.rows))
            with _worker():
                executed = execute.run(lambda n: bar.advance(task, n))
        events, records = simulate.totals()
        if execute.totals() != (events, records):
            raise LogError(f"The halves differ: {events, records} and {execute.totals()} events and records.")
        return {"events": events, "records": records, "simulate": simulated, "execute": executed}


@contextmanager
def _worker() -> Iterator[None]:
    """A worker of our own for the time of the replay, the same command that `make run` starts."""
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "automations_worker"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
    )
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the worker is not left behind
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait()
        signal.signal(signal.SIGTERM, before)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _table(result: dict[str, Any]) -> Table:
    table = Table(title=f"{_counted(result['events'], 'event')}, {_counted(result['records'], 'record')}")
    for heading in ("", "simulate", "execute"):
        table.add_column(heading, justify="left" if not heading else "right")
    halves = (result["simulate"], result["execute"])
    for branch in halves[0][ROUTE]:
        table.add_row(f"{ROUTE}: {branch}", *(str(half[ROUTE][branch]) for half in halves))
    for name in (URGENT, MISSED):
        table.add_row(name, *(str(half[name]) for half in halves))
    for group in ("runs", "changes"):
        for key in sorted({key for half in halves for key in half[group]}):
            table.add_row(f"{group}: {key}", *(str(half[group].get(key, 0)) for half in halves))
    return table
