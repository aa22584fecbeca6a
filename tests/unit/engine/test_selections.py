"""The rules of whole branches: they select exactly the records that the conditions would let through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automations.engine.fields import parse_schema
from automations.engine.graph import build_graph
from automations.engine.rules import Scope, compile_rule
from automations.engine.selections import branch_rules, branches_from, selection_of

from .fakes import definition, edge, node

SCHEMA, _ = parse_schema([{"key": "amount", "type": "money"}])


def above(value: int) -> dict[str, Any]:
    return {"field": "amount", "op": "gt", "value": str(value)}


def graph_of(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> Any:
    return build_graph(definition(nodes, edges))


NODES = [
    node("t1", "trigger.record", module="orders", filter=above(10)),
    node("t2", "trigger.manual", module="orders"),
    node("c1", "condition.if", rule=above(50)),
    node(
        "s1",
        "condition.switch",
        cases=[{"branch": "big", "rule": above(90)}, {"branch": "mid", "rule": above(70)}],
    ),
    node("a1", "action.comment", text="x"),
    node("c2", "condition.if", rule=above(95)),
    node("c3", "condition.if", rule=above(30)),
]
EDGES = [
    edge("t1", "c1"),
    edge("c1", "s1", "true"),
    edge("s1", "a1", "big"),
    edge("a1", "c2"),
    edge("c1", "c3", "false"),
    edge("s1", "c3", "otherwise"),
]


def takes(rule: Any, amount: int) -> bool:
    here = Scope({"amount": str(amount)}, None, datetime(2026, 3, 2, tzinfo=UTC), ZoneInfo("UTC"))
    return compile_rule(rule, SCHEMA).test(here)


@pytest.mark.parametrize("amount", [5, 20, 40, 60, 80, 92, 99])
def test_each_branch_selects_what_walking_would_take(amount: int) -> None:
    graph = graph_of(NODES, EDGES)
    found = {(key, branch): rule for key, branch, rule in branches_from(graph, graph.nodes["t1"])}
    starts = amount > 10
    expected = {
        ("c1", "true"): starts and amount > 50,
        ("c1", "false"): starts and amount <= 50,
        ("s1", "big"): amount > 90,
        ("s1", "mid"): 70 < amount <= 90,
        ("s1", "otherwise"): 50 < amount <= 70,
        ("c3", "true"): starts and (30 < amount <= 50 or 50 < amount <= 70),
        ("c3", "false"): starts and amount <= 30,
    }
    assert {name: takes(rule, amount) for name, rule in found.items()} == expected


def test_what_another_trigger_leads_to_and_what_follows_an_action_is_left_out() -> None:
    graph = graph_of(NODES, EDGES)
    assert list(branches_from(graph, graph.nodes["t2"])) == []


def test_a_trigger_selects_by_scope_and_filter() -> None:
    graph = graph_of(NODES, EDGES)
    assert selection_of(graph.nodes["t2"]) is None
    both = node("t3", "trigger.record", scope=above(1), filter=above(2))
    assert selection_of(graph_of([both], []).nodes["t3"]) == {"all": [above(1), above(2)]}


def test_cases_that_all_match_do_not_exclude_one_another() -> None:
    every = node(
        "s1",
        "condition.switch",
        match="all",
        cases=[{"branch": "a", "rule": above(1)}, {"branch": "b", "rule": above(2)}],
    )
    rules = dict(branch_rules(graph_of([every], []).nodes["s1"]))
    assert (takes(rules["a"], 5), takes(rules["b"], 5), takes(rules["otherwise"], 0)) == (True, True, True)
