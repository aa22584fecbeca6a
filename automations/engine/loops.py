"""Workflows that start one another without end: each sets a field to a value that starts the next, which sets it to
another.

What is told is certain: each change follows from the one before it, whatever else the record holds. Loops over several
fields, over new records, or over values that are known only at run time are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.contradictions import implies
from automations.engine.documents import Definition, Node
from automations.engine.errors import EngineError
from automations.engine.fields import canonical
from automations.engine.graph import Graph, build_graph
from automations.engine.kinds import ModuleFacts
from automations.engine.rule_trees import Leaf, Tree
from automations.engine.rules import compile_rule
from automations.engine.selections import branches_from, selection_of

LONGEST = 6
"""Changes of one round."""
LIMITS = ("dedupe", "once_per_record", "throttle")
"""Settings of a trigger that end a loop."""
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Change:
    """A step that sets a field to a known value, with the trigger that leads to it and the rule of the way there."""

    workflow: int
    name: str
    node: str
    label: str
    field: str
    value: str | bool
    on: frozenset[str]
    watched: str
    to: Any
    allow_self: bool
    way: Tree


def changes_in(
    definition: Definition, module: ModuleFacts, *, workflow: int, name: str
) -> tuple[Change, ...]:
    """What a valid definition about this module does to known fields, as far as it follows from a record trigger
    without an action between."""
    graph = build_graph(definition)
    found = []
    for trigger in definition.nodes:
        config = trigger.config
        if trigger.type != "trigger.record" or any(config.get(key) for key in LIMITS) or config.get("from"):
            continue
        for node, rule in _actions_after(graph, trigger):
            try:
                way = compile_rule(rule, module.schema, policies=definition.rules()).tree
            except EngineError:  # too large to be looked at
                continue
            found += [
                Change(
                    workflow=workflow,
                    name=name,
                    node=node.id,
                    label=node.label,
                    field=field,
                    value=value,
                    on=frozenset(config["on"]),
                    watched=str(config.get("field", "")),
                    to=config.get("to"),
                    allow_self=bool(config.get("allow_self")),
                    way=way,
                )
                for field, value in _known_values(node, module)
            ]
    return tuple(found)


def find_loop(
    own: Sequence[Change], others: Sequence[Change], module: ModuleFacts
) -> tuple[Change, ...] | None:
    """A round of changes that begins with one of `own`, each of which starts the next and the last the first."""
    everything = (*own, *others)

    def go_on(path: tuple[Change, ...]) -> tuple[Change, ...] | None:
        for following in everything:
            if not _leads_to(path[-1], following, module):
                continue
            if following is path[0]:
                return path
            if following not in path and len(path) < LONGEST:
                found = go_on((*path, following))
                if found is not None:
                    return found
        return None

    return next((loop for start in own if (loop := go_on((start,))) is not None), None)


def _leads_to(one: Change, other: Change, module: ModuleFacts) -> bool:
    """Whether a record that has just been changed so is certain to be changed so next."""
    if one.field != other.field or one.value == other.value:
        return False
    if one.workflow == other.workflow and not other.allow_self:
        return False
    watches = (
        "updated" in other.on
        or ("field_changed" in other.on and other.watched == one.field)
        or ("status_changed" in other.on and module.status_field == one.field)
    )
    spec = module.schema[one.field]
    if not watches or (other.to is not None and other.to != one.value):
        return False
    moves = module.transitions if one.field == module.status_field else {}
    if moves and other.value not in moves.get(str(one.value), ()):
        return False
    return implies(Leaf(one.field, spec, (), "eq", one.value), other.way)


def _actions_after(graph: Graph, trigger: Node) -> Iterator[tuple[Node, Mapping[str, Any]]]:
    """(enabled action, rule of its way) of each that only the trigger and conditions precede."""
    ways = {(trigger.id, ""): selection_of(trigger) or {"all": []}}
    ways |= {(key, branch): rule for key, branch, rule in branches_from(graph, trigger)}
    for key, node in graph.nodes.items():
        rules = [ways.get((edge.source, edge.branch)) for edge in graph.incoming[key]]
        known = [rule for rule in rules if rule is not None]
        if node.family == "action" and not node.disabled and known:
            yield node, {"any": known}


def _known_values(node: Node, module: ModuleFacts) -> Iterator[tuple[str, Any]]:
    """(field, canonical value) of each field that an action sets to a value that is written out."""
    values: Mapping[str, Any] = {}
    if node.type == "action.update_fields":
        values = node.config["values"]
    elif node.type == "action.change_status":
        values = {module.status_field: node.config["to"]}
    elif node.type == "action.assign" and node.config["strategy"] == "fixed":
        values = {node.config["field"]: node.config["value"]}
    for field, raw in values.items():
        spec = module.schema.get(field)
        if spec is None or (isinstance(raw, str) and "{{" in raw):
            continue
        try:
            value = canonical(spec, raw, _UTC)
        except EngineError:
            continue
        if isinstance(value, str | bool):
            yield field, value
