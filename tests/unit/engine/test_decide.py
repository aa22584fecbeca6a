"""What a run does next, in examples: one situation, one decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automations.engine.decide import Facts, decide
from automations.engine.effects import AddComment
from automations.engine.outcomes import Change, Succeeded, Unplanned
from automations.engine.program import Program
from automations.engine.statuses import RunStatus, StepStatus

from .fakes import NOON, URGENT, edge, node, trigger
from .walking import START, TICKET, act, line, program_of, run_to_end, status_of


def test_an_action_asks_for_its_effect_and_goes_on_with_the_outcome() -> None:
    program = line(act("a1", "ask"), act("a2", "ask"))
    first = decide(program, START, TICKET, {}, NOON)
    assert first.effect == ("a1", AddComment(key="run:1:a1", text="Hello"))
    assert (first.status, status_of(first)) == (RunStatus.RUNNING, {"t1": "succeeded", "a1": "running"})
    change = Change("tickets", "T-1", "status", "open", "closed")
    second = decide(
        program, first.journal, TICKET, {"a1": Succeeded(output={"x": 1}, changes=(change,))}, NOON
    )
    assert second.effect is not None
    assert second.effect[0] == "a2"
    assert second.journal.steps["a1"].output == {"x": 1}
    assert second.journal.steps["a1"].changes == (change,)
    assert second.changed == ("a1", "a2")
    last = decide(program, second.journal, TICKET, {"a2": Succeeded()}, NOON)
    assert (last.status, last.effect) == (RunStatus.SUCCEEDED, None)
    assert set(status_of(last).values()) == {"succeeded"}


def test_the_arguments_are_never_changed() -> None:
    program = line(act("a1", "ask"))
    first = decide(program, START, TICKET, {}, NOON)
    assert START.steps == {}
    before = dict(first.journal.steps)
    decide(program, first.journal, TICKET, {"a1": Succeeded()}, NOON)
    assert dict(first.journal.steps) == before


def test_the_run_says_what_started_it() -> None:
    entry = run_to_end(line(act("a1", "succeed"))).logs[0]
    assert entry.message.startswith("Started by “")
    assert entry.data == {"event": 7, "type": "record.created", "record": "T-1"}
    bare = decide(line(act("a1", "succeed")), START, Facts(), {}, NOON).logs[0]
    assert bare.data == {"event": None, "type": None, "record": None}


def branching(config: dict[str, Any] | None = None, kind: str = "condition.if") -> Program:
    config = config or {"rule": URGENT}
    yes, no = ("true", "false") if kind == "condition.if" else ("urgent", "otherwise")
    return program_of(
        [
            trigger(),
            node("c1", kind, **config),
            act("yes", "succeed"),
            act("no", "succeed"),
            act("after_yes", "succeed"),
            act("end", "succeed"),
        ],
        [
            edge("t1", "c1"),
            edge("c1", "yes", yes),
            edge("c1", "no", no),
            edge("yes", "after_yes"),
            edge("after_yes", "end"),
            edge("no", "end"),
        ],
    )


@pytest.mark.parametrize(
    ("priority", "skipped"), [("urgent", {"no"}), ("low", {"yes", "after_yes"}), (None, {"yes", "after_yes"})]
)
def test_the_branch_that_is_not_taken_is_skipped_down_to_the_join(
    priority: str | None, skipped: set[str]
) -> None:
    decision = run_to_end(branching(), replace(TICKET, record={"priority": priority}))
    found = {key for key, status in status_of(decision).items() if status == "skipped"}
    assert found == skipped
    assert status_of(decision)["end"] == "succeeded"


def test_the_log_says_which_branch_was_taken_and_what_was_seen() -> None:
    decision = run_to_end(branching())
    (said,) = [entry for entry in decision.logs if entry.node == "c1"]
    assert said.message.endswith("took “true”.")
    assert said.data == {"branches": ["true"], "saw": {"priority": "urgent"}}
    assert run_to_end(branching(), replace(TICKET, record=None)).journal.steps["c1"].output == {
        "saw": {"priority": None}
    }


def cases(match: str) -> dict[str, Any]:
    return {
        "match": match,
        "cases": [
            {"branch": "urgent", "rule": URGENT},
            {"branch": "set", "rule": {"field": "priority", "op": "is_not_empty"}},
        ],
    }


@pytest.mark.parametrize(
    ("match", "priority", "taken"),
    [
        ("first", "urgent", ("urgent",)),
        ("first", "low", ("set",)),
        ("first", None, ("otherwise",)),
        ("all", "urgent", ("urgent", "set")),
        ("all", "low", ("set",)),
        ("all", None, ("otherwise",)),
    ],
)
def test_a_switch_takes_the_first_case_or_all_that_hold(
    match: str, priority: str | None, taken: tuple[str, ...]
) -> None:
    program = program_of(
        [trigger(), node("c1", "condition.switch", **cases(match)), act("a1", "succeed")],
        [edge("t1", "c1"), edge("c1", "a1", "urgent")],
    )
    decision = run_to_end(program, replace(TICKET, record={"priority": priority}))
    assert decision.journal.steps["c1"].branches == taken
    assert decision.status is RunStatus.SUCCEEDED


def test_a_join_waits_for_every_branch_that_may_still_come() -> None:
    program = program_of(
        [trigger(), act("slow", "wait"), act("quick", "succeed"), act("join", "succeed")],
        [edge("t1", "slow"), edge("t1", "quick"), edge("slow", "join"), edge("quick", "join")],
    )
    waiting = decide(program, START, TICKET, {}, NOON)
    assert (waiting.status, waiting.wake_at) == (RunStatus.WAITING, None)
    assert "join" not in status_of(waiting)
    done = decide(program, waiting.journal, TICKET, {"slow": Succeeded()}, NOON)
    assert (done.status, status_of(done)["join"]) == (RunStatus.SUCCEEDED, "succeeded")


def test_of_two_triggers_only_the_one_that_fired_starts_its_branch() -> None:
    program = program_of(
        [trigger("t1"), trigger("t2"), act("a1", "succeed"), act("a2", "succeed")],
        [edge("t1", "a1"), edge("t2", "a2")],
    )
    assert status_of(run_to_end(program)) == {
        "t1": "succeeded",
        "t2": "skipped",
        "a1": "succeeded",
        "a2": "skipped",
    }


def test_what_cannot_be_simulated_is_assumed_to_work_and_said() -> None:
    decision = run_to_end(line(act("a1", "unplanned"), act("a2", "ask")), answers={"a2": Succeeded()})
    state = decision.journal.steps["a1"]
    assert (state.status, state.assumed, state.branches) == (StepStatus.SUCCEEDED, True, ("",))
    assert state.error is not None
    assert state.error["code"] == "cannot-be-simulated"
    first = decide(line(act("a1", "unplanned")), START, TICKET, {}, NOON)
    assert first.inconclusive
    assert first.logs[-1].level == "warning"
    told = decide(
        line(act("a1", "ask")),
        decide(line(act("a1", "ask")), START, TICKET, {}, NOON).journal,
        TICKET,
        {"a1": Unplanned("No plan.")},
        NOON,
    )
    assert told.inconclusive


def test_a_later_node_sees_what_earlier_ones_gave_and_the_record_that_they_left() -> None:
    program = program_of(
        [
            trigger(),
            act("a1", "ask"),
            node("v1", "action.set", do="succeed", output={"tier": "gold"}),
            node("c1", "condition.if", rule={"field": "priority", "op": "eq", "value": "low"}),
            act("tell", "tell"),
            act("beside", "succeed", output={"hidden": True}),
        ],
        [
            edge("t1", "a1"),
            edge("a1", "v1"),
            edge("v1", "c1"),
            edge("c1", "tell", "true"),
            edge("t1", "beside"),
        ],
    )
    changed = Succeeded(output={"n": 1}, record={"priority": "low"})
    facts = replace(TICKET, variables={"tier": "none", "vip": True})
    first = decide(program, START, facts, {}, NOON)
    decision = decide(program, first.journal, facts, {"a1": changed}, NOON)
    told = decision.journal.steps["tell"].output
    assert told is not None
    assert told["variables"] == {"tier": "gold", "vip": True}
    assert set(told["steps"]) == {"a1", "v1", "c1"}, "a parallel branch is not seen, whatever its pace"


def test_an_outcome_for_a_step_that_nobody_knows_is_dropped() -> None:
    program = line(act("a1", "ask"), act("a2", "ask"))
    first = decide(program, START, TICKET, {}, NOON)
    told = decide(program, first.journal, TICKET, {"nowhere": Succeeded(), "a2": Succeeded()}, NOON)
    assert told.journal == first.journal
    assert told.effect == first.effect, "the effect that is owed is asked for again"


def test_steps_of_nodes_that_the_program_lacks_are_left_alone() -> None:
    program, wider = line(act("a1", "succeed")), line(act("a1", "succeed"), act("gone", "wait"))
    kept = decide(wider, START, TICKET, {}, NOON).journal
    decision = decide(program, kept, TICKET, {"gone": Succeeded()}, NOON)
    assert decision.status is RunStatus.SUCCEEDED
    assert decision.journal.steps["gone"].status is StepStatus.WAITING


def test_a_long_line_of_steps_is_walked_in_one_call() -> None:
    program = line(*(act(f"a{index}", "succeed") for index in range(150)))
    decision = decide(program, START, TICKET, {}, NOON)
    assert decision.status is RunStatus.SUCCEEDED
    assert len(decision.changed) == 151


def test_an_outcome_may_take_another_way_out_than_the_plain_one() -> None:
    program = program_of(
        [trigger(), act("p1", "ask"), act("a1", "comment"), act("a2", "comment")],
        [edge("t1", "p1"), edge("p1", "a1"), edge("p1", "a2", "failed")],
    )
    decision = run_to_end(program, answers={"p1": Succeeded(branch="approved")})
    assert decision.journal.steps["p1"].branches == ("approved",)
    assert status_of(decision)["a1"] == "skipped"
    assert status_of(decision)["a2"] == "skipped"
