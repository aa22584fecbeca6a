"""Definitions and rules that can't stand: each problem is named by its path, at once, and nothing is kept of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Action, Condition, Policy, Workflow

pytestmark = pytest.mark.django_db

LEAF = {"field": "status", "op": "eq", "value": "open"}
SECONDS = 1.0


def deep(levels: int) -> Any:
    rule: Any = LEAF
    for _ in range(levels):
        rule = {"all": [rule]}
    return rule


RULES: dict[str, tuple[Any, str, str]] = {
    "a field beyond a relation": ({**LEAF, "field": "owner__password"}, "unknown-field", ".field"),
    "the ORM's negation": ({**LEAF, "field": "_negated"}, "unknown-field", ".field"),
    "the ORM's connector": ({**LEAF, "field": "_connector"}, "unknown-field", ".field"),
    "an operator of the ORM": ({"field": "subject", "op": "regex", "value": "x"}, "unknown-operator", ".op"),
    "an operator of another type": (
        {"field": "subject", "op": "older_than", "value": "PT1H"},
        "operator-not-for-type",
        ".op",
    ),
    "a value of another type": ({"field": "due", "op": "gt", "value": "soon"}, "wrong-value-type", ".value"),
    "depth 9": (deep(9), "rule-too-deep", ".all[0]" * 8),
    "201 leaves": ({"all": [LEAF] * 201}, "too-many-leaves", ""),
}


def comment(node: str) -> dict[str, Any]:
    return {"id": node, "type": "action.comment", "config": {"text": "Hello"}}


def edges(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"from": source, "to": target} for source, target in pairs]


TRIGGER = {"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["created"]}}
GRAPHS: dict[str, tuple[list[Any], list[Any], str, str]] = {
    "a cycle": (
        [TRIGGER, comment("a1"), comment("a2")],
        edges(("t1", "a1"), ("a1", "a2"), ("a2", "a1")),
        "cycle",
        "edges[",
    ),
    "duplicate ids": ([TRIGGER, comment("a1"), comment("a1")], edges(("t1", "a1")), "duplicate-node-id", "nodes[2].id"),
    "an unknown node type": (
        [TRIGGER, {"id": "a1", "type": "action.nothing", "config": {}}],
        edges(("t1", "a1")),
        "unknown-node-type",
        "nodes[1].type",
    ),
    "a dangling edge": ([TRIGGER, comment("a1")], edges(("t1", "a1"), ("a1", "gone")), "edge-to-missing-node", "edges[1].to"),
}  # fmt: skip


def as_file(nodes: list[Any], connections: list[Any]) -> str:
    head = "automations: 1\nkey: brought\nname: Brought\nmodule: tickets\n"
    return f"{head}nodes: {json.dumps(nodes)}\nedges: {json.dumps(connections)}\n"


def refused(answer: Any, began: float) -> list[dict[str, str]]:
    assert answer.status_code in (400, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert time.perf_counter() - began < SECONDS
    problems: list[dict[str, str]] = answer.json()["problems"]
    assert all(problem["message"] and problem["hint"] for problem in problems)
    return problems


@pytest.mark.parametrize("what", RULES)
def test_a_bad_rule_is_refused_by_its_path_wherever_it_comes_in(
    admin: APIClient, workflow: Workflow, what: str
) -> None:
    rule, code, place = RULES[what]
    condition = {"id": "c1", "type": "condition.if", "config": {"rule": rule}}
    graph = f"/api/v1/workflows/{workflow.pk}/"
    document = {"schema": 1, "nodes": [TRIGGER, condition], "edges": edges(("t1", "c1")), "revision": 0}
    assert (
        admin.put(f"{graph}graph/", document, format="json").status_code == 200
    )  # a draft may be unfinished
    file = as_file([TRIGGER, condition], edges(("t1", "c1")))
    for address, body, path in (
        ("/api/v1/policies/", {"key": "p", "name": "P", "module": "tickets", "rule": rule}, "rule"),
        ("/api/v1/modules/tickets/explain/", {"rule": rule, "record": "T-1"}, "rule"),
        ("/api/v1/workflows/import/", {"file": file}, "nodes[1].config.rule"),
        (f"{graph}publish/", {}, "nodes[1].config.rule"),
        (f"{graph}run-test/", {"records": "live"}, "nodes[1].config.rule"),
    ):
        began = time.perf_counter()
        problems = refused(admin.post(address, body, format="json"), began)
        assert [(problem["code"], problem["path"]) for problem in problems] == [(code, path + place)], address
    began = time.perf_counter()
    answer = admin.get("/api/v1/modules/tickets/records/", {"rule": json.dumps(rule)})
    assert refused(answer, began)[0]["code"] == code
    assert not Policy.objects.exists()
    assert list(Workflow.objects.all()) == [workflow]
    workflow.refresh_from_db()
    assert workflow.active_version is None


@pytest.mark.parametrize("what", GRAPHS)
def test_a_file_with_a_bad_graph_makes_nothing(admin: APIClient, workflow: Workflow, what: str) -> None:
    nodes, connections, code, place = GRAPHS[what]
    for address in ("/api/v1/workflows/import/", f"/api/v1/workflows/{workflow.pk}/import/"):
        began = time.perf_counter()
        problems = refused(admin.post(address, {"file": as_file(nodes, connections)}, format="json"), began)
        assert code in [problem["code"] for problem in problems]
        assert any(problem["path"].startswith(place) for problem in problems)
    assert list(Workflow.objects.all()) == [workflow]
    workflow.refresh_from_db()
    assert workflow.name == "Route tickets"
    assert not Action.objects.exists()
    assert not Condition.objects.exists()


def test_a_file_with_a_million_nodes_is_refused_by_its_size(admin: APIClient, workflow: Workflow) -> None:
    text = as_file([], []).replace("nodes: []", "nodes: [" + "{}," * 1_000_000 + "]")
    began = time.perf_counter()
    answer = admin.post("/api/v1/workflows/import/", {"file": text}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert time.perf_counter() - began < SECONDS
    assert list(Workflow.objects.all()) == [workflow]
