from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, Value, When

from automations.models import Run, RunSignal


def signal_parent(*, parent_id: int, node: str, key: str, outcome: dict[str, Any], now: datetime) -> None:
    """Leave news for a waiting run and make it due; in a replay it goes on at the moment of the news."""
    RunSignal.objects.bulk_create(
        [RunSignal(run_id=parent_id, node=node, key=key, outcome=outcome, created_at=now)],
        ignore_conflicts=True,
    )
    # A run that is being worked on has read its news already: we wait until it is saved, and find it waiting. Without this
    # the update would pass it by, and nobody would ever wake it.
    Run.objects.select_for_update(no_key=True).filter(pk=parent_id).values_list("pk").first()
    own_time = Case(When(clock="", then=None), default=Value(now), output_field=DateTimeField())
    Run.objects.filter(pk=parent_id, status="waiting").update(due_at=now, as_of=own_time)


def tell_parents(run_ids: Iterable[int], *, status: str, message: str, now: datetime) -> None:
    """Leave word for the runs that wait for these, which were ended from outside: in the transaction that ended them.
    Who calls wakes a worker when it commits."""
    waited_for = Run.objects.filter(pk__in=list(run_ids), parent__isnull=False)
    for pk, parent, node, event in waited_for.values_list("pk", "parent_id", "parent_node", "event_id"):
        signal_parent(
            parent_id=parent,
            node=node,
            key=f"event:{event}",
            outcome={"status": status, "run": pk, "message": message},
            now=now,
        )
