"""Messages from people's acts to people: in the app, and by mail to those who have an address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from automations.models import Notification, OutgoingEmail


def tell(people: Iterable[Any], *, key: str, title: str, body: str, address: str, now: datetime) -> None:
    """Leave each a message, once for each `key`, that leads to the page at `address` below the app's own."""
    told = list(people)
    site = getattr(settings, "AUTOMATIONS_SITE_URL", "").rstrip("/")
    where = f"{site}/{address}" if site else "Look into Automations."
    Notification.objects.bulk_create(
        [
            Notification(user=user, key=key, title=title[:200], body=body, address=address, created_at=now)
            for user in told
        ],
        ignore_conflicts=True,
    )
    OutgoingEmail.objects.bulk_create(
        [
            OutgoingEmail(
                key=f"{key}:{user.pk}",
                to=user.email,
                subject=title[:300],
                body="\n\n".join(part for part in (title, body, where) if part),
                due_at=now,
                created_at=now,
            )
            for user in told
            if user.email
        ],
        ignore_conflicts=True,
    )
