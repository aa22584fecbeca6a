"""Small forms that people fill in: the part of JSON Schema in which kinds let an author write one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.fields import FIELD_KEY
from automations.engine.schemas import listed, nearest

TEXT = {"type": "string", "maxLength": 1_000}
QUESTION: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["string", "integer", "number", "boolean"]},
        "title": TEXT,
        "description": TEXT,
        "enum": {"type": "array", "minItems": 1, "maxItems": 200},
        "default": {},
        "minLength": {"type": "integer", "minimum": 0},
        "maxLength": {"type": "integer", "minimum": 0},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "x-widget": TEXT,
        "x-help": TEXT,
    },
    "required": ["type"],
    "additionalProperties": False,
}
"""One question of the form: the part of JSON Schema that `engine.schemas.check_config` then holds answers
to."""

FORM: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"const": "object"},
        "properties": {"type": "object", "additionalProperties": QUESTION},
        "required": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "additionalProperties": {"type": "boolean"},
    },
    "required": ["type", "properties"],
    "additionalProperties": False,
}


def form_problems(form: Mapping[str, Any], path: str) -> list[Problem]:
    """What the schema of a form can't express: names that can't be variables, required answers nobody is asked for."""
    problems: list[Problem] = []
    questions = form.get("properties", {})
    for name in questions:
        if not FIELD_KEY.match(name):
            hint = "Use small letters, digits and “_”, starting with a letter, at most 63 long."
            message = f"“{name[:64]}” is no name for an input."
            problems.append(Problem("bad-variable-name", f"{path}.properties.{name[:64]}", message, hint))
    for index, name in enumerate(form.get("required", ())):
        if name not in questions:
            meant = nearest(name, list(questions))
            hint = (
                f"Did you mean “{meant}”?"
                if meant
                else f"The form asks for {listed(list(questions)) or 'nothing'}."
            )
            message = f"The form does not ask for “{name[:64]}”."
            problems.append(Problem("unknown-input", f"{path}.required[{index}]", message, hint))
    return problems
