"""Values in configs: literals, references, templates. Resolved here for every action, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.errors import EngineError, Problem
from automations.engine.fields import Schema, canonical
from automations.engine.kinds import ModuleFacts
from automations.engine.rules import MISSING, Scope, lookup
from automations.engine.schemas import nearest
from automations.engine.templating import render, validate_template

VALUE_SCHEMA: Mapping[str, Any] = {
    "x-help": 'A value, {"ref": "event.data.x"} for a value that keeps its type, or text with {{ record.title }} in it.'
}
_UTC = ZoneInfo("UTC")


def resolve(value: Any, scope: Scope) -> Any:
    """A config value at run time: a reference keeps the type of what it leads to (None where it leads nowhere), a
    text is rendered, lists and objects are resolved inside. Raises TemplateError."""
    if isinstance(value, str):
        return render(value, scope)
    if isinstance(value, Mapping):
        if set(value) == {"ref"}:
            found = lookup(scope, str(value["ref"]))
            return None if found is MISSING else found
        return {key: resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    return value


def is_dynamic(value: Any) -> bool:
    """Whether a value is known only at run time."""
    return isinstance(value, Mapping) or (isinstance(value, str) and "{{" in value)


def check_values(values: Mapping[str, Any], module: ModuleFacts | None, path: str) -> list[Problem]:
    """Problems of {field: value} against a module: unknown or read-only fields, literals of the wrong type."""
    if module is None:
        return [Problem("action-without-record", path, "There is no record to change.", "Give the trigger a module.")]
    problems: list[Problem] = []
    for key, value in values.items():
        at = f"{path}.{key}"
        problems += check_field(key, module.schema, at, module.name)
        if key in module.schema and not is_dynamic(value):
            try:
                canonical(module.schema[key], value, _UTC)
            except EngineError as error:
                problems.append(
                    Problem("wrong-value-type", at, f"{module.schema[key].label}: {error.message}", error.hint)
                )
        if isinstance(value, str):
            problems += validate_template(value, at)
    return problems


def check_field(key: str, schema: Schema, path: str, module_name: str) -> list[Problem]:
    """The problem of a field that shall be written, if it has one."""
    if key not in schema:
        meant = nearest(key, list(schema))
        hint = f"Did you mean “{meant}”?" if meant else "Choose a field of the module."
        return [Problem("unknown-field", path, f"{module_name} have no field “{key[:63]}”.", hint)]
    if schema[key].read_only:
        return [Problem("read-only-field", path, f"{schema[key].label} can't be changed.", "Choose another field.")]
    return []
