"""Advice that the graph cases do not show: where it depends on more than the document, or where it stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.lint import lint_definition

from .fakes import ACTIONS, EXPENSIVE, URGENT, definition, edge, node, trigger


def advice(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], *, has_owner: bool = True) -> list[str]:
    found = lint_definition(definition(nodes, edges), actions=ACTIONS, has_owner=has_owner)
    assert all(problem.severity == "warning" for problem in found)
    return [problem.code for problem in found]


COMMENT = node("a1", "action.comment", text="x")


def test_a_workflow_that_nobody_owns_is_advised_to_get_an_owner() -> None:
    nodes, edges = [trigger(filter=URGENT), COMMENT], [edge("t1", "a1")]
    assert advice(nodes, edges, has_owner=False) == ["no-owner"]
    assert advice(nodes, edges) == []


def lane(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {**part, "lane": name}


@pytest.mark.parametrize(
    ("lanes", "told"),
    [(("A", "B"), True), (("A", "A"), False), (("", "B"), False), (("", ""), False)],
)
def test_two_parts_are_unrelated_only_when_two_teams_own_them(lanes: tuple[str, str], told: bool) -> None:
    nodes = [
        lane(trigger("t1", filter=URGENT), lanes[0]),
        lane(node("a1", "action.comment", text="x"), lanes[0]),
        lane(trigger("t2", filter=EXPENSIVE), lanes[1]),
        lane(node("a2", "action.comment", text="x"), lanes[1]),
    ]
    apart = [edge("t1", "a1"), edge("t2", "a2")]
    assert advice(nodes, apart) == (["unrelated-processes"] if told else [])
    assert advice(nodes, [*apart, edge("a1", "a2")]) == []


@pytest.mark.parametrize(
    "config",
    [{"on": ["field_changed"]}, {"on": "created"}, {"filter": URGENT}, {"scope": {"owner": "x"}}],
)
def test_a_trigger_that_is_narrow_or_broken_is_no_noise(config: dict[str, Any]) -> None:
    assert advice([trigger(**config), COMMENT], [edge("t1", "a1")]) == []


def test_a_policy_may_stand_in_many_conditions() -> None:
    nodes = [
        trigger(filter=URGENT),
        node("c1", "condition.if", rule={"policy": "vip-customer"}),
        node("c2", "condition.if", rule={"policy": "vip-customer"}),
        COMMENT,
    ]
    assert advice(nodes, [edge("t1", "c1"), edge("c1", "c2", "true"), edge("c2", "a1", "true")]) == []


def test_one_rule_in_two_cases_of_a_switch_that_takes_all_is_no_mistake() -> None:
    cases = [{"branch": "x", "rule": URGENT}, {"branch": "y", "rule": URGENT}]
    nodes = [trigger(filter=EXPENSIVE), node("c1", "condition.switch", match="all", cases=cases), COMMENT]
    assert advice(nodes, [edge("t1", "c1"), edge("c1", "a1", "x"), edge("c1", "a1", "y")]) == []


@pytest.mark.parametrize(
    "broken",
    [
        node("c1", "condition.if", rule="x"),
        node("c1", "condition.switch", cases="x"),
        node("c1", "condition.switch", cases=["x", {"branch": "b"}, {"branch": "c", "rule": 7}]),
        node("c1", "condition.unknown"),
    ],
)
def test_a_condition_that_is_not_even_valid_gets_no_advice_on_its_rules(broken: dict[str, Any]) -> None:
    assert (
        advice([trigger(filter=URGENT), broken, COMMENT], [edge("t1", "c1"), edge("c1", "a1", "true")]) == []
    )


def test_an_approval_covers_what_only_it_leads_to() -> None:
    nodes = [
        trigger(filter=URGENT),
        node("p1", "action.approval"),
        node("r1", "action.refund", amount=1),
        node("r2", "action.refund", amount=1),
        node("x1", "action.unknown"),
    ]
    edges = [edge("t1", "p1"), edge("p1", "r1", "approved"), edge("r1", "r2"), edge("t1", "x1")]
    assert advice(nodes, edges) == []
    assert advice(nodes, [*edges, edge("p1", "r2", "expired")]) == ["sensitive-without-approval"]
