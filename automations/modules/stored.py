"""Records that live in our own table, as canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, IntegerField, OuterRef, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from automations.engine.fields import FieldType
from automations.models import Module, Record
from automations.modules.adapter import ModuleAdapter, RecordState, VersionConflictError, storable
from automations.modules.schema import facts_of
from automations.modules.sql import Column, numeric_param, sql

LOAD = (
    "SELECT id, key, data, version FROM automations_record WHERE module_id = %s AND key = ANY(%s) ORDER BY id"
)
SAVE = """
UPDATE automations_record record SET data = w.data, version = w.version, updated_at = clock_timestamp()
FROM json_to_recordset(%s) AS w (id bigint, data jsonb, version int, stored_version int)
WHERE record.id = w.id AND record.version = w.stored_version RETURNING record.id
"""


class StoredAdapter(ModuleAdapter):
    """The adapter of a stored module. Two to three statements for any number of records."""

    def load(self, keys: Sequence[str], *, lock: bool) -> dict[str, RecordState]:
        # Not through the ORM: every run reads its record here, and rows of a model cost more than the work on them.
        with connection.cursor() as cursor:
            cursor.execute(
                f"{LOAD} FOR NO KEY UPDATE" if lock else LOAD, [self.module.pk, list(storable(keys))]
            )
            return {
                key: RecordState(self.module, key, _parsed(data), version, pk)
                for pk, key, data, version in cursor.fetchall()
            }

    def save(self, states: Sequence[RecordState]) -> None:
        if not states:
            return
        with connection.cursor() as cursor:
            rows = [
                {
                    "id": state.handle,
                    "data": state.values,
                    "version": state.version,
                    "stored_version": state.stored_version,
                }
                for state in states
            ]
            cursor.execute(SAVE, [json.dumps(rows)])
            written = {row[0] for row in cursor.fetchall()}
        for state in states:
            if state.handle not in written:
                raise VersionConflictError(self.module, state.key)
            state.stored_version = state.version

    def insert(self, states: Sequence[RecordState]) -> None:
        if not states:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO automations_record (module_id, key, data, version, created_at, updated_at)"
                " SELECT %s, w.key, w.data, 1, clock_timestamp(), clock_timestamp()"
                " FROM json_to_recordset(%s) AS w (key text, data jsonb)",
                [
                    self.module.pk,
                    json.dumps([{"key": state.key, "data": state.values} for state in states]),
                ],
            )

    def remove(self, states: Sequence[RecordState]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM automations_record record USING unnest(%s::bigint[], %s::int[]) AS w (id, version)"
                " WHERE record.id = w.id AND record.version = w.version RETURNING record.id",
                [[state.handle for state in states], [state.stored_version for state in states]],
            )
            gone = {row[0] for row in cursor.fetchall()}
        for state in states:
            if state.handle not in gone:
                raise VersionConflictError(self.module, state.key)

    def all(self) -> QuerySet[Any]:
        return Record.objects.filter(module=self.module).order_by("-pk")

    def there(self, key: OuterRef) -> Exists:
        return Exists(Record.objects.filter(module=self.module, key=key))

    def new_state(self, key: str, values: Mapping[str, Any]) -> RecordState:
        return RecordState(self.module, key, dict(values), version=1, handle=None)

    def next_version(self, state: RecordState) -> int:
        return state.stored_version + 1

    def state_of(self, row: Record) -> RecordState:
        return RecordState(self.module, row.key, row.data, row.version, row.pk)

    def column(self, field_key: str) -> Column:
        return stored_column(self.module, field_key)


def stored_column(module: Module, field_key: str) -> Column:
    """A field of a stored module as SQL; these very expressions are what `indexes` builds indexes on."""
    spec = facts_of(module).schema[field_key]
    text = KeyTextTransform(spec.key, "data")
    value = KeyTransform(spec.key, "data")
    if spec.type in (FieldType.NUMBER, FieldType.MONEY):
        return Column(spec.type, sql("(%s)::numeric", text, output=IntegerField()), numeric_param, value)
    if spec.type in (FieldType.DATE, FieldType.DATETIME):
        return Column(spec.type, sql('(%s COLLATE "C")', text, output=TextField()), _text, value)
    if spec.type is FieldType.BOOLEAN:
        return Column(spec.type, sql("%s", text, output=TextField()), _boolean, value)
    return Column(spec.type, sql("%s", text, output=TextField()), _text, value)


def _parsed(data: Any) -> dict[str, Any]:
    """JSON as a cursor gives it: a text, unless the project has its driver parse it."""
    parsed: dict[str, Any] = json.loads(data) if isinstance(data, str) else data
    return parsed


def _text(value: Any) -> Value:
    return Value(value, output_field=TextField())


def _boolean(value: Any) -> Value:
    return Value("true" if value else "false", output_field=TextField())
