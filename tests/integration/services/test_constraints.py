"""Each invariant that a model declares is the database's own: broken by a plain insert, it is refused by its name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from automations.models import (
    AlertRule,
    Approval,
    Backtest,
    Event,
    Hold,
    Module,
    Promotion,
    Run,
    RunUndo,
    UndoneField,
    Workflow,
)

from .rows import BROKEN, SOUND, TWICE, TYPICAL, WHEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rule_that_is_always_there(db: None) -> None:
    AlertRule.objects.all().delete()


MODELS = list(apps.get_app_config("automations").get_models())


def declared(kind: type[models.BaseConstraint]) -> dict[str, tuple[type[models.Model], Any]]:
    return {
        constraint.name: (model, constraint)
        for model in MODELS
        for constraint in model._meta.constraints
        if isinstance(constraint, kind)
    }


CHECKS, UNIQUES = declared(models.CheckConstraint), declared(models.UniqueConstraint)


def row_of(model: type[models.Model], **columns: Any) -> dict[str, Any]:
    """A sound row by column."""
    row = {
        field.column: TYPICAL[field.get_internal_type()]
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    return row | dict(SOUND.get(model, {})) | columns


def insert(model: type[models.Model], row: Mapping[str, Any]) -> None:
    columns = ", ".join(map(connection.ops.quote_name, row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({columns})"  # noqa: S608 - names of our own columns
            f" VALUES ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


def refused_by(model: type[models.Model], *rows: Mapping[str, Any]) -> str | None:
    """The name of the constraint that refuses the last of these rows."""
    with transaction.atomic():
        for row in rows[:-1]:
            insert(model, row)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            insert(model, rows[-1])
        transaction.set_rollback(True)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.diag.constraint_name


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value for a column."""
    if field.choices:
        return next(choice for choice, _ in field.choices if choice != value)
    values: dict[type, Any] = {str: "y", int: 2, bool: False}
    typical = TYPICAL[field.get_internal_type()]
    return "2027-01-01T00:00:00Z" if typical == WHEN else values[type(typical)]


def test_every_check_of_the_models_is_tried() -> None:
    assert {name for name, _ in BROKEN} == set(CHECKS)


@pytest.mark.parametrize(("name", "columns"), BROKEN)
def test_a_check_refuses_what_it_is_named_for(name: str, columns: Mapping[str, Any]) -> None:
    model, _ = CHECKS[name]
    assert refused_by(model, row_of(model, **columns)) == name


CHOICES = [
    pytest.param(model, field.column, id=f"{model.__name__}.{field.name}")
    for model in MODELS
    for field in model._meta.concrete_fields
    if field.choices
]


@pytest.mark.parametrize(("model", "column"), CHOICES)
def test_no_column_of_choices_takes_a_value_that_is_none_of_them(
    model: type[models.Model], column: str
) -> None:
    assert refused_by(model, row_of(model, **{column: "zz"})) in CHECKS


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Approval, {"kind": "blast_radius", "reach": "{}", "hold_id": 1}),
        (Backtest, {"status": "succeeded", "finished_at": WHEN}),
        (Backtest, {"is_shadow": True, "against_id": 1, "ended_why": "Somebody stopped it."}),
        (Hold, {"bound": "hour", "firing": ""}),
        (Hold, {"state": "released", "ended_at": WHEN}),
        (Module, {"kind": "native", "model_label": "demo.Order"}),
        (RunUndo, {"id": 7, "takes_back_id": 6}),
        (UndoneField, {"restored": True, "why": ""}),
        (Run, {"status": "waiting"}),
        (Run, {"status": "running", "lease_token": str(uuid.uuid4())}),
        (Run, {"status": "succeeded", "finished_at": WHEN}),
        (Workflow, {"mode": "execute", "active_version_id": 1, "promotion_id": 1}),
        (Promotion, {"way": "break_glass", "reason": "It can't wait"}),
    ],
)
def test_a_check_takes_what_is_sound(model: type[models.Model], columns: Mapping[str, Any]) -> None:
    before = model.objects.count()
    with transaction.atomic():
        insert(model, row_of(model, **columns))
        assert model.objects.count() == before + 1
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", UNIQUES)
def test_the_second_of_what_is_unique_is_refused_by_its_name(name: str) -> None:
    model, constraint = UNIQUES[name]
    both, second = TWICE.get(name, ({}, {}))
    row = row_of(model, **both)
    assert refused_by(model, row, row | dict(second)) == name
    for field in constraint.fields:
        with transaction.atomic():
            insert(model, row)
            column = model._meta.get_field(field).column
            insert(model, row | dict(second) | {column: other(model._meta.get_field(field), row[column])})
            transaction.set_rollback(True)


def test_events_without_an_idempotency_key_are_never_the_same() -> None:
    with transaction.atomic():
        for _ in range(2):
            insert(Event, row_of(Event, idempotency_key=None))
        assert Event.objects.filter(idempotency_key=None).count() == 2
        transaction.set_rollback(True)


def test_every_constraint_in_the_database_is_one_that_a_model_names_or_a_field_implies() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, contype::text, conname, (SELECT array_agg(attname ORDER BY attname)"
            " FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))"
            " FROM pg_constraint WHERE contype IN ('c', 'u') AND convalidated"
        )
        there = {(table, name): (kind, columns) for table, kind, name, columns in cursor.fetchall()}
    for model in MODELS:
        table = model._meta.db_table
        found = {name: what for (of, name), what in there.items() if of == table}
        # One with a condition is an index in the database; that it refuses is tried above.
        named = {
            one.name
            for one in model._meta.constraints
            if not getattr(one, "condition", None) or isinstance(one, models.CheckConstraint)
        }
        implied = {("u", field.column) for field in model._meta.concrete_fields if field.unique}
        implied |= {
            ("c", field.column)
            for field in model._meta.concrete_fields
            if field.get_internal_type().startswith("Positive")
        }
        implied -= {("u", model._meta.pk.column)}
        assert named <= set(found)
        assert {(kind, columns[0]) for name, (kind, columns) in found.items() if name not in named} == implied
