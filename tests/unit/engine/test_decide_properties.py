"""What holds for every graph, every order of news and every repetition of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from automations.engine.decide import Decision, Facts, Journal, decide
from automations.engine.outcomes import Failed, Outcome, Stop, Succeeded, Unplanned, Wait
from automations.engine.program import Program, branches_of, compile_program
from automations.engine.statuses import TERMINAL_RUN, TERMINAL_STEP, RunStatus, StepStatus

from .fakes import NOON, SCRIPTED, TICKETS, URGENT, definition, edge, node, trigger

MOST_CALLS = 400
"""Far above what a dozen nodes with three attempts each can need."""

ACTIONS = st.sampled_from(
    [
        {"do": "ask"},
        {"do": "ask"},
        {"do": "ask", "retry": {"max_attempts": 3, "base_seconds": 1}},
        {"do": "succeed", "output": {"n": 1}},
        {"do": "fail"},
        {"do": "break", "retry": {"max_attempts": 2, "base_seconds": 1}},
        {"do": "wait"},
        {"do": "wait", "seconds": 30},
        {"do": "stop", "status": "succeeded"},
        {"do": "unplanned"},
        {"do": "tell"},
    ]
)
ANSWERS = st.sampled_from(
    [
        Succeeded(output={"answer": 1}),
        Succeeded(),
        Failed("refused", "No."),
        Failed("busy", "Later.", retryable=True),
        Unplanned("Nobody knows."),
        Wait("signal"),
        Wait("timer", NOON + timedelta(minutes=5)),
        Stop("cancelled", "Enough."),
    ]
)


@dataclass(frozen=True)
class Case:
    program: Program
    answers: Sequence[Outcome]
    """What the world says, in turn, to what it is asked."""
    priority: str

    @property
    def facts(self) -> Facts:
        return Facts(event={"id": 1}, record={"priority": self.priority})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A valid graph of up to twelve nodes (each hangs on one or two before it) and a world that answers."""
    nodes: list[dict[str, Any]] = [trigger()]
    edges: list[dict[str, Any]] = []
    ways: list[tuple[str, str]] = [("t1", "")]
    for index in range(draw(st.integers(1, 11))):
        key = f"n{index}"
        kind = draw(st.sampled_from(["action", "action", "action", "if", "switch"]))
        if kind == "action":
            made = node(key, "action.scripted", **draw(ACTIONS))
            made["disabled"] = draw(st.integers(0, 3)) == 0
        elif kind == "if":
            made = node(key, "condition.if", rule=URGENT)
        else:
            listed = [{"branch": "x", "rule": URGENT}, {"branch": "y", "rule": {"not": URGENT}}]
            made = node(key, "condition.switch", match=draw(st.sampled_from(["first", "all"])), cases=listed)
        nodes.append(made)
        for source, branch in draw(st.lists(st.sampled_from(ways), min_size=1, max_size=2, unique=True)):
            edges.append(edge(source, key, branch))
        ways += [(key, branch) for branch in branches_of(definition([made], []).nodes[0])]
    program = compile_program(definition(nodes, edges), actions=SCRIPTED, schema=TICKETS.schema)
    answers = draw(st.lists(ANSWERS, min_size=1, max_size=12))
    return Case(program, answers, draw(st.sampled_from(["urgent", "low"])))


@dataclass
class Played:
    decisions: list[Decision]
    told: list[tuple[str, Outcome]]

    @property
    def last(self) -> Decision:
        return self.decisions[-1]


def play(case: Case, *, repeat: bool = False) -> Played:
    """Run a case to its end: answer each effect from the list, let time pass, wake what waits for a signal.

    With `repeat` each piece of news is told twice, the second time together with all the older news.
    """
    now: datetime = NOON
    decision = decide(case.program, Journal("run:1", "t1"), case.facts, {}, now)
    played = Played([decision], [])
    for _ in range(MOST_CALLS):
        if decision.status in TERMINAL_RUN:
            return played
        news: dict[str, Outcome] = {}
        if decision.effect is not None:
            told = [key for key, _ in played.told].count(decision.effect[0])
            spare = case.answers[(len(played.told) + told) % len(case.answers)]
            # A step that is never content would wait for ever: that is the peer's fault, not the engine's.
            news = {decision.effect[0]: spare if told < 3 else Succeeded()}
        elif decision.wake_at is not None and decision.wake_at > now:
            now = decision.wake_at
        else:
            waiting = [
                key
                for key, state in decision.journal.steps.items()
                if state.wait is not None and state.wait.until is None
            ]
            assert waiting, "the run waits for nothing"
            news = {waiting[0]: Succeeded(output={"signal": True})}
        decision = decide(case.program, decision.journal, case.facts, news, now)
        played.decisions.append(decision)
        played.told += news.items()
        if repeat and news:
            old = {key: outcome for key, outcome in played.told if key not in _open(decision)}
            again = decide(case.program, decision.journal, case.facts, old, now)
            assert (again.journal, again.status, again.effect) == (
                decision.journal,
                decision.status,
                decision.effect,
            )
    raise AssertionError("The run does not end.")


def _open(decision: Decision) -> set[str]:
    """Steps for which news is not old: they were asked for again, or wait anew."""
    return {key for key, state in decision.journal.steps.items() if state.status not in TERMINAL_STEP}


@settings(max_examples=400, deadline=None)
@given(cases())
def test_every_graph_ends_with_nothing_left_open(case: Case) -> None:
    last = play(case).last
    assert last.status in TERMINAL_RUN
    assert last.effect is None
    assert all(state.status in TERMINAL_STEP for state in last.journal.steps.values())
    if last.status is RunStatus.SUCCEEDED and last.stop is None:
        assert set(last.journal.steps) == set(case.program.by_id), "every node was run or skipped"
    if last.failure is not None:
        assert last.status is RunStatus.FAILED


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_same_inputs_give_the_same_outputs(case: Case) -> None:
    first, second = play(case), play(case)
    assert first.decisions == second.decisions


@settings(max_examples=300, deadline=None)
@given(cases())
def test_no_step_succeeds_twice_and_none_moves_on_from_its_end(case: Case) -> None:
    ended: dict[str, StepStatus] = {}
    for decision in play(case).decisions:
        for key in decision.changed:
            assert key not in ended, f"{key} had ended as {ended[key]}"
        for key, state in decision.journal.steps.items():
            if state.status in TERMINAL_STEP:
                assert ended.setdefault(key, state.status) is state.status
                assert state.wait is None


@settings(max_examples=300, deadline=None)
@given(cases())
def test_news_that_comes_twice_changes_nothing(case: Case) -> None:
    assert play(case, repeat=True).last == play(case).last


@settings(max_examples=200, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_news_in_any_order_comes_to_the_same_journal(case: Case, order: random.Random) -> None:
    """All that waits for a signal is told at once, one by one, in any order, and twice: one journal in the end.

    A stop or a failure ends a run whatever else is open, so that only runs without one can be compared whole.
    """
    first = decide(case.program, Journal("run:1", "t1"), case.facts, {}, NOON)
    waiting = [
        key for key, state in first.journal.steps.items() if state.wait is not None and not state.wait.until
    ]
    news = {key: Succeeded(output={"of": key}) for key in waiting}
    at_once = decide(case.program, first.journal, case.facts, news, NOON)
    order.shuffle(waiting)
    journal = first.journal
    for key in [*waiting, *waiting]:
        decision = decide(case.program, journal, case.facts, {key: news[key]}, NOON)
        journal = decision.journal
        if decision.status in TERMINAL_RUN:
            break
    ends = (RunStatus.FAILED, RunStatus.CANCELLED)
    if at_once.status in ends or decision_of(case, journal).status in ends or at_once.stop is not None:
        return
    if decision_of(case, journal).stop is None:
        assert journal == at_once.journal


def decision_of(case: Case, journal: Journal) -> Decision:
    return decide(case.program, journal, case.facts, {}, NOON)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_a_node_runs_only_when_an_edge_into_it_is_live(case: Case) -> None:
    """Dead paths are skipped, live ones are not: checked against the edges, without the walk."""
    last = play(case).last
    if last.status is not RunStatus.SUCCEEDED or last.stop is not None:
        return
    steps = last.journal.steps
    for key, compiled in case.program.by_id.items():
        if compiled.is_trigger:
            continue
        live = any(branch in steps[source].branches for source, branch in compiled.incoming)
        gone_through = compiled.is_disabled and steps[key].branches == ("",)
        assert (gone_through or steps[key].status is not StepStatus.SKIPPED) == live, key
