"""Where rules stand, which of them could be a policy, and advice on those that say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.documents import Node
from automations.engine.fields import parse_schema
from automations.engine.rule_lint import lint_rules
from automations.engine.rule_places import form_digest, places_in, policies_in, rules_of, stands_alone

from .fakes import definition, edge, node

LARGE = {"field": "amount", "op": "gt", "value": "100"}
HUGE = {"field": "amount", "op": "gt", "value": "900"}
SMALL = {"field": "amount", "op": "lt", "value": "100"}
SCHEMA, _ = parse_schema([{"key": "amount", "type": "money"}, {"key": "vip", "type": "boolean"}])


def test_rules_stand_in_known_settings_and_are_objects() -> None:
    config = {
        "filter": LARGE,
        "scope": None,
        "rule": 5,
        "cases": [{"branch": "a", "rule": LARGE}, {"branch": "b"}, 7, {"rule": HUGE}],
        "rules": "none",
    }
    assert list(rules_of(Node("n1", "x.y", config=config))) == [
        ("config.filter", LARGE),
        ("config.cases[0].rule", LARGE),
        ("config.cases[3].rule", HUGE),
    ]


def test_policies_are_found_at_any_depth() -> None:
    rule = {"all": [{"policy": "vip"}, {"not": {"any": [{"policy": "large"}, {"policy": 5}]}}]}
    assert policies_in([{"rule": rule}, {"policy": "no", "rule": rule}]) == {"vip", "large"}


def test_equal_rules_have_one_form() -> None:
    assert form_digest({"all": [LARGE, SMALL]}) == form_digest(
        {"not": {"not": {"all": [SMALL, {"any": [LARGE]}]}}}
    )
    assert form_digest(LARGE) != form_digest(HUGE)


@pytest.mark.parametrize(
    ("rule", "alone"),
    [
        (LARGE, True),
        ({"not": {"all": [LARGE, SMALL]}}, True),
        ({"field": "amount", "op": "gt", "value": {"ref": "record.limit"}}, True),
        ({"field": "amount", "op": "in", "value": ["1", {"ref": "now"}]}, True),
        ({"field": "amount", "op": "in", "value": ["1", {"ref": "steps.a1.output"}]}, False),
        ({"field": "amount", "op": "gt", "value": {"ref": "event.data.limit"}}, False),
        ({"field": "amount", "op": "changed"}, False),
        ({"field": "amount", "op": ["gt"]}, False),
        ({"all": [LARGE, {"policy": "vip"}]}, False),
        ({"all": []}, False),
        ({"any": "x"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_rule_stands_alone_when_it_looks_at_the_record_only(rule: Any, alone: bool) -> None:
    assert stands_alone(rule) is alone


def trigger(name: str = "t1", module: Any = "orders", **config: Any) -> dict[str, Any]:
    return node(name, "trigger.record", module=module, on=["created"], **config)


def test_places_name_the_module_that_all_triggers_are_about() -> None:
    condition = node("c1", "condition.if", rule=LARGE)
    changed = node("c2", "condition.if", rule={"field": "amount", "op": "changed"})
    found = list(places_in(definition([trigger(), trigger("t2"), condition, changed], [])))
    assert [(place.module, place.index, place.node.id, place.path, place.rule) for place in found] == [
        ("orders", 2, "c1", "config.rule", LARGE)
    ]
    assert list(places_in(definition([trigger(), trigger("t2", "tickets"), condition], []))) == []
    assert list(places_in(definition([trigger("t1", None), condition], []))) == []


def told(*nodes: dict[str, Any]) -> list[tuple[str, str]]:
    found = lint_rules(
        definition([trigger(), *nodes], [edge("t1", nodes[0]["id"])]), SCHEMA, {"large": LARGE}
    )
    assert all(problem.severity == "warning" and problem.hint and problem.node for problem in found)
    return [(problem.code, problem.path) for problem in found]


NEVER = {"all": [LARGE, SMALL]}
ALWAYS = {"any": [LARGE, {"not": LARGE}]}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"rule": LARGE}, []),
        ({"rule": NEVER}, [("never-true-rule", "rule")]),
        ({"rule": {"all": [{"policy": "large"}, SMALL]}}, [("never-true-rule", "rule")]),
        ({"rule": ALWAYS}, [("always-true-rule", "rule")]),
        ({"rule": {"field": "gone", "op": "eq", "value": "1"}}, []),
    ],
)
def test_a_condition_that_decides_nothing_is_told(config: dict[str, Any], expected: list[Any]) -> None:
    found = told(node("c1", "condition.if", **config))
    assert found == [(code, f"nodes[1].config.{place}") for code, place in expected]


@pytest.mark.parametrize("part", ["filter", "scope"])
def test_a_trigger_that_never_starts_anything_is_told(part: str) -> None:
    found = lint_rules(definition([trigger(**{part: NEVER})], []), SCHEMA, {})
    assert [(problem.code, problem.path) for problem in found] == [
        ("never-true-rule", f"nodes[0].config.{part}")
    ]
    assert part in found[0].message
    (always,) = lint_rules(definition([trigger(**{part: ALWAYS})], []), SCHEMA, {})
    assert (always.code, part in always.message) == ("always-true-rule", True)


def switch(*rules: Any, **config: Any) -> dict[str, Any]:
    cases = [{"branch": f"b{number}", "rule": rule} for number, rule in enumerate(rules)]
    return node("s1", "condition.switch", cases=cases, **config)


BETWEEN = {"field": "amount", "op": "between", "value": ["90", "110"]}


@pytest.mark.parametrize(
    ("rules", "config", "expected"),
    [
        ((LARGE, HUGE), {}, [1]),
        ((HUGE, LARGE), {}, []),
        ((LARGE, HUGE), {"match": "all"}, []),
        ((LARGE, LARGE), {}, []),  # one that stands twice is told by the other lint
        ((LARGE, {"field": "amount", "op": "lte", "value": "100"}, BETWEEN), {}, [2]),
        ((LARGE, {"field": "amount", "op": "lt", "value": "100"}, BETWEEN), {}, []),
        ((LARGE, ALWAYS, HUGE), {}, [2]),
    ],
)
def test_a_case_that_earlier_ones_leave_nothing_to_is_told(
    rules: tuple[Any, ...], config: dict[str, Any], expected: list[int]
) -> None:
    assert told(switch(*rules, **config)) == [
        ("never-taken-branch", f"nodes[1].config.cases[{place}].rule") for place in expected
    ]


def test_a_case_that_can_never_hold_is_told_as_such() -> None:
    assert told(switch(LARGE, NEVER)) == [("never-true-rule", "nodes[1].config.cases[1].rule")]
