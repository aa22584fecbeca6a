"""What each operator says of a value, absent and wrong values included."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.fields import Schema, parse_schema
from automations.engine.operators import NEGATIONS, OPERATORS, operators_for
from automations.engine.rules import Scope, compile_rule, value_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "code", "type": "text"},
    {"key": "amount", "type": "money"},
    {"key": "limit", "type": "number"},
    {"key": "due_on", "type": "date"},
    {"key": "due_at", "type": "datetime"},
    {"key": "priority", "type": "choice", "choices": ["low", "high"]},
    {"key": "urgent", "type": "boolean"},
    {"key": "owner", "type": "user"},
    {"key": "tags", "type": "list"},
    {"key": "payload", "type": "json"},
]
SCHEMA: Schema = parse_schema(FIELDS)[0]
NONE = "no value at all"


def scope(record: dict[str, Any] | None = None, **event: Any) -> Scope:
    return Scope(record, event or None, NOW, BERLIN)


def holds(
    field: str, op: str, value: Any, record: dict[str, Any], *, ignore_case: bool = False, **event: Any
) -> bool:
    rule = {"field": field, "op": op}
    if value is not NONE:
        rule["value"] = value
    if ignore_case:
        rule["case"] = "ignore"
    return compile_rule(rule, SCHEMA).test(scope(record, **event))


@pytest.mark.parametrize(
    ("field", "op", "value", "seen", "result"),
    [
        ("title", "eq", "Broken", "Broken", True),
        ("title", "eq", "broken", "Broken", False),
        ("title", "eq", "", "", True),
        ("title", "in", ["a", "b"], "b", True),
        ("title", "in", ["a", "b"], "c", False),
        ("title", "contains", "oke", "Broken", True),
        ("title", "starts_with", "Bro", "Broken", True),
        ("title", "starts_with", "ken", "Broken", False),
        ("title", "ends_with", "ken", "Broken", True),
        ("title", "matches", "^B.*n$", "Broken", True),
        ("title", "matches", "^x", "Broken", False),
        ("amount", "eq", "200.0", "200.00", True),
        ("amount", "in", ["1", "200"], "200.00", True),
        ("amount", "lt", "1000", "200.00", True),
        ("amount", "gt", "9", "10", True),
        ("amount", "lte", "10", "10.0", True),
        ("amount", "gte", "10.01", "10", False),
        ("amount", "between", ["10", "20"], "20.00", True),
        ("amount", "between", ["10", "20"], "20.01", False),
        ("due_on", "eq", "2026-03-02", "2026-03-02", True),
        ("due_on", "lt", "2026-03-02", "2025-12-31", True),
        ("due_on", "between", ["2026-01-01", "2026-12-31"], "2026-06-01", True),
        ("due_at", "gte", "2026-03-02T13:00:00+01:00", "2026-03-02T12:00:00.000000Z", True),
        ("due_at", "older_than", "PT4H", "2026-03-02T07:59:59.999999Z", True),
        ("due_at", "older_than", "PT4H", "2026-03-02T08:00:00.000000Z", False),
        ("due_at", "newer_than", "PT4H", "2026-03-02T08:00:00.000000Z", True),
        ("due_at", "newer_than", "PT4H", "2026-03-02T12:00:00.000000Z", True),
        ("due_at", "newer_than", "PT4H", "2026-03-02T12:00:00.000001Z", False),
        ("due_at", "within_next", "P1D", "2026-03-03T12:00:00.000000Z", True),
        ("due_at", "within_next", "P1D", "2026-03-02T11:59:59.999999Z", False),
        ("due_on", "older_than", "P1D", "2026-03-01", True),
        ("due_on", "older_than", "P1D", "2026-03-02", False),
        ("due_on", "within_next", "P1D", "2026-03-03", True),
        ("due_on", "within_next", "P1D", "2026-03-04", False),
        ("priority", "eq", "high", "high", True),
        ("priority", "in", ["low"], "high", False),
        ("urgent", "eq", True, True, True),
        ("urgent", "is_true", NONE, True, True),
        ("urgent", "is_false", NONE, False, True),
        ("urgent", "is_false", NONE, True, False),
        ("owner", "eq", "alice", "alice", True),
        ("tags", "contains", "a", ["a", "b"], True),
        ("tags", "contains", "a", ["ab"], False),
        ("tags", "has_any", ["x", "b"], ["a", "b"], True),
        ("tags", "has_any", ["x"], ["a", "b"], False),
        ("tags", "has_all", ["a", "b"], ["b", "a", "c"], True),
        ("tags", "has_all", ["a", "x"], ["a", "b"], False),
        ("title", "is_empty", NONE, "", True),
        ("tags", "is_empty", NONE, [], True),
        ("urgent", "is_empty", NONE, False, False),
        ("payload", "is_empty", NONE, {}, False),
    ],
)
def test_an_operator_compares(field: str, op: str, value: Any, seen: Any, result: bool) -> None:
    assert holds(field, op, value, {field: seen}) is result
    if op in NEGATIONS:
        assert holds(field, NEGATIONS[op], value, {field: seen}) is not result


@pytest.mark.parametrize(
    ("name", "op", "value", "payload", "result"),
    [
        ("payload.a.b", "eq", "x", {"a": {"b": "x"}}, True),
        ("payload.a.b", "eq", "x", {"a": "x"}, False),
        ("payload.a", "eq", 1, {"a": 1.0}, True),
        ("payload.a", "eq", 1, {"a": "1"}, False),
        ("payload.a", "eq", 1, {"a": True}, False),
        ("payload.a", "eq", True, {"a": True}, True),
        ("payload.a", "eq", True, {"a": 1}, False),
        ("payload.a", "lt", True, {"a": False}, False),
        ("payload.a", "eq", "1", {"a": 1}, False),
        ("payload.a", "eq", 1, {"a": {"b": 1}}, False),
        ("payload.a", "lt", 0.3, {"a": 0.1}, True),
        ("payload.a", "lt", "b", {"a": "a"}, True),
        ("payload.a", "between", [1, 3], {"a": 2}, True),
        ("payload.a", "between", ["a", "c"], {"a": "b"}, True),
        ("payload.a", "between", ["a", 3], {"a": "b"}, False),
        ("payload.a", "between", [True, True], {"a": True}, False),
        ("payload.a", "in", [1, "x", True], {"a": "x"}, True),
        ("payload.a", "in", [1, "x", True], {"a": False}, False),
        ("payload.a", "contains", "b", {"a": "abc"}, True),
        ("payload.a", "contains", 1, {"a": 1}, False),
        ("payload.a", "is_true", NONE, {"a": True}, True),
        ("payload.a", "is_true", NONE, {"a": 1}, False),
        ("payload.a", "is_empty", NONE, {"b": 1}, True),
    ],
)
def test_inside_json_only_values_of_one_type_compare(
    name: str, op: str, value: Any, payload: Any, result: bool
) -> None:
    assert holds(name, op, value, {"payload": payload}) is result


@pytest.mark.parametrize(
    ("field", "op", "value", "seen"),
    [
        ("title", "eq", "GRÖSSE", "grösse"),
        ("title", "in", ["ABC"], "aBc"),
        ("title", "contains", "OKE", "Broken"),
        ("title", "matches", "^bro", "BROKEN"),
        ("tags", "contains", "A", ["a"]),
        ("tags", "has_all", ["A", "b"], ["a", "B"]),
        ("payload.a", "eq", "X", {"a": "x"}),
        ("payload.a", "in", ["X"], {"a": "x"}),
    ],
)
def test_case_counts_unless_the_leaf_ignores_it(field: str, op: str, value: Any, seen: Any) -> None:
    record = {field.partition(".")[0]: seen}
    assert not holds(field, op, value, record)
    assert holds(field, op, value, record, ignore_case=True)


EXAMPLE: dict[str, Any] = {
    "text": "a", "number": "1", "money": "1", "date": "2026-03-02", "datetime": "2026-03-02T12:00:00Z",
    "choice": "low", "boolean": True, "user": "alice", "list": "a", "json": "a",
}  # fmt: skip
FIELD_OF = {spec.type: spec.key for spec in SCHEMA.values() if spec.key != "code"}
LEAVES = [(FIELD_OF[kind], operator.key) for kind in FIELD_OF for operator in operators_for(kind)]


def example_value(field: str, op: str) -> Any:
    one = EXAMPLE[SCHEMA[field].type]
    kinds = {"none": NONE, "one": one, "many": [one], "pair": [one, one], "duration": "PT4H", "pattern": "a"}
    return kinds[OPERATORS[op].value]


@pytest.mark.parametrize(("field", "op"), LEAVES)
@pytest.mark.parametrize("record", [None, {}, "null"])
def test_a_comparison_with_an_absent_value_is_false_and_its_negation_true(
    field: str, op: str, record: Any
) -> None:
    seen = {field: None} if record == "null" else record
    expected = (op in NEGATIONS and bool(OPERATORS[op].negates)) != op.startswith(
        ("is_empty", "is_not_empty")
    )
    assert holds(field, op, example_value(field, op), seen) is expected


@pytest.mark.parametrize(("field", "op"), LEAVES)
@pytest.mark.parametrize("wrong", [5, "words", True, [1, None, {}], {"a": 1}, 1.5, "Infinity"])
def test_a_value_of_the_wrong_type_raises_nothing(field: str, op: str, wrong: Any) -> None:
    event = {"changed": [field], "before": {field: wrong}, "after": {field: wrong}}
    for name in (field, "payload.a") if field == "payload" else (field,):
        assert holds(name, op, example_value(field, op), {field: wrong}, **event) in (True, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(leaf=st.sampled_from(LEAVES), seen=JSON, found=JSON, ignore=st.booleans())
def test_no_value_and_no_reference_raises_and_a_negation_is_exact(
    leaf: tuple[str, str], seen: Any, found: Any, ignore: bool
) -> None:
    field, op = leaf
    kind = OPERATORS[op].value
    value = {"ref": "event.data.x"} if kind in ("one", "many") else example_value(field, op)
    if kind == "pair":
        value = [{"ref": "event.data.x"}, EXAMPLE[SCHEMA[field].type]]
    event = {"data": {"x": found}, "changed": [field], "before": {field: seen}, "after": {field: seen}}
    result = holds(field, op, value, {field: seen}, ignore_case=ignore, **event)
    if op in NEGATIONS:
        assert holds(field, NEGATIONS[op], value, {field: seen}, ignore_case=ignore, **event) is not result


@pytest.mark.parametrize(
    ("field", "op", "value", "seen", "found", "result"),
    [
        ("title", "eq", {"ref": "event.data.x"}, "a", "a", True),
        ("title", "eq", {"ref": "event.data.x"}, "7", 7, True),
        ("title", "eq", {"ref": "event.data.y"}, "a", "a", False),
        ("title", "eq", {"ref": "event.data.x"}, "a", {"b": 1}, False),
        ("title", "ne", {"ref": "event.data.y"}, "a", "a", True),
        ("amount", "gt", {"ref": "event.data.x"}, "10", 9, True),
        ("amount", "gt", {"ref": "event.data.x"}, "10", "nine", False),
        ("amount", "between", [{"ref": "event.data.x"}, "20"], "10", 9, True),
        ("amount", "between", [{"ref": "event.data.y"}, "20"], "10", 9, False),
        ("amount", "in", {"ref": "event.data.x"}, "10", [9, 10, {}], True),
        ("amount", "in", ["5", {"ref": "event.data.x"}], "10", [9, 10], True),
        ("amount", "in", ["5", {"ref": "event.data.x"}], "10", 10, True),
        ("amount", "in", {"ref": "event.data.x"}, "10", [], False),
        ("amount", "in", {"ref": "event.data.y"}, "10", [], False),
        ("priority", "eq", {"ref": "event.data.x"}, "high", "high", True),
        ("priority", "eq", {"ref": "event.data.x"}, "retired", "retired", True),
        ("priority", "eq", {"ref": "event.data.x"}, "high", ["high"], False),
        ("owner", "eq", {"ref": "event.actor"}, "alice", None, True),
        ("due_at", "eq", {"ref": "event.data.x"}, "2026-07-01T10:00:00.000000Z", "2026-07-01T12:00", True),
        ("due_at", "lte", {"ref": "now"}, "2026-03-02T12:00:00.000000Z", None, True),
        ("due_on", "eq", {"ref": "event.data.x"}, "2026-07-02", "2026-07-01T22:30:00Z", True),
        ("due_on", "eq", {"ref": "event.data.x"}, "2026-07-01", "2026-07-01T22:30", True),
        ("due_on", "eq", {"ref": "now"}, "2026-03-02", None, True),
        ("due_on", "eq", {"ref": "event.data.x"}, "2026-07-01", "July", False),
        ("due_on", "eq", {"ref": "event.data.x"}, "2026-07-01", 7, False),
        ("tags", "contains", {"ref": "event.data.x"}, ["a"], "a", True),
        ("tags", "has_any", {"ref": "event.data.x"}, ["a"], ["a", "b"], True),
        ("tags", "has_all", {"ref": "event.data.x"}, ["a"], ["a", "b"], False),
        ("tags", "has_all", {"ref": "event.data.x"}, ["a"], [], False),
        ("tags", "has_all", ["a", {"ref": "event.data.y"}], ["a"], [], False),
        ("payload", "eq", {"ref": "event.data.x"}, 1, 1.0, True),
        ("payload", "eq", {"ref": "event.data.x"}, 1, [1], False),
    ],
)
def test_a_reference_is_looked_up_and_made_to_fit(
    field: str, op: str, value: Any, seen: Any, found: Any, result: bool
) -> None:
    assert holds(field, op, value, {field: seen}, data={"x": found}, actor="alice") is result


def test_two_fields_of_the_record_compare() -> None:
    rule = compile_rule({"field": "amount", "op": "gt", "value": {"ref": "record.limit"}}, SCHEMA)
    assert rule.test(scope({"amount": "10", "limit": "9.5"}))
    assert not rule.test(scope({"amount": "10", "limit": None}))
    assert not rule.test(scope({"limit": "9.5"}))


UPDATED = {
    "changed": ["priority", "amount", "payload"],
    "before": {"priority": "low", "amount": "1.0", "payload": {"a": 1, "b": 1}},
    "after": {"priority": "high", "amount": "2.00", "payload": {"a": 2, "b": 1}},
}


@pytest.mark.parametrize(
    ("field", "op", "value", "result"),
    [
        ("priority", "changed", NONE, True),
        ("title", "changed", NONE, False),
        ("priority", "changed_from", "low", True),
        ("priority", "changed_from", "high", False),
        ("priority", "changed_to", "high", True),
        ("amount", "changed_to", "2", True),
        ("title", "changed_to", "x", False),
        ("priority", "changed_to", {"ref": "event.after.priority"}, True),
        ("priority", "changed_to", {"ref": "event.data.none"}, False),
        ("payload.a", "changed", NONE, True),
        ("payload.b", "changed", NONE, False),
        ("payload.a", "changed_to", 2, True),
        ("payload.a", "changed_from", 2, False),
        ("payload.b", "changed_to", 1, False),
    ],
)
def test_changed_operators_see_the_event(field: str, op: str, value: Any, result: bool) -> None:
    assert holds(field, op, value, {}, **UPDATED) is result


def test_without_an_event_nothing_changed_unless_it_is_assumed() -> None:
    for op, value in (("changed", None), ("changed_to", "high")):
        rule = compile_rule({"field": "priority", "op": op, "value": value}, SCHEMA)
        assert not rule.test(scope({"priority": "high"}))
        assumed = Scope({}, None, NOW, BERLIN, assume_changed=True)
        assert rule.test(assumed)


def test_a_change_ignores_case_where_the_leaf_does() -> None:
    rule = {"field": "title", "op": "changed_to", "value": "DONE", "case": "ignore"}
    event = {"changed": ["title"], "after": {"title": "Done"}}
    assert compile_rule(rule, SCHEMA).test(scope({}, **event))


def test_bounds_follow_the_clock_and_the_zone() -> None:
    rule = compile_rule({"field": "due_on", "op": "older_than", "value": "PT0S"}, SCHEMA)
    record = {"due_on": "2026-03-03"}
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # past midnight in Berlin, not in UTC
    assert not rule.test(Scope(record, None, evening, ZoneInfo("UTC")))
    assert rule.test(Scope(record, None, evening, BERLIN))
    assert not rule.test(Scope(record, None, evening - timedelta(hours=1), BERLIN))


def test_threads_with_different_clocks_do_not_disturb_each_other() -> None:
    rule = compile_rule({"field": "due_at", "op": "older_than", "value": "PT1H"}, SCHEMA)
    record = {"due_at": "2026-03-02T12:00:00.000000Z"}
    wrong: list[bool] = []

    def judge(hours: int, expected: bool) -> None:
        for _ in range(5_000):
            moment = NOW + timedelta(hours=hours)
            wrong.extend([True] * (rule.test(Scope(record, None, moment, BERLIN)) is not expected))

    threads = [
        threading.Thread(target=judge, args=pair) for pair in ((0, False), (2, True), (0, False), (2, True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_value_a_leaf_looks_at_may_lie_deep() -> None:
    rule = compile_rule({"field": "payload.a.b", "op": "is_empty"}, SCHEMA)
    leaf: Any = rule.tree
    assert value_of(leaf, scope({"payload": {"a": {"b": 3}}})) == 3
    assert value_of(leaf, scope()) is None


def test_many_records_are_judged_at_one_moment_and_then_at_the_next() -> None:
    test = compile_rule({"field": "due_at", "op": "older_than", "value": "PT4H"}, SCHEMA).test
    at_eight, at_nine = {"due_at": "2026-03-02T08:00:00.000000Z"}, {"due_at": "2026-03-02T09:00:00.000000Z"}
    later = NOW + timedelta(hours=1, microseconds=1)
    moments = [NOW, NOW, later, later, NOW]
    found = [
        (test(Scope(at_eight, None, now, BERLIN)), test(Scope(at_nine, None, now, BERLIN))) for now in moments
    ]
    assert found == [(False, False), (False, False), (True, True), (True, True), (False, False)]
