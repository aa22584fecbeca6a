"""Advice on rules that say nothing: never true, always true, or taken by an earlier case in any event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automations.engine.contradictions import always_true, implies, never_true
from automations.engine.documents import Definition, Node, capped
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import Schema
from automations.engine.rule_places import form_digest, rules_of
from automations.engine.rules import AnyOf, Tree, compile_rule


def lint_rules(definition: Definition, schema: Schema, policies: Mapping[str, Any]) -> list[Problem]:
    """Warnings about the rules of a valid definition about records of `schema`; `policies` are the rules by key. What
    is claimed holds for every record; not everything that could be claimed is found."""
    return capped(
        problem
        for index, node in enumerate(definition.nodes)
        for problem in _node(node, f"nodes[{index}]", schema, policies)
    )


def _node(node: Node, path: str, schema: Schema, policies: Mapping[str, Any]) -> Iterator[Problem]:
    earlier: list[tuple[str, str, Tree]] = []
    for place, rule in rules_of(node):
        tree = _tree(rule, schema, policies)
        if tree is None:
            continue
        at = f"{path}.{place}"
        if never_true(tree):
            yield _never(node, place, at)
            continue
        if _says_nothing(place) and always_true(tree):
            yield _always(node, place, at)
        if node.type == "condition.switch" and node.config.get("match", "first") == "first":
            yield from _taken(node, place, at, rule, tree, earlier)


def _tree(rule: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Tree | None:
    try:
        return compile_rule(rule, schema, policies=policies).tree
    except EngineError:  # of a trigger without a module, say, whose rules are about the event
        return None


def _says_nothing(place: str) -> bool:
    """Whether a rule that always holds is useless here; as the last case of a switch it may be meant."""
    return place in ("config.rule", "config.filter", "config.scope")


def _never(node: Node, place: str, at: str) -> Problem:
    what = {
        "config.filter": "its filter can never be true, so that it starts no run",
        "config.scope": "its scope can never be true, so that it starts no run",
        "config.rule": "its rule can never be true",
    }.get(place, "the rule of a case can never be true")
    message = f"“{node.label}”: {what}. Its comparisons exclude one another."
    hint = "Correct the values, or let one of them do: “any of” instead of “all of”."
    return _warning("never-true-rule", at, node, message, hint)


def _always(node: Node, place: str, at: str) -> Problem:
    what = "rule" if place == "config.rule" else place.removeprefix("config.")
    message = f"“{node.label}”: its {what} is true for every record, so that it decides nothing."
    return _warning("always-true-rule", at, node, message, f"Correct the {what}, or remove it.")


def _taken(
    node: Node, place: str, at: str, rule: Mapping[str, Any], tree: Tree, earlier: list[tuple[str, str, Tree]]
) -> Iterator[Problem]:
    """A case that earlier ones leave nothing to."""
    branch = str(node.config["cases"][_index(place)].get("branch"))
    form = form_digest(rule)
    alone = next((name for name, _, other in earlier if implies(tree, other)), None)
    if any(form == known for _, known, _ in earlier):
        pass  # told as a rule that stands twice
    elif alone is not None:
        message = f"“{branch}” can never be taken: “{alone}” comes first and takes all that it would."
        yield _warning("never-taken-branch", at, node, message, "Put the narrower case first, or change it.")
    elif len(earlier) > 1 and implies(tree, AnyOf(tuple(other for _, _, other in earlier))):
        message = f"“{branch}” can never be taken: the cases before it take all that it would."
        yield _warning("never-taken-branch", at, node, message, "Put the narrower case first, or change it.")
    earlier.append((branch, form, tree))


def _index(place: str) -> int:
    return int(place.removeprefix("config.cases[").partition("]")[0])


def _warning(code: str, at: str, node: Node, message: str, hint: str) -> Problem:
    return Problem(code, at, message, hint, node=node.id, severity="warning")
