"""Events as triggers judge them: read from their rows, those that are pending and those that were judged before."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from automations.models.large_value import bodies

READ = """
SELECT e.id, e.type, e.module_id, e.record_key, e.snapshot, e.occurred_at, e.clock, e.actor_id, e.cause_workflow_id,
    e.depth, e.target, COALESCE(e.correlation_id, c.correlation_id), e.large_id
FROM automations_event e LEFT JOIN automations_run c ON c.id = e.cause_run_id
"""
TAKE = "WHERE e.state = 'pending' ORDER BY e.id LIMIT %s FOR UPDATE OF e SKIP LOCKED"
TAKE_REPLAYED = (
    "WHERE e.state = 'pending' AND e.clock <> '' ORDER BY e.id LIMIT %s FOR UPDATE OF e SKIP LOCKED"
)
AGAIN = "WHERE e.id = ANY(%s) AND e.state = 'matched' ORDER BY e.id"


@dataclass(slots=True)
class PendingEvent:
    """One row of the batch; `value` is what rules see, `correlation` what it has in common with what it came from."""

    id: int
    type: str
    module_id: int | None
    record_key: str
    value: dict[str, Any]
    occurred_at: datetime
    clock: str
    actor_id: int | None
    cause_workflow_id: int | None
    depth: int
    target: Mapping[str, Any] | None
    database_now: datetime
    correlation: uuid.UUID | None = None

    @property
    def now(self) -> datetime:
        """The event's own time in a replay, the database's otherwise."""
        return self.occurred_at if self.clock else self.database_now


def take_pending(*, limit: int, now: datetime, replayed_only: bool) -> list[PendingEvent]:
    """The oldest pending events that nobody else has taken, for the caller's transaction."""
    return _read(TAKE_REPLAYED if replayed_only else TAKE, limit, now)


def read_past(ids: Sequence[int], *, lock: bool = False, now: datetime | None = None) -> list[PendingEvent]:
    """Events that were judged before, as they were then but with the time of now; with `lock`, held for a transaction."""
    if now is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            (now,) = cursor.fetchone()
    return _read(f"{AGAIN} FOR NO KEY UPDATE OF e" if lock else AGAIN, list(ids), now)


def _read(which: str, parameter: int | list[int], now: datetime) -> list[PendingEvent]:
    with connection.cursor() as cursor:
        cursor.execute(READ + which, [parameter])
        rows = cursor.fetchall()
    whole = bodies(row[12] for row in rows)
    return [_pending(row, now, whole) for row in rows]


def _pending(row: Sequence[Any], now: datetime, whole: Mapping[str, Any]) -> PendingEvent:
    kept = row[4] if row[12] is None else whole[row[12]]
    snapshot = kept if isinstance(kept, dict) else json.loads(kept)
    target = row[10] if row[10] is None or isinstance(row[10], dict) else json.loads(row[10])
    return PendingEvent(*(*row[:4], {"id": row[0], **snapshot}, *row[5:10], target, now, row[11]))
