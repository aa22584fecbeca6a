"""Telling people that a question waits for them, in the app and by mail."""

from __future__ import annotations

from datetime import datetime

from automations import approval_rights
from automations.models import Approval, Notification, OutgoingEmail
from automations.runtime.approval_mail import approval_mail


def tell_deciders(approval: Approval, what: str, title: str, now: datetime) -> None:
    """A message in the app and by mail to each who can still decide; `what` names the occasion, told once."""
    people = approval_rights.deciders_of(approval)
    key = f"approval:{approval.run_id}:{approval.node}:{approval.round}:{what}"
    Notification.objects.bulk_create(
        [
            Notification(
                user=user,
                key=key,
                title=title[:200],
                body=approval.body,
                run_id=approval.run_id,
                created_at=now,
            )
            for user in people
        ],
        ignore_conflicts=True,
    )
    OutgoingEmail.objects.bulk_create(
        [
            OutgoingEmail(
                key=f"{key}:{user.pk}",
                to=user.email,
                subject=title[:300],
                body=approval_mail(approval, user),
                run_id=approval.run_id,
                due_at=now,
                created_at=now,
            )
            for user in people
            if user.email and not approval.run.clock
        ],
        ignore_conflicts=True,
    )
