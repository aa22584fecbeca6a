"""Any Django model as a module: its fields are typed fields, its saves are events in the same transaction."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.db.models.signals import post_save, pre_save

from automations.engine.documents import canonical_json
from automations.engine.errors import Problem, quoted
from automations.engine.fields import FieldSpec, FieldType, datetime_text, parse_schema, spec_to_json
from automations.models import Module
from automations.modules.adapter import ModuleAdapter, RecordState, storable
from automations.modules.native_fields import spec_of
from automations.modules.schema import shape_problems
from automations.modules.sql import Column, numeric_param, sql
from automations.registry import Registry

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class NativeModule:
    """A registered model: which of its fields workflows may see and change, and what they are called."""

    key: str
    name: str
    model: type[models.Model]
    fields: Mapping[str, FieldSpec]
    key_field: str = "pk"
    title_field: str = ""
    status_field: str = ""
    transitions: Mapping[str, list[str]] = field(default_factory=dict)
    team: str = ""

    @property
    def key_source(self) -> models.Field[Any, Any]:
        """The model's field that holds a record's key."""
        meta = self.model._meta
        source = meta.pk if self.key_field == "pk" else meta.get_field(self.key_field)
        assert isinstance(source, models.Field)
        return source


NATIVE: Registry[NativeModule] = Registry("native module")

RecordWritten = Callable[[str, str, "dict[str, Any] | None", "dict[str, Any]"], None]
_written: list[RecordWritten] = []
_engine_writes: ContextVar[bool] = ContextVar("engine_writes", default=False)


def on_record_written(hook: RecordWritten) -> None:
    """Install what is told of a host's own save: (module key, record key, values before or None, values after)."""
    _written[:] = [hook]


def register_module(
    model: type[models.Model],
    *,
    key: str,
    name: str,
    fields: Sequence[str],
    key_field: str = "pk",
    title_field: str = "",
    status_field: str = "",
    transitions: Mapping[str, list[str]] | None = None,
    read_only: Sequence[str] = (),
    team: str = "",
) -> NativeModule:
    """Make a Django model a module; call it in the host app's `ready()`.

    `fields` is the allow-list of field names: nothing else is ever read, compared or written. From then on a
    `save()` of an instance is an event in the same transaction. `QuerySet.update()` and `bulk_create()` send no
    signals in Django and so make no events. `key_field` is "pk" or a unique field, whose text is the record's key.

    Raises DuplicateKeyError for a key that is taken, TypeError for a field that can't be a module's, and ValueError
    for anything else that does not fit together, so that a mistake stops the start and not a workflow.
    """
    specs = {field_name: spec_of(model, field_name, field_name in read_only) for field_name in fields}
    native = NativeModule(
        key=key,
        name=name,
        model=model,
        fields=specs,
        key_field=key_field,
        title_field=title_field,
        status_field=status_field,
        transitions=dict(transitions or {}),
        team=team,
    )
    _check(native)
    NATIVE.register(key, native)
    pre_save.connect(_remember, sender=model, dispatch_uid=f"automations:{key}:pre")
    post_save.connect(_report, sender=model, dispatch_uid=f"automations:{key}:post")
    return native


def _check(native: NativeModule) -> None:
    label = native.model._meta.label
    taken = next((other.key for _, other in NATIVE.items() if other.model is native.model), None)
    if taken is not None and taken != native.key:
        raise ValueError(f"{label} is the module “{taken}” already: two would tell of each save twice.")
    if not native.key_source.unique:
        raise ValueError(f"{label}.{native.key_field} is not unique, so that it can't be the key of records.")
    problems = parse_schema([spec_to_json(spec) for spec in native.fields.values()])[1]
    problems += shape_problems(native.fields, native.title_field, native.status_field, native.transitions)
    if problems:
        raise ValueError(f"{label}: {' '.join(problem.message for problem in problems)}")


def sync_native_modules() -> list[Module]:
    """Bring the rows of registered modules up to date; runs after each migrate."""
    return [
        Module.objects.update_or_create(
            key=key,
            defaults={
                "name": native.name,
                "kind": Module.Kind.NATIVE,
                "model_label": native.model._meta.label,
                "fields": [spec_to_json(spec) for spec in native.fields.values()],
                "title_field": native.title_field,
                "status_field": native.status_field,
                "transitions": dict(native.transitions),
                "team": native.team,
            },
        )[0]
        for key, native in NATIVE.items()
    ]


def values_of(native: NativeModule, instance: models.Model) -> dict[str, Any]:
    """An instance's allowed fields as canonical values."""
    return {name: _to_canonical(spec, getattr(instance, name)) for name, spec in native.fields.items()}


def _to_canonical(spec: FieldSpec, raw: Any) -> Any:
    if raw is None:
        return None
    if spec.type is FieldType.USER:
        return raw.get_username()
    if spec.type is FieldType.DATETIME:
        return datetime_text(raw)
    if spec.type is FieldType.DATE:
        return raw.isoformat()
    if spec.type in (FieldType.NUMBER, FieldType.MONEY):
        return format(Decimal(raw), "f")
    return raw


class NativeAdapter(ModuleAdapter):
    """The adapter of a registered model. Writes go through `save()`, so that the host's own logic runs."""

    def __init__(self, module: Module, native: NativeModule) -> None:
        super().__init__(module)
        self.native = native
        self._people: dict[str, models.Model | None] = {}

    def load(self, keys: Sequence[str], *, lock: bool) -> dict[str, RecordState]:
        rows = self.all().filter(**{f"{self.native.key_field}__in": self._own_keys(keys)}).order_by("pk")
        return {
            state.key: state
            for state in map(
                self.state_of, rows.select_for_update(of=("self",), no_key=True) if lock else rows
            )
        }

    def _own_keys(self, keys: Sequence[str]) -> list[str]:
        """The keys that a row of the model can have, written as `state_of` writes them; others lead to no row."""
        source = self.native.key_source
        found = []
        for key in storable(keys):
            try:
                value = source.to_python(key)
                source.run_validators(value)
            except (ValidationError, ValueError):
                continue
            if str(value) == key:
                found.append(key)
        return found

    def fitted(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Numbers with the column's decimals; refused is what the model's own fields and validators refuse."""
        fitted: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in values.items():
            spec = self.native.fields[name]
            try:
                fitted[name] = self._fit(spec, value)
            except ValidationError as error:
                message = f"{spec.label}: {' '.join(error.messages)}"
                problems.append(Problem("not-taken", name, message, "Correct the value."))
        return fitted, problems

    def _fit(self, spec: FieldSpec, value: Any) -> Any:
        source = self.native.model._meta.get_field(spec.key)
        assert isinstance(source, models.Field)
        if spec.type is FieldType.NUMBER and value is not None and Decimal(value) % 1:
            raise ValidationError("Only whole numbers are kept.")
        raw = self._from_canonical(spec, value)
        if spec.type is FieldType.USER:
            if value is not None and raw is None:
                raise ValidationError(f"There is no user {quoted(value)}.")
            raw = raw.pk if raw is not None else None
            source.validate(raw, None)
            return value
        source.clean(raw, None)
        if spec.type is FieldType.MONEY and isinstance(source, models.DecimalField) and raw is not None:
            return format(raw.quantize(Decimal(1).scaleb(-source.decimal_places)), "f")
        return format(raw, "d") if spec.type is FieldType.NUMBER and raw is not None else value

    def _from_canonical(self, spec: FieldSpec, value: Any) -> Any:
        if value is None:
            return None
        if spec.type is FieldType.USER:
            return self._person(value)
        if spec.type is FieldType.DATETIME:
            return datetime.fromisoformat(value)
        if spec.type is FieldType.DATE:
            return date.fromisoformat(value)
        if spec.type is FieldType.MONEY:
            return Decimal(value)
        if spec.type is FieldType.NUMBER:
            return int(Decimal(value))
        return value

    def _person(self, name: str) -> models.Model | None:
        """The user of that name, looked up once by this adapter."""
        if name not in self._people:
            users = get_user_model()
            self._people[name] = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
        return self._people[name]

    def save(self, states: Sequence[RecordState]) -> None:
        with _quiet():
            for state in states:
                instance = state.handle
                before = values_of(self.native, instance)
                changed = [name for name, value in state.values.items() if before.get(name) != value]
                for name in changed:
                    self._set(instance, name, state.values[name])
                if changed:
                    instance.save(update_fields=changed)
        self._read_back(states)

    def insert(self, states: Sequence[RecordState]) -> None:
        with _quiet():
            for state in states:
                instance = self.native.model()
                if self.native.key_field != "pk":
                    setattr(instance, self.native.key_field, state.key)
                for name, value in state.values.items():
                    self._set(instance, name, value)
                instance.save()
                state.handle = instance
        self._read_back(states)

    def remove(self, states: Sequence[RecordState]) -> None:
        with _quiet():
            for state in states:
                state.handle.delete()

    def leaning(self, states: Sequence[RecordState]) -> dict[str, list[str]]:
        """Models with rows that point to these records, whatever their foreign keys would do."""
        keys = {state.handle.pk: state.key for state in states}
        found: dict[str, list[str]] = {}
        for relation in self.native.model._meta.related_objects:
            name = relation.field.name
            rows = relation.related_model._default_manager.filter(**{f"{name}__pk__in": list(keys)})
            for pk in rows.values_list(f"{name}__pk", flat=True).distinct():
                found.setdefault(keys[pk], []).append(str(relation.related_model._meta.verbose_name_plural))
        return found

    def can_return(self, key: str) -> bool:
        return self.native.key_field != "pk"

    def _read_back(self, states: Sequence[RecordState]) -> None:
        """A host's `save()`, a default or a trigger may have written more than was asked for."""
        rows = self.all().in_bulk([state.handle.pk for state in states])
        for state in states:
            if (row := rows.get(state.handle.pk)) is not None:
                state.values = values_of(self.native, row)
                state.version = state.stored_version = self.next_version(state)

    def new_state(self, key: str, values: Mapping[str, Any]) -> RecordState:
        return self._state(key, {**self._defaults(), **values}, None)

    def _defaults(self) -> dict[str, Any]:
        fields = {name: self.native.model._meta.get_field(name) for name in self.native.fields}
        return {
            name: _to_canonical(self.native.fields[name], source.to_python(source.get_default()))
            for name, source in fields.items()
            if isinstance(source, models.Field) and source.has_default() and not source.is_relation
        }

    def next_version(self, state: RecordState) -> int:
        return _version_of(state.values)

    def all(self) -> QuerySet[Any]:
        people = [name for name, spec in self.native.fields.items() if spec.type is FieldType.USER]
        rows: QuerySet[Any] = self.native.model._default_manager.order_by("-pk")
        return rows.select_related(*people) if people else rows

    def there(self, key: OuterRef) -> Exists:
        rows = self.native.model._default_manager.annotate(as_text=Cast(self.native.key_field, TextField()))
        return Exists(rows.filter(as_text=key))

    def state_of(self, row: models.Model) -> RecordState:
        return self._state(str(getattr(row, self.native.key_field)), values_of(self.native, row), row)

    def _state(self, key: str, values: dict[str, Any], row: models.Model | None) -> RecordState:
        return RecordState(self.module, key, values, _version_of(values), row)

    def column(self, field_key: str) -> Column:
        spec = self.native.fields[field_key]
        if spec.type is FieldType.USER:
            return Column(spec.type, F(f"{field_key}__{get_user_model().USERNAME_FIELD}"), _plain)
        param = {
            FieldType.NUMBER: numeric_param,
            FieldType.MONEY: numeric_param,
            FieldType.DATE: lambda text: sql("%s::date", _plain(text), output=TextField()),
            FieldType.DATETIME: lambda text: sql("%s::timestamptz", _plain(text), output=TextField()),
        }.get(spec.type, _plain)
        return Column(spec.type, F(field_key), param, F(field_key) if spec.type is FieldType.JSON else None)

    def _set(self, instance: models.Model, name: str, value: Any) -> None:
        setattr(instance, name, self._from_canonical(self.native.fields[name], value))


def _version_of(values: Mapping[str, Any]) -> int:
    """A number from 1 to 2³¹ - 1 that is the same for the same values, in every process."""
    digest = hashlib.blake2b(canonical_json(values).encode(), digest_size=4).digest()
    return int.from_bytes(digest) % (2**31 - 1) + 1


def _plain(value: Any) -> Value:
    return Value(value)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """While the engine itself writes: its `WriteBatch` makes the events, the signals must not make them again."""
    token = _engine_writes.set(True)
    try:
        yield
    finally:
        _engine_writes.reset(token)


def _native_of(model: type[models.Model]) -> NativeModule:
    return next(native for _, native in NATIVE.items() if native.model is model)


def _remember(sender: type[models.Model], instance: models.Model, raw: bool = False, **_: Any) -> None:
    """Before a host's save: what the row held, read once."""
    if raw or _engine_writes.get():
        return
    native = _native_of(sender)
    before = sender._default_manager.filter(pk=instance.pk).first() if instance.pk is not None else None
    instance._automations_before = values_of(native, before) if before is not None else None  # type: ignore[attr-defined]


def _report(sender: type[models.Model], instance: models.Model, raw: bool = False, **_: Any) -> None:
    if raw or _engine_writes.get() or not _written:
        return
    native = _native_of(sender)
    stored = sender._default_manager.get(pk=instance.pk)
    before = getattr(instance, "_automations_before", None)
    _written[0](native.key, str(getattr(stored, native.key_field)), before, values_of(native, stored))
