"""How many requests an endpoint lets in. Only those count whose signature holds, so that a stranger who knows the
address can't use up its sender's share."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhooks.inbound.models import Receipt
from webhooks.inbound.requests import refusal

if TYPE_CHECKING:
    from webhooks.inbound.judging import Judgement


@dataclass(slots=True)
class _Bucket:
    """A minute's share, refilled evenly."""

    left: float
    at: float


class Limits:
    """One web process's counts; each process counts for itself."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}

    def applied(self, found: Judgement) -> Judgement:
        """The judgement; turned into “throttled” where it would be let in and the endpoint's share is used up."""
        if found.endpoint is None or found.reply is not None:
            return found
        wait = self._take(found.endpoint.pk, found.endpoint.rate_per_minute, time.monotonic())
        if wait:
            found.verdict = Receipt.Verdict.THROTTLED
            found.detail = f"More than {found.endpoint.rate_per_minute:,} requests in a minute."
            found.reply = refusal(429, "throttled", found.detail, Retry_After=str(wait))
        return found

    def _take(self, endpoint: int, share: int, now: float) -> int:
        """0 when there is room, else the seconds until there is."""
        bucket = self._buckets.setdefault(endpoint, _Bucket(share, now))
        bucket.left = min(share, bucket.left + (now - bucket.at) * share / 60)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return math.ceil((1 - bucket.left) * 60 / share)
