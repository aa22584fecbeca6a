"""Hopeless documents are answered as fast as good ones: with problems, never with an exception."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from automations.engine.documents import (
    MAX_CONFIG_DEPTH,
    MAX_CONFIG_VALUES,
    MAX_DIGITS,
    MAX_NAME_LENGTH,
    MAX_VALUES,
    capped,
    parse_document,
)
from automations.engine.errors import Problem
from automations.engine.lint import lint_definition
from automations.engine.validation import validate_definition, validate_document
from tests.unit.speed import quick

from .fakes import ACTIONS, CONTEXT, EXPENSIVE, TRIGGERS, URGENT, definition, document, edge, node, trigger

QUICK_SECONDS = 1.0
MILLION = 1_000_000
LARGEST_ANSWER = 1024 * 1024
"""Bytes of all problems together, so that no document has an answer of many megabytes."""


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def nested_rule(depth: int) -> Any:
    rule: Any = URGENT
    for _ in range(depth):
        rule = {"not": rule}
    return rule


def named(depth: int, value: Any) -> Any:
    for _ in range(depth):
        value = {"k" * MAX_NAME_LENGTH: value}
    return value


def comments(count: int) -> list[dict[str, Any]]:
    return [node(f"n{index}", "action.comment", text="x") for index in range(count)]


def condition(rule: Any) -> dict[str, Any]:
    return document([trigger(), node("c1", "condition.if", rule=rule)], [edge("t1", "c1")])


HOPELESS: dict[str, Any] = {
    "a million nodes": lambda: document(comments(1) * MILLION, []),
    "a million edges": lambda: document([trigger()], [edge("t1", "t1")] * MILLION),
    "a million broken nodes": lambda: document([7] * MILLION, []),  # type: ignore[list-item]
    "a circle of a thousand": lambda: document(
        comments(1_000), [edge(f"n{index}", f"n{(index + 1) % 1_000}") for index in range(1_000)]
    ),
    "a circle of a hundred thousand": lambda: document(
        comments(100_000), [edge(f"n{index}", f"n{(index + 1) % 100_000}") for index in range(100_000)]
    ),
    "a thousand loops": lambda: document(comments(1_000), [edge(f"n{i}", f"n{i}") for i in range(1_000)]),
    "five thousand edges among few nodes": lambda: document(
        [trigger(), *comments(20)], [edge(f"n{index % 20}", f"n{index % 7}") for index in range(5_000)]
    ),
    "a thousand unknown types": lambda: document(
        [node(f"n{i}", f"action.cmment{i}") for i in range(1_000)], []
    ),
    "a thousand wrong references": lambda: document(
        [trigger(), *(node(f"n{i}", "action.comment", text="{{ stps.x }}" * 50) for i in range(900))], []
    ),
    "a config a hundred thousand deep": lambda: document(
        [trigger(), node("a1", "action.update", values={"title": nested(100_000)})], [edge("t1", "a1")]
    ),
    "settings a hundred thousand deep": lambda: document([trigger()], [], settings={"x": nested(100_000)}),
    "a rule a hundred thousand deep": lambda: condition(nested_rule(100_000)),
    "a rule of a million leaves": lambda: condition({"all": [URGENT] * MILLION}),
    "a switch of a hundred thousand cases": lambda: document(
        [trigger(), node("c1", "condition.switch", cases=[{"branch": "x", "rule": URGENT}] * 100_000)], []
    ),
    "a text of ten million characters": lambda: document(
        [trigger(), node("a1", "action.assign", strategy="x" * 10_000_000)], [edge("t1", "a1")]
    ),
    "a number of five thousand digits": lambda: document(
        [trigger(), node("a1", "action.refund", amount=10**5_000)], [edge("t1", "a1")]
    ),
    "a rule with a number of five thousand digits": lambda: condition(
        {"field": "amount", "op": "gt", "value": -(10**5_000)}
    ),
    "a thousand configs that are each just allowed": lambda: document(
        [node(f"n{i}", "action.update", values={"tags": [1] * 19_000}) for i in range(1_000)], []
    ),
    "a thousand conditions of two hundred leaves": lambda: document(
        [trigger(), *(node(f"c{i}", "condition.if", rule={"all": [URGENT] * 200}) for i in range(999))],
        [edge("t1", f"c{i}") for i in range(999)],
    ),
    "a thousand rules that are each too deep": lambda: document(
        [trigger(), *(node(f"c{i}", "condition.if", rule=nested_rule(29)) for i in range(999))], []
    ),
    "a hundred thousand wrong fields": lambda: document(
        [
            trigger(),
            *(
                node(f"n{i}", "action.update", values={f"titel{k}": 1 for k in range(9_000)})
                for i in range(11)
            ),
        ],
        [],
    ),
    "a name of a megabyte above many faults": lambda: document(
        [trigger(), node("a1", "action.update", values={"k" * MILLION: ["{{ stps.x }}"] * 400})], []
    ),
    "names of names of names": lambda: document(
        [trigger(), node("a1", "action.update", values={"title": named(25, ["{{ stps.x }}"] * 400)})], []
    ),
    "a policy with a name of a megabyte": lambda: document(
        [trigger()], [], policies={"k" * MILLION: {"rule": {"any": [{"field": "x"}] * 200}}}
    ),
    "ten thousand policies that are none": lambda: document(
        [trigger()], [], policies={f"p{i}": 1 for i in range(10_000)}
    ),
    "a million policies": lambda: document(
        [trigger()], [], policies=dict.fromkeys(map(str, range(MILLION)), 1)
    ),
    "lists for all objects": lambda: {
        "nodes": [[]] * 1_000,
        "edges": [[]] * 5_000,
        "policies": {"p": []},
        "settings": {},
    },
    "objects for all lists": lambda: {"nodes": {}, "edges": {}, "policies": [], "settings": [], "layout": []},
    "numbers for all texts": lambda: document(
        [{"id": 1, "type": 2, "title": 3, "lane": 4, "config": 5}] * 1_000,
        [{"from": 1, "to": 2, "branch": 3}] * 5_000,
    ),
    "half a character for a node": lambda: document([trigger()], [edge("t1", "\ud800"), edge("\0", "t1")]),
    "half a character for a policy": lambda: document([trigger()], [], policies={"\ud800": 1, "\0": 2}),
    "a name that is no text": lambda: document([trigger(), node("a1", "action.update", values={7: 7})], []),
    "keys of a megabyte": lambda: document(
        [trigger(), node("a1", "action.comment", text="x", **{"k" * MILLION: 1})], [edge("t1", "a1")]
    ),
    "thousands of unknown settings": lambda: document(
        [trigger(), node("a1", "action.comment", text="x", **{f"k{i}": 1 for i in range(50_000)})], []
    ),
    "a policy of a million leaves": lambda: document(
        [trigger()], [], policies={"p": {"revision": 1, "rule": {"any": [URGENT] * MILLION}}}
    ),
    "nothing": lambda: None,
    "a number": lambda: 7,
    "a NUL for an id": lambda: document([node("a\0", "action.comment", text="x")], []),
    "half a character": lambda: document([trigger(), node("a1", "action.comment", text="\ud800")], []),
    "not a number": lambda: document([trigger(), node("a1", "action.refund", amount=float("nan"))], []),
    "infinity": lambda: document([trigger(), node("a1", "action.refund", amount=float("inf"))], []),
}


@pytest.mark.no_cover  # tracing costs more than the work
@pytest.mark.parametrize("what", HOPELESS)
def test_a_hopeless_document_is_refused_within_a_second(what: str) -> None:
    given = HOPELESS[what]()
    depth = sys.getrecursionlimit()
    problems = quick(
        lambda: validate_document(given, context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS), QUICK_SECONDS
    )
    assert 1 <= len(problems) <= 200
    assert sys.getrecursionlimit() == depth
    for problem in problems:
        assert problem.code
        assert problem.hint
        assert len(problem.message) < 500, problem.code
        assert "\0" not in problem.path + problem.message + problem.hint
    answer = json.dumps([problem.to_json() for problem in problems], ensure_ascii=False)
    assert len(answer.encode()) < LARGEST_ANSWER


def test_what_is_cut_is_said() -> None:
    problems = validate_document(
        document([node(f"n{index}", "action.nowhere") for index in range(500)], []),
        context=CONTEXT,
        actions=ACTIONS,
        triggers=TRIGGERS,
    )
    assert len(problems) == 200
    assert problems[-1].code == "more-problems"
    assert problems[-1].message == "At least 201 more problems are not shown."


def test_no_more_is_collected_than_is_needed_to_say_that_there_is_more() -> None:
    endless = iter(lambda: Problem("x", "", "X.", "Mend."), None)
    assert len(capped(endless)) == 200


def parsed(config: dict[str, Any], **rest: Any) -> list[tuple[str, str]]:
    _, problems = parse_document(document([node("a1", "action.update", **config)], [], **rest))
    return [(problem.code, problem.path) for problem in problems]


def test_a_document_may_hold_values_to_a_limit() -> None:
    def chained(count: int) -> Any:
        each = MAX_CONFIG_VALUES - 1
        return document(
            [node(f"n{i}", "action.x", a=[0] * (each - (0 if i else count))) for i in range(5)], []
        )

    parsed_whole, problems = parse_document(chained(0))
    assert problems == []
    assert parsed_whole is not None
    parsed_whole, problems = parse_document({**chained(0), "settings": {"x": 1}})
    assert parsed_whole is None
    (problem,) = problems
    assert (problem.code, problem.path) == ("document-too-large", "")
    assert f"{MAX_VALUES:,}" in problem.message
    assert parse_document({**chained(1), "settings": {"x": 1}})[1] == []


def test_a_name_may_be_long_to_a_limit() -> None:
    assert parsed({"values": {"k" * MAX_NAME_LENGTH: 1}}) == []
    too_long = {"k" * (MAX_NAME_LENGTH + 1): 1}
    assert parsed({"values": too_long}) == [("config-name-too-long", "nodes[0].config")]
    assert parsed({}, settings=too_long) == [("config-name-too-long", "settings")]
    assert parsed({}, policies=too_long) == [("config-name-too-long", "policies")]
    assert parsed({"values": {7: 1}}) == [("config-name-too-long", "nodes[0].config")]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_may_be_long_to_a_limit(sign: int) -> None:
    assert parsed({"x": sign * (10**MAX_DIGITS - 1)}) == []
    assert parsed({"x": sign * 1.7e308}) == []
    assert parsed({"x": sign * 10**MAX_DIGITS}) == [("unstorable-value", "nodes[0].config")]


def test_a_config_may_be_deep_to_a_limit() -> None:
    assert parsed({"x": nested(MAX_CONFIG_DEPTH - 1)}) == []
    assert parsed({"x": nested(MAX_CONFIG_DEPTH)}) == [("config-too-deep", "nodes[0].config")]


@pytest.mark.no_cover  # tracing costs more than the work
def test_the_largest_document_that_is_allowed_is_judged_within_a_second() -> None:
    chain = [trigger(filter=URGENT), *comments(999)]
    edges = [edge(chain[index]["id"], chain[index + 1]["id"]) for index in range(999)]
    edges += [edge("t1", f"n{index}") for index in range(1, 999)]
    largest = definition(chain, edges)

    def judged() -> list[Problem]:
        assert validate_definition(largest, context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS) == []
        return lint_definition(largest, actions=ACTIONS, has_owner=True)

    advice = quick(judged, QUICK_SECONDS)
    assert [problem.code for problem in advice] == ["giant-workflow"]


@pytest.mark.no_cover  # tracing costs more than the work
def test_as_many_rules_as_are_allowed_are_judged_and_advised_on_within_a_second_each() -> None:
    rules = [{"all": [{**EXPENSIVE, "value": str(n * 200 + k)} for k in range(200)]} for n in range(120)]
    full = definition(
        [trigger(), *(node(f"c{n}", "condition.if", rule=rule) for n, rule in enumerate(rules))],
        [edge("t1", f"c{n}") for n in range(120)],
    )

    def judged() -> list[Problem]:
        return validate_definition(full, context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS)

    assert quick(judged, QUICK_SECONDS) == []
    advice = quick(lambda: lint_definition(full, actions=ACTIONS, has_owner=True), QUICK_SECONDS)
    assert {problem.code for problem in advice} >= {"giant-workflow", "unused-condition"}


@pytest.mark.no_cover  # tracing costs more than the work
def test_a_thousand_triggers_of_one_team_are_advised_on_within_a_second() -> None:
    many = definition([{**trigger(f"t{index}"), "lane": "Support"} for index in range(1_000)], [])
    advice = quick(lambda: lint_definition(many, actions=ACTIONS, has_owner=True), QUICK_SECONDS)
    assert advice[-1].code == "more-problems"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (nested_rule(9), "rule-too-deep"),
        ({"all": [URGENT] * 201}, "too-many-leaves"),
        ({"all": [{"any": [URGENT] * 67}] * 3}, "too-many-leaves"),
    ],
)
def test_depth_nine_and_leaf_two_hundred_and_one_are_too_much(rule: Any, code: str) -> None:
    problems: list[Problem] = validate_document(
        condition(rule), context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS
    )
    assert [problem.code for problem in problems] == [code]


@pytest.mark.parametrize("rule", [{"all": [{"any": [URGENT] * 40}] * 5}, {"all": [URGENT] * 200}])
def test_two_hundred_leaves_are_allowed(rule: Any) -> None:
    assert validate_document(condition(rule), context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS) == []
