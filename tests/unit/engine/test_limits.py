"""Hopeless documents are answered as fast as good ones: with problems, never with an exception."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from automations.engine.errors import Problem
from automations.engine.lint import lint_definition
from automations.engine.validation import validate_definition, validate_document

from .fakes import ACTIONS, CONTEXT, TRIGGERS, URGENT, definition, document, edge, node, trigger

QUICK_SECONDS = 1.0
MILLION = 1_000_000


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
        [trigger(), node("a1", "action.refund", amount=10**4_000)], [edge("t1", "a1")]
    ),
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
    "infinity": lambda: document([trigger(), node("a1", "action.refund", amount=float("inf"))], []),
}


@pytest.mark.no_cover  # tracing costs more than the work
@pytest.mark.parametrize("what", HOPELESS)
def test_a_hopeless_document_is_refused_within_a_second(what: str) -> None:
    given = HOPELESS[what]()
    depth = sys.getrecursionlimit()
    started = time.process_time()
    problems = validate_document(given, context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS)
    assert time.process_time() - started < QUICK_SECONDS
    assert 1 <= len(problems) <= 200
    assert sys.getrecursionlimit() == depth
    for problem in problems:
        assert problem.code
        assert problem.hint
        assert len(problem.message) < 500, problem.code


def test_what_is_cut_is_said() -> None:
    problems = validate_document(
        document([node(f"n{index}", "action.nowhere") for index in range(500)], []),
        context=CONTEXT,
        actions=ACTIONS,
        triggers=TRIGGERS,
    )
    assert len(problems) == 200
    assert problems[-1].code == "more-problems"


@pytest.mark.no_cover  # tracing costs more than the work
def test_the_largest_document_that_is_allowed_is_judged_within_a_second() -> None:
    chain = [trigger(filter=URGENT), *comments(999)]
    edges = [edge(chain[index]["id"], chain[index + 1]["id"]) for index in range(999)]
    edges += [edge("t1", f"n{index}") for index in range(1, 999)]
    parsed = definition(chain, edges)
    started = time.process_time()
    assert validate_definition(parsed, context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS) == []
    advice = lint_definition(parsed, actions=ACTIONS, has_owner=True)
    assert time.process_time() - started < QUICK_SECONDS
    assert [problem.code for problem in advice] == ["giant-workflow"]


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
