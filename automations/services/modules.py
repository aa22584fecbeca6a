from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from automations.engine.errors import Problem
from automations.engine.fields import FieldType, Schema, parse_schema, spec_to_json
from automations.errors import ConflictError, InvalidError
from automations.models import Action, Condition, Module, Trigger, Workflow
from automations.modules.indexes import ensure_indexes
from automations.runtime.subscriptions import bump_activation
from automations.runtime.writes import module_source
from automations.services.audit import write_audit


@transaction.atomic
def create_module(
    *,
    key: str,
    name: str,
    fields: Sequence[Mapping[str, Any]],
    actor: Any,
    title_field: str = "",
    status_field: str = "",
    transitions: Mapping[str, Sequence[str]] | None = None,
    team: str = "",
    zone: str = "UTC",
) -> Module:
    """A new stored module with its trigger source and the indexes that its fields declare.

    Raises InvalidError with every problem of the fields, ConflictError for a key that is taken.
    """
    schema, problems = parse_schema(fields)
    problems += _own_problems(schema, title_field, status_field, transitions or {})
    if problems:
        raise InvalidError(problems)
    try:
        with transaction.atomic():
            module = Module.objects.create(
                key=key,
                name=name,
                fields=[spec_to_json(spec) for spec in schema.values()],
                title_field=title_field,
                status_field=status_field,
                transitions={source: list(targets) for source, targets in (transitions or {}).items()},
                team=team,
                zone=zone,
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a module with the key “{key}”. Choose another.") from error
    module_source(module)
    ensure_indexes(module)
    write_audit(actor=actor, action="module.created", obj=module, after={"key": key, "fields": list(schema)})
    return module


@transaction.atomic
def update_module(
    *,
    module: Module,
    actor: Any,
    name: str | None = None,
    fields: Sequence[Mapping[str, Any]] | None = None,
    transitions: Mapping[str, Sequence[str]] | None = None,
) -> Module:
    """Change a stored module. A field that a draft or live version uses can be neither removed nor retyped.

    Raises InvalidError, ConflictError for a native module or a field in use (it names the workflows).
    """
    module = Module.objects.select_for_update().get(pk=module.pk)
    if module.kind == Module.Kind.NATIVE:
        raise ConflictError(
            "A native module is defined in code. Change its registration.", code="native-module"
        )
    before = {"name": module.name, "fields": module.fields, "transitions": module.transitions}
    old, _ = parse_schema(module.fields)
    schema = old
    if fields is not None:
        schema, problems = parse_schema(fields)
        if problems:
            raise InvalidError(problems)
        gone = {key for key, spec in old.items() if key not in schema or schema[key].type != spec.type}
        users = _workflows_using(module, gone)
        if users:
            raise ConflictError(f"{users} use fields that this would remove or retype.", code="field-in-use")
        module.fields = [spec_to_json(spec) for spec in schema.values()]
    if transitions is not None:
        module.transitions = {source: list(targets) for source, targets in transitions.items()}
    if name is not None:
        module.name = name
    problems = _own_problems(schema, module.title_field, module.status_field, module.transitions)
    if problems:
        raise InvalidError(problems)
    module.save()
    ensure_indexes(module)
    bump_activation()
    after = {"name": module.name, "fields": module.fields, "transitions": module.transitions}
    write_audit(actor=actor, action="module.updated", obj=module, before=before, after=after)
    return module


def _own_problems(
    schema: Schema, title_field: str, status_field: str, transitions: Mapping[str, Sequence[str]]
) -> list[Problem]:
    problems: list[Problem] = []
    for noun, key in (("title_field", title_field), ("status_field", status_field)):
        if key and key not in schema:
            problems.append(
                Problem("unknown-field", noun, f"There is no field “{key}”.", "Name one of the fields.")
            )
    if transitions and not status_field:
        problems.append(
            Problem("no-status-field", "transitions", "Transitions need a status field.", "Name it.")
        )
    if status_field in schema and schema[status_field].type is FieldType.CHOICE:
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


def _workflows_using(module: Module, keys: set[str]) -> str:
    """Names of the workflows of this module whose drafts or live versions mention one of the fields."""
    if not keys:
        return ""
    found: set[str] = set()
    workflows = Workflow.objects.filter(archived_at=None).select_related("active_version")
    drafts: dict[int, list[Any]] = {}
    for table in (Trigger, Condition, Action):
        for pk, config in table.objects.values_list("workflow_id", "config"):
            drafts.setdefault(pk, []).append(config)
    for workflow in workflows:
        documents = [
            *drafts.get(workflow.pk, []),
            workflow.active_version.document if workflow.active_version else {},
        ]
        if _mentions(documents, f"{module.key}") and any(_mentions(documents, key) for key in keys):
            found.add(f"“{workflow.name}”")
    return ", ".join(sorted(found))


def _mentions(value: Any, word: str) -> bool:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            stack.extend(current.keys())
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
        elif current == word or (isinstance(current, str) and f"record.{word}" in current):
            return True
    return False
