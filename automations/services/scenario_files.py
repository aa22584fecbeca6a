"""Scenarios in a workflow's file: they stand beside its document and leave its digest as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from automations.engine.errors import Problem, quoted
from automations.errors import InvalidError
from automations.models import Scenario, Workflow
from automations.services.scenarios import MAX_SCENARIOS, delete_scenario, edit_scenario, save_scenario

KEYS = ("name", "kind", "at", "as_user", "as_role", "given", "expected")


def scenarios_for_file(workflow: Workflow) -> list[dict[str, Any]]:
    """The workflow's scenarios as plain data, in the order of their names."""
    return [_for_file(row) for row in Scenario.objects.filter(workflow=workflow).order_by("name", "pk")]


def _for_file(row: Scenario) -> dict[str, Any]:
    moment = row.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    content = {
        "name": row.name,
        "kind": row.kind,
        "at": moment,
        "as_user": row.as_user,
        "as_role": row.as_role,
    }
    given = {key: value for key, value in row.given.items() if value not in (None, "", {})}
    return {
        **{key: value for key, value in content.items() if value},
        "given": given,
        **({"expected": row.expected} if row.expected else {}),
    }


def scenarios_from_file(raw: object) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The scenarios that a file holds, and what is wrong with their shape."""
    if not isinstance(raw, list) or len(raw) > MAX_SCENARIOS:
        message = f"“scenarios” must be a list of at most {MAX_SCENARIOS}."
        return [], [Problem("wrong-value-type", "scenarios", message, "Export some to compare.")]
    found: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for index, item in enumerate(raw):
        path = f"scenarios[{index}]"
        problem = _problem(item, path, found)
        if problem is not None:
            problems.append(problem)
        else:
            found[item["name"]] = {**item, "at": parse_datetime(item["at"])}
    return list(found.values()), problems


def _problem(item: object, path: str, seen: Mapping[str, Any]) -> Problem | None:
    if not isinstance(item, Mapping):
        return Problem("wrong-value-type", path, "A scenario is an object.", "Give it a name.")
    unknown = next((key for key in item if key not in KEYS), None)
    if unknown is not None:
        message = f"{quoted(unknown)} is no part of a scenario."
        return Problem("unknown-field", f"{path}.{str(unknown)[:80]}", message, "Take it away.")
    missing = next((key for key in ("name", "kind", "at", "given") if key not in item), None)
    if missing is not None:
        return Problem("missing-value", f"{path}.{missing}", f"It has no “{missing}”.", "Add it.")
    if not isinstance(item["name"], str) or item["name"] in seen:
        message = "A scenario needs a name of its own."
        return Problem("wrong-value", f"{path}.name", message, "Choose another.")
    if _moment(item["at"]) is None:
        message = f"{quoted(item['at'])} is no moment with a zone."
        return Problem("wrong-value-type", f"{path}.at", message, "Write “2026-03-29T14:30:00Z”.")
    return None


def _moment(raw: object) -> datetime | None:
    try:
        moment = parse_datetime(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


@transaction.atomic
def replace_scenarios(*, workflow: Workflow, items: Sequence[Mapping[str, Any]], actor: Any) -> None:
    """Make the workflow's scenarios those of a file: by their names, some are made, some changed, the others deleted.
    Raises InvalidError with the path of what can't stand so."""
    there = {row.name: row for row in Scenario.objects.filter(workflow=workflow)}
    wanted = {item["name"] for item in items}
    for name, row in there.items():
        if name not in wanted:
            delete_scenario(scenario=row, actor=actor)
    for index, item in enumerate(items):
        parts = {"as_user": "", "as_role": "", "expected": {}, **item}
        try:
            if item["name"] in there:
                edit_scenario(scenario=there[item["name"]], changes=parts, actor=actor)
            else:
                save_scenario(workflow=workflow, actor=actor, origin=Scenario.Origin.FILE, **parts)
        except InvalidError as error:
            raise InvalidError([_at(problem, index) for problem in error.problems]) from error


def _at(problem: Problem, index: int) -> Problem:
    path = f"scenarios[{index}].{problem.path}"
    return Problem(problem.code, path, problem.message, problem.hint)
