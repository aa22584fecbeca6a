"""The rule that is always there: it watches each workflow whose failures no other rule watches."""

from __future__ import annotations

from django.utils import timezone

from automations.engine.alerts import AlertKind
from automations.models import AlertRule


def seed_fallback() -> None:
    """Make the fallback rule where there is none; one that was changed stays as it is."""
    AlertRule.objects.get_or_create(
        fallback=True,
        defaults={
            "name": "Runs fail",
            "kind": AlertKind.FAILURES,
            "raise_at": 1,
            "clear_at": 0,
            "window_seconds": 900,
            "made_at": timezone.now(),
        },
    )
