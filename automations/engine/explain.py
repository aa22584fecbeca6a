"""Why a rule held or not: the same tree with the result of each part and the value that each leaf saw."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from automations.engine.documents import canonical_json
from automations.engine.durations import format_duration
from automations.engine.leaf_tests import EVENT_SIDES, leaf_test, resolve, sides_of, value_of
from automations.engine.operators import OPERATORS
from automations.engine.rule_trees import AllOf, Leaf, Named, Not, Tree
from automations.engine.scopes import Scope

MAX_SHOWN = 300
"""Characters of a value that an explanation carries; it is for reading, and stands in many logs."""

Explanation = dict[str, Any]


def explain(tree: Tree, scope: Scope) -> Explanation:
    """JSON of the tree: {"kind": "all" | "any" | "not" | "policy", "result", "children", "policy"?} and for a
    leaf {"kind": "leaf", "field", "op", "expected", "saw", "result", "assumed"}.

    Every part is judged, also where an earlier one had decided. `expected` has references resolved; `saw` is
    the record's value, of `changed*` operators that of the event ([before, after] of `changed`). Long values
    are cut.
    """
    if isinstance(tree, Leaf):
        return _explain_leaf(tree, scope)
    if isinstance(tree, Named):
        inner = explain(tree.part, scope)
        return {"kind": "policy", "policy": tree.policy, "result": inner["result"], "children": [inner]}
    if isinstance(tree, Not):
        inner = explain(tree.part, scope)
        return {"kind": "not", "result": not inner["result"], "children": [inner]}
    children = [explain(part, scope) for part in tree.parts]
    results = [child["result"] for child in children]
    if isinstance(tree, AllOf):
        return {"kind": "all", "result": all(results), "children": children}
    return {"kind": "any", "result": any(results), "children": children}


def _explain_leaf(leaf: Leaf, scope: Scope) -> Explanation:
    explanation = {
        "kind": "leaf",
        "field": leaf.name,
        "op": leaf.op,
        "expected": _expected(leaf, scope),
        "saw": _shown(_saw(leaf, scope)),
        "result": leaf_test(leaf)(scope),
        "assumed": OPERATORS[leaf.op].event_only and scope.assume_changed,
    }
    return {**explanation, "case": "ignore"} if leaf.ignore_case else explanation


def _expected(leaf: Leaf, scope: Scope) -> Any:
    if leaf.value is None:
        return None
    if isinstance(leaf.value, timedelta):
        return format_duration(leaf.value)
    value = resolve(leaf, scope)
    return _shown(list(value) if isinstance(value, tuple) else value)


def _saw(leaf: Leaf, scope: Scope) -> Any:
    if not OPERATORS[leaf.op].event_only:
        return value_of(leaf, scope)
    before, after = sides_of(leaf, scope)
    if leaf.op not in EVENT_SIDES:
        return [before, after]
    return before if EVENT_SIDES[leaf.op] == "before" else after


def _shown(value: Any) -> Any:
    """A value as it is if it is short, else the beginning of its text."""
    if isinstance(value, list | dict):
        text = canonical_json(value)
    elif isinstance(value, str):
        text = value
    else:
        return value
    return value if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
