"""A definition as plain sentences, one a step, in the order in which a run walks it: to read, and to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automations.engine.documents import Definition, Node, canonical_json
from automations.engine.graph import Graph, build_graph
from automations.engine.operators import OPERATORS

Summarise = Callable[[Node], str]
"""What a trigger or an action does, in one line; "" for a kind that nobody knows."""


def sentences_of(definition: Definition, summarise: Summarise) -> list[str]:
    """One sentence a step. What stands on a cycle comes last, by id; a draft with problems still reads."""
    graph = build_graph(definition)
    placed = set(graph.order)
    order = [*graph.order, *sorted(key for key in graph.nodes if key not in placed)]
    return [_sentence(graph.nodes[key], graph, summarise) for key in order]


def rule_in_words(rule: Any) -> str:
    """A stored rule as people say it: “priority is one of high, urgent and amount is more than 200”."""
    if not isinstance(rule, Mapping):
        return "?"
    for key, word in (("all", " and "), ("any", " or ")):
        if isinstance(rule.get(key), list):
            parts = [_inner(part) for part in rule[key]]
            return word.join(parts) or ("always" if key == "all" else "never")
    if "not" in rule:
        return f"not ({rule_in_words(rule['not'])})"
    if "policy" in rule:
        return f"the policy “{rule['policy']}” holds"
    operator = OPERATORS.get(str(rule.get("op")))
    words = [str(rule.get("field", "?")), operator.label if operator is not None else str(rule.get("op"))]
    if "value" in rule:
        words.append(_value(rule["value"]))
    return " ".join(words)


def _inner(rule: Any) -> str:
    """A part of a group; a group within a group stands in brackets."""
    words = rule_in_words(rule)
    grouped = isinstance(rule, Mapping) and any(len(rule.get(key) or ()) > 1 for key in ("all", "any"))
    return f"({words})" if grouped else words


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and "ref" in value:
        return str(value["ref"])
    if isinstance(value, list):
        return ", ".join(_value(part) for part in value)
    return value if isinstance(value, str) else canonical_json(value)


def _sentence(node: Node, graph: Graph, summarise: Summarise) -> str:
    ways: dict[str, list[str]] = {}
    for edge in graph.outgoing[node.id]:
        ways.setdefault(edge.branch, []).append(f"“{graph.nodes[edge.target].label}”")
    team = f" ({node.lane})" if node.lane else ""
    disabled = " (disabled)" if node.disabled else ""
    said = [f"“{node.label}”{team}{disabled}: {_what(node, summarise)}."]
    said += [_way(branch, targets) for branch, targets in sorted(ways.items())]
    if not ways:
        said.append("The path ends here.")
    return " ".join(said)


def _way(branch: str, targets: list[str]) -> str:
    then = f"go on with {', '.join(targets)}."
    return f"Then {then}" if branch == "" else f"If {branch}, {then}"


def _what(node: Node, summarise: Summarise) -> str:
    config = node.config
    if node.type == "condition.if":
        return f"true if {rule_in_words(config.get('rule'))}"
    if node.type == "condition.switch":
        cases = config.get("cases")
        listed = [
            f"{case.get('branch')} if {rule_in_words(case.get('rule'))}"
            for case in (cases if isinstance(cases, list) else ())
            if isinstance(case, Mapping)
        ]
        every = "every case that holds" if config.get("match") == "all" else "the first case that holds"
        return f"{every}: {'; '.join(listed)}; otherwise if none does"
    text = summarise(node) or node.type
    filters = [f"only where {rule_in_words(config[key])}" for key in ("scope", "filter") if config.get(key)]
    return ", ".join([text, *filters])
