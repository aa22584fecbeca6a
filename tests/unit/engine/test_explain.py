from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automations.engine.fields import Schema, parse_schema
from automations.engine.rules import Scope, compile_rule

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "priority", "type": "choice", "choices": ["low", "high"]},
    {"key": "amount", "type": "money"},
    {"key": "due_at", "type": "datetime"},
    {"key": "tags", "type": "list"},
]
SCHEMA: Schema = parse_schema(FIELDS)[0]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RECORD = {"title": "Broken", "priority": "high", "amount": "100.00", "tags": ["a", "b"]}
EVENT = {
    "data": {"limit": 200},
    "changed": ["priority"],
    "before": {"priority": "low"},
    "after": {"priority": "high"},
}


def explain(rule: Any, *, assume_changed: bool = False, **changes: Any) -> Any:
    event = None if assume_changed else EVENT
    here = Scope({**RECORD, **changes}, event, NOW, ZoneInfo("UTC"), assume_changed=assume_changed)
    compiled = compile_rule(rule, SCHEMA, policies={"large": {"field": "amount", "op": "gt", "value": 200}})
    explanation = compiled.explain(here)
    json.dumps(explanation)
    assert explanation["result"] is compiled.test(here)
    return explanation


def test_every_part_is_explained_even_after_the_decision() -> None:
    explanation = explain(
        {
            "any": [
                {"field": "priority", "op": "eq", "value": "high"},
                {"all": [{"policy": "large"}, {"not": {"field": "title", "op": "is_empty"}}]},
            ]
        }
    )
    high = {
        "kind": "leaf", "field": "priority", "op": "eq", "expected": "high", "saw": "high", "result": True,
        "assumed": False,
    }  # fmt: skip
    large = {
        "kind": "leaf", "field": "amount", "op": "gt", "expected": "200", "saw": "100.00", "result": False,
        "assumed": False,
    }  # fmt: skip
    empty = {
        "kind": "leaf", "field": "title", "op": "is_empty", "expected": None, "saw": "Broken", "result": False,
        "assumed": False,
    }  # fmt: skip
    policy = {"kind": "policy", "policy": "large", "result": False, "children": [large]}
    negated = {"kind": "not", "result": True, "children": [empty]}
    both = {"kind": "all", "result": False, "children": [policy, negated]}
    assert explanation == {"kind": "any", "result": True, "children": [high, both]}


@pytest.mark.parametrize(
    ("rule", "expected", "saw", "result"),
    [
        ({"field": "amount", "op": "lt", "value": {"ref": "event.data.limit"}}, "200", "100.00", True),
        ({"field": "amount", "op": "lt", "value": {"ref": "event.data.none"}}, None, "100.00", False),
        ({"field": "tags", "op": "has_any", "value": ["b", "c"]}, ["b", "c"], ["a", "b"], True),
        ({"field": "due_at", "op": "older_than", "value": "PT4H"}, "PT4H", None, False),
        ({"field": "title", "op": "matches", "value": "^B"}, "^B", "Broken", True),
        ({"field": "priority", "op": "changed"}, None, ["low", "high"], True),
        ({"field": "priority", "op": "changed_from", "value": "low"}, "low", "low", True),
        ({"field": "priority", "op": "changed_to", "value": "low"}, "low", "high", False),
    ],
)
def test_a_leaf_says_what_it_wanted_and_what_it_saw(rule: Any, expected: Any, saw: Any, result: bool) -> None:
    leaf = explain(rule)
    assert (leaf["expected"], leaf["saw"], leaf["result"], leaf["assumed"]) == (expected, saw, result, False)


def test_what_is_assumed_is_marked() -> None:
    explanation = explain(
        {"all": [{"field": "priority", "op": "changed"}, {"field": "priority", "op": "eq", "value": "high"}]},
        assume_changed=True,
    )
    assert [child["assumed"] for child in explanation["children"]] == [True, False]
    assert explanation["result"] is True


def test_a_leaf_that_ignores_case_says_so() -> None:
    leaf = explain({"field": "title", "op": "eq", "value": "BROKEN", "case": "ignore"})
    assert (leaf["case"], leaf["result"]) == ("ignore", True)


def test_long_values_are_cut() -> None:
    leaf = explain({"field": "title", "op": "eq", "value": "x" * 1_000}, title="y" * 1_000)
    assert (len(leaf["saw"]), leaf["saw"][-2:]) == (300, "y…")
    assert len(leaf["expected"]) == 300
    leaf = explain({"field": "tags", "op": "is_empty"}, tags=["tag"] * 200)
    assert leaf["saw"].startswith('["tag","tag"')
    assert len(leaf["saw"]) == 300
