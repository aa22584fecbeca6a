"""What a rule or a template can see of a run, and the one way by which it reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from automations.engine.fields import datetime_text

ROOTS = ("event", "record", "steps", "variables", "now")
REFERENCE = re.compile(r"(?:event|record|steps|variables)(?:\.(?!__)[\w-]{1,64}){1,12}|now")
"""A whole reference. Names with two leading underscores are refused: nothing that anybody means begins so."""

_MAX_INDEX_DIGITS = 6


class _Missing(Enum):
    MISSING = "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""The answer of `lookup` where a path leads nowhere; false, and not None, which JSON has too."""


@dataclass(slots=True)
class Scope:
    """The values that a rule or template can see, all of them plain JSON.

    `steps` maps a node id to {"output": …}; `zone` is the zone of date-only values; `assume_changed` makes
    every `changed*` leaf true (a run-test on live records has no event to ask).
    """

    record: Mapping[str, Any] | None
    event: Mapping[str, Any] | None
    now: datetime
    zone: ZoneInfo
    variables: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    assume_changed: bool = False


def lookup(scope: Scope, path: str) -> Any:
    """The value at a dotted path: record.f, event.data.x, event.data.list.0, steps.a1.output.y, variables.v,
    now.

    MISSING if there is none. Only the keys of dictionaries and the places of lists are entered, never
    attributes.
    """
    root, *rest = path.split(".")
    if root == "now":
        return MISSING if rest else datetime_text(scope.now)
    value: Any = _root(scope, root)
    for part in rest:
        if isinstance(value, Mapping):
            value = value.get(part, MISSING)
        elif isinstance(value, list):
            value = _item(value, part)
        else:
            return MISSING
    return value


def _root(scope: Scope, name: str) -> Any:
    roots = {"record": scope.record, "event": scope.event, "steps": scope.steps, "variables": scope.variables}
    value = roots.get(name)
    return MISSING if value is None else value


def _item(values: list[Any], part: str) -> Any:
    if not (part.isascii() and part.isdigit()) or len(part) > _MAX_INDEX_DIGITS:
        return MISSING
    place = int(part)
    return values[place] if place < len(values) else MISSING
