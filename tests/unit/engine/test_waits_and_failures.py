"""What a run does when a step waits, fails or ends it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from automations.engine.decide import Waiting, decide
from automations.engine.outcomes import NEEDS_REVIEW, Failed, Stop, Succeeded, Wait
from automations.engine.program import compile_program
from automations.engine.retry import RetryPolicy, next_delay
from automations.engine.statuses import RunStatus

from .fakes import NOON, SCRIPTED, TICKETS, definition, edge, node, trigger
from .walking import START, TICKET, act, line, program_of, run_to_end, status_of


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


def test_an_action_without_a_policy_of_its_own_has_that_of_the_workflow() -> None:
    own = {"max_attempts": 2, "base_seconds": 1}
    nodes = [trigger(), act("a1", "ask"), act("a2", "ask", retry=own)]
    drawn = definition(nodes, [edge("t1", "a1"), edge("a1", "a2")])
    settled = replace(drawn, settings={"retry": {"max_attempts": 7}})
    program = compile_program(settled, actions=SCRIPTED, schema=TICKETS.schema)
    assert program.by_id["a1"].retry == RetryPolicy(max_attempts=7)
    assert program.by_id["a2"].retry == RetryPolicy(max_attempts=2, base_seconds=1)
    plain = compile_program(drawn, actions=SCRIPTED, schema=TICKETS.schema)
    assert plain.by_id["a1"].retry == SCRIPTED["scripted"].retry


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


def test_a_signal_that_waits_again_keeps_waiting() -> None:
    program = line(act("w1", "wait"))
    first = decide(program, START, TICKET, {}, NOON)
    again = decide(program, first.journal, TICKET, {"w1": Wait("signal", message="Still nothing.")}, NOON)
    assert (again.status, again.logs[-1].message) == (RunStatus.WAITING, "Still nothing.")


def test_a_step_in_doubt_waits_for_a_word_however_late_and_is_never_asked_again() -> None:
    program = line(act("a1", "ask", retry={"max_attempts": 3}))
    asked = decide(program, START, TICKET, {}, NOON)
    waiting = decide(program, asked.journal, TICKET, {"a1": Wait("delivery")}, NOON)
    doubt = Wait(NEEDS_REVIEW, message="Nobody knows.")
    review = decide(program, waiting.journal, TICKET, {"a1": doubt}, NOON)
    assert (review.status, review.wake_at, review.effect) == (RunStatus.WAITING, None, None)
    assert [(log.level, log.message) for log in review.logs] == [("warning", "Nobody knows.")]
    state = review.journal.steps["a1"]
    assert (state.attempt, state.wait) == (1, Waiting(NEEDS_REVIEW, None))
    later = NOON + timedelta(days=400)
    assert decide(program, review.journal, TICKET, {}, later).effect is None
    again = decide(program, review.journal, TICKET, {"a1": Wait("delivery")}, later)
    assert again.journal.steps["a1"].wait == Waiting("delivery", None)
    told = decide(program, again.journal, TICKET, {"a1": Succeeded({"status": None})}, later)
    assert told.status is RunStatus.SUCCEEDED
