"""What a queue message makes a worker do. The path of this function stands in queue rows: never rename it."""

from __future__ import annotations

from django.utils import timezone

from webhooks.secrets import upkeep


def keep_up() -> None:
    upkeep.keep_up(now=timezone.now())
