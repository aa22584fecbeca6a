"""`manage.py watch RUN`: a run's log in the terminal, as it grows."""

from __future__ import annotations

import json
import sys
from argparse import BooleanOptionalAction
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.text import Text

from automations.engine.statuses import RunStatus
from automations.insight.run_news import JSONDict, RunCursor, RunNews, read_run_news
from automations.management.database import database_needed
from automations.runtime.announce import CHANNEL
from automations.runtime.listening import listen_parameters

SUCCEEDED, FAILED, UNKNOWN = 0, 1, 2
LOOK_AGAIN_SECONDS = 5.0
"""A hint can be lost with a connection; the rows can't, so they are read this often without one."""

LEVEL_STYLES = {"error": "bold red", "warning": "yellow", "debug": "dim"}
STATUS_STYLES = {"succeeded": "bold green", "failed": "bold red", "cancelled": "bold", "waiting": "yellow"}


class Command(BaseCommand):
    help = "Print a run's log and steps until it ends. Exit code: 0 succeeded or still going, 1 failed or cancelled, 2 no such run, or no database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, help="Id of the run.")
        parser.add_argument(
            "--follow", action=BooleanOptionalAction, default=True, help="Wait for news until it ends."
        )
        parser.add_argument(
            "--json", action="store_true", help="One JSON object a line, the frames of the live socket."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        show = _JSONLines(self.stdout) if options["json"] else _Terminal(self.stdout)
        cursor = RunCursor(run_id=options["run"])
        try:
            with database_needed(self):
                code = _follow(cursor, show) if options["follow"] else _print_once(cursor, show)
        except KeyboardInterrupt:
            code = SUCCEEDED
        if code == UNKNOWN:
            self.stderr.write(
                f"There is no run {options['run']}. The admin and GET /api/v1/runs/ list the runs."
            )
        if code != SUCCEEDED:
            sys.exit(code)


class _JSONLines:
    def __init__(self, out: Any) -> None:
        self._out = out

    def __call__(self, news: RunNews) -> None:
        if not news.empty:
            frame: JSONDict = {"type": "news", "seq": news.seq, "entries": news.entries, "steps": news.steps}
            self._write(frame if news.run is None else frame | {"run": news.run})

    def end(self, run: JSONDict) -> None:
        self._write({"type": "end", "seq": run["last_seq"], "status": run["status"]})

    def _write(self, frame: JSONDict) -> None:
        self._out.write(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
        self._out.flush()


class _Terminal:
    def __init__(self, out: Any) -> None:
        self._console = Console(file=getattr(out, "_out", out), highlight=False, soft_wrap=True)

    def __call__(self, news: RunNews) -> None:
        # Only values go in, through Text: a message that holds [markup] is printed as it is.
        if news.run is not None and news.run["status"] in ("queued", "waiting"):
            self._console.print(Text(f"run is {news.run['status']}", style="dim"))
        for entry in news.entries:
            line = Text.assemble(
                (f"{entry['at'][11:23]} ", "dim"),
                (f"{entry['level']:<7} ", LEVEL_STYLES.get(entry["level"], "")),
                (f"{entry['node']} " if entry["node"] else "", "cyan"),
                entry["message"],
            )
            self._console.print(line)

    def end(self, run: JSONDict) -> None:
        reason = f": {run['failure']['message']}" if run["failure"].get("message") else ""
        style = STATUS_STYLES.get(run["status"], "")
        self._console.print(Text.assemble((f"run {run['id']} {run['status']}", style), reason))


def _print_once(cursor: RunCursor, show: _JSONLines | _Terminal) -> int:
    ended = _catch_up(cursor, show)
    if ended is None:
        return UNKNOWN
    return _end(cursor, show) if ended else SUCCEEDED


def _follow(cursor: RunCursor, show: _JSONLines | _Terminal) -> int:
    """LISTEN first, read then: what is committed in between is announced."""
    while True:
        try:
            with psycopg.connect(**listen_parameters()) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                while True:
                    ended = _catch_up(cursor, show)
                    if ended is None:
                        return UNKNOWN
                    if ended:
                        return _end(cursor, show)
                    for _ in connection.notifies(timeout=LOOK_AGAIN_SECONDS, stop_after=1):
                        pass
        except psycopg.OperationalError:
            if _catch_up(cursor, show) is None:  # raises where the database is away, not only this connection
                return UNKNOWN


def _catch_up(cursor: RunCursor, show: _JSONLines | _Terminal) -> bool | None:
    """Print all that is new; whether the run has ended, or None when there is no such run."""
    while True:
        news = read_run_news(cursor)
        if news is None:
            return None
        show(news)
        if not news.more:
            return news.ended


def _end(cursor: RunCursor, show: _JSONLines | _Terminal) -> int:
    show.end(cursor.run)
    return SUCCEEDED if cursor.run["status"] == RunStatus.SUCCEEDED else FAILED
