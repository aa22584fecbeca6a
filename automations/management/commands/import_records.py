"""`manage.py import_records MODULE FILE.csv --mapping mapping.json`: records from a CSV file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import DownloadColumn
from rich.text import Text

from automations.engine.errors import Problem, quoted
from automations.engine.schemas import nearest
from automations.errors import InvalidError
from automations.management.database import database_needed
from automations.management.progress import progress_bar
from automations.models import Module
from automations.services.import_mappings import read_mapping
from automations.services.record_imports import ImportResult, RefusedRow, import_records

ALL_GOOD, SOME_REFUSED, UNREADABLE = 0, 1, 2
MAX_MAPPING = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Create and update the records of a module from a CSV file. Every change is an event, so that workflows run."
        " Exit code: 0 every row was good, 1 some were refused and the others kept, 2 nothing could be read, or the database"
        " is away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", help="Key of the module.")
        parser.add_argument("file", type=Path, help="CSV file, UTF-8, with a header line.")
        parser.add_argument(
            "--mapping", type=Path, required=True, help="JSON file: which column fills which field."
        )
        parser.add_argument("--actor", default="", help="User name of who imports, for history and audit.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would happen, and change nothing."
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="One JSON object a line: refused rows, and the counts at the end.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out: Any = self.stderr  # Django's wrapper would colour each line and end it with one of its own
        err = Console(file=getattr(out, "_out", out), highlight=False, soft_wrap=True)
        try:
            with database_needed(self):
                result = self._import(options, err)
        except InvalidError as error:
            for problem in error.problems:
                self._problem(problem, as_json=options["json"])
            sys.exit(UNREADABLE)
        counts = asdict(result)
        if options["json"]:
            self._line({"type": "result", "dry_run": options["dry_run"], "rows": result.rows, **counts})
        else:
            told = ", ".join(f"{number:,} {name}" for name, number in counts.items())
            self.stdout.write(f"{'Dry run, nothing changed. ' if options['dry_run'] else ''}{told}.")
        if result.refused:
            sys.exit(SOME_REFUSED)

    def _import(self, options: dict[str, Any], err: Console) -> ImportResult:
        module = _module(options["module"])
        mapping = read_mapping(_mapping_text(options["mapping"]), module)
        actor = _actor(options["actor"])
        try:
            file = options["file"].open("rb")
            size = options["file"].stat().st_size
        except OSError as error:
            raise _unreadable("no-such-file", "file", options["file"], error) from error
        with file, progress_bar(err, DownloadColumn()) as bar:
            task = bar.add_task("Import", total=2 * size)
            return import_records(
                module=module,
                mapping=mapping,
                file=file,
                actor=actor,
                at=timezone.now(),
                dry_run=options["dry_run"],
                on_refused=self._line_of_refused if options["json"] else _teller(err),
                on_progress=lambda done: bar.update(task, completed=done),
            )

    def _problem(self, problem: Problem, *, as_json: bool) -> None:
        if as_json:
            self._line({"type": "problem", **_short(problem), "path": problem.path})
        else:
            self.stderr.write(f"{problem.path}: {problem.message} {problem.hint}".rstrip())

    def _line_of_refused(self, row: RefusedRow) -> None:
        place = {"line": row.line, "key": row.key, "column": row.column, "value": row.value[:200]}
        self._line({"type": "refused", **place, **_short(row.problem)})

    def _line(self, content: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(content, ensure_ascii=False))


def _short(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "message": problem.message, "hint": problem.hint}


def _teller(console: Console) -> Callable[[RefusedRow], None]:
    def tell(row: RefusedRow) -> None:
        place = f"line {row.line}" + (f", column {quoted(row.column)}" if row.column else "")
        value = f" (it is {quoted(row.value)})" if row.column and row.value else ""
        # Through Text: a cell that holds [markup] is printed as it is.
        console.print(Text(f"{place}: {row.problem.message}{value} {row.problem.hint}".rstrip()))

    return tell


def _module(key: str) -> Module:
    module = Module.objects.filter(key=key).first()
    if module is None:
        known = list(Module.objects.values_list("key", flat=True))
        meant = nearest(key, known)
        hint = f"Did you mean “{meant}”?" if meant else f"There are {', '.join(known) or 'none yet'}."
        raise InvalidError([Problem("unknown-module", "module", f"There is no module {quoted(key)}.", hint)])
    return module


def _actor(name: str) -> Any:
    if not name:
        return None
    users = get_user_model()
    actor = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
    if actor is None:
        problem = Problem("unknown-user", "--actor", f"There is no user {quoted(name)}.", "Name one.")
        raise InvalidError([problem])
    return actor


def _mapping_text(path: Path) -> str:
    try:
        raw = path.read_bytes()[: MAX_MAPPING + 1]
        if len(raw) > MAX_MAPPING:
            message = f"The mapping is larger than {MAX_MAPPING // 1024:,} KiB."
            raise InvalidError([Problem("mapping-too-large", "mapping", message, "Shorten it.")])
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise _unreadable("no-such-file", "mapping", path, error) from error
    except UnicodeDecodeError as error:
        problem = Problem("not-utf-8", "mapping", f"{path} is not UTF-8 text.", "Save it as UTF-8.")
        raise InvalidError([problem]) from error


def _unreadable(code: str, place: str, path: Path, error: OSError) -> InvalidError:
    return InvalidError([Problem(code, place, f"{path} can't be read: {error.strerror}.", "Check the path.")])
