"""Going on where a run ended: which of its steps stand in a program, which are worked on again, what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automations.engine.documents import Definition, Node
from automations.engine.journal import StepState
from automations.engine.program import Program, branches_of
from automations.engine.statuses import StepStatus


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a step that is done can't stand in the other program."""

    node: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Resumption:
    """What becomes of the steps of a run that ended.

    `kept` are done and stand; `again` had begun and are worked on again; `gone` had begun and stand in the program no
    more. What was skipped, or not reached, is in none: the walk comes to it by itself.
    """

    kept: Mapping[str, StepState]
    again: tuple[str, ...]
    gone: tuple[Node, ...]
    obstacles: tuple[Obstacle, ...]


def resume(steps: Mapping[str, StepState], *, before: Definition, after: Program) -> Resumption:
    """Carry the steps of a run of the definition `before` over into the program `after`, node by node of the same id.

    A step is done when it succeeded, or failed and went on by its way out “failed”. A stop that ended the run is not
    done: it would end the next one at once.
    """
    kept: dict[str, StepState] = {}
    again: list[str] = []
    gone: list[Node] = []
    obstacles: list[Obstacle] = []
    catching = {edge.source for edge in before.edges if edge.branch == "failed"}
    for node in before.nodes:
        state = steps.get(node.id)
        if state is None or state.status is StepStatus.SKIPPED:
            continue
        if _is_done(node, state, catches=node.id in catching):
            kept[node.id] = state
            why = _in_the_way(node, state, after)
            if why:
                obstacles.append(Obstacle(node.id, node.label, why))
        elif node.id in after.by_id:
            again.append(node.id)
        else:
            gone.append(node)
    again.sort(key=lambda key: after.by_id[key].position)
    return Resumption(kept, tuple(again), tuple(gone), tuple(obstacles))


def _is_done(node: Node, state: StepState, *, catches: bool) -> bool:
    if state.status is StepStatus.FAILED:
        return catches
    return state.status is StepStatus.SUCCEEDED and bool(state.branches)


def _in_the_way(node: Node, state: StepState, after: Program) -> str:
    """Why a done step can't stand in the program, as the end of a sentence; "" when it can."""
    there = after.graph.nodes.get(node.id)
    if there is None:
        return "is not in it"
    if there.type != node.type:
        return f"is another kind of step in it ({there.type.partition('.')[2]})"
    if state.status is StepStatus.FAILED and not after.by_id[node.id].catches_failure:
        return "failed, and its way out “failed” leads nowhere in it"
    lost = [branch for branch in state.branches if branch not in branches_of(there)]
    if lost:
        return f"took the way out “{lost[0]}”, which it has no more"
    return ""
