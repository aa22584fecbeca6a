"""Where rules and policies stand in a workflow's steps, and one name for the rules that say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automations.engine.documents import Definition, Node, canonical_json
from automations.engine.operators import OPERATORS
from automations.engine.rule_trees import is_ref, rule_kind
from automations.engine.rules import normal_form

SINGLE = ("scope", "filter", "rule")
"""Settings that hold one rule."""
MANY = ("cases", "rules")
"""Settings that hold a list of objects, each with a rule."""


def rules_of(node: Node) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path from the node, rule) of each rule in a step's settings that is an object at all."""
    for key in SINGLE:
        if isinstance(node.config.get(key), Mapping):
            yield f"config.{key}", node.config[key]
    for key in MANY:
        entries = node.config.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Mapping) and isinstance(entry.get("rule"), Mapping):
                yield f"config.{key}[{index}].rule", entry["rule"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands in a definition: its module, its node and that node's place, the path from the node."""

    module: str
    index: int
    node: Node
    path: str
    rule: Mapping[str, Any]
    form: str


def modules_of(definition: Definition) -> list[str]:
    """The keys of the modules that the triggers name, each once."""
    named = [node.config.get("module") for node in definition.nodes if node.family == "trigger"]
    return list(dict.fromkeys(key for key in named if isinstance(key, str)))


def places_in(definition: Definition) -> Iterator[Place]:
    """The rules of a definition that mean the same in every workflow about its module; none where its triggers are not
    about one module."""
    modules = modules_of(definition)
    if len(modules) != 1:
        return
    module = modules[0]
    for index, node in enumerate(definition.nodes):
        for path, rule in rules_of(node):
            if stands_alone(rule):
                yield Place(module, index, node, path, rule, form_digest(rule))


def policies_in(value: Any) -> set[str]:
    """The keys of the policies that a rule, a config or a list of them names."""
    found: set[str] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            if len(current) == 1 and isinstance(current.get("policy"), str):
                found.add(current["policy"])
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
    return found


def form_digest(rule: Any) -> str:
    """SHA-256 (hex) of a rule's normal form: equal for rules that say the same up to order and nesting."""
    return hashlib.sha256(canonical_json(normal_form(rule)).encode()).hexdigest()


def stands_alone(rule: Any) -> bool:
    """Whether a rule looks at nothing but a record and the clock, so that it means the same in every workflow and can
    be a policy."""
    stack = [rule]
    while stack:
        current = stack.pop()
        kind = rule_kind(current)
        if kind is None or kind == "policy":
            return False
        inner = current[kind]
        if kind == "not":
            stack.append(inner)
        elif kind == "field":
            if not _leaf_stands_alone(current):
                return False
        elif isinstance(inner, list) and inner:
            stack.extend(inner)
        else:
            return False
    return True


def _leaf_stands_alone(leaf: Mapping[str, Any]) -> bool:
    operator = OPERATORS.get(leaf["op"]) if isinstance(leaf.get("op"), str) else None
    if operator is None or operator.event_only:
        return False
    value = leaf.get("value")
    values: list[Any] = value if isinstance(value, list) else [value]
    return all(item["ref"].partition(".")[0] in ("record", "now") for item in values if is_ref(item))
