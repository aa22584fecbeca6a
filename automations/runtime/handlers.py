"""The two effect handlers: `preview` shows what an effect would do, `perform` does it."""

from __future__ import annotations

from django.db.models import Model

from automations.engine.effects import Effect
from automations.engine.outcomes import Failed, Outcome, Succeeded, Unplanned
from automations.runtime.performers import Performer, Plan, overlay, performer_of
from automations.runtime.unit import Unit

PERMISSION_DENIED = "permission-denied"


def denied(effect: Effect, unit: Unit) -> str:
    """Why the identity that the run acts as may not do this, as a sentence; "" when it may. It must be allowed to
    see the run's record, to change what the effect writes, and to start what it starts."""
    performer = performer_of(effect)
    if performer is None:
        return ""
    written, started, used = (
        performer.writes_to(effect, unit),
        performer.starts(effect, unit),
        performer.uses(effect, unit),
    )
    needed: list[tuple[str, Model]] = []
    if written is not None:
        needed.append(("use", written))
    if unit.record is not None and unit.record.module != written:
        needed.append(("view", unit.record.module))
    if started is not None:
        needed.append(("run", started))
    if used is not None:
        needed.append(("use", used))
    return next((why for right, thing in needed if (why := unit.why_not(right, thing))), "")


def _plan(performer: Performer, effect: Effect, unit: Unit) -> Plan | Failed | Unplanned:
    """The plan, if the run's identity may do this."""
    if unit.batch.acting.limited and (why := denied(effect, unit)):
        return Failed(PERMISSION_DENIED, why)
    return performer.plan(effect, unit)


def preview(effect: Effect, unit: Unit) -> Outcome:
    """The outcome that simulate assumes: the plan. Holds no writer and no network client; an effect that nobody
    can plan makes the run inconclusive."""
    performer = performer_of(effect)
    if performer is None:
        return Unplanned(f"nothing here can plan a “{effect.kind}”.")
    plan = _plan(performer, effect, unit)
    if isinstance(plan, Failed | Unplanned):
        return plan
    if plan.assumed is not None:
        return plan.assumed
    if unit.record is not None and plan.changes:
        unit.record = overlay(unit.record, plan.changes)
    record = unit.record.values if unit.record is not None and plan.changes else None
    return Succeeded(plan.output, plan.changes, record, plan.message)


def perform(effect: Effect, unit: Unit) -> Outcome:
    """Plan and perform an effect inside the executor's transaction."""
    performer = performer_of(effect)
    if performer is None:
        return Failed("effect-not-installed", f"Nothing here can perform a “{effect.kind}”.", fault="engine")
    module = performer.writes_to(effect, unit)
    if module is not None and unit.batch.simulate_only.covers(module.pk):
        return Failed("execute-forbidden", f"A policy lets nothing act on {module.name}.")
    plan = _plan(performer, effect, unit)
    if isinstance(plan, Failed):
        return plan
    return performer.perform(effect, Plan("") if isinstance(plan, Unplanned) else plan, unit)
