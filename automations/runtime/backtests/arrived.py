"""Alarms as a shadow comes upon them: of records that were changed in its window, and of those whose moment came in it.

A record may be met by both, or again in a later window when it was changed while it was read; then its alarms are found
again under the same marks, and whoever keeps them passes over those that are judged already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from automations.engine.fields import FieldType, datetime_text
from automations.engine.rules import compile_rule
from automations.models import Module
from automations.models.event import whole_snapshot
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime.backtests.occasions import Page
from automations.runtime.backtests.reckoned import (
    ALWAYS,
    SLACK,
    Alarms,
    Pair,
    Past,
    history_of,
    moved,
    shift_of,
)
from automations.runtime.subscriptions import Subscription
from automations.triggers.deadline.kind import due_at

BRIM = timedelta(seconds=2)
"""Clocks of servers differ, and a moment on the edge of a window may be looked for on both sides of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a shadow reads next: the events after one number up to another, and the time after one moment up to another.
    `since` and `until` are the whole shadow's."""

    since: datetime
    until: datetime
    after_id: int
    after_at: datetime
    last_id: int
    last_at: datetime


class _Arrived(Alarms):
    def __init__(self, module: Module, pairs: Sequence[Pair], window: Window) -> None:
        super().__init__(module, pairs, window.since, window.last_at)
        self.window = window

    def count(self) -> int:
        return 0

    def histories(self, keys: Sequence[str], standing: Mapping[str, dict[str, Any]]) -> dict[str, list[Past]]:
        """What the records were as the window's last event left them. `standing` is what they are now, for those that
        no event tells of."""
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        fields = ("record_key", "id", "occurred_at", whole_snapshot("before"), whole_snapshot("after"))
        for row in self.events.filter(record_key__in=keys).order_by("record_key", "id").values_list(*fields):
            rows[row[0]].append(row[1:])
        found: dict[str, list[Past]] = {}
        for key in keys:
            told = [row[1:] for row in rows[key] if row[0] <= self.window.last_id]
            if told:
                found[key] = history_of(told)
            else:
                before = rows[key][0][2] if rows[key] else standing.get(key)
                found[key] = [Past(ALWAYS, before if isinstance(before, dict) else None)]
        return found


class ChangedAlarms(_Arrived):
    """Alarms of the records that the window's events have changed."""

    def __init__(self, module: Module, pairs: Sequence[Pair], window: Window) -> None:
        super().__init__(module, pairs, window)
        new = Q(id__gt=window.after_id) | Q(occurred_at__gt=window.after_at - BRIM)
        self.changed = self.events.filter(new, id__lte=window.last_id)

    def page(self, after: Any, limit: int) -> Page:
        keys = list(
            self.changed.filter(record_key__gt=after or "")
            .order_by("record_key")
            .values_list("record_key", flat=True)
            .distinct()[:limit]
        )
        pasts = self.histories(keys, {})
        found = [occasion for key in keys for occasion in self.occasions(key, pasts[key])]
        return Page(found, len(keys), keys[-1] if len(keys) == limit else None)


class DueAlarms(_Arrived):
    """Alarms whose moment came in the window, of records by the dates that they have now."""

    def __init__(self, module: Module, pairs: Sequence[Pair], window: Window) -> None:
        super().__init__(module, pairs, window)
        self.adapter = adapter_for(module)
        sides = [side for pair in pairs for side in pair.sides()]
        parts = [rule for side in sides if (rule := self._dated(side)) is not None]
        self.rows = None
        if parts:
            tree = compile_rule({"any": parts}, facts_of(module).schema).tree
            context = SqlContext(now=window.last_at, zone=sides[0].zone)
            self.rows = self.adapter.queryset(tree, context=context).order_by("pk")

    def page(self, after: Any, limit: int) -> Page:
        if self.rows is None:
            return Page()
        found = list((self.rows if after is None else self.rows.filter(pk__gt=after))[:limit])
        standing = {state.key: state.values for state in map(self.adapter.state_of, found)}
        pasts = self.histories(list(standing), standing)
        occasions = [occasion for key in standing for occasion in self.occasions(key, pasts[key])]
        return Page(occasions, len(found), str(found[-1].pk) if len(found) == limit else None)

    def _dated(self, side: Subscription) -> dict[str, Any] | None:
        """A rule for the records whose date lets this side ring in the window; None where no date does."""
        key = side.config["field"]
        spec = facts_of(self.module).schema.get(key)
        if spec is None:
            return None
        low, high = self.window.after_at - BRIM, self.window.last_at + BRIM
        if spec.type is FieldType.DATE:
            days = [day for day in self._days(side, low, high) if _rings(side, day, low, high)]
            return {"field": key, "op": "between", "value": [days[0], days[-1]]} if days else None
        moments = [datetime_text(moved(moment, -shift_of(side))) for moment in (low, high)]
        return {"field": key, "op": "between", "value": moments}

    def _days(self, side: Subscription, low: datetime, high: datetime) -> list[str]:
        first = moved(low, -shift_of(side) - SLACK).date()
        last = moved(high, SLACK - shift_of(side)).date()
        return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _rings(side: Subscription, day: str, low: datetime, high: datetime) -> bool:
    due = due_at(side.config, {side.config["field"]: day}, side.zone)
    return due is not None and low < due <= high
