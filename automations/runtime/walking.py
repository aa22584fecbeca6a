"""One run, walked: `decide` is called until the run has ended or waits, each effect handed to a handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automations.engine.decide import Decision, Facts, Journal, decide
from automations.engine.effects import Effect
from automations.engine.outcomes import Outcome
from automations.engine.program import Program
from automations.engine.statuses import RunStatus
from automations.runtime.claims import ClaimedRun
from automations.runtime.unit import Unit

MAX_PASSES = 2_000
"""More effects than any program has nodes times attempts in one go; a run beyond it is at fault."""

Handler = Callable[[Effect, Unit], Outcome]


@dataclass(slots=True)
class Worked:
    """A run after its walk: the last decision, and all that the walk left behind."""

    run: ClaimedRun
    program: Program
    decision: Decision
    changed: dict[str, None] = field(default_factory=dict)
    logs: list[tuple[datetime, Any]] = field(default_factory=list)
    inconclusive: bool = False
    used_signals: list[int] = field(default_factory=list)


def walk_on(
    unit: Unit,
    journal: Journal,
    signals: Mapping[str, Outcome],
    handler: Handler,
    *,
    elapse: bool,
    assume_changed: bool = False,
) -> Worked:
    """Walk `unit.program` on from `journal`, taking in `signals` (outcome by node) first. With `elapse` waits are over
    at once, on the run's own clock."""
    run = unit.run
    worked: Worked | None = None
    for _ in range(MAX_PASSES):
        facts = Facts(
            event=unit.event,
            record=unit.record.values if unit.record is not None else None,
            variables=run.input,
            zone=unit.zone,
            assume_changed=assume_changed,
        )
        decision = decide(unit.program, journal, facts, signals, unit.now)
        if worked is None:
            worked = Worked(run, unit.program, decision)
        worked.decision = decision
        worked.changed.update(dict.fromkeys(decision.changed))
        worked.logs.extend((unit.now, line) for line in decision.logs)
        worked.inconclusive = worked.inconclusive or decision.inconclusive
        journal = unit.journal = decision.journal
        if decision.effect is not None:
            unit.node, effect = decision.effect
            signals = {unit.node: handler(effect, unit)}
        elif decision.status is RunStatus.WAITING and elapse and decision.wake_at is not None:
            unit.now = max(decision.wake_at, unit.now)
            signals = {}
        else:
            return worked
    raise RuntimeError(f"Run {run.id} did not come to rest in {MAX_PASSES} passes.")
