"""An edit of what runs started with: a few named fields, each set to a value or taken out; the same for each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automations.engine.documents import canonical_json
from automations.engine.errors import Problem, quoted
from automations.engine.fields import FIELD_KEY
from automations.engine.schemas import check_config

MOST_FIELDS = 20
EDIT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "set": {"type": "object"},
        "remove": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": MOST_FIELDS,
            "uniqueItems": True,
        },
    },
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """What is set and what is taken out. A run that lacks a field is given it; one that lacks what is taken out stays."""

    values: Mapping[str, Any]
    removed: tuple[str, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Edit:
        """The edit that `edit_problems` finds nothing wrong with."""
        return cls(dict(told.get("set", {})), tuple(told.get("remove", ())))

    @property
    def names(self) -> list[str]:
        return [*self.values, *self.removed]

    def applied(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a run starts with after the edit."""
        return {
            name: value
            for name, value in (dict(given) | dict(self.values)).items()
            if name not in self.removed
        }

    def changes(self, given: Mapping[str, Any]) -> bool:
        """Whether it makes a difference for a run that started with this; 1, 1.0 and true are not the same."""
        return canonical_json(self.applied(given)) != canonical_json(dict(given))

    def to_json(self) -> dict[str, Any]:
        return {"set": dict(self.values), "remove": list(self.removed)}


def edit_problems(told: object, path: str) -> list[Problem]:
    """What is wrong with an edit, as somebody sent it: its form, its names, a name that is both set and taken out."""
    problems = check_config(told, EDIT, path)
    if problems or not isinstance(told, Mapping):
        return problems
    values, removed = told.get("set", {}), told.get("remove", [])
    places = [*((name, f"{path}.set") for name in values), *((name, f"{path}.remove") for name in removed)]
    if not places:
        hint = "Name a field to set or to take out, or leave the edit away."
        return [Problem("missing-value", path, "The edit changes nothing.", hint)]
    if len(places) > MOST_FIELDS:
        message = f"An edit names at most {MOST_FIELDS} fields."
        return [Problem("too-many", path, message, "Redrive in parts, or mend the workflow instead.")]
    for name, where in places:
        if not FIELD_KEY.match(name):
            hint = "Use small letters, digits and “_”, starting with a letter, at most 63 long."
            problems.append(
                Problem("bad-variable-name", where, f"{quoted(name)} is no name of a field.", hint)
            )
        elif where.endswith(".remove") and name in values:
            message = f"“{name}” is set and taken out."
            problems.append(Problem("set-and-removed", where, message, "Do one of the two."))
    return problems
