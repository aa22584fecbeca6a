"""What happened: stored events, and what each side of a backtest hears of them, as they were at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Count, Max, Min, Q

from automations.models import Event, Module, Workflow
from automations.models.event import whole_snapshot
from automations.modules.adapter import RecordState
from automations.runtime.pending_events import PendingEvent
from automations.runtime.subscriptions import Subscription

IMAGINED = ("trigger.deadline", "trigger.schedule")
"""Triggers whose events depend on their own settings: theirs are reckoned anew for each side, not read."""
NO_COPY = "The event holds no copy of its record, so that nobody knows what it was then."


@dataclass(slots=True)
class Heard:
    """An event as one side hears it, with the record as it was. `trigger` names the one that it is for; "" is for all
    that listen. `assumed` says what could not be known."""

    event: PendingEvent
    state: RecordState | None
    trigger: str = ""
    assumed: tuple[str, ...] = ()


@dataclass(slots=True)
class Occasion:
    """One thing that happened; a side that would not have heard of it has None. `mark` names an alarm among those of its
    record: a shadow may come upon it twice and judges it once."""

    type: str
    module: Module | None
    record_key: str
    at: datetime
    before: Heard | None
    after: Heard | None
    event_id: int | None = None
    mark: str = ""


@dataclass(slots=True)
class Page:
    """Some occasions, how many units were read for them, and where the next page begins (None: that was all)."""

    occasions: list[Occasion] = field(default_factory=list)
    read: int = 0
    after: Any = None


class Reader(Protocol):
    """One source of occasions. What `after` holds is the reader's own and JSON, so that any process can go on."""

    def count(self) -> int:
        """How many units there are to read."""

    def page(self, after: Any, limit: int) -> Page:
        """The units after `after` (None: from the beginning), about `limit` of them."""


class StoredEvents:
    """The stored events that a trigger of either side listens to, in the order of their numbers.

    `numbers` are (after, last) where they are known; else those of the events that are there now.
    """

    def __init__(
        self,
        workflow: Workflow,
        subscriptions: Sequence[Subscription],
        within: Q,
        numbers: tuple[int, int] | None = None,
    ) -> None:
        self.modules = {entry.module.pk: entry.module for entry in subscriptions if entry.module is not None}
        self.rows = Event.objects.filter(
            types_of(subscriptions), Q(target__isnull=True) | Q(target__workflow=workflow.pk), within
        ).order_by("id")
        if all(entry.module is not None for entry in subscriptions):
            self.rows = self.rows.filter(module__in=self.modules)
        self._count = 0
        if numbers is None:
            found = self.rows.order_by().aggregate(first=Min("id"), last=Max("id"), count=Count("id"))
            self._count = int(found["count"])
            numbers = (found["first"] - 1, found["last"]) if self._count else (0, 0)
        self._start, self._last = numbers

    def count(self) -> int:
        return self._count

    def page(self, after: Any, limit: int) -> Page:
        start = after if after is not None else self._start
        if start >= self._last:
            return Page()
        fields = ("id", "type", "module_id", "record_key", "occurred_at", "received_at", "clock", "actor_id")
        rows = list(
            self.rows.filter(id__gt=start, id__lte=self._last).values_list(
                *fields, "cause_workflow_id", "depth", "target", whole_snapshot()
            )[:limit]
        )
        occasions = [self._occasion(*row) for row in rows]
        return Page(occasions, len(rows), rows[-1][0] if len(rows) == limit else None)

    def _occasion(
        self,
        key: int,
        kind: str,
        module_id: int | None,
        record: str,
        occurred: datetime,
        received: datetime,
        clock: str,
        actor: int | None,
        cause: int | None,
        depth: int,
        target: Mapping[str, Any] | None,
        snapshot: dict[str, Any],
    ) -> Occasion:
        event = PendingEvent(
            id=key,
            type=kind,
            module_id=module_id,
            record_key=record,
            value={"id": key, **snapshot},
            occurred_at=occurred,
            clock=clock,
            actor_id=actor,
            cause_workflow_id=cause,
            depth=depth,
            target=target,
            database_now=received,
        )
        module = self._module(module_id)
        after = snapshot.get("after")
        state = None
        if module is not None and record and isinstance(after, dict):
            state = RecordState(module, record, after, version=1, handle=None)
        unknown = bool(record) and state is None
        heard = Heard(event, state, assumed=(NO_COPY,) if unknown else ())
        return Occasion(kind, module, record, event.now, heard, heard, event_id=key)

    def _module(self, key: int | None) -> Module | None:
        if key is not None and key not in self.modules:
            self.modules[key] = Module.objects.get(pk=key)
        return self.modules.get(key) if key is not None else None


def types_of(subscriptions: Sequence[Subscription]) -> Q:
    """Which types are listened to, for SQL: exact names, and what patterns begin with (a superset)."""
    names = {name for entry in subscriptions for name in entry.types}
    found = Q(type__in=[name for name in names if not set(name) & set("*?[")])
    for pattern in names:
        begin = next((i for i, letter in enumerate(pattern) if letter in "*?["), None)
        if begin is not None:
            found |= Q(type__startswith=pattern[:begin])
    return found
