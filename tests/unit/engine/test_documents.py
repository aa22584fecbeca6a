from __future__ import annotations

import json
from typing import Any

import pytest

from automations.engine.documents import (
    MAX_EDGES,
    MAX_NODES,
    MAX_PROBLEMS,
    Definition,
    Edge,
    Node,
    canonical_json,
    capped,
    edge_to_json,
    parse_document,
)
from automations.engine.errors import Problem
from tests.unit.engine.fakes import definition, document, edge, node, trigger
from tests.unit.speed import quick


def codes(candidate: object) -> list[tuple[str, str]]:
    parsed, problems = parse_document(candidate)
    assert parsed is None
    assert all(problem.message and problem.hint for problem in problems)
    return [(problem.code, problem.path) for problem in problems]


def full_document() -> dict[str, Any]:
    return document(
        [
            {**trigger(), "title": "Ticket created", "lane": "support"},
            node("a1", "action.comment", text="Hello"),
        ],
        [edge("t1", "a1")],
        policies={"vip": {"revision": 3, "rule": {"field": "amount", "op": "gt", "value": "1"}}},
        settings={"zone": "Europe/Berlin"},
        workflows={"notify": {"version": 4, "digest": "ab" * 32}},
    )


def test_a_document_survives_parsing_and_writing() -> None:
    parsed, problems = parse_document(full_document())
    assert parsed is not None
    assert problems == []
    assert parsed.to_document() == full_document()
    assert parse_document(parsed.to_document())[0] == parsed


def test_a_node_is_called_by_its_title_or_its_id() -> None:
    assert Node("a1", "action.assign", title="Assign").label == "Assign"
    assert Node("a1", "action.assign").label == "a1"
    assert Node("a1", "action.assign").family == "action"


def test_pinned_policies_are_known_by_key() -> None:
    parsed, _ = parse_document(full_document())
    assert parsed is not None
    assert parsed.rules() == {"vip": {"field": "amount", "op": "gt", "value": "1"}}


def test_the_digest_does_not_depend_on_layout_or_order() -> None:
    plain, _ = parse_document(full_document())
    turned = full_document() | {"layout": {"t1": {"x": 1, "y": 2}}}
    turned["nodes"].reverse()
    other, _ = parse_document(turned)
    assert plain is not None
    assert other is not None
    assert plain.digest() == other.digest()
    assert len(plain.digest()) == 64


def test_the_digest_changes_with_every_part_that_runs_depend_on() -> None:
    base = definition([trigger(), node("a1", "action.comment", text="Hello")], [edge("t1", "a1")])
    others = [
        definition([trigger(), node("a1", "action.comment", text="Bye")], [edge("t1", "a1")]),
        definition([trigger(), node("a1", "action.comment", text="Hello")], []),
        definition(
            [trigger(), node("a1", "action.comment", text="Hello")],
            [edge("t1", "a1")],
            settings={"zone": "UTC"},
        ),
        definition(
            [trigger(), node("a1", "action.comment", text="Hello")],
            [edge("t1", "a1")],
            policies={"p": {"rule": {}}},
        ),
        definition([trigger(), node("a1", "action.comment", text="Hello")], [edge("t1", "a1")], workflows={}),
        definition(
            [trigger(), node("a1", "action.comment", text="Hello")],
            [edge("t1", "a1")],
            workflows={"notify": {"version": 4, "digest": "ab" * 32}},
        ),
    ]
    assert len({base.digest(), *(other.digest() for other in others)}) == 7


def test_a_version_of_before_there_were_pins_keeps_its_digest() -> None:
    """What was published stays what it was: a document that says nothing of started workflows is written as it was read."""
    old = full_document()
    del old["workflows"]
    parsed, _ = parse_document(old)
    assert parsed is not None
    assert parsed.workflows is None
    assert parsed.to_document() == old
    assert parsed.digest() == "07cc4a0b79717f54ddfa0cc07b3e0b4f4888fa5de32facb4daf6ae710d57e89b"


def test_fingerprints_are_a_part_of_the_document_and_of_its_digest() -> None:
    old, _ = parse_document(full_document())
    parsed, problems = parse_document(
        full_document() | {"fingerprints": {"destination": {"crm": {"address": "ab" * 16}}}}
    )
    assert (problems, old is None, parsed is None) == ([], False, False)
    assert old is not None
    assert parsed is not None
    assert parse_document(parsed.to_document())[0] == parsed
    assert old.digest() != parsed.digest()


def test_canonical_json_refuses_what_is_not_json() -> None:
    assert canonical_json({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))


@pytest.mark.parametrize("candidate", [None, [], "text", 1])
def test_a_document_that_is_no_object_is_refused(candidate: object) -> None:
    assert codes(candidate) == [("malformed-document", "")]


@pytest.mark.parametrize("schema", [2, "1", True, None, [[]]])
def test_an_unknown_schema_is_refused(schema: object) -> None:
    assert codes(document([], []) | {"schema": schema}) == [("unknown-schema", "schema")]


def test_a_document_without_edges_or_schema_is_complete() -> None:
    parsed, problems = parse_document({"nodes": [trigger()]})
    assert parsed is not None
    assert problems == []
    assert parsed.edges == ()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"nodes": None}, "nodes"),
        ({"nodes": {}}, "nodes"),
        ({"edges": None}, "edges"),
        ({"edges": "x"}, "edges"),
        ({"policies": []}, "policies"),
        ({"settings": 1}, "settings"),
        ({"layout": "x"}, "layout"),
        ({"policies": {"vip": 1}}, "policies.vip"),
        ({"policies": {"vip": {"revision": 1}}}, "policies.vip"),
        ({"workflows": []}, "workflows"),
        ({"workflows": {"notify": 1}}, "workflows.notify"),
        ({"workflows": {"notify": {}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": 0, "digest": "ab" * 32}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": True, "digest": "ab" * 32}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": 2**31, "digest": "ab" * 32}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": "1", "digest": "ab" * 32}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": 1, "digest": "AB" * 32}}}, "workflows.notify"),
        ({"workflows": {"notify": {"version": 1, "digest": 1}}}, "workflows.notify"),
        ({"fingerprints": []}, "fingerprints"),
        ({"fingerprints": {"destination": 1}}, "fingerprints.destination"),
        ({"fingerprints": {"destination": {"crm": "ab"}}}, "fingerprints.destination"),
        ({"fingerprints": {"destination": {"crm": {"address": 1}}}}, "fingerprints.destination"),
        ({"fingerprints": {"destination": {"crm": {"address": "AB" * 16}}}}, "fingerprints.destination"),
        ({"workflows": {"notify": {"version": 1, "digest": "ab" * 32, "more": 1}}}, "workflows.notify"),
    ],
)
def test_a_part_of_the_wrong_shape_is_named(change: dict[str, Any], path: str) -> None:
    assert codes(document([], []) | change) == [("malformed-document", path)]


def test_a_document_without_nodes_is_malformed() -> None:
    assert codes({"schema": 1}) == [("malformed-document", "nodes")]


@pytest.mark.parametrize("identity", [None, "", 1, "-a", "a b", "a" * 65, "a\n", "ä", "a.b"])
def test_a_bad_node_id_is_refused(identity: object) -> None:
    assert codes(document([{"id": identity, "type": "action.stop"}], [])) == [("bad-node-id", "nodes[0].id")]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("text", "nodes[0]"),
        ({"id": "a1"}, "nodes[0].type"),
        ({"id": "a1", "type": 1}, "nodes[0].type"),
        ({"id": "a1", "type": "x" * 65}, "nodes[0].type"),
        ({"id": "a1", "type": "x", "title": "x" * 201}, "nodes[0].title"),
        ({"id": "a1", "type": "x", "title": "\ud800"}, "nodes[0].title"),
        ({"id": "a1", "type": "x", "lane": ["x"]}, "nodes[0].lane"),
        ({"id": "a1", "type": "x", "config": []}, "nodes[0].config"),
    ],
)
def test_a_malformed_node_is_named(raw: object, path: str) -> None:
    assert codes(document([raw], [])) == [("malformed-node", path)]  # type: ignore[list-item]


def test_two_nodes_with_one_id_are_refused() -> None:
    _, problems = parse_document(document([trigger("x"), trigger("x")], []))
    assert [(p.code, p.path, p.node) for p in problems] == [("duplicate-node-id", "nodes[1].id", "x")]


@pytest.mark.parametrize(
    ("raw", "code", "path", "who"),
    [
        (1, "malformed-edge", "edges[0]", ""),
        ({"to": "t1"}, "malformed-edge", "edges[0].from", ""),
        ({"from": "t1"}, "malformed-edge", "edges[0].to", "t1"),
        ({"from": "gone", "to": "t1"}, "edge-from-missing-node", "edges[0].from", ""),
        ({"from": "t1", "to": "gone"}, "edge-to-missing-node", "edges[0].to", "t1"),
        ({"from": "t1", "to": "t1", "branch": 0}, "malformed-edge", "edges[0].branch", "t1"),
        ({"from": "t1", "to": "t1", "branch": "x" * 81}, "malformed-edge", "edges[0].branch", "t1"),
        ({"from": "t1", "to": "t1", "branch": "\0"}, "malformed-edge", "edges[0].branch", "t1"),
    ],
)
def test_a_malformed_edge_is_named(raw: Any, code: str, path: str, who: str) -> None:
    parsed, problems = parse_document(document([trigger()], [raw]))
    assert parsed is None
    assert [(p.code, p.path, p.node) for p in problems] == [(code, path, who)]


def test_a_branch_of_null_is_the_plain_way_out() -> None:
    parsed = definition([trigger(), node("a1", "action.stop")], [{"from": "t1", "to": "a1", "branch": None}])
    assert parsed.edges == (Edge("t1", "a1"),)


def nested(depth: int) -> dict[str, Any]:
    value: Any = {}
    for level in range(depth - 1):
        value = {"x": value} if level % 2 else [value]
    return {"x": value}


def test_a_config_may_be_nested_to_a_limit() -> None:
    assert parse_document(document([{"id": "a1", "type": "x", "config": nested(31)}], []))[1] == []
    assert codes(document([{"id": "a1", "type": "x", "config": nested(33)}], [])) == [
        ("config-too-deep", "nodes[0].config")
    ]


@pytest.mark.parametrize("wide", [list(range(20_000)), {str(n): n for n in range(20_000)}])
def test_a_config_may_hold_many_values_to_a_limit(wide: Any) -> None:
    assert parse_document(document([{"id": "a1", "type": "x", "config": {"a": list(wide)[1:]}}], []))[1] == []
    assert codes(document([{"id": "a1", "type": "x", "config": {"a": wide}}], [])) == [
        ("config-too-large", "nodes[0].config")
    ]


def test_an_edge_is_written_as_it_was_read() -> None:
    for raw in ({"from": "a", "to": "b"}, {"from": "a", "to": "b", "branch": "failed"}):
        assert edge_to_json(Edge(raw["from"], raw["to"], raw.get("branch", ""))) == raw


def test_nesting_that_would_exhaust_the_stack_is_refused() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert codes(document([], [], settings={"x": value})) == [("config-too-deep", "settings")]


@pytest.mark.parametrize("value", ["\0", "half \ud83d", float("nan"), float("inf"), {"\0": 1}])
def test_a_value_that_cannot_be_stored_is_refused(value: object) -> None:
    bad = document([{"id": "a1", "type": "x", "config": {"a": [1, 1.5, None, "ü", value]}}], [])
    assert codes(bad) == [("unstorable-value", "nodes[0].config")]


def test_what_parses_has_a_digest() -> None:
    text = '{"nodes": [{"id": "a1", "type": "x", "config": {"n": 1e400}}]}'
    assert codes(json.loads(text)) == [("unstorable-value", "nodes[0].config")]


def test_a_million_nodes_are_refused_at_once() -> None:
    huge = document([{"id": "a1"}] * 1_000_000, [])
    assert quick(lambda: codes(huge), 0.1) == [("too-many-nodes", "nodes")]


def test_nodes_and_edges_are_allowed_to_their_limits() -> None:
    nodes = [node(f"n{index}", "action.stop") for index in range(MAX_NODES)]
    edges = [edge("n0", "n1", str(index)) for index in range(MAX_EDGES)]
    parsed, _ = parse_document(document(nodes, edges))
    assert isinstance(parsed, Definition)
    assert codes(document(nodes, [*edges, edge("n1", "n0")])) == [("too-many-edges", "edges")]


def test_the_last_of_many_problems_says_how_many_are_not_shown() -> None:
    _, problems = parse_document(document([{"id": ""}] * 300, []))  # type: ignore[list-item]
    assert len(problems) == MAX_PROBLEMS
    assert problems[-1].code == "more-problems"
    assert "101 more" in problems[-1].message


def test_few_problems_are_all_shown() -> None:
    problems = [Problem("x", str(index), "", "") for index in range(MAX_PROBLEMS)]
    assert capped(problems) == problems
