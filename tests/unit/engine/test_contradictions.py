"""Rules that can never hold, or always do: what is found, and that nothing is ever claimed that is not so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.engine.contradictions import always_true, implies, never_true
from automations.engine.fields import parse_schema
from automations.engine.rules import Scope, compile_rule

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SCHEMA, _ = parse_schema(
    [
        {"key": "title", "type": "text"},
        {"key": "amount", "type": "money"},
        {"key": "priority", "type": "choice", "choices": ["low", "high", "urgent"]},
        {"key": "vip", "type": "boolean"},
        {"key": "due", "type": "datetime"},
        {"key": "day", "type": "date"},
        {"key": "tags", "type": "list"},
        {"key": "data", "type": "json"},
    ]
)
POLICIES = {"large": {"field": "amount", "op": "gt", "value": "100"}}


def leaf(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


def all_of(*parts: Any) -> dict[str, Any]:
    return {"all": list(parts)}


def no(part: Any) -> dict[str, Any]:
    return {"not": part}


def tree_of(rule: Any) -> Any:
    return compile_rule(rule, SCHEMA, policies=POLICIES).tree


NEVER = [
    all_of(leaf("amount", "gt", "10"), leaf("amount", "lt", "10")),
    all_of(leaf("amount", "gt", "10"), leaf("amount", "lte", "10.0")),
    all_of(leaf("amount", "gte", "11"), leaf("amount", "lt", "10")),
    all_of(leaf("amount", "gte", "10"), leaf("amount", "gt", "12"), leaf("amount", "lt", "11")),
    all_of(leaf("amount", "lt", "10"), leaf("amount", "lt", "5"), leaf("amount", "gte", "5")),
    all_of(leaf("amount", "between", ["5", "7"]), leaf("amount", "gt", "7")),
    all_of(leaf("amount", "gt", "5"), no(leaf("amount", "gte", "5"))),
    all_of(leaf("amount", "between", ["5", "7"]), no(leaf("amount", "between", ["4", "7"]))),
    all_of(leaf("amount", "eq", "10"), leaf("amount", "eq", "11")),
    all_of(leaf("amount", "in", ["10", "12"]), leaf("amount", "in", ["1", "2", "11"])),
    all_of(leaf("amount", "eq", "10"), leaf("amount", "ne", "10.00")),
    all_of(leaf("amount", "eq", "10"), leaf("amount", "is_empty")),
    all_of(leaf("amount", "gt", "10"), leaf("amount", "is_empty")),
    all_of({"policy": "large"}, leaf("amount", "lt", "50")),
    all_of({"any": [leaf("amount", "lt", "5"), leaf("amount", "eq", "7")]}, leaf("amount", "gt", "8")),
    all_of(
        {"any": [leaf("amount", "lt", "5"), leaf("amount", "gt", "9")]},
        {"any": [leaf("priority", "eq", "low"), leaf("priority", "eq", "high")]},
        leaf("amount", "eq", "7"),
    ),
    no({"any": [leaf("vip", "is_true"), no(leaf("vip", "is_true"))]}),
    no(no(all_of(leaf("priority", "in", ["low", "high"]), leaf("priority", "eq", "urgent")))),
    all_of(leaf("priority", "eq", "low"), no(leaf("priority", "in", ["low"]))),
    all_of(leaf("vip", "is_true"), leaf("vip", "is_false")),
    all_of(leaf("vip", "is_true"), leaf("vip", "eq", False)),
    all_of(leaf("title", "is_empty"), leaf("title", "is_not_empty")),
    all_of(leaf("title", "eq", "ink"), leaf("title", "matches", "^paper")),
    all_of(leaf("title", "eq", "Ink", case="ignore"), leaf("title", "ne", "iNK", case="ignore")),
    all_of(leaf("title", "eq", "Ink", case="ignore"), leaf("title", "is_empty")),
    all_of(leaf("title", "starts_with", "ink"), leaf("title", "starts_with", "paper")),
    all_of(leaf("title", "ends_with", "out"), leaf("title", "ends_with", "in")),
    all_of(leaf("title", "contains", "no ink"), leaf("title", "not_contains", "ink")),
    all_of(leaf("title", "starts_with", "ink out"), no(leaf("title", "starts_with", "ink"))),
    all_of(leaf("title", "ends_with", "ink out"), no(leaf("title", "ends_with", "out"))),
    all_of(leaf("tags", "contains", "a"), leaf("tags", "not_contains", "a")),
    all_of(leaf("tags", "has_all", ["a", "b"]), no(leaf("tags", "has_any", ["b", "c"]))),
    all_of(
        leaf("tags", "has_any", ["a", "b"]),
        leaf("tags", "not_contains", "a"),
        leaf("tags", "not_contains", "b"),
    ),
    all_of(leaf("tags", "has_all", ["a", "b"]), no(leaf("tags", "has_all", ["a"]))),
    all_of(leaf("tags", "has_all", ["A"], case="ignore"), no(leaf("tags", "contains", "a", case="ignore"))),
    all_of(leaf("tags", "contains", "a"), leaf("tags", "is_empty")),
    all_of(leaf("due", "older_than", "PT4H"), leaf("due", "newer_than", "PT4H")),
    all_of(leaf("due", "older_than", "PT4H"), leaf("due", "within_next", "PT4H")),
    all_of(leaf("due", "older_than", "PT4H"), no(leaf("due", "older_than", "PT2H"))),
    all_of(leaf("due", "newer_than", "PT1H"), no(leaf("due", "newer_than", "PT2H"))),
    all_of(leaf("due", "within_next", "PT1H"), no(leaf("due", "within_next", "PT2H"))),
    all_of(leaf("day", "newer_than", "P1D"), no(leaf("day", "newer_than", "P2D"))),
    all_of(leaf("day", "within_next", "P1D"), no(leaf("day", "within_next", "P1D"))),
    all_of(leaf("day", "lt", "2026-01-01"), leaf("day", "gte", "2026-01-01")),
    all_of(leaf("due", "gt", "2026-02-01T00:00:00Z"), leaf("due", "lt", "2026-02-01T02:00:00+02:00")),
    all_of(leaf("title", "changed"), no(leaf("title", "changed"))),
    all_of(
        leaf("amount", "gt", {"ref": "record.amount"}), no(leaf("amount", "gt", {"ref": "record.amount"}))
    ),
    all_of(leaf("data.size", "gt", 5), leaf("data.size", "lt", 5)),
    all_of(leaf("data.size", "gt", "b"), leaf("data.size", "lt", "a")),
    all_of(leaf("data.size", "eq", 5), leaf("data.size", "contains", "5")),
    all_of(leaf("data.size", "eq", True), leaf("data.size", "is_false")),
    leaf("data.size", "gt", True),
]

SATISFIABLE = [
    all_of(leaf("amount", "gte", "10"), leaf("amount", "lte", "10")),
    all_of(leaf("amount", "gt", "10"), leaf("amount", "lt", "10.01")),
    all_of(no(leaf("amount", "gt", "10")), no(leaf("amount", "lte", "10"))),  # where there is none
    all_of(leaf("amount", "between", ["5", "9"]), no(leaf("amount", "between", ["4", "7"]))),
    all_of(leaf("title", "starts_with", "ink"), leaf("title", "starts_with", "ink out")),
    all_of(leaf("title", "starts_with", "INK", case="ignore"), leaf("title", "starts_with", "ink")),
    all_of(leaf("title", "eq", "Ink", case="ignore"), leaf("title", "ne", "Ink")),
    all_of(leaf("title", "eq", "Ink", case="ignore"), leaf("title", "matches", "^i")),
    all_of(leaf("data.size", "gt", 5), leaf("data.size", "lt", "b")),  # a number and a text: two manners
    all_of(leaf("title", "contains", "ink"), leaf("title", "not_contains", "no ink")),
    all_of(leaf("title", "starts_with", "ink"), leaf("title", "ends_with", "paper")),
    all_of(leaf("tags", "has_any", ["a", "b"]), leaf("tags", "not_contains", "a")),
    all_of(leaf("tags", "has_all", ["a"]), no(leaf("tags", "has_all", ["a", "b"]))),
    all_of(leaf("tags", "has_any", ["a"]), leaf("tags", "is_not_empty")),
    all_of(leaf("due", "older_than", "PT2H"), no(leaf("due", "older_than", "PT4H"))),
    all_of(leaf("due", "newer_than", "PT2H"), no(leaf("due", "newer_than", "PT1H"))),
    all_of(leaf("due", "newer_than", "PT2H"), leaf("due", "within_next", "PT1H")),  # at this very moment
    no(leaf("due", "older_than", "PT2H")),
    all_of(leaf("data.size", "gt", 5), no(leaf("data.size", "gt", "b"))),
    all_of(leaf("data.size", "gt", 5), no(leaf("data.size", "lt", True))),
    all_of(leaf("data.size", "contains", "a"), leaf("data.size", "is_not_empty")),
    all_of(leaf("amount", "eq", {"ref": "record.amount"}), leaf("amount", "eq", "5")),
    all_of(leaf("title", "changed"), leaf("title", "eq", "x")),
    {"any": [all_of(leaf("amount", "gt", "5"), leaf("amount", "lt", "5")), leaf("vip", "is_true")]},
]


@pytest.mark.parametrize("rule", NEVER)
def test_a_contradiction_is_found(rule: Any) -> None:
    assert never_true(tree_of(rule))
    assert always_true(tree_of(no(rule)))


@pytest.mark.parametrize("rule", SATISFIABLE)
def test_what_can_hold_is_not_called_never_true(rule: Any) -> None:
    assert not never_true(tree_of(rule))


def test_a_narrower_rule_implies_a_wider_one() -> None:
    narrow, wide = tree_of(leaf("amount", "gt", "500")), tree_of({"policy": "large"})
    assert implies(narrow, wide)
    assert not implies(wide, narrow)
    old, older = tree_of(leaf("due", "older_than", "PT1H")), tree_of(leaf("due", "older_than", "PT8H"))
    assert implies(older, old)
    assert not implies(old, older)


PAST, SOON = "2026-03-01T00:00:00.000000Z", "2026-03-02T11:00:00.000000Z"
LEAVES = st.sampled_from(
    [
        *(leaf("amount", op, value) for op in ("lt", "lte", "gt", "gte", "eq", "ne") for value in ("5", "9")),
        *(leaf("amount", "between", pair) for pair in (["4", "6"], ["5", "9"])),
        leaf("amount", "in", ["5", "7"]),
        leaf("amount", "is_empty"),
        *(leaf("title", op, text) for op in ("contains", "starts_with", "ends_with") for text in ("a", "ab")),
        *(leaf("title", "eq", "AB", **case) for case in ({}, {"case": "ignore"})),
        *(leaf("title", "starts_with", text, case="ignore") for text in ("A", "b")),
        leaf("title", "is_not_empty"),
        leaf("title", "matches", "^a"),
        *(leaf("tags", op, ["a", "b"]) for op in ("has_any", "has_all")),
        *(leaf("tags", op, "a") for op in ("contains", "not_contains")),
        leaf("tags", "is_empty"),
        *(
            leaf(name, op, "PT4H")
            for name in ("due", "day")
            for op in ("older_than", "newer_than", "within_next")
        ),
        *(
            leaf(name, op, "P2D")
            for name in ("due", "day")
            for op in ("older_than", "newer_than", "within_next")
        ),
        *(leaf("due", op, PAST) for op in ("lt", "gte", "eq")),
        *(leaf("vip", op) for op in ("is_true", "is_false", "is_empty")),
        *(leaf("data.x", op, value) for op in ("gt", "lt", "eq") for value in (5, "a", True)),
        leaf("data.x", "contains", "a"),
        leaf("data.x", "in", [5, "a", True]),
        leaf("amount", "gt", {"ref": "record.amount"}),
        leaf("title", "changed"),
        {"policy": "large"},
    ]
)
RULES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=4))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(no, inner)
    ),
    max_leaves=8,
)
RUBBISH: list[Any] = [None, "", [], 0, True, "5", {"x": 1}]
"""What no field of the type should hold, and rows may hold all the same."""
RECORDS = st.fixed_dictionaries(
    {
        "amount": st.sampled_from(["4", "5", "5.0", "6", "7", "9", "150", *RUBBISH]),
        "title": st.sampled_from(["a", "ab", "AB", "ba", "Ab b", *RUBBISH]),
        "priority": st.none(),
        "vip": st.sampled_from([False, *RUBBISH]),
        "due": st.sampled_from([PAST, SOON, "2026-03-02T09:00:00.000000Z", *RUBBISH]),
        "day": st.sampled_from(["2026-02-27", "2026-03-01", "2026-03-02", "2026-03-03", *RUBBISH]),
        "tags": st.sampled_from([["a"], ["a", "b"], ["B"], *RUBBISH]),
        "data": st.sampled_from([{"x": value} for value in (4, 5.0, 6, "a", "ba", False, *RUBBISH)] + [None]),
    }
)


@settings(max_examples=400, deadline=None)
@given(RULES, RECORDS, st.sampled_from([NOW, NOW + timedelta(hours=13)]))
def test_what_is_called_never_true_is_false_for_every_record(rule: Any, record: Any, now: Any) -> None:
    compiled = compile_rule(rule, SCHEMA, policies=POLICIES)
    held = [
        compiled.test(Scope(values, {"changed": ["title"]}, now, ZoneInfo("Europe/Berlin")))
        for values in (record, None, {})
    ]
    if never_true(compiled.tree):
        assert held == [False] * 3
    if always_true(compiled.tree):
        assert held == [True] * 3


@settings(max_examples=200, deadline=None)
@given(RULES, RULES, RECORDS)
def test_what_is_said_to_be_implied_holds_wherever_the_other_does(one: Any, other: Any, record: Any) -> None:
    first, second = (compile_rule(rule, SCHEMA, policies=POLICIES) for rule in (one, other))
    here = Scope(record, None, NOW, ZoneInfo("UTC"))
    if implies(first.tree, second.tree) and first.test(here):
        assert second.test(here)


def test_a_search_gives_up_in_bounded_time_and_claims_nothing() -> None:
    clauses = [
        {"any": [leaf("data.a" + str(number), "eq", 1), leaf("data.b" + str(number), "eq", 1)]}
        for number in range(90)
    ]
    never = all_of(leaf("amount", "gt", "9"), leaf("amount", "lt", "8"))
    many = {
        "any": [
            {"all": [*clauses, leaf(f"data.a{n}", "ne", 1), leaf(f"data.b{n}", "ne", 1)]} for n in range(9)
        ]
    }
    wide = all_of(*(leaf("title", "ne", str(number)) for number in range(400)), leaf("title", "eq", "0"))
    long = all_of(*(leaf("amount", "in", [str(n) for n in range(900)]) for _ in range(40)))
    contradiction, *others = [tree_of(rule) for rule in (all_of(*clauses, never), many, wide, long)]
    started = perf_counter()
    assert never_true(contradiction)
    assert not any(never_true(tree) for tree in others)
    assert perf_counter() - started < 5
