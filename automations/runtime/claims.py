"""The right to work on a run: taken in one statement, by the database's clock, and counted as an attempt."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from automations.conf import setting

CLAIM = """
WITH due AS (
  SELECT id FROM automations_run
  WHERE status IN ('queued', 'waiting', 'running') AND due_at <= now() AND {which}
  ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE automations_run run SET status = 'running', attempt = run.attempt + 1, lease_token = %s,
  due_at = now() + make_interval(secs => %s), started_at = COALESCE(run.started_at, run.as_of, now())
FROM due WHERE run.id = due.id
RETURNING run.id, run.workflow_id, run.version_id, run.event_id, run.trigger_node, run.mode, run.module_id,
  run.record_key, run.input, run.actor_id, run.parent_id, run.parent_node, run.depth, run.clock, run.as_of,
  run.attempt, run.last_seq, run.keys_of, run.lease_token, now(), run.correlation_id
"""

FRESH = "attempt = 0"
SUSPECT = "attempt > 0"


@dataclass(slots=True)
class ClaimedRun:
    """A run that this process holds the lease of. `now` is the run's own time (`as_of` in a replay); `event` is what
    rules see as its event, where that is known already."""

    id: int
    workflow_id: int
    version_id: int
    event_id: int | None
    trigger_node: str
    mode: str
    module_id: int | None
    record_key: str
    input: Mapping[str, Any]
    actor_id: int | None
    parent_id: int | None
    parent_node: str
    depth: int
    clock: str
    as_of: datetime | None
    attempt: int
    last_seq: int
    keys_of: int | None
    token: uuid.UUID
    database_now: datetime
    event: Mapping[str, Any] | None = None
    correlation: str = ""

    @property
    def now(self) -> datetime:
        return self.as_of if self.clock and self.as_of is not None else self.database_now

    @property
    def journal_key(self) -> str:
        """What the keys of its effects begin with: its own id, or that of the run whose steps it goes on with."""
        return str(self.keys_of or self.id)


def claim(*, limit: int, suspects: bool = False) -> list[ClaimedRun]:
    """Claim up to `limit` due runs, oldest first.

    A run whose last claim never committed (its worker died, or its lease ran out) is a suspect: it is left out
    of ordinary batches and claimed alone, so that a run that kills its worker takes no other with it.
    """
    token = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM.format(which=SUSPECT if suspects else FRESH),
            [limit, token, setting("AUTOMATIONS_LEASE_SECONDS")],
        )
        rows = cursor.fetchall()
    claimed = [ClaimedRun(*(*row[:8], _json(row[8]), *row[9:-1], None, str(row[-1]))) for row in rows]
    claimed.sort(key=lambda run: run.id)
    return claimed


def fence(runs: Sequence[ClaimedRun]) -> list[ClaimedRun]:
    """Lock the runs whose lease is still ours, in id order, for the rest of the transaction; the others are lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM automations_run WHERE id = ANY(%s) AND lease_token = %s AND status = 'running'"
            " ORDER BY id FOR UPDATE",
            [[run.id for run in runs], runs[0].token],
        )
        held = {row[0] for row in cursor.fetchall()}
    return [run for run in runs if run.id in held]


def release(runs: Sequence[ClaimedRun]) -> None:
    """Give runs back that this process has claimed and not begun, if their lease is still ours: no attempt is spent."""
    if not runs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE automations_run SET status = 'queued', attempt = attempt - 1, lease_token = NULL, due_at = now()"
            " WHERE id = ANY(%s) AND lease_token = %s AND status = 'running'",
            [[run.id for run in runs], runs[0].token],
        )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
