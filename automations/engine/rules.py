"""Rule trees: checked at save, compiled to closures for one record, explained leaf by leaf.

Stored form: {"all": [...]}, {"any": [...]}, {"not": rule}, {"policy": key} and leaves {"field", "op",
"value"?, "case"?: "ignore"}. A value may be {"ref": path}. Leaves are two-valued: a comparison with an absent
value is false, and a negating operator is the exact negation of its positive one.

This module is the door: what rules are made of stands in `rule_trees`, `rule_checks`, `leaf_tests`,
`explain`, `operators` and `scopes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automations.engine.documents import canonical_json
from automations.engine.explain import Explanation, explain
from automations.engine.fields import Schema
from automations.engine.leaf_tests import Test, has_ref, leaf_test, operand_of, resolve, value_of
from automations.engine.operators import NEGATIONS, OPERATORS, operators_for
from automations.engine.rule_checks import MAX_DEPTH, MAX_LEAVES, validate_rule
from automations.engine.rule_trees import (
    AllOf,
    AnyOf,
    Leaf,
    Named,
    Not,
    Ref,
    Tree,
    build_tree,
    leaves,
    rule_kind,
)
from automations.engine.scopes import MISSING, Scope, lookup

__all__ = [
    "MAX_DEPTH",
    "MAX_LEAVES",
    "MISSING",
    "OPERATORS",
    "AllOf",
    "AnyOf",
    "CompiledRule",
    "Explanation",
    "Leaf",
    "Named",
    "Not",
    "Ref",
    "Scope",
    "Test",
    "Tree",
    "compile_rule",
    "has_ref",
    "leaf_test",
    "leaves",
    "lookup",
    "normal_form",
    "operand_of",
    "operators_for",
    "resolve",
    "validate_rule",
    "value_of",
]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be judged, by any number of threads.

    `test(scope)` says whether it holds, in at most a microsecond or so for each leaf that it comes to; it
    raises nothing whatever the record holds. `tree` is what SQL is made of; `fields` are the keys of the
    record's fields that the rule looks at.
    """

    tree: Tree
    test: Test
    fields: tuple[str, ...]

    def explain(self, scope: Scope) -> Explanation:
        """For each part whether it held, and for each leaf the value that it saw; `explain.explain` says the
        shape."""
        return explain(self.tree, scope)


def compile_rule(rule: Any, schema: Schema, *, policies: Mapping[str, Any] | None = None) -> CompiledRule:
    """Compile a rule that `validate_rule` passed, or one put together from such; `policies` are inlined.

    Groups may be empty here ("all" of nothing is true, "any" of nothing false) and nest deeper than people
    may write. Raises RuleError with the reason for a rule that can't be judged.
    """
    tree = build_tree(rule, schema, policies or {})
    return CompiledRule(tree, _test(tree), tuple(dict.fromkeys(leaf.spec.key for leaf in leaves(tree))))


def _test(tree: Tree) -> Test:
    if isinstance(tree, Leaf):
        return leaf_test(tree)
    if isinstance(tree, Named):
        return _test(tree.part)
    if isinstance(tree, Not):
        inner = _test(tree.part)
        return lambda scope: not inner(scope)
    tests = tuple([_test(part) for part in tree.parts])
    if len(tests) == 1:
        return tests[0]
    decisive = isinstance(tree, AnyOf)

    def group(scope: Scope) -> bool:
        for test in tests:  # a plain loop is a third faster than any() of a generator here
            if test(scope) is decisive:
                return decisive
        return not decisive

    return group


def normal_form(rule: Any) -> Any:
    """One JSON value for the rules that say the same up to order, repetition, needless nesting of all/any,
    double "not" and a "not" that an operator can say itself. What is no well-formed rule is returned as it
    is.

    The rule is JSON nested no deeper than a document may be.
    """
    kind = rule_kind(rule)
    if kind == "not":
        return _negated(normal_form(rule["not"]))
    if kind == "field":
        return _normal_leaf(rule)
    if kind not in ("all", "any") or not isinstance(rule[kind], list):
        return rule
    parts: dict[str, Any] = {}
    for part in rule[kind]:
        normal = normal_form(part)
        inner = normal[kind] if rule_kind(normal) == kind and isinstance(normal[kind], list) else [normal]
        parts.update({canonical_json(entry): entry for entry in inner})
    ordered = [parts[text] for text in sorted(parts)]
    return ordered[0] if len(ordered) == 1 else {kind: ordered}


def _negated(normal: Any) -> Any:
    kind = rule_kind(normal)
    if kind == "not":
        return normal["not"]
    if kind == "field" and isinstance(normal.get("op"), str) and normal["op"] in NEGATIONS:
        return {**normal, "op": NEGATIONS[normal["op"]]}
    return {"not": normal}


def _normal_leaf(leaf: Mapping[str, Any]) -> dict[str, Any]:
    normal = {key: value for key, value in leaf.items() if value is not None}
    operator = OPERATORS.get(leaf["op"]) if isinstance(leaf.get("op"), str) else None
    if operator is not None and operator.value == "many" and isinstance(leaf.get("value"), list):
        values = {canonical_json(value): value for value in leaf["value"]}
        normal["value"] = [values[text] for text in sorted(values)]
    return normal
