"""What a run does at a disabled step."""

from __future__ import annotations

from typing import Any

from automations.engine.statuses import RunStatus

from .fakes import URGENT, edge, node, trigger
from .walking import act, line, program_of, run_to_end, status_of


def disabled(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "disabled": True}


def test_a_run_goes_through_a_disabled_step_as_if_it_were_not_there() -> None:
    decision = run_to_end(line(act("a1", "ask"), disabled(act("a2", "fail")), act("a3", "ask")))
    assert decision.status is RunStatus.SUCCEEDED
    assert status_of(decision) == {
        "t1": "succeeded",
        "a1": "succeeded",
        "a2": "skipped",
        "a3": "succeeded",
    }
    state = decision.journal.steps["a2"]
    assert (state.branches, state.error and state.error["code"]) == (("",), "disabled")


def test_a_disabled_step_is_never_left_by_a_named_way() -> None:
    nodes = [trigger(), disabled(act("a1", "fail")), act("plain", "ask"), act("caught", "ask")]
    edges = [edge("t1", "a1"), edge("a1", "plain"), edge("a1", "caught", "failed")]
    assert status_of(run_to_end(program_of(nodes, edges))) == {
        "t1": "succeeded",
        "a1": "skipped",
        "plain": "succeeded",
        "caught": "skipped",
    }


def test_a_disabled_step_on_a_dead_path_is_dead_and_says_nothing() -> None:
    nodes = [
        trigger(),
        node("c1", "condition.if", rule={"not": URGENT}),
        disabled(act("a1", "ask")),
        act("a2", "ask"),
    ]
    edges = [edge("t1", "c1"), edge("c1", "a1", "true"), edge("a1", "a2")]
    decision = run_to_end(program_of(nodes, edges))
    assert status_of(decision) == {"t1": "succeeded", "c1": "succeeded", "a1": "skipped", "a2": "skipped"}
    assert decision.journal.steps["a1"].error is None


def test_the_log_says_that_a_step_is_disabled() -> None:
    decision = run_to_end(line(disabled(act("a1", "ask"))))
    assert decision.status is RunStatus.SUCCEEDED
    assert [(entry.level, entry.node, entry.message) for entry in decision.logs if entry.node == "a1"] == [
        ("info", "a1", "“a1” is disabled: the run goes on without it.")
    ]


def test_a_disabled_step_of_a_kind_that_is_not_installed_compiles() -> None:
    program = line(disabled(node("a1", "action.gone")))
    assert run_to_end(program).status is RunStatus.SUCCEEDED
