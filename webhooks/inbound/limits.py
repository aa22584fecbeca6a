"""How many requests an endpoint lets in. Only those count whose signature holds, so that a stranger who knows the
address can't use up its sender's share.

The share is one for all web processes: a bucket in the database, which each process draws from in portions of about a
second, so that a busy endpoint costs one small statement a second and not one a request.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from webhooks.inbound.models import Receipt
from webhooks.inbound.requests import refusal

if TYPE_CHECKING:
    from webhooks.inbound.judging import Judgement
    from webhooks.inbound.models import Endpoint

PORTION_SECONDS = 1.0
KEPT_SECONDS = 60.0
"""How long what was drawn and not used counts."""

DRAW = """
INSERT INTO webhooks_endpointpace AS p (endpoint_id, room, taken, at)
SELECT w.endpoint_id, w.share - LEAST(w.wanted, w.share), LEAST(w.wanted, w.share), clock_timestamp()
FROM json_to_recordset(%s) AS w (endpoint_id bigint, wanted float8, share float8) ORDER BY w.endpoint_id
ON CONFLICT (endpoint_id) DO UPDATE SET (room, taken, at) = (
    SELECT filled.room - LEAST(EXCLUDED.taken, FLOOR(filled.room)), LEAST(EXCLUDED.taken, FLOOR(filled.room)),
        GREATEST(p.at, EXCLUDED.at)
    FROM (SELECT EXCLUDED.room + EXCLUDED.taken AS share) AS s, LATERAL (
        SELECT LEAST(s.share, p.room + GREATEST(0, EXTRACT(epoch FROM EXCLUDED.at - p.at)) * s.share / 60) AS room
    ) AS filled
)
RETURNING endpoint_id, taken, room
"""


@dataclass(slots=True)
class _Portion:
    """What a process has drawn and not used; where the bucket was empty, when there is something in it again."""

    left: float = 0
    at: float = 0
    empty_until: float = 0


class Limits:
    """One web process's portions. Without `ahead` nothing is drawn but what is used at once."""

    def __init__(self, *, ahead: bool = True) -> None:
        self._portions: dict[int, _Portion] = {}
        self._ahead = PORTION_SECONDS if ahead else 0

    def forget(self) -> None:
        """What was drawn may have been undone: draw anew."""
        self._portions.clear()

    def apply(self, judged: Sequence[Judgement]) -> None:
        """Turn those into “throttled” that would be let in and find the endpoint's share used up. Part of the caller's
        transaction, before anything else of it is written: rows are locked in the order of their endpoints."""
        asking = [(found, found.endpoint) for found in judged if found.endpoint and found.reply is None]
        now = time.monotonic()
        self._draw(Counter(endpoint.pk for _, endpoint in asking), {e.pk: e for _, e in asking}, now)
        for found, endpoint in asking:
            portion = self._portions[endpoint.pk]
            if portion.left >= 1:
                portion.left -= 1
                continue
            found.verdict = Receipt.Verdict.THROTTLED
            found.detail = f"More than {endpoint.rate_per_minute:,} requests in a minute."
            wait = max(1, math.ceil(portion.empty_until - now))
            found.reply = refusal(429, "throttled", found.detail, Retry_After=str(wait))

    def _draw(self, needed: Mapping[int, int], endpoints: Mapping[int, Endpoint], now: float) -> None:
        wanted = []
        for pk, need in needed.items():
            portion = self._portions.setdefault(pk, _Portion())
            if portion.at < now - KEPT_SECONDS:
                portion.left = 0
            if portion.left < need and portion.empty_until <= now:
                share = endpoints[pk].rate_per_minute
                ahead = math.ceil(share * self._ahead / 60)
                wanted.append({"endpoint_id": pk, "wanted": max(need - portion.left, ahead), "share": share})
        if not wanted:
            return
        with connection.cursor() as cursor:
            cursor.execute(DRAW, [json.dumps(wanted)])
            for pk, taken, room in cursor.fetchall():
                portion = self._portions[pk]
                portion.left, portion.at = portion.left + taken, now
                if portion.left < needed[pk]:
                    portion.empty_until = now + (1 - room) * 60 / endpoints[pk].rate_per_minute
