"""Indexes for the fields that a stored module declares as indexed: on the very expressions that rules compile to."""

from __future__ import annotations

import hashlib

from django.db import connection
from psycopg import sql as pgsql

from automations.engine.fields import FieldSpec, FieldType
from automations.models import Module
from automations.modules.schema import facts_of

TEXT = pgsql.SQL("(data ->> {key})")
ORDERED = pgsql.SQL('(data ->> {key}) COLLATE "C"')
NUMERIC = pgsql.SQL("((data ->> {key})::numeric)")
LIST = pgsql.SQL("(data -> {key})")


def index_name(module: Module, spec: FieldSpec) -> str:
    """At most 63 bytes, the same for the same module and field."""
    digest = hashlib.sha256(f"{module.pk}:{spec.key}:{spec.type}".encode()).hexdigest()[:8]
    return f"record_m{module.pk}_{spec.key[:36]}_{digest}"


def ensure_indexes(module: Module) -> list[str]:
    """Create what is missing and drop what is no longer declared; returns the names of the module's indexes.

    Outside a transaction they are built CONCURRENTLY, so that writers go on. Each ends with the id, newest first,
    so that a first page comes in order from the index itself.
    """
    if module.kind != Module.Kind.STORED:
        return []
    wanted = {index_name(module, spec): spec for spec in facts_of(module).schema.values() if spec.indexed}
    how = pgsql.SQL("") if connection.in_atomic_block else pgsql.SQL("CONCURRENTLY ")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'automations_record' AND indexname LIKE %s",
            [f"record\\_m{module.pk}\\_%"],
        )
        there = {row[0] for row in cursor.fetchall()}
        if connection.in_atomic_block and there != set(wanted):
            # A table whose rows still wait for a check of this transaction can get no index: check them now.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for name in sorted(there - set(wanted)):
            cursor.execute(pgsql.SQL("DROP INDEX {how}{name}").format(how=how, name=pgsql.Identifier(name)))
        for name in sorted(set(wanted) - there):
            cursor.execute(_create(module, name, wanted[name], how))
    return sorted(wanted)


def _create(module: Module, name: str, spec: FieldSpec, how: pgsql.SQL) -> pgsql.Composed:
    method, ending = pgsql.SQL("btree"), pgsql.SQL(", id DESC")
    if spec.type in (FieldType.NUMBER, FieldType.MONEY):
        expression = NUMERIC
    elif spec.type in (FieldType.DATE, FieldType.DATETIME):
        expression = ORDERED
    elif spec.type is FieldType.LIST:
        expression, method, ending = LIST, pgsql.SQL("gin"), pgsql.SQL("")
    else:
        expression = TEXT
    return pgsql.SQL(
        "CREATE INDEX {how}{name} ON automations_record USING {method} ({expression}{ending}) WHERE module_id = {module}"
    ).format(
        how=how,
        name=pgsql.Identifier(name),
        method=method,
        expression=expression.format(key=pgsql.Literal(spec.key)),
        ending=ending,
        module=pgsql.Literal(module.pk),
    )
