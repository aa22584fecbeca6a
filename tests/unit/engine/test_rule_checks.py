from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.errors import Problem
from automations.engine.fields import Schema, parse_schema
from automations.engine.rule_checks import MAX_DEPTH, MAX_LEAVES, MAX_PROBLEMS, validate_rule
from automations.engine.rules import compile_rule
from tests.unit.speed import quick

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
    {"key": "more_tags", "type": "list"},
    {"key": "payload", "type": "json"},
]
SCHEMA: Schema = parse_schema(FIELDS)[0]
GOOD = {"field": "priority", "op": "eq", "value": "high"}
POLICIES = {"vip-customer", "large-order"}


def check(rule: Any, **options: Any) -> list[Problem]:
    return validate_rule(rule, SCHEMA, policies=POLICIES, **options)


def leaf(field: Any, op: Any, *value: Any, **rest: Any) -> dict[str, Any]:
    return {"field": field, "op": op, **({"value": value[0]} if value else {}), **rest}


def nested(depth: int, kind: str = "all") -> Any:
    rule: Any = GOOD
    for _ in range(depth):
        rule = {"not": rule} if kind == "not" else {kind: [rule]}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        GOOD,
        {"all": [GOOD, {"any": [{"policy": "vip-customer"}, {"not": GOOD}]}]},
        leaf("title", "contains", "x", case="ignore"),
        leaf("title", "eq", ""),
        leaf("title", "matches", "^a+$"),
        leaf("title", "is_empty"),
        leaf("title", "is_empty", None),
        leaf("amount", "between", ["1", 2]),
        leaf("amount", "between", ["1", {"ref": "event.data.x"}]),
        leaf("amount", "in", {"ref": "event.data.list"}),
        leaf("amount", "gt", {"ref": "record.limit"}),
        leaf("title", "eq", {"ref": "record.priority"}),
        leaf("title", "in", {"ref": "record.tags"}),
        leaf("tags", "has_any", {"ref": "record.more_tags"}),
        leaf("tags", "contains", {"ref": "record.owner"}),
        leaf("due_at", "older_than", "PT4H"),
        leaf("due_at", "lt", {"ref": "now"}),
        leaf("due_at", "eq", "2026-03-29T14:30:00+02:00"),
        leaf("payload.customer.first name", "eq", "x"),
        leaf("payload.n", "between", [1, 2.5]),
        leaf("payload.n", "between", ["a", "b"]),
        leaf("priority", "changed_to", "high"),
        leaf("owner", "eq", {"ref": "steps.a1.output.user"}),
        nested(MAX_DEPTH),
        {"all": [GOOD] * MAX_LEAVES},
    ],
)
def test_a_sound_rule_has_no_problems_and_compiles(rule: Any) -> None:
    assert check(rule) == []
    compile_rule(rule, SCHEMA, policies=dict.fromkeys(POLICIES, GOOD))


@pytest.mark.parametrize(
    ("rule", "code", "path", "hint"),
    [
        ("priority", "malformed-rule", "", "Write"),
        ({}, "malformed-rule", "", "Write"),
        ({"all": [GOOD], "any": [GOOD]}, "malformed-rule", "", "Write"),
        ({"all": [GOOD], "extra": 1}, "malformed-rule", "", "Write"),
        ({**GOOD, "label": "x"}, "malformed-rule", "", "Write"),
        ({"all": GOOD}, "malformed-rule", "all", "list"),
        ({"any": [GOOD, None]}, "malformed-rule", "any[1]", "Write"),
        ({"any": []}, "empty-group", "any", "Add a condition"),
        ({"not": {"all": []}}, "empty-group", "not.all", "Add a condition"),
        ({"policy": "vip-custome"}, "unknown-policy", "policy", "“vip-customer”?"),
        ({"policy": "zzz"}, "unknown-policy", "policy", "Known are “large-order”, “vip-customer”."),
        ({"policy": ["x"]}, "unknown-policy", "policy", "Known are"),
        (leaf("prioritty", "eq", 1), "unknown-field", "field", "“priority”?"),
        (leaf("owner__password", "eq", "x"), "unknown-field", "field", "Known are"),
        (leaf("_negated", "eq", True), "unknown-field", "field", "Known are"),
        (leaf("_connector", "eq", "OR"), "unknown-field", "field", "Known are"),
        (leaf(["title"], "eq", "x"), "unknown-field", "field", "Known are"),
        (leaf("title.length", "eq", "x"), "unknown-field", "field", "Write “title”."),
        (leaf("payload..x", "eq", "x"), "unknown-field", "field", "payload.name"),
        (leaf("payload.a\x00", "eq", "x"), "unknown-field", "field", "payload.name"),
        (leaf("payload" + ".x" * 9, "eq", "x"), "unknown-field", "field", "8 names deep"),
        (leaf("title", "contain", "x"), "unknown-operator", "op", "“contains”?"),
        (leaf("urgent", "regex", "x"), "unknown-operator", "op", "Use one of eq, ne, is_empty"),
        (leaf("title", ["eq"], "x"), "unknown-operator", "op", "Use one of"),
        ({"field": "title"}, "unknown-operator", "op", "Use one of"),
        (leaf("title", "gt", "x"), "operator-not-for-type", "op", "Use one of eq, ne, in"),
        (leaf("payload", "matches", "x"), "operator-not-for-type", "op", "Use one of"),
        (leaf("title", "eq", "x", case="lower"), "malformed-rule", "case", "Leave it out"),
        (leaf("title", "eq", "x", case=None), "malformed-rule", "case", "Leave it out"),
        (leaf("amount", "eq", 1, case="ignore"), "case-not-for-type", "case", "Remove"),
        (leaf("urgent", "is_true", True), "value-not-wanted", "value", "Remove"),
        (leaf("title", "eq"), "missing-value", "value", "Give it one"),
        (leaf("title", "eq", None), "missing-value", "value", "Give it one"),
        (leaf("title", "not_contains", ""), "missing-value", "value", "is not empty"),
        (leaf("title", "eq", ["x"]), "wrong-value-type", "value", "text"),
        (leaf("amount", "eq", "many"), "wrong-value-type", "value", "12.50"),
        (leaf("amount", "eq", ""), "wrong-value-type", "value", "is empty"),
        (leaf("amount", "eq", {"ref": "event.x", "more": 1}), "wrong-value-type", "value", "number"),
        (leaf("due_on", "eq", "29.03.2026"), "wrong-value-type", "value", "2026-03-29"),
        (leaf("due_at", "lt", "2026-03-29T14:30:00"), "wrong-value-type", "value", "offset"),
        (leaf("due_at", "lt", "2026-03-29"), "wrong-value-type", "value", "offset"),
        (leaf("due_at", "older_than", "4 hours"), "wrong-value-type", "value", "PT4H"),
        (leaf("due_at", "older_than", {"ref": "event.x"}), "wrong-value-type", "value", "Write it out"),
        (leaf("priority", "eq", "hihg"), "unknown-choice", "value", "“high”?"),
        (leaf("priority", "eq", 1), "wrong-value-type", "value", "choices"),
        (leaf("urgent", "eq", "yes"), "wrong-value-type", "value", "true or false"),
        (leaf("tags", "contains", ["a"]), "wrong-value-type", "value", "text"),
        (leaf("payload.n", "eq", {"a": 1}), "wrong-value-type", "value", "one of these"),
        (leaf("payload.n", "eq", float("nan")), "wrong-value-type", "value", "one of these"),
        (leaf("payload.n", "eq", "\x00"), "wrong-value-type", "value", "Remove"),
        (leaf("title", "in", "x"), "wrong-value-type", "value", "Send a list"),
        (leaf("title", "in", []), "wrong-value-type", "value", "Send a list"),
        (leaf("title", "in", ["x"] * 1_001), "wrong-value-type", "value", "Send a list"),
        (leaf("priority", "in", ["low", "zzz"]), "unknown-choice", "value[1]", "Use one of low, high"),
        (leaf("amount", "between", ["1"]), "wrong-value-type", "value", "[low, high]"),
        (leaf("amount", "between", ["10", "9"]), "empty-range", "value", "lower value first"),
        (
            leaf("due_on", "between", ["2026-02-01", "2026-01-01"]),
            "empty-range",
            "value",
            "lower value first",
        ),
        (leaf("payload.n", "between", [2, 1]), "empty-range", "value", "lower value first"),
        (leaf("payload.n", "between", ["a", 1]), "wrong-value-type", "value", "one type"),
        (leaf("payload.n", "between", [True, True]), "wrong-value-type", "value", "one type"),
        (leaf("title", "matches", "("), "bad-pattern", "value", "RE2"),
        (leaf("title", "matches", "a" * 257), "bad-pattern", "value", "Shorten"),
        (leaf("title", "matches", 7.5), "bad-pattern", "value", "text"),
        (leaf("title", "matches", {"ref": "event.x"}), "wrong-value-type", "value", "Write it out"),
        (leaf("title", "eq", {"ref": "os.environ"}), "unknown-reference", "value.ref", "event, record"),
        (leaf("title", "eq", {"ref": "event.__class__"}), "unknown-reference", "value.ref", "event, record"),
        (leaf("title", "in", ["x", {"ref": "y"}]), "unknown-reference", "value[1].ref", "event, record"),
        (leaf("title", "eq", {"ref": "record.titel"}), "unknown-reference", "value.ref", "“title”?"),
        (leaf("title", "eq", {"ref": "record.zzz"}), "unknown-reference", "value.ref", "Known are"),
        (
            leaf("title", "eq", {"ref": "record.payload.x"}),
            "unknown-reference",
            "value.ref",
            "record.payload",
        ),
        (leaf("title", "eq", {"ref": "record.amount"}), "wrong-value-type", "value.ref", "same type"),
        (leaf("title", "eq", {"ref": "record.tags"}), "wrong-value-type", "value.ref", "same type"),
        (leaf("payload", "eq", {"ref": "record.payload"}), "wrong-value-type", "value.ref", "same type"),
        (
            leaf("amount", "in", {"ref": "record.tags"}),
            "wrong-value-type",
            "value.ref",
            "Write the values out",
        ),
        (leaf("tags", "has_any", {"ref": "record.amount"}), "wrong-value-type", "value.ref", "same type"),
    ],
)
def test_each_fault_has_its_code_its_path_and_the_way_to_mend_it(
    rule: Any, code: str, path: str, hint: str
) -> None:
    (problem,) = check(rule)
    assert (problem.code, problem.path) == (code, path)
    assert hint in problem.hint


def test_paths_begin_where_the_rule_stands() -> None:
    rule = {"all": [GOOD, {"not": {"any": [leaf("zzz", "eq", 1)]}}]}
    assert check(rule)[0].path == "all[1].not.any[0].field"
    assert check(rule, path="nodes[2].config.rule")[0].path == "nodes[2].config.rule.all[1].not.any[0].field"


def test_all_faults_are_told_from_left_to_right() -> None:
    rule = {"all": [leaf("a1", "eq", 1), GOOD, {"any": []}, leaf("title", "gt", 1)]}
    assert [problem.code for problem in check(rule)] == [
        "unknown-field",
        "empty-group",
        "operator-not-for-type",
    ]


def test_where_there_is_no_event_nothing_may_ask_for_one() -> None:
    rule = {"all": [leaf("title", "changed"), leaf("title", "eq", {"ref": "event.data.x"}), GOOD]}
    found = [(problem.code, problem.path) for problem in check(rule, allow_event=False)]
    assert found == [
        ("event-operator-without-event", "all[0].op"),
        ("event-operator-without-event", "all[1].value.ref"),
    ]


def test_where_no_policy_may_be_named_the_hint_says_so() -> None:
    (problem,) = validate_rule({"policy": "vip-customer"}, SCHEMA)
    assert "write its conditions out" in problem.hint


def test_policies_may_be_any_container() -> None:
    class Everything:
        def __contains__(self, key: object) -> bool:
            return key == "vip"

    assert validate_rule({"policy": "vip"}, SCHEMA, policies=Everything()) == []
    assert validate_rule({"policy": "other"}, SCHEMA, policies=Everything())[0].code == "unknown-policy"


def test_without_a_module_no_field_is_known() -> None:
    (problem,) = validate_rule(GOOD, {})
    assert problem.hint == "Choose a module first."


@pytest.mark.parametrize("kind", ["all", "any", "not"])
def test_nine_groups_inside_one_another_are_too_deep(kind: str) -> None:
    assert [problem.code for problem in check(nested(MAX_DEPTH + 1, kind))] == ["rule-too-deep"]


def test_one_comparison_more_than_allowed_is_too_many() -> None:
    assert [problem.code for problem in check({"all": [GOOD] * (MAX_LEAVES + 1)})] == ["too-many-leaves"]
    groups = {"all": [{"any": [GOOD] * 101}, {"any": [{"policy": "vip-customer"}] * 100}]}
    assert [problem.code for problem in check(groups)] == ["too-many-leaves"]


def wide(width: int, depth: int, bottom: Any) -> Any:
    rule = bottom
    for _ in range(depth):
        rule = {"all": [rule] * width}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        nested(100_000),
        nested(100_000, "not"),
        {"all": [GOOD] * 10**6},
        {"any": [None] * 10**6},
        {"all": [{"all": []}] * 10**6},
        wide(201, 8, GOOD),
        wide(201, 7, {"policy": "vip-customer"}),
        wide(201, 7, {"policy": "unknown"}),
        {"all": [leaf("x" * 10**6, "eq", 1)] * 500},
        {"all": [leaf("payload" + "." * 10**6, "eq", 1)] * 200},
        {"all": [leaf("title", "in", [nested(100_000)] * 1_000)] * 200},
        {"all": [leaf("title", "matches", f"(\\pL|{index}){{999}}") for index in range(200)]},
        {f"k{index}": 1 for index in range(10**5)},
    ],
    ids=[
        "deep",
        "nots",
        "leaves",
        "junk",
        "groups",
        "bush",
        "policies",
        "unknowns",
        "names",
        "dots",
        "values",
        "patterns",
        "keys",
    ],
)
def test_no_tree_however_deep_or_wide_takes_long(rule: Any) -> None:
    problems = quick(lambda: check(rule), 1.0)
    assert 0 < len(problems) <= MAX_PROBLEMS


def test_many_wrong_names_in_a_large_module_do_not_take_long() -> None:
    schema = parse_schema([{"key": f"field_number_{index}", "type": "text"} for index in range(1_000)])[0]
    rule = {"all": [leaf(f"fild_nmber_{index}", "eq", 1) for index in range(200)]}
    problems = quick(lambda: validate_rule(rule, schema), 1.0)
    assert len(problems) == 200


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        [*SCHEMA, "payload.x", "high", "eq", "in", "between", "matches", "older_than", "PT4H", "event.x"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "policy", "field", "op", "value", "case", "ref"]),
            inner,
            max_size=4,
        )
        | st.fixed_dictionaries(
            {
                "field": st.sampled_from(list(SCHEMA)),
                "op": st.sampled_from(["eq", "in", "between", "contains"]),
                "value": inner,
            }
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_judged_and_what_has_no_problems_compiles(rule: Any) -> None:
    if check(rule) == []:
        compile_rule(rule, SCHEMA, policies=dict.fromkeys(POLICIES, GOOD))
