from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from automations.engine.errors import EngineError, Problem, quoted
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical, parse_schema, spec_to_json
from automations.errors import ConflictError, InvalidError
from automations.models import Action, Condition, Module, Record, Trigger, Workflow
from automations.modules.indexes import ensure_indexes
from automations.modules.schema import is_zone, shape_problems
from automations.runtime.subscriptions import bump_activation
from automations.runtime.writes import module_source
from automations.services.audit import write_audit
from automations.services.texts import require_texts

RESERVED_KEYS = ("rule", "cursor", "limit")


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

    Raises InvalidError with every problem of the texts, else of the fields, ConflictError for a key that is taken.
    """
    require_texts(
        Module,
        key=key,
        name=name,
        team=team,
        zone=zone,
        title_field=title_field,
        status_field=status_field,
    )
    schema, problems = parse_schema(fields)
    if not problems:
        problems = _own_problems(schema, zone)
    problems += shape_problems(schema, title_field, status_field, transitions or {})
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

    Raises InvalidError, ConflictError for a native module, for a field in use (it names the workflows), and for a
    new or retyped field under whose key records hold what does not fit it.
    """
    if name is not None:
        require_texts(Module, name=name)
    module = Module.objects.select_for_update(no_key=True).get(pk=module.pk)
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
        for spec in schema.values():
            if spec.key not in old or old[spec.key].type != spec.type:
                _require_fit(module, spec)
        module.fields = [spec_to_json(spec) for spec in schema.values()]
    if name is not None:
        module.name = name
    moves = module.transitions if transitions is None else transitions
    problems = _own_problems(schema, module.zone)
    problems += shape_problems(schema, module.title_field, module.status_field, moves)
    if problems:
        raise InvalidError(problems)
    module.transitions = {source: list(targets) for source, targets in moves.items()}
    module.save()
    ensure_indexes(module)
    bump_activation()
    after = {"name": module.name, "fields": module.fields, "transitions": module.transitions}
    write_audit(actor=actor, action="module.updated", obj=module, before=before, after=after)
    return module


def _own_problems(schema: Schema, zone: str) -> list[Problem]:
    """What a stored module must keep to and a model of a host, whose names are given, need not."""
    problems = [
        Problem(
            "reserved-field-key",
            f"fields[{index}].key",
            f"“{key}” has a meaning of its own in the record list's address.",
            f"Call it {key}_ or more precisely.",
        )
        for index, key in enumerate(schema)
        if key in RESERVED_KEYS
    ]
    problems += [
        Problem(
            "index-not-for-type",
            f"fields[{index}].indexed",
            f"{spec.label} is a json field, and no index helps to look inside it.",
            "Leave “indexed” out, or give what you look for a field of its own.",
        )
        for index, spec in enumerate(schema.values())
        if spec.indexed and spec.type is FieldType.JSON
    ]
    if not is_zone(zone):
        message = f"There is no time zone {quoted(zone)}."
        problems.append(Problem("unknown-zone", "zone", message, "Use a name such as Europe/Berlin."))
    return problems


def _require_fit(module: Module, spec: FieldSpec) -> None:
    """Rules and indexes compare values as the field's type does, so no record may hold another type's."""
    held = Record.objects.filter(module=module, data__has_key=spec.key).values_list("key", "data")
    for record_key, data in held.iterator(chunk_size=2_000):
        try:
            fits = canonical(spec, data[spec.key], ZoneInfo(module.zone)) == data[spec.key]
        except EngineError:
            fits = False
        if not fits:
            raise ConflictError(
                f"{module.name} “{record_key}” holds {quoted(data[spec.key])} as “{spec.key}”, which does not fit"
                f" a {spec.type} field. Change those records first, or take another key.",
                code="values-do-not-fit",
            )


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
