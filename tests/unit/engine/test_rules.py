from __future__ import annotations

import timeit
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.errors import RuleError
from automations.engine.fields import FieldType, Schema, parse_schema
from automations.engine.rules import (
    AllOf,
    AnyOf,
    Leaf,
    Named,
    Not,
    Ref,
    Scope,
    compile_rule,
    leaves,
    normal_form,
    validate_rule,
)

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "priority", "type": "choice", "choices": ["low", "high", "urgent"]},
    {"key": "amount", "type": "money"},
    {"key": "due_at", "type": "datetime"},
    {"key": "tags", "type": "list"},
    {"key": "payload", "type": "json"},
]
SCHEMA: Schema = parse_schema(FIELDS)[0]
HIGH = {"field": "priority", "op": "eq", "value": "high"}
LARGE = {"field": "amount", "op": "gt", "value": "200.00"}
OLD = {"field": "due_at", "op": "older_than", "value": "PT4H"}
RECORD = {
    "title": "Broken",
    "priority": "high",
    "amount": "300",
    "due_at": "2026-03-01T00:00:00.000000Z",
    "tags": ["a"],
}


def scope(**changes: Any) -> Scope:
    return Scope({**RECORD, **changes}, None, datetime(2026, 3, 2, 12, tzinfo=UTC), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ({"all": [HIGH, LARGE]}, True),
        ({"all": [HIGH, {"not": LARGE}]}, False),
        ({"any": [{"not": HIGH}, LARGE]}, True),
        ({"any": [{"not": HIGH}, {"not": LARGE}]}, False),
        ({"not": {"not": HIGH}}, True),
        ({"all": [HIGH]}, True),
        ({"all": []}, True),
        ({"any": []}, False),
        ({"policy": "large"}, True),
        ({"not": {"all": [{"policy": "large"}, HIGH]}}, False),
    ],
)
def test_groups_hold_as_their_names_say(rule: Any, result: bool) -> None:
    assert compile_rule(rule, SCHEMA, policies={"large": LARGE}).test(scope()) is result


def test_a_group_stops_at_the_part_that_decides() -> None:
    rule = compile_rule({"any": [HIGH, LARGE]}, SCHEMA)
    assert not rule.test(scope(priority="low", amount="1"))
    assert rule.test(scope(amount=None))


def test_the_tree_is_typed_and_its_values_canonical() -> None:
    rule = {
        "all": [
            {
                "any": [
                    HIGH,
                    {"not": {"field": "amount", "op": "in", "value": [200, {"ref": "event.data.x"}]}},
                ]
            },
            {"policy": "late"},
            {"field": "payload.customer.name", "op": "eq", "value": "X", "case": "ignore"},
        ]
    }
    compiled = compile_rule(rule, SCHEMA, policies={"late": OLD})
    tree = compiled.tree
    assert isinstance(tree, AllOf)
    group, policy, inner = tree.parts
    assert isinstance(group, AnyOf)
    assert isinstance(group.parts[1], Not)
    assert group.parts[1].part == Leaf("amount", SCHEMA["amount"], (), "in", ("200", Ref("event.data.x")))
    assert isinstance(policy, Named)
    assert policy.policy == "late"
    assert isinstance(inner, Leaf)
    assert (inner.spec.type, inner.path, inner.ignore_case) == (FieldType.JSON, ("customer", "name"), True)
    assert [leaf.op for leaf in leaves(tree)] == ["eq", "in", "older_than", "eq"]
    assert compiled.fields == ("priority", "amount", "due_at", "payload")


def test_ignoring_case_means_nothing_where_there_is_no_case() -> None:
    tree = compile_rule({**LARGE, "case": "ignore"}, SCHEMA).tree
    assert isinstance(tree, Leaf)
    assert not tree.ignore_case


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (None, "malformed-rule"),
        ({}, "malformed-rule"),
        ({"all": HIGH}, "malformed-rule"),
        ({"policy": "unknown"}, "unknown-policy"),
        ({"policy": []}, "unknown-policy"),
        ({"policy": "circular"}, "malformed-rule"),
        ({"field": "owner__password", "op": "eq", "value": "x"}, "unknown-field"),
        ({"field": 7, "op": "eq", "value": "x"}, "unknown-field"),
        ({"field": "title.x", "op": "eq", "value": "x"}, "unknown-field"),
        ({"field": "title", "op": "regex", "value": "x"}, "operator-not-for-type"),
        ({"field": "title", "op": [], "value": "x"}, "operator-not-for-type"),
        ({"field": "title", "op": "gt", "value": "x"}, "operator-not-for-type"),
        ({"field": "amount", "op": "gt", "value": "x"}, "wrong-value-type"),
        ({"field": "amount", "op": "in", "value": "1"}, "wrong-value-type"),
        ({"field": "amount", "op": "between", "value": ["1"]}, "wrong-value-type"),
        ({"field": "priority", "op": "eq", "value": "zzz"}, "unknown-choice"),
        ({"field": "due_at", "op": "older_than", "value": "x"}, "bad-duration"),
        ({"field": "title", "op": "matches", "value": "("}, "bad-pattern"),
    ],
)
def test_a_rule_that_cannot_be_judged_is_refused(rule: Any, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(rule, SCHEMA, policies={"circular": {"not": {"policy": "circular"}}})
    assert caught.value.code == code


def test_rules_put_together_may_nest_deeper_than_people_write_but_not_without_end() -> None:
    def nested(depth: int) -> Any:
        rule: Any = HIGH
        for _ in range(depth):
            rule = {"all": [rule, LARGE]}
        return rule

    assert validate_rule(nested(40), SCHEMA)
    assert compile_rule(nested(40), SCHEMA).test(scope())
    with pytest.raises(RuleError):
        compile_rule(nested(100_000), SCHEMA)


def test_policies_cannot_make_a_rule_grow_without_end() -> None:
    with pytest.raises(RuleError, match="20,000"):
        compile_rule({"all": [{"policy": "p"}] * 200}, SCHEMA, policies={"p": {"any": [HIGH] * 200}})


@pytest.mark.no_cover  # tracing costs more than the work
def test_a_leaf_is_judged_in_microseconds() -> None:
    plain = [HIGH, LARGE, OLD, {"field": "title", "op": "contains", "value": "OKE", "case": "ignore"}]
    test, seen = compile_rule({"all": plain * 25}, SCHEMA).test, scope()
    assert test(seen)
    best = min(timeit.repeat(lambda: test(seen), number=100, repeat=5)) / 100 / 100
    assert best < 5e-6


@pytest.mark.parametrize(
    ("rule", "same"),
    [
        ({"all": [HIGH, LARGE]}, {"all": [LARGE, HIGH]}),
        ({"all": [HIGH, LARGE]}, {"all": [LARGE, HIGH, LARGE]}),
        ({"all": [HIGH, LARGE, OLD]}, {"all": [HIGH, {"all": [OLD, {"all": [LARGE]}]}]}),
        (HIGH, {"any": [HIGH]}),
        (HIGH, {"any": [{"all": [HIGH]}, HIGH]}),
        (HIGH, {"not": {"not": HIGH}}),
        ({"not": {"all": [HIGH, LARGE]}}, {"not": {"not": {"not": {"all": [LARGE, HIGH]}}}}),
        ({"field": "priority", "op": "ne", "value": "high"}, {"not": HIGH}),
        (HIGH, {"not": {"field": "priority", "op": "ne", "value": "high"}}),
        ({"field": "title", "op": "is_empty"}, {"field": "title", "op": "is_empty", "value": None}),
        (
            {"field": "priority", "op": "in", "value": ["low", "high"]},
            {"field": "priority", "op": "in", "value": ["high", "low", "high"]},
        ),
    ],
)
def test_rules_that_say_the_same_have_one_normal_form(rule: Any, same: Any) -> None:
    assert normal_form(rule) == normal_form(same)


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        ({"all": [HIGH, LARGE]}, {"any": [HIGH, LARGE]}),
        (HIGH, {"not": HIGH}),
        (LARGE, {"not": LARGE}),
        (
            {"field": "amount", "op": "between", "value": ["1", "2"]},
            {"field": "amount", "op": "between", "value": ["2", "1"]},
        ),
        ({"policy": "a"}, {"policy": "b"}),
    ],
)
def test_rules_that_differ_have_different_normal_forms(rule: Any, other: Any) -> None:
    assert normal_form(rule) != normal_form(other)


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {},
        {"all": 5},
        {"field": "x", "op": [], "value": [1]},
        {"field": "x"},
        {"not": {"field": "x", "op": []}},
        {"all": [{"all": 5}, HIGH]},
    ],
)
def test_what_is_no_rule_has_itself_as_normal_form(rule: Any) -> None:
    assert normal_form(rule) == rule


LEAF = st.sampled_from([HIGH, LARGE, OLD, {"field": "tags", "op": "has_any", "value": ["b", "a"]}])
RULES = st.recursive(
    LEAF,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=10,
)
RECORDS = st.fixed_dictionaries(
    {
        "priority": st.sampled_from(["low", "high", None]),
        "amount": st.sampled_from(["1", "300", None]),
        "due_at": st.sampled_from(["2026-03-01T00:00:00.000000Z", "2026-03-02T11:00:00.000000Z", None]),
        "tags": st.sampled_from([["a"], [], None]),
    }
)


@given(RULES, RECORDS)
def test_a_normal_form_means_the_same_and_is_its_own(rule: Any, record: Any) -> None:
    normal = normal_form(rule)
    assert normal_form(normal) == normal
    here = scope(**record)
    assert compile_rule(normal, SCHEMA).test(here) is compile_rule(rule, SCHEMA).test(here)
