"""Schedules: each due slot of a cron trigger becomes one event, however many tickers look."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from automations.models import ActiveTrigger, Event, Module, ScheduleSlot, TriggerSource
from automations.runtime import intake
from automations.runtime.subscriptions import Subscription
from automations.triggers.schedule.slots import missed, next_slot, slots_between

logger = logging.getLogger(__name__)

MAX_SLOTS = 1_000
GRACE_SECONDS = 60
"""A slot that is looked at this late still counts as on time, not as missed."""


def fire_due(*, now: datetime) -> int:
    """Fire what is due on every schedule; each in a transaction of its own, so that a malformed one stops no other.

    Returns the number of slots fired.
    """
    fired = 0
    due = ActiveTrigger.objects.filter(
        kind="trigger.schedule", next_slot_at__lte=now, problem="", workflow__archived_at=None
    ).values_list("pk", flat=True)
    for pk in list(due):
        try:
            fired += _fire(pk, now)
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("Schedule %s is broken: %s", pk, error)
            ActiveTrigger.objects.filter(pk=pk).update(problem=str(error)[:300])
    return fired


def _fire(pk: int, now: datetime) -> int:
    with transaction.atomic():
        trigger = (
            ActiveTrigger.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("workflow", "module")
            .filter(pk=pk, next_slot_at__lte=now)
            .first()
        )
        if trigger is None or trigger.next_slot_at is None:
            return 0
        cron, zone = trigger.config["cron"], trigger.config.get("zone") or trigger.workflow.zone
        slots = [trigger.next_slot_at, *slots_between(cron, zone, trigger.next_slot_at, now, MAX_SLOTS)]
        late = [slot for slot in slots if (now - slot).total_seconds() > GRACE_SECONDS]
        on_time = [slot for slot in slots if slot not in late]
        fire, skip = missed(
            trigger.config.get("missed", "once"), late, int(trigger.config.get("max_missed", 10))
        )
        if on_time and trigger.config.get("missed", "once") == "once":
            skip, fire = [*skip, *fire], []
        fire = [*fire, *on_time]
        ScheduleSlot.objects.bulk_create(
            [
                ScheduleSlot(workflow=trigger.workflow, trigger_node=trigger.node, slot_at=slot, fired_at=at)
                for group, at in ((fire, now), (skip, None))
                for slot in group
            ],
            ignore_conflicts=True,
        )
        intake.accept([_event(trigger.workflow_id, trigger.node, trigger.module, slot, now) for slot in fire])
        trigger.next_slot_at = next_slot(cron, zone, now)
        trigger.save(update_fields=["next_slot_at"])
        return len(fire)


def fire_late(trigger: Subscription, slots: Sequence[datetime], *, now: datetime) -> dict[datetime, int]:
    """The events of slots that have passed, made where there are none, in the caller's transaction, which has to judge
    them: no worker takes them. The ticker fires none of them any more."""
    made = [_event(trigger.workflow.pk, trigger.node, trigger.module, slot, now) for slot in slots]
    accepted = intake.accept(made, wake=False)
    fresh = [entry.event_id for entry in accepted if not entry.duplicate]
    Event.objects.filter(pk__in=fresh).update(state=Event.State.MATCHED)
    ScheduleSlot.objects.bulk_create(
        [
            ScheduleSlot(workflow=trigger.workflow, trigger_node=trigger.node, slot_at=slot, fired_at=now)
            for slot in slots
        ],
        update_conflicts=True,
        unique_fields=["workflow", "trigger_node", "slot_at"],
        update_fields=["fired_at"],
    )
    return {slot: entry.event_id for slot, entry in zip(slots, accepted, strict=True)}


def _event(workflow: int, node: str, module: Module | None, slot: datetime, now: datetime) -> intake.NewEvent:
    return intake.NewEvent(
        source=schedule_source(),
        type="schedule",
        occurred_at=now,
        module=module,
        data={"slot": slot.strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
        idempotency_key=f"{workflow}:{node}:{slot.isoformat()}",
        target={"workflow": workflow, "node": node},
    )


def schedule_source() -> TriggerSource:
    source, _ = TriggerSource.objects.get_or_create(
        key="schedule", defaults={"kind": TriggerSource.Kind.SCHEDULE, "name": "Schedules"}
    )
    return source
