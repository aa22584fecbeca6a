"""`manage.py workflow …`: workflows from the command line, so that git and CI can hold them."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from automations.engine.differences import difference
from automations.engine.documents import Definition, parse_document
from automations.errors import GateClosedError, InvalidError, NotFoundError, ServiceError
from automations.insight.go_live_print import printed
from automations.management.backtest_report import as_json, as_lines, watched
from automations.management.database import database_needed
from automations.models import Backtest, BacktestStatus, ScenarioResult, Workflow
from automations.services.backtests import start_backtest, start_shadow, stop_shadow
from automations.services.drafts import load_draft, pin_definitions
from automations.services.gate import check_gate
from automations.services.go_live import printable, read_checklist
from automations.services.releases import promote_workflow, rollback_workflow
from automations.services.run_tests import RunTestRequest, run_test
from automations.services.scenario_files import scenarios_for_file
from automations.services.scenarios import run_all
from automations.services.versions import (
    describe_definition,
    load_definition,
    publish_version,
    validate_definition_of,
)
from automations.services.workflow_files import export_workflow, import_workflow, read_file

GOOD, REFUSED, UNREADABLE = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Export, import, validate, describe, compare, run-test, backtest, shadow, publish, promote and roll back workflows,"
        " and run their scenarios."
        " Exit code: 0 done, 1 refused or not valid, 2 no such workflow or file, or no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")

        def part(name: str, work: Callable[..., int], help: str, *, key: bool = True) -> ArgumentParser:
            made: ArgumentParser = parts.add_parser(name, help=help)
            made.set_defaults(work=work)
            if key:
                made.add_argument("key", help="Key of the workflow.")
            return made

        export = part("export", self._export, "Write a workflow as YAML.")
        _version(export)
        export.add_argument(
            "--scenarios", action="store_true", help="With its scenarios; they hold values of records."
        )
        export.add_argument("--file", type=Path, help="Where it is written; else it is printed.")

        import_ = part(
            "import", self._import, "Make a workflow from a file, or replace its draft.", key=False
        )
        import_.add_argument("file", type=Path)
        import_.add_argument(
            "--unfinished", action="store_true", help="Also a definition that has problems, to mend it here."
        )
        _actor(import_)

        validate = part("validate", self._validate, "Name every problem of a workflow or of a file.")
        _version(validate)
        validate.add_argument("--file", type=Path, help="Judge this file's content instead of the draft.")

        describe = part("describe", self._describe, "A workflow as plain sentences.")
        _version(describe)

        compare = part("diff", self._diff, "What differs between two versions.")
        compare.add_argument("before", help="“draft”, “live” or a number.")
        compare.add_argument("after", help="“draft”, “live” or a number.")
        compare.add_argument("--exit-code", action="store_true", help="1 when they differ, for a pipeline.")

        test = part("run-test", self._run_test, "What it would do with the live records; nothing is written.")
        _version(test)
        test.add_argument("--record", default="", help="One record's key instead of all.")
        test.add_argument("--limit", type=int, default=50)

        scenarios = part("scenarios", self._scenarios, "Run every scenario; 1 when one fails.")
        _version(scenarios)
        scenarios.add_argument("--json", action="store_true", help="For programs.")
        _actor(scenarios)

        past = part("backtest", self._backtest, "What it would have done with past events, beside another.")
        _version(past)
        past.add_argument("--against", type=int, metavar="N", help="A version's number; else the live one.")
        past.add_argument("--days", type=int, help="The last so many days; 7 when no range is named.")
        past.add_argument("--since", type=_moment, help="In place of days: 2026-03-01, or with a time.")
        past.add_argument("--until", type=_moment, help="Else now.")
        past.add_argument("--limit", type=int, default=20, help="Differences that are listed.")
        past.add_argument("--json", action="store_true", help="For programs.")
        _actor(past)

        shadow = part("shadow", self._shadow, "How far its newest shadow agrees with what is live.")
        todo = shadow.add_mutually_exclusive_group()
        todo.add_argument("--start", action="store_true", help="Judge every live event from now on.")
        todo.add_argument("--stop", action="store_true", help="End it now; what it has counted stands.")
        _version(shadow)
        shadow.add_argument("--days", type=int, help="When it ends by itself; after 14 when left out.")
        shadow.add_argument("--reason", default="", help="Why it is stopped.")
        shadow.add_argument("--limit", type=int, default=20, help="Differences that are listed.")
        shadow.add_argument("--json", action="store_true", help="For programs.")
        _actor(shadow)

        publish = part("publish", self._publish, "Freeze the draft as the next version; it simulates.")
        publish.add_argument("--note", default="")
        _actor(publish)

        gate = part(
            "gate",
            self._gate,
            "Run the scenarios on the live version and judge the gate; 1 when it is closed.",
        )
        _actor(gate)

        live = part("go-live", self._go_live, "The go-live checklist; 1 while a check is open.")
        live.add_argument("--file", type=Path, help="Where it is written, as .html, .pdf or .json.")

        promote = part("promote", self._promote, "Let the live version act, through the gate.")
        promote.add_argument("--reason", default="")
        _actor(promote)

        rollback = part("rollback", self._rollback, "Make an earlier version the live one again.")
        rollback.add_argument("--to", type=int, required=True, metavar="N")
        rollback.add_argument("--reason", required=True)
        _actor(rollback)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database_needed(self):
                code = options["work"](**options)
        except (InvalidError, GateClosedError) as error:
            for problem in error.problems:
                self.stderr.write(f"{problem.path or 'file'}: {problem.message} {problem.hint}")
            code = REFUSED
        except NotFoundError as error:
            self.stderr.write(error.detail)
            code = UNREADABLE
        except ServiceError as error:
            self.stderr.write(error.detail)
            code = REFUSED
        except OSError as error:
            self.stderr.write(f"{error.filename}: {error.strerror}.")
            code = UNREADABLE
        if code != GOOD:
            sys.exit(code)

    def _export(self, key: str, version: str | int, scenarios: bool, file: Path | None, **_: Any) -> int:
        workflow = _workflow(key)
        rows = scenarios_for_file(workflow) if scenarios else []
        text = export_workflow(workflow, load_definition(workflow, version), workflow.layout, rows)
        if file is None:
            self.stdout.write(text, ending="")
        else:
            file.write_text(text, encoding="utf-8")
        return GOOD

    def _import(self, file: Path, actor: str, unfinished: bool, **_: Any) -> int:
        read = read_file(_text(file))
        there = Workflow.objects.filter(key=read.key).first()
        done = import_workflow(file=read, workflow=there, actor=_user(actor), unfinished=unfinished)
        self.stdout.write(
            f"“{done.workflow.name}” {'made' if done.created else 'replaced'}: revision {done.draft.revision}."
        )
        if not done.same:
            self.stdout.write(
                "Its digest is not the one in the file: a policy, a started workflow or the zone is another here than where it was exported."
            )
        return GOOD

    def _validate(self, key: str, version: str | int, file: Path | None, **_: Any) -> int:
        workflow = _workflow(key)
        definition = load_definition(workflow, version) if file is None else _definition(workflow, file)
        problems = validate_definition_of(workflow, definition)
        for problem in problems:
            self.stdout.write(f"{problem.severity}: {problem.path}: {problem.message} {problem.hint}")
        errors = sum(problem.severity == "error" for problem in problems)
        self.stdout.write(f"{errors} errors, {len(problems) - errors} warnings.")
        return REFUSED if errors else GOOD

    def _describe(self, key: str, version: str | int, **_: Any) -> int:
        for number, sentence in enumerate(describe_definition(load_definition(_workflow(key), version)), 1):
            self.stdout.write(f"{number}. {sentence}")
        return GOOD

    def _diff(self, key: str, before: str, after: str, exit_code: bool, **_: Any) -> int:
        workflow = _workflow(key)
        old, new = (load_definition(workflow, _side(workflow, name)) for name in (before, after))
        found = difference(old, new)
        self.stdout.write(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return REFUSED if exit_code and not found.same else GOOD

    def _run_test(self, key: str, version: str | int, record: str, limit: int, **_: Any) -> int:
        request = RunTestRequest(version=version, record=record, limit=limit)
        answer = run_test(workflow=_workflow(key), request=request)
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, default=str))
        return GOOD

    def _backtest(self, key: str, json: bool, limit: int, actor: str, **options: Any) -> int:
        asked = {name: options[name] for name in ("version", "against", "days", "since", "until")}
        started = start_backtest(workflow=_workflow(key), actor=_user(actor), **asked)
        done = watched(started)
        for line in [as_json(done, limit)] if json else as_lines(done, limit):
            self.stdout.write(line)
        return GOOD if done.status == BacktestStatus.SUCCEEDED else REFUSED

    def _shadow(self, key: str, json: bool, limit: int, actor: str, **options: Any) -> int:
        workflow, person = _workflow(key), _user(actor)
        if options["start"]:
            asked = {name: options[name] for name in ("version", "days")}
            shadow = start_shadow(workflow=workflow, actor=person, **asked)
        else:
            shadow = _newest_shadow(workflow)
            if options["stop"]:
                shadow = stop_shadow(backtest=shadow, actor=person, reason=options["reason"])
        for line in [as_json(shadow, limit)] if json else as_lines(shadow, limit):
            self.stdout.write(line)
        return REFUSED if shadow.status == BacktestStatus.FAILED else GOOD

    def _scenarios(self, key: str, version: str | int, json: bool, actor: str, **_: Any) -> int:
        results = run_all(workflow=_workflow(key), actor=_user(actor), version=version)
        failed = [row for row in results if row.status == ScenarioResult.Status.FAILED]
        if json:
            self.stdout.write(_as_json(results))
        else:
            for row in results:
                self.stdout.write(f"{row.status}: {row.scenario.name}")
                for difference in row.differences:
                    self.stdout.write(f"  {difference['message']}")
            self.stdout.write(f"{len(results) - len(failed)} of {len(results)} scenarios pass.")
        return REFUSED if failed else GOOD

    def _publish(self, key: str, note: str, actor: str, **_: Any) -> int:
        version = publish_version(workflow=_workflow(key), actor=_user(actor), note=note)
        self.stdout.write(f"Version {version.number} is live in simulate. Digest: {version.digest}")
        return GOOD

    def _gate(self, key: str, actor: str, **_: Any) -> int:
        gate = check_gate(workflow=_workflow(key), actor=_user(actor))
        for line in gate.lines:
            self.stdout.write(f"{line.state.value}: {line.title}. {line.sentence} {line.hint}".rstrip())
        return GOOD if gate.is_green else REFUSED

    def _go_live(self, key: str, file: Path | None, **_: Any) -> int:
        checklist = read_checklist(workflow=_workflow(key))
        if file is not None:
            file.write_bytes(
                printed(printable(checklist=checklist, now=timezone.now()), file.suffix.removeprefix("."))
            )
        else:
            for chapter in checklist.chapters:
                self.stdout.write(chapter.title)
                for check in chapter.checks:
                    self.stdout.write(f"  {check.state}: {check.title}. {check.sentence}")
        return REFUSED if checklist.open_checks else GOOD

    def _promote(self, key: str, reason: str, actor: str, **_: Any) -> int:
        workflow = promote_workflow(workflow=_workflow(key), actor=_user(actor), reason=reason)
        self.stdout.write(f"“{workflow.name}” acts now.")
        return GOOD

    def _rollback(self, key: str, to: int, reason: str, actor: str, **_: Any) -> int:
        version = rollback_workflow(workflow=_workflow(key), number=to, reason=reason, actor=_user(actor))
        self.stdout.write(f"Version {version.number} is live again. What newer runs did stands.")
        return GOOD


def _as_json(results: Sequence[ScenarioResult]) -> str:
    answer = [
        {
            "scenario": row.scenario.name,
            "kind": row.scenario.kind,
            "status": row.status,
            "differences": row.differences,
            "duration_ms": row.duration_ms,
            "digest": row.digest,
        }
        for row in results
    ]
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _version(parser: ArgumentParser) -> None:
    parser.add_argument("--version", type=_number, default="draft", help="“draft”, or a version's number.")


def _actor(parser: ArgumentParser) -> None:
    parser.add_argument("--actor", default="", help="User name of who does it, for the trail.")


def _number(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() else text


def _side(workflow: Workflow, name: str) -> str | int:
    """What a name of `diff` stands for. Raises NotFoundError for “live” where nothing is."""
    if name != "live":
        return _number(name)
    if workflow.active_version is None:
        raise NotFoundError(f"“{workflow.name}” has no live version.")
    return workflow.active_version.number


def _moment(text: str) -> datetime:
    """A moment as people write it; one without a zone is the server's."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else timezone.make_aware(moment)


def _workflow(key: str) -> Workflow:
    found = Workflow.objects.select_related("module", "active_version").filter(key=key).first()
    if found is None:
        keys = ", ".join(Workflow.objects.values_list("key", flat=True)[:20])
        raise NotFoundError(f"There is no workflow “{key}”; there are {keys or 'none'}.")
    return found


def _newest_shadow(workflow: Workflow) -> Backtest:
    found = Backtest.objects.filter(workflow=workflow, is_shadow=True).first()
    if found is None:
        raise NotFoundError(f"“{workflow.name}” has had no shadow. Start one with --start.")
    return found


def _user(name: str) -> Any:
    users = get_user_model()
    found = users.objects.filter(**{users.USERNAME_FIELD: name}).first() if name else None
    if name and found is None:
        raise NotFoundError(f"There is no user “{name}”.")
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NotFoundError(f"{file} is no UTF-8 text.") from error


def _definition(workflow: Workflow, file: Path) -> Definition:
    """The file's content as this workflow's draft would be."""
    definition, _ = parse_document(read_file(_text(file)).document)
    assert definition is not None
    live = load_draft(workflow).definition
    drawn = Definition(definition.nodes, definition.edges, settings=live.settings)
    return pin_definitions({workflow: drawn})[workflow.pk]
