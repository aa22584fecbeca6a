"""What is kept for a time only."""

from __future__ import annotations

from datetime import datetime, timedelta

from automations.models import IdempotencyKey

KEYS_KEPT = timedelta(days=7)
"""How long a POST may be repeated under its idempotency key and still get the first answer."""


def tidy(*, now: datetime) -> int:
    """Drop the answers that nobody will ask for again; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEYS_KEPT).delete()[0]
