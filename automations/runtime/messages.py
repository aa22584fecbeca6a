"""Messages from people's acts to people: in the app, and by mail to those who have an address."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from automations.models import Notification, OutgoingEmail


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that says more than the message in the app: as text and as HTML, to those of these ids alone."""

    text: str
    html: str
    to: Collection[int]


def link_to(address: str) -> str:
    """The page at `address` below the app's own as it stands in a mail; "" where nobody has said where the app is."""
    site = getattr(settings, "AUTOMATIONS_SITE_URL", "").rstrip("/")
    return f"{site}/{address}" if site else ""


def tell(
    people: Iterable[Any],
    *,
    key: str,
    title: str,
    body: str,
    address: str,
    now: datetime,
    letter: Letter | None = None,
) -> None:
    """Leave each a message, once for each `key`, that leads to the page at `address` below the app's own."""
    told = list(people)
    where = link_to(address) or "Look into Automations."
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
                body=letter.text if letter else "\n\n".join(part for part in (title, body, where) if part),
                html=letter.html if letter else "",
                due_at=now,
                created_at=now,
            )
            for user in told
            if user.email and (letter is None or user.pk in letter.to)
        ],
        ignore_conflicts=True,
    )
