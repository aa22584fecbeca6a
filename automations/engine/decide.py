"""The heart: what a run does next, as a pure function.

`decide` walks the program in its fixed order from what the journal holds, takes in the outcomes that have come,
and goes on until one effect is wanted, or all that is open waits, or the run has ended. The caller performs the
effect and calls again with its outcome. Same inputs, same outputs; an outcome that comes twice or late is
dropped, because its step is no longer open.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from automations.engine.effects import Effect
from automations.engine.journal import Decision, Facts, Journal, LogLine, StepState, Waiting
from automations.engine.outcomes import NEEDS_REVIEW, Failed, Outcome, Stop, Succeeded, Unplanned, Wait
from automations.engine.program import CompiledNode, Program
from automations.engine.retry import next_delay
from automations.engine.rules import Scope
from automations.engine.statuses import TERMINAL_STEP, RunStatus, StepStatus

__all__ = ["Decision", "Facts", "Journal", "LogLine", "StepState", "Waiting", "decide"]

LONGEST_RETRY_SECONDS = 7 * 86_400.0
"""No peer's “retry after” parks a step for longer."""

DISABLED = {"code": "disabled", "message": "The step is disabled.", "fault": "user", "retryable": False}
"""Why a run went through a step that it could have done."""


def decide(
    program: Program, journal: Journal, facts: Facts, signals: Mapping[str, Outcome], now: datetime
) -> Decision:
    """Take in `signals` (outcome by node) and walk on.

    Returns the new journal; never changes its arguments. Raises nothing that depends on user data.
    """
    return _Walk(program, journal, facts, now).go(signals)


class _Walk:
    """The working state of one call of `decide`; lives no longer than that."""

    __slots__ = (
        "changed",
        "ended",
        "facts",
        "failure",
        "inconclusive",
        "journal",
        "logs",
        "now",
        "program",
        "steps",
        "stop",
    )

    def __init__(self, program: Program, journal: Journal, facts: Facts, now: datetime) -> None:
        self.program = program
        self.journal = journal
        self.facts = facts
        self.now = now
        self.steps = dict(journal.steps)
        self.changed: dict[str, None] = {}
        self.logs: list[LogLine] = []
        self.failure: Mapping[str, Any] | None = None
        self.stop: Stop | None = None
        self.inconclusive = False
        self.ended = False

    def go(self, signals: Mapping[str, Outcome]) -> Decision:
        self.recall_end()
        effect: tuple[str, Effect] | None = None
        if not self.ended:
            by_id = self.program.by_id
            for node in sorted((by_id[key] for key in signals if key in by_id), key=_position):
                state = self.steps.get(node.id)
                if state is not None and _expects_news(state):
                    self.absorb(node, state, signals[node.id])
            for node in self.program.walk:
                if self.ended:
                    break
                effect = self.visit(node)
                if effect is not None:
                    break
            if self.ended:
                self.cancel_open()
        return self.conclude(effect)

    def recall_end(self) -> None:
        """A journal that holds the run's failure or stop says so again, whatever comes late."""
        for key, state in self.steps.items():
            node = self.program.by_id.get(key)
            if node is None:
                continue
            if state.status is StepStatus.FAILED and not node.catches_failure:
                self.failure = {**(state.error or {}), "node": key}
                self.ended = True
            elif not state.branches and node.perform is not None and state.status is StepStatus.SUCCEEDED:
                end = state.output or {}
                self.stop = Stop(end.get("status", "succeeded"), end.get("message", ""))
                self.ended = True

    def visit(self, node: CompiledNode) -> tuple[str, Effect] | None:
        """Bring one node forward; the effect that it wants, if it wants one."""
        state = self.steps.get(node.id)
        if state is None or state.status is StepStatus.PENDING:
            return self.reach(node)
        if state.status is StepStatus.RUNNING:
            return self.ask(node, state)
        if state.wait is not None and state.wait.until is not None and state.wait.until <= self.now:
            if state.wait.kind == "retry":
                again = replace(state, status=StepStatus.RUNNING, wait=None, attempt=state.attempt + 1)
                self.put(again)
                return self.ask(node, again)
            self.succeed(node, state, Succeeded(output=state.output or {}, message="The wait is over."))
        return None

    def reach(self, node: CompiledNode) -> tuple[str, Effect] | None:
        """Start a node whose incoming edges are all decided and one of which is live; skip it when all are dead."""
        if node.is_trigger:
            if node.id == self.journal.trigger:
                self.log("info", node.id, f"Started by “{node.label}”.", self.cause())
                self.put(self.done(node.id, ("",)))
            else:
                self.put(StepState(node.id, StepStatus.SKIPPED))
            return None
        live = False
        for source, branch in node.incoming:
            state = self.steps.get(source)
            if state is None or state.status not in TERMINAL_STEP:
                return None
            live = live or branch in state.branches
        if not live:
            self.put(StepState(node.id, StepStatus.SKIPPED))
            return None
        if node.is_disabled:
            self.log("info", node.id, f"“{node.label}” is disabled: the run goes on without it.")
            self.put(StepState(node.id, StepStatus.SKIPPED, branches=("",), error=DISABLED))
            return None
        if node.branching is not None:
            branches = node.branching(self.scope(node))
            record = self.facts.record or {}
            saw = {name: record.get(name) for name in node.watched}
            self.log(
                "info",
                node.id,
                f"“{node.label}” took {_quoted(branches)}.",
                {"branches": list(branches), "saw": saw},
            )
            self.put(self.done(node.id, branches, output={"saw": saw}))
            return None
        state = StepState(node.id, StepStatus.RUNNING, attempt=1, started_at=self.now)
        self.put(state)
        return self.ask(node, state)

    def ask(self, node: CompiledNode, state: StepState) -> tuple[str, Effect] | None:
        """Have the prepared action say what it wants; an answer that is an outcome is taken in at once."""
        assert node.perform is not None
        wanted = node.perform(self.scope(node), f"{self.journal.key}:{node.id}")
        if isinstance(wanted, Effect):
            return node.id, wanted
        self.absorb(node, state, wanted)
        return None

    def absorb(self, node: CompiledNode, state: StepState, outcome: Outcome) -> None:
        if isinstance(outcome, Succeeded):
            self.succeed(node, state, outcome)
        elif isinstance(outcome, Failed):
            self.fail(node, state, outcome)
        elif isinstance(outcome, Wait):
            self.wait(node, state, outcome)
        elif isinstance(outcome, Stop):
            self.log("info", node.id, outcome.message or f"“{node.label}” ended the run as {outcome.status}.")
            end = {"status": outcome.status, "message": outcome.message}
            self.put(self.done(node.id, (), output=end, after=state))
            self.stop = self.stop or outcome
            self.ended = True
        else:
            self.unplanned(node, state, outcome)

    def succeed(self, node: CompiledNode, state: StepState, outcome: Succeeded) -> None:
        if outcome.record is not None:
            self.facts = replace(self.facts, record=outcome.record)
        data = {"changes": [change.to_json() for change in outcome.changes]} if outcome.changes else None
        self.log("info", node.id, outcome.message or f"“{node.label}” is done.", data)
        self.put(
            StepState(
                node.id,
                StepStatus.SUCCEEDED,
                branches=(outcome.branch,),
                attempt=state.attempt,
                output=outcome.output,
                changes=tuple(outcome.changes),
                assumed=state.assumed or outcome.assumed,
                started_at=state.started_at,
                finished_at=self.now,
            )
        )

    def wait(self, node: CompiledNode, state: StepState, outcome: Wait) -> None:
        until = f" until {outcome.until:%Y-%m-%d %H:%M:%S %Z}" if outcome.until else ""
        level = "warning" if outcome.kind == NEEDS_REVIEW else "info"
        self.log(level, node.id, outcome.message or f"“{node.label}” waits{until}.")
        wait = Waiting(outcome.kind, outcome.until)
        self.put(replace(state, status=StepStatus.WAITING, wait=wait, output=outcome.output))

    def fail(self, node: CompiledNode, state: StepState, outcome: Failed) -> None:
        error = outcome.to_json()
        most = node.retry.max_attempts
        if outcome.retryable and state.attempt < most:
            seed = random.Random(f"{self.journal.key}:{node.id}:{state.attempt}")  # noqa: S311 - jitter, reproducible by design
            delay = max(next_delay(node.retry, state.attempt, seed), outcome.retry_after or 0.0)
            delay = min(delay, LONGEST_RETRY_SECONDS)
            again = f"attempt {state.attempt} of {most}: {outcome.message} Again in {delay:.1f} s."
            self.log("warning", node.id, f"“{node.label}” failed, {again}", error)
            wait = Waiting("retry", self.now + timedelta(seconds=delay))
            self.put(replace(state, status=StepStatus.WAITING, error=error, wait=wait))
            return
        self.log("error", node.id, f"“{node.label}” failed: {outcome.message}", error)
        self.put(
            replace(
                state,
                status=StepStatus.FAILED,
                branches=("failed",),
                error=error,
                wait=None,
                finished_at=self.now,
            )
        )
        if not node.catches_failure and self.failure is None:
            self.failure = {**error, "node": node.id}
            self.ended = True

    def unplanned(self, node: CompiledNode, state: StepState, outcome: Unplanned) -> None:
        self.log("warning", node.id, f"“{node.label}” cannot be simulated: {outcome.message}")
        error = {
            "code": "cannot-be-simulated",
            "message": outcome.message,
            "fault": "user",
            "retryable": False,
        }
        self.put(replace(self.done(node.id, ("",), after=state), assumed=True, error=error))
        self.inconclusive = True

    def cancel_open(self) -> None:
        for state in list(self.steps.values()):
            if state.status not in TERMINAL_STEP:
                self.put(replace(state, status=StepStatus.CANCELLED, wait=None, finished_at=self.now))

    def conclude(self, effect: tuple[str, Effect] | None) -> Decision:
        wake_at: datetime | None = None
        if effect is not None:
            status = RunStatus.RUNNING
        elif self.failure is not None:
            status = RunStatus.FAILED
        elif self.stop is not None:
            status = RunStatus(self.stop.status)
        else:
            known = self.program.by_id
            waits = [
                state.wait for state in self.steps.values() if state.wait is not None and state.node in known
            ]
            status = RunStatus.WAITING if waits else RunStatus.SUCCEEDED
            wake_at = min((wait.until for wait in waits if wait.until is not None), default=None)
        return Decision(
            journal=Journal(self.journal.key, self.journal.trigger, self.steps),
            status=status,
            effect=effect,
            changed=tuple(self.changed),
            logs=tuple(self.logs),
            wake_at=wake_at,
            failure=self.failure,
            stop=self.stop,
            inconclusive=self.inconclusive,
        )

    def scope(self, node: CompiledNode) -> Scope:
        """What a node can see. Of the steps only those before it, so that the pace of a parallel branch changes
        nothing."""
        variables = dict(self.facts.variables)
        outputs: dict[str, Any] = {}
        for source in node.upstream:
            state = self.steps.get(source)
            if state is not None and state.output is not None:
                outputs[source] = {"output": state.output}
                if state.status is StepStatus.SUCCEEDED and self.program.by_id[source].sets_variables:
                    variables.update(state.output)
        return Scope(
            record=self.facts.record,
            event=self.facts.event,
            now=self.now,
            zone=self.facts.zone,
            variables=variables,
            steps=outputs,
            assume_changed=self.facts.assume_changed,
        )

    def done(
        self,
        node: str,
        branches: tuple[str, ...],
        *,
        output: Mapping[str, Any] | None = None,
        after: StepState | None = None,
    ) -> StepState:
        """A step that is done now; begun now too, unless `after` says otherwise."""
        return StepState(
            node,
            StepStatus.SUCCEEDED,
            branches=branches,
            attempt=after.attempt if after is not None else 1,
            output=output,
            started_at=after.started_at if after is not None else self.now,
            finished_at=self.now,
        )

    def put(self, state: StepState) -> None:
        self.steps[state.node] = state
        self.changed[state.node] = None

    def cause(self) -> dict[str, Any]:
        event = self.facts.event or {}
        return {"event": event.get("id"), "type": event.get("type"), "record": event.get("record")}

    def log(self, level: str, node: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        self.logs.append(LogLine(level, node, message, data))


def _expects_news(state: StepState) -> bool:
    """Whether an outcome for this step is awaited: it runs, or it waits for something else than its own retry."""
    if state.status is StepStatus.WAITING:
        return state.wait is not None and state.wait.kind != "retry"
    return state.status is StepStatus.RUNNING


def _position(node: CompiledNode) -> int:
    return node.position


def _quoted(branches: tuple[str, ...]) -> str:
    return " and ".join(f"“{branch}”" for branch in branches)
