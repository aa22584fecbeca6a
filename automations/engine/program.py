"""A definition compiled for walking: rules as closures, actions prepared, edges resolved. Cached by digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automations.engine.documents import Definition, Node
from automations.engine.fields import Schema
from automations.engine.graph import Graph, ancestors, build_graph
from automations.engine.kinds import ActionKind, Perform
from automations.engine.retry import RetryPolicy
from automations.engine.rules import CompiledRule, Scope, compile_rule

OTHERWISE = "otherwise"
APPROVAL = "action.approval"
VERDICTS = ("approved", "rejected", "expired")
"""The ways out of an approval."""

Branching = Callable[[Scope], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CompiledNode:
    """A node ready to run. Exactly one of `branching` and `perform` is set; a trigger and a disabled action have
    neither."""

    id: str
    position: int
    type: str
    label: str
    incoming: tuple[tuple[str, str], ...]
    rules: Mapping[str, CompiledRule]
    branching: Branching | None = None
    perform: Perform | None = None
    watched: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    is_trigger: bool = False
    is_disabled: bool = False
    catches_failure: bool = False
    sets_variables: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Program:
    definition: Definition
    graph: Graph
    walk: tuple[CompiledNode, ...]
    by_id: Mapping[str, CompiledNode]


def compile_program(definition: Definition, *, actions: Mapping[str, ActionKind], schema: Schema) -> Program:
    """Compile a valid definition. `schema` is that of the records its triggers are about.

    Raises KeyError for an action kind that is not installed: a version may outlive a plugin, and the caller
    says so with the run's failure.
    """
    graph = build_graph(definition)
    before = ancestors(graph)
    walk = tuple(
        _compile_node(
            _Place(graph.nodes[key], position, graph, _named(graph, before[key])), definition, actions, schema
        )
        for position, key in enumerate(graph.order)
    )
    return Program(definition, graph, walk, {node.id: node for node in walk})


@dataclass(frozen=True, slots=True)
class _Place:
    """A node and where it stands."""

    node: Node
    position: int
    graph: Graph
    upstream: tuple[str, ...]


def _compile_node(
    place: _Place, definition: Definition, actions: Mapping[str, ActionKind], schema: Schema
) -> CompiledNode:
    node, graph = place.node, place.graph
    incoming = tuple((edge.source, edge.branch) for edge in graph.incoming[node.id])
    if node.family == "action" and node.disabled:
        return CompiledNode(
            id=node.id,
            position=place.position,
            type=node.type,
            label=node.label,
            incoming=incoming,
            rules={},
            upstream=place.upstream,
            is_disabled=True,
        )
    if node.family == "action":
        kind = actions[node.type.partition(".")[2]]
        return CompiledNode(
            id=node.id,
            position=place.position,
            type=node.type,
            label=node.label,
            incoming=incoming,
            rules={},
            perform=kind.prepare(node.config, schema, definition.rules()),
            upstream=place.upstream,
            catches_failure=any(edge.branch == "failed" for edge in graph.outgoing[node.id]),
            sets_variables=kind.sets_variables,
            retry=_retry_of(node, definition, kind),
        )
    rules = _condition_rules(node, definition, schema)
    return CompiledNode(
        id=node.id,
        position=place.position,
        type=node.type,
        label=node.label,
        incoming=incoming,
        rules=rules,
        branching=_branching(node, rules) if node.family == "condition" else None,
        watched=tuple(dict.fromkeys(name for rule in rules.values() for name in rule.fields)),
        upstream=place.upstream,
        is_trigger=node.family == "trigger",
    )


def _retry_of(node: Node, definition: Definition, kind: ActionKind) -> RetryPolicy:
    """Its own, else the workflow's, else that of its kind."""
    wanted = node.config.get("retry") or definition.settings.get("retry")
    return kind.retry if wanted is None else RetryPolicy.from_config(wanted)


def _named(graph: Graph, bits: int) -> tuple[str, ...]:
    """The nodes of a set of bits that can have an output, in the order in which they are walked."""
    return tuple(
        key
        for place, key in enumerate(graph.order)
        if bits >> place & 1 and graph.nodes[key].family != "trigger"
    )


def _condition_rules(node: Node, definition: Definition, schema: Schema) -> dict[str, CompiledRule]:
    """The rules of a condition by the branch that each one opens."""
    policies = definition.rules()
    if node.type == "condition.if":
        return {"true": compile_rule(node.config["rule"], schema, policies=policies)}
    if node.type == "condition.switch":
        return {
            case["branch"]: compile_rule(case["rule"], schema, policies=policies)
            for case in node.config["cases"]
        }
    return {}


def _branching(node: Node, rules: Mapping[str, CompiledRule]) -> Branching:
    if node.type == "condition.if":
        test = rules["true"].test

        def choose(scope: Scope) -> tuple[str, ...]:
            return ("true",) if test(scope) else ("false",)

        return choose
    tests: list[tuple[str, Callable[[Scope], bool]]] = [(branch, rule.test) for branch, rule in rules.items()]
    if node.config.get("match", "first") == "all":

        def every(scope: Scope) -> tuple[str, ...]:
            return tuple(branch for branch, test in tests if test(scope)) or (OTHERWISE,)

        return every

    def first(scope: Scope) -> tuple[str, ...]:
        for branch, test in tests:
            if test(scope):
                return (branch,)
        return (OTHERWISE,)

    return first


def branches_of(node: Node) -> tuple[str, ...]:
    """The names that an edge out of this node may carry; "" is the plain way out."""
    if node.type == "condition.if":
        return ("true", "false")
    if node.type == "condition.switch":
        cases: Any = node.config.get("cases", [])
        names = (
            [case.get("branch") for case in cases if isinstance(case, Mapping)]
            if isinstance(cases, list)
            else []
        )
        return (*(name for name in names if isinstance(name, str)), OTHERWISE)
    if node.type == APPROVAL:
        return (*VERDICTS, "failed")
    if node.family == "action":
        return ("",) if node.type == "action.stop" else ("", "failed")
    return ("",)
