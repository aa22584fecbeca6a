"""Values in the settings of actions: literals, references, templates. Checked and resolved here for every
action.

A reference, {"ref": "event.data.amount"}, keeps the type of what it leads to. A text is a template and always
comes out as text, also when it is nothing but one expression; what comes out is never looked at as a template
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.effects import Effect
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldSpec, FieldType, canonical
from automations.engine.kinds import ModuleFacts, Perform, ValidationContext
from automations.engine.outcomes import Failed, Outcome
from automations.engine.rules import MISSING, Scope, lookup
from automations.engine.schemas import check_name, listed, nearest
from automations.engine.templating import render, validate_template

VALUE_HELP = (
    "A value, text with {{ record.title }} in it, or a reference, which keeps the type of what it names."
)
_UTC = ZoneInfo("UTC")


def careful(perform: Perform) -> Perform:
    """`perform` with an engine error (a text that grows too long, say) as the step's failure, because the
    walk of a run must not break on what somebody wrote."""

    def guarded(scope: Scope, key: str) -> Effect | Outcome:
        try:
            return perform(scope, key)
        except EngineError as error:
            return Failed(error.code, error.message, retryable=error.retryable, fault=error.fault)

    return guarded


def resolve(value: Any, scope: Scope) -> Any:
    """A setting at run time: references looked up (None where they lead nowhere), texts rendered, lists
    and objects resolved inside. Raises TemplateError."""
    if isinstance(value, str):
        return render(value, scope)
    if isinstance(value, Mapping):
        if is_reference(value):
            found = lookup(scope, value["ref"])
            return None if found is MISSING else found
        return {key: resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    return value


def resolve_each(values: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The values of {name: setting}; a name “ref” is a name here, not a reference. Raises TemplateError."""
    return {name: resolve(value, scope) for name, value in values.items()}


def is_reference(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"ref"} and isinstance(value["ref"], str)


def is_dynamic(value: Any) -> bool:
    """Whether a value is known only at run time: it is a reference or a template, or has one inside."""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, Mapping):
        return is_reference(value) or any(is_dynamic(item) for item in value.values())
    return isinstance(value, list) and any(is_dynamic(item) for item in value)


def no_record(path: str) -> Problem:
    """The problem of an action on the run's record where no trigger brings one."""
    message = "There is no record here: no trigger names a module."
    return Problem("action-without-record", path, message, "Give the trigger a module, or remove this step.")


def check_templates(value: Any, path: str) -> list[Problem]:
    """Problems of all templates in a value, each at its place."""
    if isinstance(value, str):
        return validate_template(value, path)
    if isinstance(value, Mapping):
        return [problem for key, item in value.items() for problem in check_templates(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [
            problem
            for index, item in enumerate(value)
            for problem in check_templates(item, f"{path}[{index}]")
        ]
    return []


def check_field(key: str, module: ModuleFacts, path: str) -> list[Problem]:
    """The problem of a field that shall be written, if it has one."""
    spec = module.schema.get(key)
    if spec is None:
        meant = nearest(key, list(module.schema))
        hint = f"Did you mean “{meant}”?" if meant else f"Choose one of {listed(list(module.schema))}."
        return [Problem("unknown-field", path, f"{module.name} have no field “{key[:63]}”.", hint)]
    if spec.read_only:
        return [Problem("read-only-field", path, f"{spec.label} can't be changed.", "Choose another field.")]
    return []


def check_values(
    values: Mapping[str, Any], module: ModuleFacts, context: ValidationContext, path: str
) -> list[Problem]:
    """Problems of {field: value} against a module: unknown or read-only fields, literals that the field
    refuses, malformed templates."""
    problems: list[Problem] = []
    for key, value in values.items():
        at = f"{path}.{key}"
        wrong = check_field(key, module, at) or check_templates(value, at)
        problems += wrong or check_literal(module.schema[key], value, context, at)
    return problems


def check_literal(spec: FieldSpec, value: Any, context: ValidationContext, path: str) -> list[Problem]:
    """The problem of a value that is known now and that its field would refuse."""
    if spec.type is FieldType.LIST and isinstance(value, list):
        value = [item for item in value if not is_dynamic(item)]
    elif is_reference(value) or (isinstance(value, str) and is_dynamic(value)):
        return []
    try:
        known = canonical(spec, value, _UTC)
    except EngineError as error:
        return [Problem(error.code, path, f"{spec.label}: {error.message}", error.hint)]
    if known is None and spec.required:
        return [Problem("missing-value", path, f"{spec.label} must have a value.", "Give it one.")]
    if known is not None and spec.type is FieldType.USER:
        return check_name("user", known, context.users, path)
    return []
