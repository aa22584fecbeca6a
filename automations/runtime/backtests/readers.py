"""What two sides have to be asked about: the readers of a range of the past, or of what has just come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from automations.models import Module, Workflow
from automations.runtime.backtests.arrived import ChangedAlarms, DueAlarms, Window
from automations.runtime.backtests.occasions import IMAGINED, Reader, StoredEvents
from automations.runtime.backtests.reckoned import MovingAlarms, Pair, Slots, StandingAlarms, pairs_of
from automations.runtime.backtests.sides import Side
from automations.runtime.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Asked:
    """The triggers of both sides, by where their events come from."""

    stored: Sequence[Subscription] = ()
    alarms: Mapping[Module, Sequence[Pair]] = field(default_factory=dict)
    slots: Sequence[Pair] = ()


def asked_by(before: Side | None, after: Side) -> Asked:
    """What the triggers of the two sides listen to."""
    was, now = before.subscriptions if before is not None else [], after.subscriptions
    pairs = pairs_of(was, now, "trigger.deadline")
    modules = {
        side.module.pk: side.module for pair in pairs for side in pair.sides() if side.module is not None
    }
    return Asked(
        [entry for entry in (*was, *now) if entry.kind not in IMAGINED],
        {
            module: [part for pair in pairs if (part := _only(pair, module.pk)) is not None]
            for module in modules.values()
        },
        pairs_of(was, now, "trigger.schedule"),
    )


def readers_of_range(asked: Asked, workflow: Workflow, since: datetime, until: datetime) -> list[Reader]:
    """What happened after `since` and up to `until`."""
    readers: list[Reader] = []
    if asked.stored:
        within = Q(occurred_at__gt=since, occurred_at__lte=until)
        readers.append(StoredEvents(workflow, asked.stored, within))
    for module, pairs in asked.alarms.items():
        readers += [MovingAlarms(module, pairs, since, until), StandingAlarms(module, pairs, since, until)]
    if asked.slots:
        readers.append(Slots(asked.slots, since, until))
    return readers


def readers_of_window(asked: Asked, workflow: Workflow, window: Window) -> list[Reader]:
    """What has come in a shadow's window."""
    readers: list[Reader] = []
    if asked.stored:
        numbers = (window.after_id, window.last_id)
        readers.append(StoredEvents(workflow, asked.stored, Q(received_at__lte=window.until), numbers))
    for module, pairs in asked.alarms.items():
        readers += [ChangedAlarms(module, pairs, window), DueAlarms(module, pairs, window)]
    if asked.slots:
        readers.append(Slots(asked.slots, window.after_at, window.last_at))
    return readers


def _only(pair: Pair, module: int) -> Pair | None:
    """A pair's sides that are about this module."""
    sides = [
        side if side is not None and side.module is not None and side.module.pk == module else None
        for side in (pair.before, pair.after)
    ]
    return Pair(pair.node, *sides) if any(sides) else None
