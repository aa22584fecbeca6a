"""A definition in plain sentences."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.documents import Definition, Edge, Node
from automations.engine.sentences import rule_in_words, sentences_of

URGENT = {"field": "priority", "op": "in", "value": ["high", "urgent"]}
LARGE = {"field": "amount", "op": "gt", "value": "200.00"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (URGENT, "priority is one of high, urgent"),
        ({"field": "note", "op": "is_empty"}, "note is empty"),
        ({"field": "n", "op": "eq", "value": 3}, "n is 3"),
        ({"field": "n", "op": "eq", "value": {"ref": "event.data.x"}}, "n is event.data.x"),
        ({"field": "n", "op": "eq", "value": {"a": 1}}, 'n is {"a":1}'),
        ({"all": [URGENT, LARGE]}, "priority is one of high, urgent and amount is more than 200.00"),
        ({"any": [LARGE, {"policy": "vip"}]}, "amount is more than 200.00 or the policy “vip” holds"),
        (
            {"all": [LARGE, {"any": [LARGE, URGENT]}]},
            "amount is more than 200.00 and (amount is more than 200.00 or priority is one of high, urgent)",
        ),
        ({"not": LARGE}, "not (amount is more than 200.00)"),
        ({"all": []}, "always"),
        ({"any": []}, "never"),
        ({"field": "x", "op": "equals", "value": "1"}, "x equals 1"),
        ({}, "? None"),
        ("nonsense", "?"),
    ],
)
def test_a_rule_reads_as_people_say_it(rule: Any, words: str) -> None:
    assert rule_in_words(rule) == words


def told(nodes: list[Node], edges: list[Edge], summaries: dict[str, str] | None = None) -> list[str]:
    return sentences_of(
        Definition(tuple(nodes), tuple(edges)), lambda node: (summaries or {}).get(node.id, "")
    )


def test_each_step_says_what_it_does_and_where_it_leads() -> None:
    nodes = [
        Node("t1", "trigger.record", "Ticket created", "Support", {"module": "tickets", "filter": URGENT}),
        Node("c1", "condition.if", "Large?", config={"rule": LARGE}),
        Node("a1", "action.assign", "Assign"),
        Node("a2", "action.stop"),
    ]
    edges = [Edge("t1", "c1"), Edge("c1", "a1", "true"), Edge("c1", "a2", "false"), Edge("c1", "a2", "true")]
    assert told(nodes, edges, {"t1": "Created in tickets", "a1": "Assign to bob"}) == [
        "“Ticket created” (Support): Created in tickets, only where priority is one of high, urgent. Then go on with “Large?”.",
        "“Large?”: true if amount is more than 200.00. If false, go on with “a2”. If true, go on with “Assign”, “a2”.",
        "“Assign”: Assign to bob. The path ends here.",
        "“a2”: action.stop. The path ends here.",
    ]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"cases": [{"branch": "net", "rule": URGENT}, {"branch": "big", "rule": LARGE}]},
            "the first case that holds: net if priority is one of high, urgent; big if amount is more than 200.00;"
            " otherwise if none does",
        ),
        ({"match": "all", "cases": ["?"]}, "every case that holds: ; otherwise if none does"),
        ({"cases": 1}, "the first case that holds: ; otherwise if none does"),
    ],
)
def test_a_switch_names_its_cases_however_unfinished(config: Any, words: str) -> None:
    assert told([Node("c1", "condition.switch", config=config)], []) == [
        f"“c1”: {words}. The path ends here."
    ]


def test_steps_on_a_cycle_are_told_too() -> None:
    nodes = [Node("b", "action.stop"), Node("a", "action.stop")]
    assert [sentence[:4] for sentence in told(nodes, [Edge("a", "b"), Edge("b", "a")])] == ["“a”:", "“b”:"]


def test_a_disabled_step_is_told_as_such() -> None:
    step = Node("a1", "action.comment", "Hello", "Support", disabled=True)
    assert told([step], [], {"a1": "says hello"}) == [
        "“Hello” (Support) (disabled): says hello. The path ends here."
    ]
