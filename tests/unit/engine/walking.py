"""Programs of scripted actions, and a run of them walked to its end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from automations.engine.decide import Decision, Facts, Journal, decide
from automations.engine.outcomes import Outcome, Succeeded
from automations.engine.program import Program, compile_program

from .fakes import NOON, SCRIPTED, TICKETS, definition, edge, node, trigger

START = Journal("run:1", "t1")
TICKET = Facts(event={"id": 7, "type": "record.created", "record": "T-1"}, record={"priority": "urgent"})


def program_of(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> Program:
    return compile_program(definition(nodes, edges), actions=SCRIPTED, schema=TICKETS.schema)


def act(identity: str, do: str, **config: Any) -> dict[str, Any]:
    return node(identity, "action.scripted", do=do, **config)


def line(*actions: dict[str, Any], start: dict[str, Any] | None = None) -> Program:
    """The trigger, and the actions one after the other."""
    first = start or trigger()
    nodes = [first, *actions]
    return program_of(nodes, [edge(a["id"], b["id"]) for a, b in pairwise(nodes)])


def status_of(decision: Decision) -> dict[str, str]:
    return {key: state.status.value for key, state in decision.journal.steps.items()}


def run_to_end(
    program: Program, facts: Facts = TICKET, answers: Mapping[str, Outcome] | None = None
) -> Decision:
    """Answer every effect with `answers` (Succeeded where there is none) until the run ends or waits."""
    decision = decide(program, START, facts, {}, NOON)
    for _ in range(100):
        if decision.effect is None:
            return decision
        asked = decision.effect[0]
        decision = decide(
            program, decision.journal, facts, {asked: (answers or {}).get(asked, Succeeded())}, NOON
        )
    raise AssertionError("The run does not end.")
