from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.errors import ValueProblemError
from automations.engine.fields import (
    FieldSpec,
    FieldType,
    canonical,
    datetime_text,
    parse_schema,
    spec_to_json,
    storable_text,
)
from tests.unit.speed import quick

BERLIN = ZoneInfo("Europe/Berlin")


def spec(kind: str, *choices: str) -> FieldSpec:
    return FieldSpec("f", "F", FieldType(kind), choices)


def deep_list() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "Hello", "Hello"),
        ("text", "", ""),
        ("text", 12, "12"),
        ("text", Decimal("1.50"), "1.50"),
        ("number", 200, "200"),
        ("number", "200.00", "200.00"),
        ("number", " 7 ", "7"),
        ("number", "+5", "5"),
        ("number", ".5", "0.5"),
        ("number", "5.", "5"),
        ("number", 1e3, "1000.0"),
        ("number", "1E3", "1000"),
        ("number", "-0.00", "0.00"),
        ("number", Decimal("-1E-3"), "-0.001"),
        ("money", 0.1, "0.1"),
        ("date", "2026-03-29", "2026-03-29"),
        ("date", "20260329", "2026-03-29"),
        ("datetime", "2026-03-29T14:30:00Z", "2026-03-29T14:30:00.000000Z"),
        ("datetime", "2026-03-29T14:30:00.5+02:00", "2026-03-29T12:30:00.500000Z"),
        ("datetime", "2026-07-01T12:00", "2026-07-01T10:00:00.000000Z"),
        ("datetime", "0101-01-01T00:00:00Z", "0101-01-01T00:00:00.000000Z"),
        ("choice", "high", "high"),
        ("boolean", True, True),
        ("boolean", "False", False),
        ("user", "alice", "alice"),
        ("list", ["a", "b"], ["a", "b"]),
        ("list", [], []),
        ("json", {"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
    ],
)
def test_a_value_has_one_canonical_form(kind: str, raw: Any, value: Any) -> None:
    found = canonical(spec(kind, "low", "high"), raw, BERLIN)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("kind", list(FieldType))
def test_nothing_is_absent(kind: FieldType) -> None:
    assert canonical(spec(kind), None, BERLIN) is None
    assert canonical(spec(kind), "", BERLIN) == ("" if kind is FieldType.TEXT else None)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", True),
        ("text", ["x"]),
        ("text", "x" * 65_537),
        ("text", "a\x00b"),
        ("text", "a\ud800"),
        ("text", 10**300),
        ("number", True),
        ("number", "twelve"),
        ("number", "1_000"),
        ("number", "１２"),
        ("number", "NaN"),
        ("number", float("inf")),
        ("number", [1]),
        ("number", 10**300),
        ("number", "1" * 61),
        ("number", "0" * 200 + "1"),
        ("number", "1e61"),
        ("number", "1e-61"),
        ("date", "29.03.2026"),
        ("date", "2026-02-30"),
        ("date", 20260329),
        ("datetime", "yesterday"),
        ("datetime", "0001-01-01T00:00:00+14:00"),
        ("datetime", 0),
        ("choice", "highest"),
        ("choice", 1),
        ("boolean", "yes"),
        ("boolean", 1),
        ("user", 7),
        ("user", "x" * 151),
        ("user", "a\x00"),
        ("list", "a"),
        ("list", ["x"] * 1_001),
        ("list", [["x"]]),
        ("list", ["\x00"]),
        ("json", float("nan")),
        ("json", {"a": "\x00"}),
        ("json", {"\ud800": 1}),
        ("json", [object()]),
        ("json", [0] * 100_001),
    ],
)
def test_a_value_of_another_type_is_refused_with_a_hint(kind: str, raw: Any) -> None:
    with pytest.raises(ValueProblemError) as caught:
        canonical(spec(kind, "low", "high"), raw, BERLIN)
    assert caught.value.hint
    assert len(caught.value.message) < 150


def test_an_unknown_choice_has_its_own_code_and_names_the_nearest() -> None:
    with pytest.raises(ValueProblemError) as caught:
        canonical(spec("choice", "low", "high"), "hihg", BERLIN)
    assert (caught.value.code, caught.value.hint) == ("unknown-choice", "Did you mean “high”?")
    with pytest.raises(ValueProblemError, match="among the choices") as caught:
        canonical(spec("choice", "low", "high"), "zzz", BERLIN)
    assert caught.value.hint == "Use one of low, high."


@pytest.mark.parametrize("kind", list(FieldType))
def test_a_bottomless_value_is_refused_at_once(kind: FieldType) -> None:
    def refused() -> None:
        with pytest.raises(ValueProblemError):
            canonical(spec(kind, "a"), deep_list(), BERLIN)

    quick(refused, 0.5)


def test_text_that_fits_is_storable() -> None:
    assert storable_text("Zoë 🚀") == "Zoë 🚀"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**30), max_value=10**30))
def test_a_number_loses_no_digit(value: Decimal) -> None:
    found = canonical(spec("number"), value, BERLIN)
    assert Decimal(found) == value
    assert "E" not in found
    assert canonical(spec("number"), found, BERLIN) == found


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)),
    st.datetimes(
        min_value=datetime(2, 1, 1),
        max_value=datetime(9998, 1, 1),
        timezones=st.just(timezone(timedelta(hours=5))),
    ),
)
def test_the_order_of_datetime_texts_is_that_of_time(one: datetime, other: datetime) -> None:
    assert (datetime_text(one) < datetime_text(other)) == (one < other)
    assert canonical(spec("datetime"), one.isoformat(), BERLIN) == datetime_text(one)


def test_a_schema_is_read_and_written_back() -> None:
    fields = [
        {"key": "title", "label": "Title", "type": "text", "required": True, "help": "What is wrong?"},
        {"key": "due_at", "label": "Due at", "type": "datetime", "indexed": True, "read_only": True},
        {"key": "priority", "label": "Priority", "type": "choice", "choices": ["low", "high"]},
    ]
    schema, problems = parse_schema(fields)
    assert problems == []
    assert list(schema) == ["title", "due_at", "priority"]
    assert [spec_to_json(entry) for entry in schema.values()] == fields


def test_a_field_without_a_label_is_called_after_its_key() -> None:
    schema, _ = parse_schema([{"key": "first_seen", "type": "date"}])
    assert schema["first_seen"].label == "First seen"


def test_a_choice_that_stands_twice_counts_once() -> None:
    schema, _ = parse_schema([{"key": "p", "type": "choice", "choices": ["low", "low"]}])
    assert schema["p"].choices == ("low",)


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({}, "malformed-fields", "fields"),
        (["title"], "malformed-field", "fields[0]"),
        ([{"type": "text"}], "bad-field-key", "fields[0].key"),
        ([{"key": "Title", "type": "text"}], "bad-field-key", "fields[0].key"),
        ([{"key": "owner__password\n", "type": "text"}], "bad-field-key", "fields[0].key"),
        ([{"key": "_negated", "type": "text"}], "bad-field-key", "fields[0].key"),
        ([{"key": "t", "type": "sql"}], "unknown-field-type", "fields[0].type"),
        ([{"key": "t", "type": ["text"]}], "unknown-field-type", "fields[0].type"),
        ([{"key": "t", "type": "choice", "choices": "low"}], "bad-choices", "fields[0].choices"),
        ([{"key": "t", "type": "choice", "choices": [""]}], "bad-choices", "fields[0].choices"),
        ([{"key": "t", "type": "choice", "choices": [1]}], "bad-choices", "fields[0].choices"),
        ([{"key": "t", "type": "choice", "choices": ["\x00"]}], "bad-choices", "fields[0].choices"),
        ([{"key": "t", "type": "choice"}], "no-choices", "fields[0].choices"),
        ([{"key": "t", "type": "text", "label": "a\x00"}], "bad-text", "fields[0].label"),
        ([{"key": "t", "type": "text", "help": "a\ud800"}], "bad-text", "fields[0].help"),
        ([{"key": "t", "type": "text"}, {"key": "t", "type": "date"}], "duplicate-field", "fields[1].key"),
    ],
)
def test_a_schema_that_is_not_sound_is_told_where(fields: Any, code: str, path: str) -> None:
    _, problems = parse_schema(fields)
    assert [(problem.code, problem.path, bool(problem.hint)) for problem in problems] == [(code, path, True)]
