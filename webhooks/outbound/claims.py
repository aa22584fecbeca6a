"""The right to send deliveries: taken in one short transaction, by the database's clock, counted as attempts, and no more
at once than each destination bears."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from automations import tracing
from webhooks.conf import setting
from webhooks.outbound.schedule import BREAKS_AFTER

LEASE_CALLS = 4
"""A lease lasts as long as so many calls may: one that runs out belongs to a worker that is gone."""
RATE_SECONDS = 60
MAX_DESTINATIONS = 100

_IN_TURN = """
  (NOT {ordered} OR w.about = '' OR NOT EXISTS (SELECT 1 FROM webhooks_delivery e
    WHERE e.destination_id = w.destination_id AND e.about = w.about AND e.about <> ''
      AND e.state IN ('pending', 'sending', 'needs_review') AND e.id < w.id))
"""
"""Whether a delivery `w` may go: where the destination is ordered, only the oldest unfinished one about the same thing."""
_READY = f"""
  d.state = 'enabled' AND (d.open_until IS NULL OR d.open_until <= now())
  AND (d.rate_used < d.rate OR d.rate_window IS NULL OR d.rate_window <= now() - make_interval(secs => %s))
  AND EXISTS (SELECT 1 FROM webhooks_delivery w WHERE w.destination_id = d.id AND w.state IN ('pending', 'sending')
    AND w.due_at <= now() AND {_IN_TURN.format(ordered="d.ordered")})
"""
DUE = f"SELECT EXISTS (SELECT 1 FROM webhooks_destination d WHERE {_READY})"
DESTINATIONS = f"""
SELECT d.id, d.ordered, d.concurrency, d.rate, d.failures,
  CASE WHEN d.rate_window > now() - make_interval(secs => %s) THEN d.rate_used ELSE 0 END,
  (SELECT count(*) FROM webhooks_delivery w WHERE w.destination_id = d.id AND w.state = 'sending' AND w.due_at > now())
FROM webhooks_destination d WHERE {_READY}
ORDER BY random() LIMIT {MAX_DESTINATIONS} FOR NO KEY UPDATE OF d SKIP LOCKED
"""
CLAIM = f"""
WITH room AS (
  SELECT * FROM unnest(%s::bigint[], %s::int[], %s::boolean[]) AS room (destination, free, ordered)
),
due AS (
  SELECT taken.id, taken.state FROM room CROSS JOIN LATERAL (
    SELECT id, state FROM webhooks_delivery w
    WHERE destination_id = room.destination AND state IN ('pending', 'sending') AND due_at <= now()
      AND {_IN_TURN.format(ordered="room.ordered")}
    ORDER BY due_at, id LIMIT room.free FOR UPDATE SKIP LOCKED
  ) taken
  LIMIT %s
)
UPDATE webhooks_delivery w SET state = 'sending', attempt = w.attempt + 1, lease_token = %s,
  due_at = now() + make_interval(secs => %s)
FROM due WHERE w.id = due.id
RETURNING w.id, w.destination_id, w.message_id, w.content_type, w.body, w.run_id, w.node, w.waits, w.retry_refusals,
  w.retry_safe, w.max_attempts, w.attempt, w.series, w.lease_token, due.state = 'sending', now(),
  (SELECT r.correlation_id FROM automations_run r WHERE r.id = w.run_id)
"""
SPENT = """
UPDATE webhooks_destination d SET
  rate_used = CASE WHEN d.rate_window > now() - make_interval(secs => %s) THEN d.rate_used + spent.count ELSE spent.count END,
  rate_window = CASE WHEN d.rate_window > now() - make_interval(secs => %s) THEN d.rate_window ELSE now() END
FROM unnest(%s::bigint[], %s::int[]) AS spent (destination, count) WHERE d.id = spent.destination
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process holds the lease of. `was_lost`: whoever held it before never said how it went."""

    id: int
    destination_id: int
    message_id: str
    content_type: str
    body: str
    run_id: int | None
    node: str
    waits: bool
    retry_refusals: bool
    retry_safe: bool
    max_attempts: int
    attempt: int
    series: int
    token: uuid.UUID
    was_lost: bool
    claimed_at: datetime
    correlation: uuid.UUID | None = None

    @property
    def tried(self) -> int:
        """Which attempt of its series this is."""
        return self.attempt - self.series


def span_of_attempt(claimed: Claimed) -> int:
    """The id of its span, which the call itself names to the other side."""
    return tracing.span_of("attempt", f"{claimed.id}:{claimed.attempt}")


def room_of(*, concurrency: int, flying: int, rate: int, used: int, failures: int) -> int:
    """How many calls a destination bears now; one that keeps failing is tried with a single one. Pure."""
    at_once = 1 if failures >= BREAKS_AFTER else concurrency
    return max(0, min(at_once - flying, rate - used))


@transaction.atomic
def claim(*, limit: int) -> list[Claimed]:
    """Claim up to `limit` due deliveries, of each destination the oldest first; of an ordered one at most one about the same
    thing."""
    if limit <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(DESTINATIONS, [RATE_SECONDS, RATE_SECONDS])
        found = cursor.fetchall()
        ordered = {row[0]: row[1] for row in found}
        room = {
            pk: room_of(concurrency=concurrency, flying=flying, rate=rate, used=used, failures=failures)
            for pk, _, concurrency, rate, failures, used, flying in found
        }
        room = {pk: free for pk, free in room.items() if free}
        if not room:
            return []
        free = [min(limit, count) for count in room.values()]
        in_order = [ordered[pk] for pk in room]
        lease = LEASE_CALLS * setting("WEBHOOKS_TOTAL_SECONDS")
        cursor.execute(CLAIM, [list(room), free, in_order, limit, uuid.uuid4(), lease])
        claimed = sorted((Claimed(*row) for row in cursor.fetchall()), key=lambda one: one.id)
        _count(cursor, claimed)
    return claimed


def _count(cursor: Any, claimed: Sequence[Claimed]) -> None:
    spent: dict[int, int] = {}
    for one in claimed:
        spent[one.destination_id] = spent.get(one.destination_id, 0) + 1
    cursor.execute(SPENT, [RATE_SECONDS, RATE_SECONDS, list(spent), list(spent.values())])


def is_due() -> bool:
    """Whether any delivery could be sent now, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [RATE_SECONDS])
        return bool(cursor.fetchone()[0])
