"""Sending deliveries anew: one, or all that a destination has missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import F, Q

from automations.engine.statuses import TERMINAL_RUN
from automations.errors import ConflictError
from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import Delivery, Destination

ENDED = (Delivery.State.SUCCEEDED, Delivery.State.FAILED, Delivery.State.CANCELLED)
MAX_AT_ONCE = 1_000


@transaction.atomic
def resend_delivery(*, delivery: Delivery, actor: Any) -> Delivery:
    """Try a delivery anew, under the same id and with the same body, as a new series of attempts. Raises ConflictError
    while it is still being tried or needs review, and where its destination is disabled."""
    require_enabled(delivery.destination)
    if delivery.state == Delivery.State.NEEDS_REVIEW:
        message = "Nobody knows whether it arrived. Say first whether it happened: that sends it again, or does not."
        raise ConflictError(message, code="needs-review")
    if not reopen(Q(pk=delivery.pk)):
        raise ConflictError("This delivery is still being tried.", code="still-trying")
    delivery.refresh_from_db()
    write_audit(
        actor=actor,
        action="delivery.resent",
        obj=delivery,
        after={"message": delivery.message_id, "destination": delivery.destination.key},
    )
    wake_on_commit(TASK)
    return delivery


@transaction.atomic
def recover_destination(*, destination: Destination, since: datetime, actor: Any) -> int:
    """Try all anew that have failed since a moment, the oldest first, at most MAX_AT_ONCE; at the destination's own pace.
    Returns how many. Raises ConflictError where it is disabled."""
    require_enabled(destination)
    missed = Delivery.objects.filter(
        destination=destination, state=Delivery.State.FAILED, created_at__gte=since
    )
    count = reopen(Q(pk__in=list(missed.order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE])))
    write_audit(
        actor=actor,
        action="destination.recovered",
        obj=destination,
        after={"key": destination.key, "since": since.isoformat(), "deliveries": count},
    )
    wake_on_commit(TASK)
    return count


def require_enabled(destination: Destination) -> None:
    """Raise ConflictError where nothing is sent."""
    if destination.state == Destination.State.DISABLED:
        raise ConflictError(f"“{destination.name}” is disabled. Enable it first.", code="disabled")


def reopen(which: Q) -> int:
    """Put ended deliveries back; one whose run has ended tells nobody any more."""
    rows = Delivery.objects.filter(which, state__in=ENDED)
    rows.filter(Q(run=None) | Q(run__status__in=[status.value for status in TERMINAL_RUN])).update(
        waits=False
    )
    return rows.update(
        state=Delivery.State.PENDING,
        series=F("attempt"),
        due_at=TransactionNow(),
        finished_at=None,
        resending=None,
    )
