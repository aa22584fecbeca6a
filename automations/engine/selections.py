"""The rules by which triggers and conditions select records, as whole rules that SQL can be asked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automations.engine.documents import Node
from automations.engine.graph import Graph
from automations.engine.program import OTHERWISE

Rule = Mapping[str, Any]


def selection_of(trigger: Node) -> Rule | None:
    """The rule by which a trigger picks records: its scope and its filter."""
    parts = [trigger.config[key] for key in ("scope", "filter") if trigger.config.get(key)]
    return {"all": parts} if parts else None


def branches_from(graph: Graph, trigger: Node) -> Iterator[tuple[str, str, Rule]]:
    """(node, branch, rule that selects its records) of each condition of a valid graph that only this trigger and
    conditions precede; what comes after an action depends on what the action did, so it can't be asked in SQL."""
    reach: dict[str, list[Rule]] = {f"{trigger.id}/": [selection_of(trigger) or {}]}
    for key in graph.order:
        node = graph.nodes[key]
        incoming = graph.incoming[key]
        ways = [rule for edge in incoming for rule in reach.get(f"{edge.source}/{edge.branch}", [])]
        after_action = any(graph.nodes[edge.source].family == "action" for edge in incoming)
        if node.family != "condition" or not ways or after_action:
            continue
        for branch, rule in branch_rules(node):
            rules: list[Rule] = [{"all": [part for part in (way, rule) if part]} for way in ways]
            reach[f"{key}/{branch}"] = rules
            yield key, branch, rules[0] if len(rules) == 1 else {"any": rules}


def branch_rules(node: Node) -> Iterator[tuple[str, Rule]]:
    """(branch, rule that takes it) of a valid condition, the default branch included."""
    config = node.config
    if node.type == "condition.if":
        yield "true", config["rule"]
        yield "false", {"not": config["rule"]}
        return
    before: list[Rule] = []
    exclusive = config.get("match", "first") == "first"
    for case in config["cases"]:
        others = [{"not": rule} for rule in before] if exclusive else []
        yield case["branch"], {"all": [case["rule"], *others]} if others else case["rule"]
        before.append(case["rule"])
    yield OTHERWISE, {"not": {"any": before}}
