"""What time does to secrets: values that were kept to be taken back are forgotten, owners are told of what expires."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from automations.runtime.lanes import Lane
from automations.runtime.messages import tell
from webhooks.secrets.models import Secret

TASK = "webhooks.secrets.tasks.keep_up"
TOLD_BEFORE = timedelta(days=14)
"""How long before a value expires its owner is told."""
USED_TO_THE = timedelta(minutes=1)


def is_due() -> bool:
    now = timezone.now()
    return Secret.objects.filter(_forgettable(now) | _expiring(now)).exists()


LANE = Lane(TASK, is_due)


def keep_up(*, now: datetime) -> None:
    """Forget the kept values whose time is over, and tell the owners of secrets that expire soon, once. May run twice at
    once: what the other has done is not found any more."""
    Secret.objects.filter(_forgettable(now)).update(kept_value="", kept_until=None)
    for secret in Secret.objects.filter(_expiring(now)).select_related("owner"):
        if Secret.objects.filter(_expiring(now), pk=secret.pk).update(expiry_told_at=now):
            _tell(secret, now)


def note_use(secrets: Iterable[Secret], *, now: datetime) -> None:
    """Write down that these are sent now; no row is written twice in a minute."""
    stale = {row.pk for row in secrets if row.last_used_at is None or row.last_used_at < now - USED_TO_THE}
    if stale:
        rows: QuerySet[Secret] = Secret.objects.filter(pk__in=stale)
        rows.update(last_used_at=now)


def _forgettable(now: datetime) -> Q:
    return Q(kept_until__lte=now)


def _expiring(now: datetime) -> Q:
    return Q(expires_at__lte=now + TOLD_BEFORE, expiry_told_at=None)


def _tell(secret: Secret, now: datetime) -> None:
    if secret.owner is None or not secret.owner.is_active or secret.expires_at is None:
        return
    ends = f"{secret.expires_at:%Y-%m-%d %H:%M} UTC"
    past = secret.expires_at <= now
    tell(
        [secret.owner],
        key=f"secret:{secret.pk}:expires:{secret.expires_at:%Y%m%d%H%M%S}",
        title=f"The secret “{secret.key}” {'has expired' if past else 'expires'}: {ends}",
        body="Get a new value where it is given out, and set it on the secret's page. Calls that send it are refused"
        " there afterwards.",
        address=f"webhooks/secrets/{secret.key}/",
        now=now,
    )
