"""The two effect handlers: `preview` shows what an effect would do, `perform` does it."""

from __future__ import annotations

from automations.engine.effects import Effect
from automations.engine.outcomes import Failed, Outcome, Succeeded, Unplanned
from automations.runtime.performers import overlay, performer_of
from automations.runtime.unit import Unit


def preview(effect: Effect, unit: Unit) -> Outcome:
    """The outcome that simulate assumes: the plan. Holds no writer and no network client; an effect that nobody
    can plan makes the run inconclusive."""
    performer = performer_of(effect)
    if performer is None:
        return Unplanned(f"nothing here can plan a “{effect.kind}”.")
    plan = performer.plan(effect, unit)
    if isinstance(plan, Failed):
        return plan
    if unit.record is not None and plan.changes:
        unit.record = overlay(unit.record, plan.changes)
    record = unit.record.values if unit.record is not None and plan.changes else None
    return Succeeded(plan.output, plan.changes, record, plan.message)


def perform(effect: Effect, unit: Unit) -> Outcome:
    """Plan and perform an effect inside the executor's transaction."""
    performer = performer_of(effect)
    if performer is None:
        return Failed("effect-not-installed", f"Nothing here can perform a “{effect.kind}”.", fault="engine")
    plan = performer.plan(effect, unit)
    if isinstance(plan, Failed):
        return plan
    return performer.perform(effect, plan, unit)
