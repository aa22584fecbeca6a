"""An indexed field of a stored module has an index of its own, and rules on it use that index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from automations.engine.rules import compile_rule
from automations.models import Module
from automations.modules.adapter import adapter_for
from automations.modules.indexes import ensure_indexes, index_name
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.services.modules import create_module, update_module
from automations.services.records import import_rows

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"key": "code", "type": "text", "indexed": True},
    {"key": "amount", "type": "money", "indexed": True},
    {"key": "level", "type": "number", "indexed": True},
    {"key": "due_on", "type": "date", "indexed": True},
    {"key": "at", "type": "datetime", "indexed": True},
    {"key": "status", "type": "choice", "choices": ["open", "closed"], "indexed": True},
    {"key": "vip", "type": "boolean", "indexed": True},
    {"key": "owner", "type": "user", "indexed": True},
    {"key": "tags", "type": "list", "indexed": True},
    {"key": "note", "type": "text"},
]
ROWS = 4_000


@pytest.fixture
def module(root: Any) -> Module:
    return create_module(key="things", name="Things", fields=FIELDS, actor=root)


@pytest.fixture
def full(module: Module, root: Any) -> Module:
    rows = [
        (
            f"R-{n}",
            {
                "code": f"C-{n}",
                "amount": f"{n}.50",
                "level": str(n),
                "due_on": f"{1000 + n}-01-01",
                "at": f"{1000 + n}-01-01T00:00:00.000000Z",
                "status": "open" if n % 400 == 0 else "closed",
                "vip": n % 400 == 0,
                "owner": f"user{n}",
                "tags": [f"tag{n}", "all"],
                "note": f"C-{n}",
            },
        )
        for n in range(ROWS)
    ]
    import_rows(module=module, rows=rows, actor=root)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE automations_record")
    return module


def plan_of(module: Module, rule: Any, *, ordered: bool = True) -> str:
    context = SqlContext(datetime(2026, 3, 29, tzinfo=UTC), ZoneInfo("UTC"))
    tree = compile_rule(rule, facts_of(module).schema).tree
    rows = adapter_for(module).queryset(tree, context=context)
    return str((rows if ordered else rows.order_by()).explain())


def indexes_of(module: Module) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname LIKE %s", [f"record\\_m{module.pk}\\_%"]
        )
        return {row[0] for row in cursor.fetchall()}


SELECTIVE: list[tuple[str, str, Any]] = [
    ("code", "eq", "C-7"),
    ("code", "in", ["C-7", "C-8"]),
    ("amount", "eq", "7.5"),
    ("amount", "between", ["7", "9.50"]),
    ("level", "in", [5, 7]),
    ("due_on", "eq", "1007-01-01"),
    ("due_on", "newer_than", "P999D"),
    ("at", "between", ["1007-01-01T00:00:00Z", "1009-01-01T00:00:00Z"]),
    ("at", "within_next", "P999D"),
    ("status", "eq", "open"),
    ("vip", "is_true", None),
    ("owner", "eq", "user7"),
    ("tags", "contains", "tag7"),
    ("tags", "has_any", ["tag7", "tag8"]),
    ("tags", "has_all", ["tag7", "all"]),
]
ONE_ENDED: list[tuple[str, str, Any]] = [
    ("level", "lt", 5),
    ("amount", "gte", "3990"),
    ("due_on", "lte", "1007-01-01"),
    ("at", "gt", "4990-01-01T00:00:00Z"),
    ("at", "older_than", "P999D"),
]


def without_index(module: Module, cases: list[tuple[str, str, Any]], *, ordered: bool) -> list[str]:
    """The plans of the cases that do not use their field's index."""
    plans = []
    for field, op, value in cases:
        plan = plan_of(module, {"field": field, "op": op, "value": value}, ordered=ordered)
        if index_name(module, facts_of(module).schema[field]) not in plan:
            plans.append(f"{field} {op}: {plan}")
    return plans


def test_a_rule_on_an_indexed_field_uses_its_index(full: Module) -> None:
    assert without_index(full, SELECTIVE, ordered=True) == []


def test_a_range_with_one_end_can_use_the_index_where_reading_the_whole_table_is_dearer(full: Module) -> None:
    # PostgreSQL does not use the statistics of a partial index: to it each such range is a third of the table.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert without_index(full, ONE_ENDED, ordered=False) == []


def test_a_rule_on_a_field_without_index_uses_none_of_them(full: Module) -> None:
    assert not any(
        name in plan_of(full, {"field": "note", "op": "eq", "value": "C-7"}) for name in indexes_of(full)
    )


def test_adding_indexed_makes_the_index_and_removing_it_drops_it(module: Module, root: Any) -> None:
    schema = facts_of(module).schema
    assert indexes_of(module) == {index_name(module, spec) for spec in schema.values() if spec.indexed}
    with_note = [{**field, "indexed": True} if field["key"] == "note" else field for field in FIELDS]
    changed = update_module(module=module, fields=with_note, actor=root)
    note = index_name(module, facts_of(changed).schema["note"])
    assert note in indexes_of(module)
    bare = [{**field, "indexed": False} for field in FIELDS]
    update_module(module=module, fields=bare, actor=root)
    assert indexes_of(module) == set()


def test_removing_a_field_drops_its_index_and_retyping_makes_another(module: Module, root: Any) -> None:
    old = index_name(module, facts_of(module).schema["code"])
    retyped = [{**field, "type": "number"} if field["key"] == "code" else field for field in FIELDS]
    changed = update_module(module=module, fields=retyped, actor=root)
    new = index_name(module, facts_of(changed).schema["code"])
    assert new != old
    assert (old in indexes_of(module), new in indexes_of(module)) == (False, True)
    update_module(module=module, fields=[field for field in FIELDS if field["key"] != "code"], actor=root)
    assert new not in indexes_of(module)


def test_making_sure_twice_changes_nothing_and_modules_keep_to_their_own(module: Module, root: Any) -> None:
    other = create_module(key="others", name="Others", fields=FIELDS, actor=root)
    names = indexes_of(module)
    assert set(ensure_indexes(module)) == names
    update_module(module=other, fields=[{"key": "note", "type": "text"}], actor=root)
    assert indexes_of(module) == names
    assert indexes_of(other) == set()


def test_the_longest_field_keys_have_indexes_of_their_own(root: Any) -> None:
    keys = ["a" * 62 + "b", "a" * 62 + "c", "a" * 36]
    module = create_module(
        key="long",
        name="Long",
        fields=[{"key": key, "type": "text", "indexed": True} for key in keys],
        actor=root,
    )
    assert len(indexes_of(module)) == 3
    assert max(len(name) for name in indexes_of(module)) <= 63


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_indexes_are_built_beside_the_writers(root: Any) -> None:
    module = create_module(key="live", name="Live", fields=[{"key": "code", "type": "text"}], actor=root)
    Module.objects.filter(pk=module.pk).update(fields=[{"key": "code", "type": "text", "indexed": True}])
    module.refresh_from_db()
    assert ensure_indexes(module) == sorted(indexes_of(module))
    assert len(indexes_of(module)) == 1
    Module.objects.filter(pk=module.pk).update(fields=[])
    module.refresh_from_db()
    assert ensure_indexes(module) == []
    assert indexes_of(module) == set()


def test_an_indexed_module_may_be_made_where_records_were_just_written(module: Module, root: Any) -> None:
    import_rows(module=module, rows=[("R1", {"code": "a"})], actor=root)
    later = create_module(key="later", name="Later", fields=FIELDS[:1], actor=root)
    assert len(ensure_indexes(later)) == 1
