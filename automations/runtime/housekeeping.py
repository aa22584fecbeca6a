"""What is kept for a time only, here and in other apps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from automations.models import IdempotencyKey
from automations.registry import Registry

TIDIERS: Registry[Callable[[datetime], int]] = Registry("tidier")
"""What other apps drop when its time is over, given the present: a few thousand rows at a time, and how many those were."""

KEYS_KEPT = timedelta(days=7)
"""How long a POST may be repeated under its idempotency key and still get the first answer."""


def tidy(*, now: datetime) -> int:
    """Drop the answers that nobody will ask for again; returns how many."""
    dropped = IdempotencyKey.objects.filter(created_at__lt=now - KEYS_KEPT).delete()[0]
    return dropped + sum(tidier(now) for _, tidier in TIDIERS.items())
