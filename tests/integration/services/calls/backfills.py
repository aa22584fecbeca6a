"""Backfills."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from automations.models import Backfill, Workflow
from automations.services import backfills, pacing
from automations.services.backfills import Window
from automations.testing import chain, make_workflow, node

from ..world import NOW, World
from .shapes import READS, Audited, Call


def _late(world: World) -> Workflow:
    """A workflow that came later than the ticket that it would have heard of."""
    there = Workflow.objects.filter(key="late").select_related("active_version").first()
    if there is None:
        trigger = node("t1", "trigger.record", module="tickets", on=["created"])
        comment = node("a1", "action.comment", text="Late.")
        there = make_workflow("late", chain(trigger, comment), owner=world.alice, mode="simulate")
    return there


def _window() -> Window:
    now = timezone.now()
    return Window(now - timedelta(days=1), now, "UTC")


def _backfill(world: World) -> Backfill:
    there = Backfill.objects.filter(status="queued").first()
    asked = {"workflow": _late(world), "window": _window(), "actor": world.alice}
    return there or backfills.start_backfill(**asked)


CALLS = (
    Call(
        backfills.read_window,
        lambda w: {"since": "2026-03-01", "until": "2026-03-02T08:30", "zone": "Europe/Berlin", "now": NOW},
        READS,
    ),
    Call(
        backfills.plan_backfill,
        lambda w: {"workflow": _late(w), "window": _window(), "now": timezone.now()},
        READS,
    ),
    Call(
        backfills.start_backfill,
        lambda w: {
            "workflow": _late(w),
            "window": _window(),
            "actor": w.alice,
            "reason": "The worker was down",
        },
        Audited("backfill.started"),
    ),
    Call(
        backfills.cancel_backfill,
        lambda w: {"backfill": _backfill(w), "actor": w.alice, "reason": "Wrong window"},
        Audited("backfill.cancelled", "backfill"),
    ),
    Call(pacing.out_of_range, lambda w: {"name": "rate", "value": 601, "most": 600}, READS),
)
