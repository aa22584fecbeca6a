"""What would have happened at its own time: alarms, from the records' history, and slots, from the calendar.

Each side has its own deadlines and schedules, so that a widened deadline rings at other moments, or for other records.
The two sides' alarms for one record, one trigger and one value of the date belong together, and so do equal slots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from automations.engine.durations import parse_duration
from automations.engine.fields import FieldType, datetime_text
from automations.engine.rules import compile_rule
from automations.models import Event, Module
from automations.models.event import whole_snapshot
from automations.modules.adapter import RecordState, adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime.backtests.occasions import Heard, Occasion, Page
from automations.runtime.imagined import imagined_event
from automations.runtime.subscriptions import Subscription
from automations.triggers.deadline.kind import due_at
from automations.triggers.schedule.slots import slots_between

SLACK = timedelta(days=2)
"""A date has no time: its moment lies within two days of midnight UTC whatever the zone."""
GAP = "The record's history has a gap: it was changed without an event."
MOST_SLOTS_A_DAY = 1_440
ALWAYS, NEVER_AGAIN = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


Identity = tuple[str, str, int]
"""Field, its value, and how often that value has rung before: the same alarm on both sides."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One trigger on both sides, or on one alone."""

    node: str
    before: Subscription | None
    after: Subscription | None

    def sides(self) -> Iterator[Subscription]:
        yield from (side for side in (self.before, self.after) if side is not None)


@dataclass(slots=True)
class Past:
    """What a record was from `at` on; None where it was not there yet. With a `gap` it became something else before the
    next event tells."""

    at: datetime
    values: dict[str, Any] | None
    gap: bool = False


@dataclass(slots=True)
class Alarm:
    at: datetime
    past: Past


def pairs_of(before: Sequence[Subscription], after: Sequence[Subscription], kind: str) -> list[Pair]:
    """The triggers of a kind, those of one id together."""
    was = {entry.node: entry for entry in before if entry.kind == kind and entry.judge is not None}
    now = {entry.node: entry for entry in after if entry.kind == kind and entry.judge is not None}
    return [Pair(node, was.get(node), now.get(node)) for node in dict.fromkeys([*was, *now])]


class Alarms:
    """What all readers of alarms share."""

    def __init__(self, module: Module, pairs: Sequence[Pair], since: datetime, until: datetime) -> None:
        self.module = module
        self.pairs = pairs
        self.since = since
        self.until = until
        # Far enough back that the other side's alarm of the same date, which may have rung before, is seen too.
        shifts = [shift_of(side) for pair in pairs for side in pair.sides()]
        self.low = moved(since, min(shifts) - max(shifts) - SLACK)
        self.events = Event.objects.filter(
            module=module, type__in=("record.created", "record.updated"), occurred_at__gt=self.low
        )

    def occasions(self, key: str, pasts: Sequence[Past]) -> Iterator[Occasion]:
        """The alarms of a record that rang in the window; one whose other side is still to ring is left out."""
        for pair in self.pairs:
            was = alarms_of(pair.before, pasts) if pair.before is not None else {}
            now = alarms_of(pair.after, pasts) if pair.after is not None else {}
            for identity in dict.fromkeys([*was, *now]):
                rung = [alarms[identity] for alarms in (was, now) if identity in alarms]
                moments = [alarm.at for alarm in rung]
                if max(moments) > self.until or max(moments) <= self.since:
                    continue
                yield Occasion(
                    "deadline",
                    self.module,
                    key,
                    max(moments),
                    self._heard(pair.before, key, was.get(identity)),
                    self._heard(pair.after, key, now.get(identity)),
                    mark=":".join((pair.node, *map(str, identity))),
                )

    def _heard(self, side: Subscription | None, key: str, alarm: Alarm | None) -> Heard | None:
        if side is None or alarm is None or alarm.past.values is None:
            return None
        values = alarm.past.values
        due = due_at(side.config, values, side.zone) or alarm.at
        data = {"due_at": datetime_text(due)}
        event = imagined_event(1, "deadline", alarm.at, side, data, record=key, after=values)
        state = RecordState(self.module, key, values, version=1, handle=None)
        return Heard(event, state, side.node, (GAP,) if alarm.past.gap else ())


class MovingAlarms(Alarms):
    """Alarms of records that were changed in the window or since: their history is read from their events."""

    def count(self) -> int:
        return self.events.values("record_key").distinct().count()

    def page(self, after: Any, limit: int) -> Page:
        keys = list(
            self.events.filter(record_key__gt=after or "")
            .order_by("record_key")
            .values_list("record_key", flat=True)
            .distinct()[:limit]
        )
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        fields = ("record_key", "occurred_at", whole_snapshot("before"), whole_snapshot("after"))
        for row in self.events.filter(record_key__in=keys).order_by("record_key", "id").values_list(*fields):
            rows[row[0]].append(row[1:])
        found = [occasion for key in keys for occasion in self.occasions(key, history_of(rows[key]))]
        return Page(found, len(keys), keys[-1] if len(keys) == limit else None)


class StandingAlarms(Alarms):
    """Alarms of records that nothing has changed since before the window: they were then what they are now."""

    def __init__(self, module: Module, pairs: Sequence[Pair], since: datetime, until: datetime) -> None:
        super().__init__(module, pairs, since, until)
        adapter = adapter_for(module)
        parts = [rule for pair in pairs for side in pair.sides() if (rule := self._dated(side)) is not None]
        tree = compile_rule({"any": parts}, facts_of(module).schema).tree
        zone = next(side.zone for pair in pairs for side in pair.sides())
        self.adapter = adapter
        self.rows = adapter.queryset(tree, context=SqlContext(now=until, zone=zone))

    def count(self) -> int:
        return self.rows.count()

    def page(self, after: Any, limit: int) -> Page:
        rows = self.rows.order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        found = list(rows[:limit])
        states = [self.adapter.state_of(row) for row in found]
        changed = set(
            self.events.filter(record_key__in=[state.key for state in states])
            .values_list("record_key", flat=True)
            .distinct()
        )
        occasions = [
            occasion
            for state in states
            if state.key not in changed
            for occasion in self.occasions(state.key, [Past(ALWAYS, state.values)])
        ]
        return Page(occasions, len(found), str(found[-1].pk) if len(found) == limit else None)

    def _dated(self, side: Subscription) -> dict[str, Any] | None:
        """A rule for the records whose date lets this side ring in the window, and a little around it."""
        spec = facts_of(self.module).schema.get(side.config["field"])
        if spec is None:
            return None
        moments = (moved(self.low, -shift_of(side) - SLACK), moved(self.until, SLACK - shift_of(side)))
        dated = spec.type is FieldType.DATE
        bounds = [moment.date().isoformat() if dated else datetime_text(moment) for moment in moments]
        return {"field": side.config["field"], "op": "between", "value": bounds}


def history_of(rows: Iterable[tuple[datetime, Any, Any]]) -> list[Past]:
    """What a record was, from its events' (moment, before, after) in their order; of one moment the last counts."""
    pasts: list[Past] = []
    for at, before, after in rows:
        if not pasts:
            pasts.append(Past(ALWAYS, before if isinstance(before, dict) else None))
        if isinstance(before, dict) and before != pasts[-1].values:
            pasts[-1].gap = True
        if isinstance(after, dict):
            pasts.append(Past(at, after))
    return pasts


def alarms_of(side: Subscription, pasts: Sequence[Past]) -> dict[Identity, Alarm]:
    """When this side's alarms for a record ring, as `runtime.deadlines` rings them: once for each value of the date, at its
    moment, or as soon as the record has it where that is later."""
    found: dict[Identity, Alarm] = {}
    times: dict[str, int] = defaultdict(int)
    fired: datetime | None = None
    for past, following in pairwise([*pasts, Past(NEVER_AGAIN, None)]):
        due = due_at(side.config, past.values, side.zone) if past.values is not None else None
        if due is None or due == fired:
            continue
        at = max(due, past.at)
        if at < following.at:
            value = str((past.values or {}).get(side.config["field"]))
            found[(side.config["field"], value, times[value])] = Alarm(at, past)
            times[value] += 1
            fired = due
    return found


def shift_of(side: Subscription) -> timedelta:
    """How long after the date a side rings."""
    offset = parse_duration(side.config["offset"])
    return -offset if side.config["when"] == "before" else offset


def moved(moment: datetime, by: timedelta) -> datetime:
    """A moment moved, at most to the ends of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return ALWAYS if by < timedelta(0) else NEVER_AGAIN


class Slots:
    """The moments that the calendar holds for schedule triggers, day after day."""

    def __init__(self, pairs: Sequence[Pair], since: datetime, until: datetime) -> None:
        self.pairs = pairs
        self.since = since
        self.until = until

    def count(self) -> int:
        return -(-(self.until - self.since) // timedelta(days=1))

    def page(self, after: Any, limit: int) -> Page:
        begin = datetime.fromisoformat(after) if after is not None else self.since
        end = min(begin + timedelta(days=1), self.until)
        occasions = [occasion for pair in self.pairs for occasion in self._occasions(pair, begin, end)]
        occasions.sort(key=lambda occasion: occasion.at)
        return Page(occasions, 1, end.isoformat() if end < self.until else None)

    def _occasions(self, pair: Pair, begin: datetime, end: datetime) -> Iterator[Occasion]:
        was, now = _slots(pair.before, begin, end), _slots(pair.after, begin, end)
        for at in sorted({*was, *now}):
            yield Occasion(
                "schedule",
                None,
                "",
                at,
                _at(pair.before, at) if at in was else None,
                _at(pair.after, at) if at in now else None,
            )


def _slots(side: Subscription | None, begin: datetime, end: datetime) -> set[datetime]:
    if side is None:
        return set()
    zone = side.config.get("zone") or side.workflow.zone
    return set(slots_between(side.config["cron"], zone, begin, end, MOST_SLOTS_A_DAY))


def _at(side: Subscription | None, at: datetime) -> Heard | None:
    if side is None:
        return None
    data: Mapping[str, Any] = {"slot": datetime_text(at)}
    return Heard(imagined_event(1, "schedule", at, side, dict(data)), None, side.node)
