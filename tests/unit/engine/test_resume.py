"""What a retry keeps of a run that ended, and what is in its way."""

from __future__ import annotations

from typing import Any

from automations.engine.decide import Journal, decide
from automations.engine.outcomes import Failed, Succeeded
from automations.engine.program import Program, compile_program
from automations.engine.resume import Resumption, resume
from automations.engine.statuses import RunStatus, StepStatus

from .fakes import NOON, SCRIPTED, TICKETS, URGENT, definition, edge, node, trigger
from .walking import TICKET, act, line, run_to_end, status_of


def ended(program: Program, **answers: Any) -> Any:
    return run_to_end(program, answers=answers)


def taken_over(decision: Any, before: Program, after: Program | None = None) -> Resumption:
    return resume(decision.journal.steps, before=before.definition, after=after or before)


def test_what_succeeded_is_kept_and_what_failed_is_worked_on_again_with_its_key() -> None:
    program = line(act("a1", "ask"), act("a2", "ask"), act("a3", "ask"))
    decision = ended(program, a2=Failed("refused", "No."))
    found = taken_over(decision, program)
    assert (list(found.kept), found.again, found.gone, found.obstacles) == (["t1", "a1"], ("a2",), (), ())
    again = decide(program, Journal("12", "t1", found.kept), TICKET, {}, NOON)
    assert again.effect is not None
    assert (again.effect[0], again.effect[1].key) == ("a2", "12:a2")
    assert "a1" not in again.changed


def test_a_run_that_is_gone_on_with_ends_as_if_nothing_had_failed() -> None:
    program = line(act("a1", "ask"), act("a2", "ask"))
    found = taken_over(ended(program, a1=Failed("refused", "No.")), program)
    decision = decide(program, Journal("12", "t1", found.kept), TICKET, {}, NOON)
    for _ in range(2):
        assert decision.effect is not None
        decision = decide(program, decision.journal, TICKET, {decision.effect[0]: Succeeded()}, NOON)
    assert decision.status is RunStatus.SUCCEEDED
    assert status_of(decision) == {"t1": "succeeded", "a1": "succeeded", "a2": "succeeded"}


def test_a_caught_failure_is_done() -> None:
    nodes = [trigger(), act("a1", "ask"), act("a2", "ask"), act("a3", "ask")]
    ways = [edge("t1", "a1"), edge("a1", "a2", "failed"), edge("a1", "a3")]
    program = compile_program(definition(nodes, ways), actions=SCRIPTED, schema=TICKETS.schema)
    decision = ended(program, a1=Failed("refused", "No."), a2=Failed("refused", "No."))
    found = taken_over(decision, program)
    assert list(found.kept) == ["t1", "a1"]
    assert (found.kept["a1"].status, found.again) == (StepStatus.FAILED, ("a2",))
    uncaught = compile_program(definition(nodes, [ways[0], ways[2]]), actions=SCRIPTED, schema=TICKETS.schema)
    (obstacle,) = taken_over(decision, program, uncaught).obstacles
    assert (obstacle.node, obstacle.why) == ("a1", "failed, and its way out “failed” leads nowhere in it")


def test_the_stop_that_ended_the_run_is_not_done() -> None:
    program = line(act("a1", "ask"), node("s1", "action.stop", do="stop", status="failed"))
    found = taken_over(ended(program), program)
    assert (list(found.kept), found.again) == (["t1", "a1"], ("s1",))


def test_what_was_skipped_is_neither_kept_nor_again() -> None:
    nodes = [
        trigger(),
        node("c1", "condition.if", rule=URGENT),
        act("a1", "ask"),
        act("a2", "ask"),
        act("a3", "fail"),
    ]
    ways = [edge("t1", "c1"), edge("c1", "a1", "true"), edge("c1", "a2", "false"), edge("a1", "a3")]
    program = compile_program(definition(nodes, ways), actions=SCRIPTED, schema=TICKETS.schema)
    decision = ended(program)
    assert decision.journal.steps["a2"].status is StepStatus.SKIPPED
    found = taken_over(decision, program)
    assert (list(found.kept), found.again) == (["t1", "c1", "a1"], ("a3",))


def test_a_step_that_is_not_done_may_be_gone_and_one_that_is_may_not() -> None:
    before = line(act("a1", "ask"), act("a2", "fail"))
    decision = ended(before)
    without_the_failed = line(act("a1", "ask"), act("b1", "ask"))
    found = taken_over(decision, before, without_the_failed)
    assert ([one.id for one in found.gone], found.again, found.obstacles) == (["a2"], (), ())
    without_the_done = line(act("a2", "ask"))
    (obstacle,) = taken_over(decision, before, without_the_done).obstacles
    assert (obstacle.node, obstacle.label, obstacle.why) == ("a1", "a1", "is not in it")


def test_a_done_step_of_another_kind_is_in_the_way() -> None:
    before = line(act("a1", "ask"), act("a2", "fail"))
    other = line(node("a1", "action.set", do="ask"), act("a2", "ask"))
    (obstacle,) = taken_over(ended(before), before, other).obstacles
    assert obstacle.why == "is another kind of step in it (set)"


def test_a_way_out_that_was_taken_must_still_be_there() -> None:
    def switch(branch: str) -> Program:
        cases = [{"branch": branch, "rule": URGENT}]
        nodes = [trigger(), node("c1", "condition.switch", cases=cases), act("a1", "fail")]
        ways = [edge("t1", "c1"), edge("c1", "a1", branch)]
        return compile_program(definition(nodes, ways), actions=SCRIPTED, schema=TICKETS.schema)

    before = switch("quick")
    (obstacle,) = taken_over(ended(before), before, switch("fast")).obstacles
    assert obstacle.why == "took the way out “quick”, which it has no more"
    assert taken_over(ended(before), before, before).obstacles == ()


def test_a_condition_that_is_kept_is_not_asked_again() -> None:
    def deciding(rule: Any) -> Program:
        nodes = [trigger(), node("c1", "condition.if", rule=rule), act("a1", "ask"), act("a2", "ask")]
        ways = [edge("t1", "c1"), edge("c1", "a1", "true"), edge("c1", "a2", "false")]
        return compile_program(definition(nodes, ways), actions=SCRIPTED, schema=TICKETS.schema)

    before, after = deciding(URGENT), deciding({"not": URGENT})
    found = taken_over(ended(before, a1=Failed("refused", "No.")), before, after)
    again = decide(after, Journal("12", "t1", found.kept), TICKET, {}, NOON)
    assert again.effect is not None
    assert again.effect[0] == "a1"


def test_steps_come_again_in_the_order_of_the_new_program() -> None:
    nodes = [trigger(), act("a1", "wait"), act("a2", "wait"), act("a3", "fail")]
    fan = definition(nodes, [edge("t1", one) for one in ("a1", "a2", "a3")])
    before = compile_program(fan, actions=SCRIPTED, schema=TICKETS.schema)
    after = line(act("a3", "ask"), act("a2", "ask"), act("a1", "ask"))
    assert taken_over(ended(before), before, after).again == ("a3", "a2", "a1")
