"""What a run does next, in examples: one situation, one decision."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from automations.engine.decide import Decision, Facts, Journal, decide
from automations.engine.effects import AddComment
from automations.engine.outcomes import Change, Failed, Outcome, Stop, Succeeded, Unplanned, Wait
from automations.engine.program import Program, compile_program
from automations.engine.retry import RetryPolicy, next_delay
from automations.engine.statuses import RunStatus, StepStatus

from .fakes import (
    NOON,
    SCRIPTED,
    TICKETS,
    URGENT,
    definition,
    edge,
    node,
    trigger,
)

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


def test_a_wait_ends_when_its_time_has_come_and_not_before() -> None:
    program = line(act("w1", "wait", seconds=60), act("a1", "succeed"))
    waiting = decide(program, START, TICKET, {}, NOON)
    until = NOON + timedelta(seconds=60)
    assert (waiting.status, waiting.wake_at) == (RunStatus.WAITING, until)
    assert "waits until 2026-03-02 12:01:00" in waiting.logs[-1].message
    early = decide(program, waiting.journal, TICKET, {}, until - timedelta(microseconds=1))
    assert (early.status, early.changed) == (RunStatus.WAITING, ())
    over = decide(program, early.journal, TICKET, {}, until)
    assert (over.status, over.journal.steps["w1"].output) == (RunStatus.SUCCEEDED, {"since": "now"})


def test_the_run_wakes_at_the_earliest_of_its_waits() -> None:
    program = program_of(
        [trigger(), act("w1", "wait", seconds=60), act("w2", "wait", seconds=30), act("w3", "wait")],
        [edge("t1", "w1"), edge("t1", "w2"), edge("t1", "w3")],
    )
    assert decide(program, START, TICKET, {}, NOON).wake_at == NOON + timedelta(seconds=30)


def test_a_retryable_failure_is_tried_again_after_its_backoff() -> None:
    retry = {"max_attempts": 3, "base_seconds": 10, "cap_seconds": 100}
    program = line(act("a1", "ask", retry=retry))
    policy = RetryPolicy.from_config(retry)
    decision = decide(program, START, TICKET, {}, NOON)
    now, broken = NOON, Failed("busy", "It was busy.", retryable=True)
    delays = []
    for attempt in (1, 2):
        assert decision.effect is not None
        decision = decide(program, decision.journal, TICKET, {"a1": broken}, now)
        assert decision.status is RunStatus.WAITING
        assert f"attempt {attempt} of 3" in decision.logs[-1].message
        assert decision.wake_at is not None
        delays.append((decision.wake_at - now).total_seconds())
        again = decide(program, decision.journal, TICKET, {"a1": Succeeded()}, now)
        assert again.journal == decision.journal, "news of a step that waits for its retry is late news"
        now = decision.wake_at
        decision = decide(program, decision.journal, TICKET, {}, now)
        assert decision.journal.steps["a1"].attempt == attempt + 1
    assert 8 <= delays[0] <= 12
    assert 16 <= delays[1] <= 24
    seed = random.Random("run:1:a1:1")
    assert delays[0] == pytest.approx(next_delay(policy, 1, seed), abs=1e-5)
    last = decide(program, decision.journal, TICKET, {"a1": broken}, now)
    assert (last.status, last.journal.steps["a1"].attempt) == (RunStatus.FAILED, 3)
    assert last.failure == {**broken.to_json(), "node": "a1"}


@pytest.mark.parametrize(("asked", "seconds"), [(3_600.0, 3_600.0), (10.0**12, 7 * 86_400.0)])
def test_a_peer_may_ask_for_patience_but_not_for_ever(asked: float, seconds: float) -> None:
    program = line(act("a1", "break", retry_after=asked, retry={"max_attempts": 2, "base_seconds": 1}))
    decision = decide(program, START, TICKET, {}, NOON)
    assert decision.wake_at == NOON + timedelta(seconds=seconds)


def test_an_action_that_breaks_without_asking_is_tried_again_in_the_same_way() -> None:
    program = line(act("a1", "break", retry={"max_attempts": 2, "base_seconds": 1}))
    first = decide(program, START, TICKET, {}, NOON)
    assert first.wake_at is not None
    second = decide(program, first.journal, TICKET, {}, first.wake_at)
    assert (second.status, second.journal.steps["a1"].attempt) == (RunStatus.FAILED, 2)


def test_a_failure_ends_the_run_and_cancels_what_is_open() -> None:
    program = program_of(
        [trigger(), act("b1", "wait"), act("b2", "fail"), act("b3", "succeed")],
        [edge("t1", "b1"), edge("t1", "b2"), edge("b2", "b3")],
    )
    decision = decide(program, START, TICKET, {}, NOON)
    assert decision.status is RunStatus.FAILED
    assert decision.failure is not None
    assert (decision.failure["code"], decision.failure["node"]) == ("refused", "b2")
    assert status_of(decision) == {"t1": "succeeded", "b1": "cancelled", "b2": "failed"}
    assert decision.journal.steps["b1"].wait is None


def test_a_caught_failure_goes_on_by_its_own_branch() -> None:
    program = program_of(
        [trigger(), act("a1", "fail"), act("fine", "succeed"), act("rescue", "succeed")],
        [edge("t1", "a1"), edge("a1", "fine"), edge("a1", "rescue", "failed")],
    )
    decision = run_to_end(program)
    assert (decision.status, decision.failure) == (RunStatus.SUCCEEDED, None)
    assert (status_of(decision)["fine"], status_of(decision)["rescue"]) == ("skipped", "succeeded")
    again = decide(program, decision.journal, TICKET, {"a1": Succeeded()}, NOON)
    assert again.journal == decision.journal


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_stop_ends_the_run_as_it_says(status: str) -> None:
    program = program_of(
        [trigger(), act("b1", "wait"), node("s1", "action.stop", do="stop", status=status, message="Enough")],
        [edge("t1", "b1"), edge("t1", "s1")],
    )
    decision = decide(program, START, TICKET, {}, NOON)
    assert decision.status is RunStatus(status)
    assert decision.stop == Stop(status, "Enough")
    assert status_of(decision) == {"t1": "succeeded", "b1": "cancelled", "s1": "succeeded"}
    late = decide(program, decision.journal, TICKET, {"b1": Succeeded()}, NOON + timedelta(days=1))
    assert (late.status, late.stop, late.changed) == (decision.status, decision.stop, ())


def test_a_failed_run_stays_failed_whatever_comes_late() -> None:
    program = line(act("a1", "ask"), act("a2", "ask"))
    asked = decide(program, START, TICKET, {}, NOON)
    failed = decide(program, asked.journal, TICKET, {"a1": Failed("no", "No.")}, NOON)
    late = decide(program, failed.journal, TICKET, {"a1": Succeeded()}, NOON)
    assert (late.status, late.failure, late.journal) == (failed.status, failed.failure, failed.journal)


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


def test_a_signal_that_waits_again_keeps_waiting() -> None:
    program = line(act("w1", "wait"))
    first = decide(program, START, TICKET, {}, NOON)
    again = decide(program, first.journal, TICKET, {"w1": Wait("signal", message="Still nothing.")}, NOON)
    assert (again.status, again.logs[-1].message) == (RunStatus.WAITING, "Still nothing.")


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
