"""What belongs to no run, and goes when it is old enough: events that started none, and changes of records.

Both are walked through in the order of their ids, a stretch a tick, so that what has to stay is not read again at each. A pass
that has come to what is young begins anew an hour later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from automations.conf import setting
from automations.models import Decision, Event, RecordChange, Retention, Run, Swept
from automations.runtime import large_values

STRETCH = 2_000
"""Rows that one tick looks at."""
PAUSE = timedelta(hours=1)
DAYS: Mapping[str, str] = {
    Swept.Kind.EVENTS: "AUTOMATIONS_EVENTS_KEPT_DAYS",
    Swept.Kind.CHANGES: "AUTOMATIONS_CHANGES_KEPT_DAYS",
}


def held_now(now: datetime) -> Q:
    """Retentions whose workflow is under a legal hold."""
    return Q(held_at__isnull=False) & (Q(hold_until__isnull=True) | Q(hold_until__gt=now))


Drop = Callable[[datetime, int, datetime], tuple[int, int | None]]


def kinds_swept() -> set[str]:
    """What is kept for a time only."""
    return {kind for kind, name in DAYS.items() if setting(name)}


def sweep(*, now: datetime) -> int:
    """Drop a stretch of each kind that is kept for a time only. Returns how many rows."""
    drops: dict[str, Drop] = {Swept.Kind.EVENTS: _drop_events, Swept.Kind.CHANGES: _drop_changes}
    return sum(
        _stretch(kind, now - timedelta(days=setting(DAYS[kind])), drops[kind], now=now)
        for kind in sorted(kinds_swept())
    )


def _stretch(kind: str, before: datetime, drop: Drop, *, now: datetime) -> int:
    with transaction.atomic():
        Swept.objects.get_or_create(kind=kind)
        row = Swept.objects.select_for_update(skip_locked=True).filter(kind=kind).first()
        if row is None or (row.position == 0 and row.done_at and now - row.done_at < PAUSE):
            return 0
        dropped, reached = drop(before, row.position, now)
        row.dropped += dropped
        row.position = reached or 0
        if reached is None:
            row.done_at = now
        row.save()
    return dropped


def _drop_events(before: datetime, position: int, now: datetime) -> tuple[int, int | None]:
    """Of the next events that nothing came of. Returns how many went, and up to which id was looked; None: up to the young."""
    ids, reached = _next(Event.objects.all(), "received_at", before, position)
    this = OuterRef("pk")
    held = Retention.objects.filter(held_now(now))
    judged = Decision.objects.filter(event=this)
    gone = (
        Event.objects.filter(pk__in=ids, state=Event.State.MATCHED)
        .exclude(idempotency_key__startswith="key:")  # their row is the memory that it happened
        .exclude(Exists(Run.objects.filter(event=this)))
        .exclude(Exists(judged.filter(outcome=Decision.Outcome.STANDSTILL)))  # it is yet to be judged
        .exclude(Exists(judged.filter(workflow__in=held.values("workflow"))))
        .exclude(module__in=held.filter(workflow__module__isnull=False).values("workflow__module"))
    )
    rows = list(gone.select_for_update(of=("self",), skip_locked=True).values_list("pk", "large"))
    found = [pk for pk, _ in rows]
    Decision.objects.filter(event__in=found).delete()
    Event.objects.filter(pk__in=found).delete()
    large_values.drop_unused(large for _, large in rows)
    return len(found), reached


def _drop_changes(before: datetime, position: int, now: datetime) -> tuple[int, int | None]:
    """Of the next changes those that no run or undo made that is still kept, and that no such change came before: to undo that
    one, they have to be known."""
    ids, reached = _next(RecordChange.objects.all(), "at", before, position)
    needed = Q(run__isnull=False) | Q(undo__isnull=False)
    earlier = RecordChange.objects.filter(
        needed, module=OuterRef("module"), record_key=OuterRef("record_key"), pk__lte=OuterRef("pk")
    )
    held = Retention.objects.filter(held_now(now), workflow__module__isnull=False)
    gone = (
        RecordChange.objects.filter(pk__in=ids)
        .exclude(Exists(earlier))
        .exclude(module__in=held.values("workflow__module"))
    )
    found = list(gone.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
    RecordChange.objects.filter(pk__in=found).delete()
    return len(found), reached


def _next(rows: QuerySet[Any], moment: str, before: datetime, position: int) -> tuple[list[int], int | None]:
    """The next rows that are old enough, and the last of them; None where the young begin. Ids rise with time, about."""
    found = list(rows.filter(pk__gt=position).order_by("pk").values_list("pk", moment)[:STRETCH])
    old = [pk for pk, at in found if at < before]
    ends = len(found) < STRETCH or found[-1][1] >= before
    return old, None if ends else found[-1][0]
