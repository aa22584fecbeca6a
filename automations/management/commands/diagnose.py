"""`manage.py diagnose WORKFLOW`: what is wrong, since when, what changed, whose it is, what to press."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.text import Text

from automations import permissions
from automations.insight.diagnosis.reading import diagnose_workflow
from automations.insight.diagnosis.telling import as_json
from automations.management.database import database_needed

WELL, WRONG, UNKNOWN = 0, 1, 2
STYLES = {"broken": "bold red", "warning": "yellow", "notice": "dim", "well": "bold green"}

JSONDict = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Say what is wrong with a workflow, since when, what changed just before, whose it is and what to press."
        " Exit code: 0 nothing is wrong, 1 something is, 2 no such workflow or user, or no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workflow", help="Key or id of the workflow.")
        parser.add_argument("--json", action="store_true", help="For programs: what the API answers.")
        parser.add_argument("--actor", default="", help="As this user sees it; else everything is told.")

    def handle(self, *args: Any, **options: Any) -> None:
        with database_needed(self):
            code = self._diagnose(**options)
        if code != WELL:
            sys.exit(code)

    def _diagnose(self, workflow: str, json: bool, actor: str, **_: Any) -> int:
        users = get_user_model()
        # Who runs commands here sees everything; nothing is written, so that nobody has to be there.
        who = users(is_superuser=True) if not actor else users.objects.filter(username=actor).first()
        if who is None:
            self.stderr.write(f"There is no user “{actor}”.")
            return UNKNOWN
        rows = permissions.visible_workflows(who).select_related("owner", "run_as", "active_version")
        named = rows.filter(key=workflow).first()
        if named is None and workflow.isdecimal() and len(workflow) <= 18:
            named = rows.filter(pk=int(workflow)).first()
        if named is None:
            self.stderr.write(f"There is no workflow “{workflow}”. GET /api/v1/workflows/ lists them.")
            return UNKNOWN
        told = as_json(diagnose_workflow(who, named, now=timezone.now()))
        if json:
            self.stdout.write(_lines(told))
        else:
            _print(Console(file=self._out(), highlight=False), told)
        return WELL if told["state"] == "well" else WRONG

    def _out(self) -> Any:
        return getattr(self.stdout, "_out", self.stdout)


def _lines(told: JSONDict) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2)


def _print(console: Console, told: JSONDict) -> None:
    """For people. Only values go in, through Text: what holds [markup] is printed as it is."""

    def line(*parts: tuple[str, str] | str) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    workflow, since, owner = told["workflow"], told["since"], told["owner"]
    version = f", version {workflow['version']}" if workflow["version"] is not None else ""
    line((told["headline"], STYLES[told["state"]]))
    line((f"{workflow['name']} ({workflow['key']}){version}, {workflow['mode']}", "dim"))
    if told["findings"]:
        line("")
        line(("What is wrong", "bold"))
    for one in told["findings"]:
        when = f" Since {_when(one['since'])}." if one["since"] else ""
        line("  ", (f"{one['severity']:<8}", STYLES[one["severity"]]), f"{one['sentence']}{when}")
        if one["failure"] is not None:
            line(f"          {one['failure']['what_to_do']}")
    line("")
    line(("Since when", "bold"))
    _print_since(line, since)
    line("")
    line(("What changed just before, most suspect first", "bold"))
    for one in told["changes"]:
        line(f"  {_when(one['at'])}  {one['sentence']}")
        line((f"          {one['why']}", "dim"))
    if not told["changes"]:
        line("  Nothing of what this workflow is and uses, in the week before.")
    line("")
    line(("Whose it is", "bold"))
    names = [owner["name"] or "nobody", owner["team"] and f"team {owner['team']}"]
    taken = owner["assignee"] and f"{owner['assignee']} looks into it"
    line(f"  {', '.join(part for part in (*names, taken) if part)}")
    line(f"  Runbook: {owner['runbook_url'] or 'none; the settings of the workflow take one'}")
    if told["similar"]:
        line("")
        line(("The same elsewhere", "bold"))
    for one in told["similar"]:
        line(
            f"  {one['workflow']['name']}: {one['total']} runs, {one['open']} letters open, {one['fingerprint']}"
        )
    if told["presses"]:
        line("")
        line(("What to press", "bold"))
    for number, one in enumerate(told["presses"], 1):
        line(f"  {number}. ", (one["label"], "bold"), f"  {one['why']}")
        if one["why_not"]:
            line((f"     {one['why_not']}", "yellow"))
        if one["link"]:
            line((f"     {one['link']}", "dim"))


def _print_since(line: Any, since: JSONDict) -> None:
    if since["moment"]:
        first = (
            f", first in run {since['first_run']} with version {since['first_version']}"
            if since["first_run"]
            else ""
        )
        runs = f", {since['runs']} failed since" if since["runs"] else ""
        line(f"  {_when(since['moment'])}{first}{runs}.")
    success = since["last_success"]
    line(
        f"  The last run that succeeded is run {success['run']}, version {success['version']}, {_when(success['at'])}."
        if success
        else "  No run has succeeded yet."
    )
    for name in ("before", "after"):
        span = since[name]
        percent = f"{span['failed_percent']} % failed" if span["failed_percent"] is not None else "none ended"
        line(
            f"  {'Before' if name == 'before' else 'Since'}: {span['succeeded']} succeeded, {span['failed']} failed ({percent})."
        )


def _when(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"
