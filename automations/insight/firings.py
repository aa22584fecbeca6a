"""How often would a trigger have fired? What really happened in the last days, judged as the trigger would judge it.

Nothing is written. Triggers of events read the stored events; a schedule reads the calendar; a deadline reads the
records as they are now, because what they were at the moment it would have rung is not kept.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q

from automations.engine.documents import Definition, Node
from automations.engine.durations import parse_duration
from automations.engine.fields import FieldType, datetime_text
from automations.engine.rules import compile_rule
from automations.models import Event, Workflow
from automations.models.event import whole_snapshot
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime.imagined import imagined_event
from automations.runtime.matching import DUPLICATE, MATCHED, THROTTLED, Verdict, judge_event
from automations.runtime.pending_events import PendingEvent
from automations.runtime.subscriptions import Subscription, module_of, subscribe
from automations.triggers.common import dedupe_key
from automations.triggers.deadline.kind import due_at
from automations.triggers.schedule.slots import slots_between

MAX_LOOKED_AT = 10_000
"""Events, records or slots that one preview goes through; `complete` says whether there were more."""
SHOWN = 50
DAY_SLACK = timedelta(days=2)
"""A date has no time: its moment lies within two days of midnight UTC whatever the zone and offset's calendar."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One answer that the trigger would have given. `event` is None where no stored event stands behind it."""

    at: datetime
    outcome: str
    event: int | None = None
    record: str = ""
    reason: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FiringPreview:
    """`basis` says what was read: events, records or calendar. `days` counts the matches per day in the workflow's
    zone; `firings` are the newest, whatever they answered."""

    basis: str
    since: datetime
    until: datetime
    looked_at: int
    complete: bool
    outcomes: Mapping[str, int]
    days: Mapping[date, int]
    firings: tuple[Firing, ...]


def preview_firings(
    *, workflow: Workflow, definition: Definition, trigger: str, now: datetime, days: int = 7
) -> FiringPreview:
    """What the trigger node `trigger` of a valid definition would have answered in the `days` before `now`.

    Raises KeyError when the definition has no such node.
    """
    node = next((node for node in definition.nodes if node.id == trigger), None)
    if node is None or node.family != "trigger":
        raise KeyError(trigger)
    subscription = subscribe(
        workflow=workflow, version_id=0, node=node, module=module_of(definition), rules=definition.rules
    )
    since = now - timedelta(days=days)
    readers = {"trigger.schedule": ("calendar", _slots), "trigger.deadline": ("records", _alarms)}
    basis, read = readers.get(node.type, ("events", _events))
    verdicts = list(islice(read(subscription, definition, since, now), MAX_LOOKED_AT + 1))
    complete = len(verdicts) <= MAX_LOOKED_AT
    firings = list(_rated(node, verdicts[:MAX_LOOKED_AT]))
    return FiringPreview(
        basis=basis,
        since=since,
        until=now,
        looked_at=len(firings),
        complete=complete,
        outcomes=Counter(firing.outcome for firing in firings),
        days=_by_day(firings, subscription, since, now),
        firings=tuple(reversed(firings[-SHOWN:])),
    )


def _by_day(
    firings: Iterable[Firing], subscription: Subscription, since: datetime, until: datetime
) -> dict[date, int]:
    """Matches per local day, days without any included."""
    first, last = (moment.astimezone(subscription.zone).date() for moment in (since, until))
    counts = {first + timedelta(days=number): 0 for number in range((last - first).days + 1)}
    for firing in firings:
        if firing.outcome == MATCHED:
            counts[firing.at.astimezone(subscription.zone).date()] += 1
    return counts


def _rated(node: Node, verdicts: Iterable[Verdict]) -> Iterator[Firing]:
    """The verdicts, oldest first, held to the trigger's rate and to its dedupe key as the runtime would."""
    throttle = node.config.get("throttle")
    per = parse_duration(throttle["per"]) if throttle else timedelta(0)
    started: deque[datetime] = deque()
    keys: set[str] = set()
    for verdict in verdicts:
        event, outcome, reason = verdict.event, verdict.outcome, verdict.reason
        while started and started[0] <= event.now - per:
            started.popleft()
        if outcome == MATCHED and throttle and len(started) >= throttle["max"]:
            outcome, reason = THROTTLED, {"max": throttle["max"], "per": throttle["per"]}
        elif outcome == MATCHED:
            key = dedupe_key(node.config, event.value)
            if key in keys:
                outcome, reason = DUPLICATE, {"key": key}
            else:
                keys.add(key)
                started.append(event.now)
        yield Firing(event.now, outcome, event.id if event.id > 0 else None, event.record_key, reason)


def _events(subscription: Subscription, _: Definition, since: datetime, until: datetime) -> Iterator[Verdict]:
    """The stored events of real time that the trigger would have heard of; the newest where there are too many."""
    workflow = subscription.workflow
    rows = Event.objects.filter(
        type__in=subscription.types, clock="", received_at__gt=since, received_at__lte=until
    )
    if subscription.module is not None:
        rows = rows.filter(module=subscription.module)
    rows = rows.filter(
        Q(target__isnull=True) | Q(target__workflow=workflow.pk, target__node=subscription.node)
    ).order_by("-id")
    fields = ("id", "type", "module_id", "record_key", whole_snapshot(), "received_at", "actor_id")
    newest = list(rows.values_list(*fields, "cause_workflow_id", "depth", "target")[: MAX_LOOKED_AT + 1])
    for key, kind, module_id, record, snapshot, at, actor, cause, depth, target in reversed(newest):
        event = PendingEvent(
            id=key,
            type=kind,
            module_id=module_id,
            record_key=record,
            value={"id": key, **snapshot},
            occurred_at=at,
            clock="",
            actor_id=actor,
            cause_workflow_id=cause,
            depth=depth,
            target=target,
            database_now=at,
        )
        yield judge_event(event, subscription)


def _slots(subscription: Subscription, _: Definition, since: datetime, until: datetime) -> Iterator[Verdict]:
    """The moments that the calendar holds, each judged as its event."""
    config = subscription.config
    zone = config.get("zone") or subscription.workflow.zone
    slots = slots_between(config["cron"], zone, since, until, MAX_LOOKED_AT + 1)
    for number, slot in enumerate(slots, 1):
        data = {"slot": datetime_text(slot)}
        yield judge_event(imagined_event(number, "schedule", slot, subscription, data), subscription)


def _alarms(
    subscription: Subscription, definition: Definition, since: datetime, until: datetime
) -> Iterator[Verdict]:
    """The records whose alarm rang in the window by the date that they hold now, in the order of the alarms."""
    module, config = subscription.module, subscription.config
    assert module is not None
    facts = facts_of(module)
    offset = parse_duration(config["offset"])
    shift = offset if config["when"] == "before" else -offset
    low, high = since + shift - DAY_SLACK, until + shift + DAY_SLACK
    dated = facts.schema[config["field"]].type is FieldType.DATE
    bounds = [moment.date().isoformat() if dated else datetime_text(moment) for moment in (low, high)]
    rule = {"field": config["field"], "op": "between", "value": bounds}
    tree = compile_rule(rule, facts.schema, policies=definition.rules()).tree
    adapter = adapter_for(module)
    rows = adapter.queryset(tree, context=SqlContext(now=until, zone=subscription.zone))
    ringing = []
    for state in adapter.iterate(rows):
        due = due_at(config, state.values, subscription.zone)
        if due is not None and since < due <= until:
            ringing.append((due, state.key, state.values))
    ringing.sort(key=lambda alarm: alarm[:2])
    for number, (due, key, values) in enumerate(ringing, 1):
        data = {"due_at": datetime_text(due)}
        event = imagined_event(number, "deadline", due, subscription, data, record=key, after=values)
        yield judge_event(event, subscription)
