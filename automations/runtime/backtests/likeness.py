"""Where two programs are alike: a walk that never comes to what differs is the walk of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automations.engine.documents import node_to_json
from automations.engine.journal import StepState
from automations.engine.program import Branching, CompiledNode, Program
from automations.engine.scopes import Scope
from automations.engine.statuses import StepStatus


class Likeness:
    """What one walk of the first program says of the second.

    `program` is the first one; its conditions whose rule alone is another in the second ask both rules and remember
    whether they ever disagreed. `usable` is false where one walk can tell nothing: other policies or settings, or
    steps that both have in another order.
    """

    def __init__(self, before: Program, after: Program) -> None:
        self.disagreed = False
        first, second = before.definition, after.definition
        order = [node.id for node in before.walk if node.id in after.by_id]
        self.usable = (
            first.settings == second.settings
            and first.rules() == second.rules()
            and order == [node.id for node in after.walk if node.id in before.by_id]
        )
        others = {key: self._another_rule(before, after, key) for key in order}
        self._changed = {
            node.id for node in before.walk if others.get(node.id) is None and _differs(before, after, node)
        }
        self._entries = [
            edge
            for node in after.walk
            if node.id not in before.by_id or node.id in self._changed
            for edge in node.incoming
        ]
        walk = tuple(self._asking(node, others.get(node.id)) for node in before.walk)
        self.program = replace(before, walk=walk, by_id={node.id: node for node in walk})

    def begin(self) -> None:
        self.disagreed = False

    def differs(self, steps: Mapping[str, StepState]) -> bool:
        """Whether the second program's walk may be another than this one, which was walked since `begin`."""
        if self.disagreed:
            return True
        if any(_reached(steps.get(key)) for key in self._changed):
            return True
        for source, branch in self._entries:
            state = steps.get(source)
            if state is not None and branch in state.branches:
                return True
        return False

    def _another_rule(self, before: Program, after: Program, key: str) -> Branching | None:
        """The second program's choice, where a condition differs in nothing that a walk shows but its rule."""
        old, new = before.by_id[key], after.by_id[key]
        if old.branching is None or new.branching is None or old.type != new.type:
            return None
        if old.incoming != new.incoming or old.watched != new.watched:
            return None
        return new.branching if _content(before, key) != _content(after, key) else None

    def _asking(self, node: CompiledNode, other: Branching | None) -> CompiledNode:
        choose = node.branching
        if other is None or choose is None:
            return node

        def ask(scope: Scope) -> tuple[str, ...]:
            branches = choose(scope)
            if other(scope) != branches:
                self.disagreed = True
            return branches

        return replace(node, branching=ask)


def _differs(before: Program, after: Program, old: CompiledNode) -> bool:
    """Whether the second program lacks a step or does another thing there. Triggers have been asked before the walk."""
    if old.is_trigger:
        return False
    new = after.by_id.get(old.id)
    if new is None or old.incoming != new.incoming or old.catches_failure != new.catches_failure:
        return True
    return _content(before, old.id) != _content(after, old.id)


def _content(program: Program, key: str) -> dict[str, Any]:
    """A step without what people call it."""
    content = node_to_json(program.graph.nodes[key])
    return {name: value for name, value in content.items() if name not in ("title", "lane")}


def _reached(state: StepState | None) -> bool:
    return state is not None and (state.status is not StepStatus.SKIPPED or bool(state.branches))
