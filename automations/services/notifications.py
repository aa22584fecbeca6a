"""A person's own messages."""

from __future__ import annotations

from datetime import datetime

from automations.models import Notification


def read_notification(*, notification: Notification, now: datetime) -> Notification:
    """Mark a message as read; the first reading stands, however often it is read."""
    Notification.objects.filter(pk=notification.pk, read_at__isnull=True).update(read_at=now)
    notification.refresh_from_db()
    return notification
