"""What a workflow's triggers never judged in a window of the past: slots of its schedules, and stored events.

Nothing is written. An event counts as judged when one of the workflow's runs came of it, or when the trigger gave it an
answer other than “paused” or “broken”, which mean that it was not looked at. Counted in SQL; only a sample is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value, When

from automations.models import ActiveTrigger, BackfillItem, Decision, Event, Mode, ScheduleSlot, Workflow
from automations.modules.adapter import adapter_for
from automations.runtime import subscriptions
from automations.runtime.backtests.occasions import types_of
from automations.runtime.matching import BROKEN, MATCHED, PAUSED
from automations.runtime.subscriptions import Subscription, mode_of
from automations.triggers.schedule.slots import slots_between

UNJUDGED = (PAUSED, BROKEN)
SCHEDULE, MANUAL = "trigger.schedule", "trigger.manual"
MOST_SLOTS = 20_000
"""Slots of one schedule that are looked at."""
JUDGED, MADE_UP, GONE, NOT_DUE = "already-judged", "in-a-backfill", "record-gone", "not-due"
REPLAYED = "of-a-replay"
LEFT_OUT = {
    JUDGED: "judged already, or waiting to be",
    MADE_UP: "made up for by another backfill",
    GONE: "about a record that is not there any more",
    NOT_DUE: "still to be fired by the ticker",
    REPLAYED: "part of a replay of the past, as the history of the demo is",
}
_TAKEN = {"is_dry_run": False, "state__in": (BackfillItem.State.WAITING, BackfillItem.State.JUDGED)}


@dataclass(frozen=True, slots=True)
class Missed:
    """One thing that was missed: a slot, or a stored event."""

    at: datetime
    event: int | None = None
    slot: datetime | None = None
    record: str = ""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What one trigger missed: how many, the first and the last; `left_out` counts what is not among them, by why. Not
    `complete`, there were more slots than are looked at."""

    trigger: Subscription
    count: int
    first: datetime | None
    last: datetime | None
    left_out: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    slots: Sequence[datetime] = ()
    rows: QuerySet[Event] | None = None

    @property
    def is_schedule(self) -> bool:
        return self.trigger.kind == SCHEDULE

    def oldest(self, limit: int) -> Iterator[Missed]:
        """The oldest of them."""
        if self.rows is None:
            yield from (Missed(slot, slot=slot) for slot in self.slots[:limit])
            return
        found = self.rows.order_by("occurred_at", "id").values_list("id", "occurred_at", "record_key")
        yield from (Missed(at, event=pk, record=record) for pk, at, record in found[:limit])


def unjudged(
    workflow: Workflow, *, since: datetime, until: datetime, slots: bool, events: bool
) -> list[Unjudged]:
    """What each live trigger of the workflow missed from `since` on and before `until`, by the triggers' ids."""
    due = dict(ActiveTrigger.objects.filter(workflow=workflow).values_list("node", "next_slot_at"))
    found = []
    for trigger in live_triggers(workflow):
        if trigger.kind == SCHEDULE and slots:
            found.append(_slots(trigger, since, until, due.get(trigger.node)))
        elif trigger.kind != SCHEDULE and events:
            found.append(_events(trigger, since, until))
    return found


def live_triggers(workflow: Workflow) -> list[Subscription]:
    """The workflow's triggers that are live and fire by themselves, by their ids."""
    subscriptions.refresh()
    nodes = ActiveTrigger.objects.filter(workflow=workflow).exclude(kind=MANUAL).order_by("node")
    return [
        trigger
        for node in nodes.values_list("node", flat=True)
        for trigger in subscriptions.addressed(workflow.pk, node)
    ]


def mode_now(triggers: Sequence[Subscription]) -> str:
    """The mode that runs of these triggers would be in: execute if one of them acts."""
    modes = {mode_of(trigger, trigger.module.pk if trigger.module else None) for trigger in triggers}
    return Mode.EXECUTE if Mode.EXECUTE in modes else Mode.SIMULATE


def _events(trigger: Subscription, since: datetime, until: datetime) -> Unjudged:
    workflow = trigger.workflow.pk
    rows = Event.objects.filter(
        types_of([trigger]),
        Q(target__isnull=True) | Q(target__workflow=workflow, target__node=trigger.node),
        state=Event.State.MATCHED,
        occurred_at__gte=since,
        occurred_at__lt=until,
    )
    here = Decision.objects.filter(event=OuterRef("pk"), workflow=workflow).exclude(outcome__in=UNJUDGED)
    items = BackfillItem.objects.filter(workflow=workflow, trigger_node=trigger.node, **_TAKEN)
    whens = [
        When(~Q(clock=""), then=Value(REPLAYED)),
        When(Exists(here.filter(Q(trigger_node=trigger.node) | Q(outcome=MATCHED))), then=Value(JUDGED)),
        When(Exists(items.filter(event=OuterRef("pk"), slot_at=None)), then=Value(MADE_UP)),
    ]
    if trigger.module is not None:
        rows = rows.filter(module=trigger.module)
        there = adapter_for(trigger.module).there(OuterRef("record_key"))
        whens.append(When(~Q(record_key="") & ~Q(there), then=Value(GONE)))
    told = rows.annotate(why=Case(*whens, default=Value(""), output_field=CharField()))
    counts = {
        why: (number, first, last)
        for why, number, first, last in told.order_by()
        .values_list("why")
        .annotate(number=Count("pk"), first=Min("occurred_at"), last=Max("occurred_at"))
    }
    number, first, last = counts.pop("", (0, None, None))
    left_out = {why: row[0] for why, row in counts.items()}
    return Unjudged(trigger, number, first, last, left_out, rows=told.filter(why=""))


def _slots(trigger: Subscription, since: datetime, until: datetime, next_slot: datetime | None) -> Unjudged:
    config = trigger.config
    zone = config.get("zone") or trigger.workflow.zone
    tick = timedelta(microseconds=1)
    due = slots_between(config["cron"], zone, since - tick, until - tick, MOST_SLOTS + 1)
    complete, due = len(due) <= MOST_SLOTS, due[:MOST_SLOTS]
    known = {"workflow": trigger.workflow, "trigger_node": trigger.node}
    within = {"slot_at__gte": since, "slot_at__lt": until}
    fired = set(
        ScheduleSlot.objects.filter(**known, **within, fired_at__isnull=False).values_list(
            "slot_at", flat=True
        )
    )
    taken = set(BackfillItem.objects.filter(**known, **within, **_TAKEN).values_list("slot_at", flat=True))
    fired -= _unanswered(known, since)
    missing: list[datetime] = []
    left_out: Counter[str] = Counter()
    for slot in due:
        if slot in taken:
            left_out[MADE_UP] += 1
        elif slot in fired:
            left_out[JUDGED] += 1
        elif next_slot is not None and slot >= next_slot:
            left_out[NOT_DUE] += 1
        else:
            missing.append(slot)
    first, last = (missing[0], missing[-1]) if missing else (None, None)
    return Unjudged(trigger, len(missing), first, last, left_out, complete, missing)


def _unanswered(known: Mapping[str, Any], since: datetime) -> set[datetime]:
    """Slots that were fired and met a paused workflow, or a broken trigger. What was fired was due before."""
    rows = Decision.objects.filter(
        **known, outcome__in=UNJUDGED, event__type="schedule", event__occurred_at__gte=since
    )
    texts = rows.values_list("event__snapshot__data__slot", flat=True)
    return {datetime.fromisoformat(text) for text in texts if isinstance(text, str)}
