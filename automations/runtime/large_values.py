"""Values too large for their row: kept once by their hash, and dropped when nothing refers to them.

Two things at once can't lose a value: who refers to one marks it in his transaction (`touched_at`), and only what was not
marked for `GRACE` may be dropped. A mark that is fresh enough is left alone, so that equal values don't wait for each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from automations.conf import setting
from automations.engine.documents import canonical_json
from automations.models.large_value import PREVIEW

GRACE = timedelta(hours=2)
"""Longer than any transaction of ours."""
FRESH = timedelta(hours=1)
LOOKED_AT_AGAIN = timedelta(days=7)
BATCH = 200

KNOWN = "SELECT hash FROM automations_largevalue WHERE hash = ANY(%s) AND touched_at > clock_timestamp() - make_interval(secs => %s)"
KEEP = """
INSERT INTO automations_largevalue (hash, size, preview, body, touched_at)
SELECT v.hash, v.size, v.preview, v.body, clock_timestamp()
FROM json_to_recordset(%s) AS v (hash text, size int, preview text, body jsonb) ORDER BY v.hash
ON CONFLICT (hash) DO UPDATE SET touched_at = excluded.touched_at
"""
UNUSED = """
NOT EXISTS (SELECT 1 FROM automations_event e WHERE e.large_id = v.hash)
AND NOT EXISTS (SELECT 1 FROM automations_step s WHERE s.large_id = v.hash)
"""
DROP = f"""
DELETE FROM automations_largevalue WHERE hash IN (
  SELECT v.hash FROM automations_largevalue v
  WHERE v.hash = ANY(%s) AND v.touched_at < clock_timestamp() - make_interval(secs => %s) AND {UNUSED}
  FOR UPDATE SKIP LOCKED
)
"""
LOOK = """
UPDATE automations_largevalue SET touched_at = %s WHERE hash IN (
  SELECT hash FROM automations_largevalue WHERE touched_at < %s ORDER BY touched_at LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING hash
"""
FORGOTTEN = f"""
DELETE FROM automations_largevalue v WHERE v.hash = ANY(%s) AND {UNUSED}
"""


class Keeper:
    """Takes values out of the rows of one transaction, and keeps them in it."""

    def __init__(self) -> None:
        self._most = setting("AUTOMATIONS_LARGE_VALUE_BYTES")
        self._taken: dict[str, dict[str, Any]] = {}

    def take(self, value: Any, length: int) -> str | None:
        """The hash under which the value will be kept, or None when it stays where it is. `length` is that of its JSON, or of
        more than it: what is short is asked nothing else."""
        if length <= self._most:
            return None
        text = canonical_json(value)
        raw = text.encode()
        if len(raw) <= self._most:
            return None
        key = hashlib.sha256(raw).hexdigest()
        self._taken[key] = {"hash": key, "size": len(raw), "preview": text[:PREVIEW], "body": value}
        return key

    def keep(self, wanted: Collection[str] | None = None) -> None:
        """Store what was taken, or what of it is wanted, in the caller's transaction."""
        if wanted is not None:
            self._taken = {key: row for key, row in self._taken.items() if key in wanted}
        if not self._taken:
            return
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [list(self._taken), FRESH.total_seconds()])
            for (key,) in cursor.fetchall():
                del self._taken[key]
            if self._taken:
                cursor.execute(KEEP, [json.dumps(list(self._taken.values()))])
        self._taken = {}


def drop_unused(hashes: Iterable[str | None]) -> int:
    """Drop those of these values that nothing refers to any more, in the caller's transaction. Returns how many."""
    wanted = sorted({key for key in hashes if key is not None})
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(DROP, [wanted, GRACE.total_seconds()])
        return cursor.rowcount


def drop_forgotten(*, now: datetime, most: int = BATCH) -> int:
    """Look at some values that nobody has looked at for a week, and drop those that nothing refers to: what a step gave
    before it gave something else. Returns how many. In a transaction of the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, [now, now - LOOKED_AT_AGAIN, most])
        looked_at = [row[0] for row in cursor.fetchall()]
        if not looked_at:
            return 0
        cursor.execute(FORGOTTEN, [looked_at])
        return cursor.rowcount


def told(value: Any) -> Mapping[str, Any] | None:
    """What a list shows of a large value instead of it; None of none."""
    return None if value is None else {"size": value.size, "hash": value.pk, "preview": value.preview}
