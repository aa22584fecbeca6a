"""Sending the mails that runs have left in the outbox: at least once each, with their own retries."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F

from automations.engine.retry import RetryPolicy, next_delay
from automations.models import OutgoingEmail

POLICY = RetryPolicy(max_attempts=8, base_seconds=30, cap_seconds=3_600)
SEND_LEASE = timedelta(minutes=5)


def send_due(*, now: datetime, limit: int = 50) -> int:
    """Send mails that are due; returns how many went out.

    The attempt is counted and the mail leased before the server is called: a crash in between sends it again
    after the lease, with the same Message-ID, so that mail programs can tell it is the same one.
    """
    with transaction.atomic():
        due = list(
            OutgoingEmail.objects.select_for_update(skip_locked=True)
            .filter(state=OutgoingEmail.State.PENDING, due_at__lte=now)
            .order_by("due_at")[:limit]
        )
        OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in due]).update(
            attempt=F("attempt") + 1, due_at=now + SEND_LEASE
        )
    return sum(_send(mail, now) for mail in due)


def _send(mail: OutgoingEmail, now: datetime) -> bool:
    attempt = mail.attempt + 1
    row = OutgoingEmail.objects.filter(pk=mail.pk)
    try:
        message = EmailMultiAlternatives(
            mail.subject.replace("\n", " "),
            mail.body,
            to=[mail.to],
            headers={"Message-ID": f"<{mail.pk}@automations>"},
        )
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        message.send()
    except (SMTPException, OSError) as error:
        if attempt >= POLICY.max_attempts:
            row.update(state=OutgoingEmail.State.FAILED, error=str(error)[:300])
        else:
            delay = next_delay(POLICY, attempt, random.Random(f"{mail.pk}:{attempt}"))  # noqa: S311 - jitter
            row.update(due_at=now + timedelta(seconds=delay), error=str(error)[:300])
        return False
    row.update(state=OutgoingEmail.State.SENT, sent_at=now, error="")
    return True
