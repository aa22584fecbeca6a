"""The definition as a graph: who follows whom, in which order nodes are walked, where a cycle is."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass

from automations.engine.documents import Definition, Edge, Node


@dataclass(frozen=True, slots=True)
class Graph:
    """Adjacency and order of a definition.

    `order` leaves out what stands on a cycle or after one; `cycles` names some cycles that share no node, and at
    least one if there is any.
    """

    nodes: dict[str, Node]
    incoming: dict[str, tuple[Edge, ...]]
    outgoing: dict[str, tuple[Edge, ...]]
    order: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...]

    @property
    def cycle(self) -> tuple[str, ...]:
        """One cycle, each node once in the order of its edges; empty when there is none."""
        return self.cycles[0] if self.cycles else ()


def build_graph(definition: Definition) -> Graph:
    """The graph of a definition. Among nodes that are free the topological order takes ids in natural order (a2
    before a10), so that documents of one digest are walked alike however their nodes stand."""
    nodes = {node.id: node for node in definition.nodes}
    incoming: dict[str, list[Edge]] = {key: [] for key in nodes}
    outgoing: dict[str, list[Edge]] = {key: [] for key in nodes}
    for edge in definition.edges:
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    names = sorted(nodes, key=_natural)
    place = {key: index for index, key in enumerate(names)}
    open_edges = {key: len(edges) for key, edges in incoming.items()}
    free = [place[key] for key, count in open_edges.items() if count == 0]
    heapq.heapify(free)
    order: list[str] = []
    while free:
        key = names[heapq.heappop(free)]
        order.append(key)
        for edge in outgoing[key]:
            open_edges[edge.target] -= 1
            if open_edges[edge.target] == 0:
                heapq.heappush(free, place[edge.target])
    return Graph(
        nodes=nodes,
        incoming={key: tuple(edges) for key, edges in incoming.items()},
        outgoing={key: tuple(edges) for key, edges in outgoing.items()},
        order=tuple(order),
        cycles=tuple(_find_cycles(outgoing, set(nodes).difference(order))),
    )


def reachable(graph: Graph, starts: Iterable[str]) -> set[str]:
    """All nodes that can be reached from `starts`, these included."""
    seen = set(starts)
    stack = list(seen)
    while stack:
        for edge in graph.outgoing[stack.pop()]:
            if edge.target not in seen:
                seen.add(edge.target)
                stack.append(edge.target)
    return seen


def ancestors(graph: Graph) -> dict[str, int]:
    """For each node in `order`, all that stand before it on some path: bit n is the node at place n of `order`.
    Bits, because sets would be quadratic in memory for a long chain."""
    bit = {key: 1 << place for place, key in enumerate(graph.order)}
    before: dict[str, int] = {}
    for key in graph.order:
        found = 0
        for edge in graph.incoming[key]:
            found |= before[edge.source] | bit[edge.source]
        before[key] = found
    return before


def _natural(key: str) -> tuple[list[str | int], str]:
    """Sorts digits by their number; the text itself decides between “a1” and “a01”."""
    return [int(part) if part.isdecimal() else part for part in re.split("([0-9]+)", key)], key


def _find_cycles(outgoing: dict[str, list[Edge]], stuck: set[str]) -> list[tuple[str, ...]]:
    """Cycles among the nodes that the topological order could not free. Each of these has a predecessor that is
    stuck too; walking backwards over one chosen predecessor must come round."""
    before: dict[str, str] = {}
    for key, edges in outgoing.items():
        if key in stuck:
            for edge in edges:
                before.setdefault(edge.target, key)
    cycles: list[tuple[str, ...]] = []
    walked: dict[str, str] = {}
    for start in outgoing:
        at, path = start, []
        while at in stuck and at not in walked:
            walked[at] = start
            path.append(at)
            at = before[at]
        if path and walked[at] == start:
            cycles.append(tuple(reversed(path[path.index(at) :])))
    return cycles
