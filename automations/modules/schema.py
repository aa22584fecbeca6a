"""A module's typed fields, parsed once for each state of its row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.documents import canonical_json
from automations.engine.errors import Problem
from automations.engine.fields import FieldSpec, FieldType, Schema, parse_schema
from automations.engine.kinds import ModuleFacts
from automations.models import Module


def facts_of(module: Module) -> ModuleFacts:
    """What validation, rules and performers know about the module, as a value."""
    return _facts(
        module.key,
        module.name,
        canonical_json(module.fields),
        module.status_field,
        canonical_json(module.transitions),
    )


@lru_cache(maxsize=512)
def _facts(key: str, name: str, fields: str, status_field: str, transitions: str) -> ModuleFacts:
    parsed: list[dict[str, Any]] = json.loads(fields)
    schema: dict[str, FieldSpec]
    schema, problems = parse_schema(parsed)
    if problems:
        raise ValueError(f"The fields of “{key}” are not valid: {problems[0].message}")
    return ModuleFacts(
        key=key, name=name, schema=schema, status_field=status_field, transitions=json.loads(transitions)
    )


def shape_problems(
    schema: Schema, title_field: str, status_field: str, transitions: Mapping[str, Sequence[str]]
) -> list[Problem]:
    """What does not fit together in a module: unknown title and status fields, moves between unknown statuses."""
    problems: list[Problem] = []
    for noun, key in (("title_field", title_field), ("status_field", status_field)):
        if key and key not in schema:
            problems.append(
                Problem("unknown-field", noun, f"There is no field “{key}”.", "Name one of the fields.")
            )
    if not isinstance(transitions, Mapping) or not all(
        isinstance(targets, list | tuple) and all(isinstance(target, str) for target in targets)
        for targets in transitions.values()
    ):
        hint = 'Send {"open": ["closed"]}.'
        message = "Transitions are an object of lists of statuses."
        return [*problems, Problem("malformed-transitions", "transitions", message, hint)]
    if transitions and not status_field:
        problems.append(
            Problem("no-status-field", "transitions", "Transitions need a status field.", "Name it.")
        )
    if transitions and status_field in schema and schema[status_field].type is not FieldType.CHOICE:
        message = f"“{status_field}” is no choice field, so that there are no statuses to move between."
        problems.append(Problem("status-without-choices", "status_field", message, "Make it a choice field."))
    elif status_field in schema:
        known = schema[status_field].choices
        for source, targets in transitions.items():
            problems += [
                Problem(
                    "unknown-choice",
                    f"transitions.{source}",
                    f"There is no status “{status}”.",
                    f"Use {', '.join(known)}.",
                )
                for status in (source, *targets)
                if status not in known
            ]
    return problems


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of the zone files, as "Europe"
        return False
    return True
