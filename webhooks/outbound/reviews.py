"""Calls of which nobody knows whether they arrived, and that can't be repeated safely: nothing is sent until somebody has
said what happened. How that is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from automations import permissions
from automations.runtime.messages import tell
from automations.runtime.product_events import announce
from webhooks.outbound.claims import Claimed
from webhooks.outbound.models import Attempt, Delivery, UnknownOutcome
from webhooks.outbound.news import tell_run

LOST = "lost"
LOST_SAYS = "The worker that made this attempt is gone; whether the call arrived is not known."


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is not known: how this attempt of the delivery ended."""

    delivery: int
    attempt: int
    error: str
    message: str


def ask(doubt: Doubt, *, now: datetime, tells_run: bool = True) -> None:
    """Put a delivery aside until somebody has said whether the attempt arrived, and tell the run that waits for it and
    those who may say. The caller holds the delivery, and has written the attempt down; without `tells_run` it is the run."""
    UnknownOutcome.objects.create(
        delivery_id=doubt.delivery,
        attempt=doubt.attempt,
        error=doubt.error,
        message=doubt.message[:500],
        asked_at=now,
    )
    Delivery.objects.filter(pk=doubt.delivery).update(
        state=Delivery.State.NEEDS_REVIEW,
        lease_token=None,
        due_at=now,
        finished_at=None,
        attempt=doubt.attempt,
        error=doubt.error,
    )
    delivery = Delivery.objects.select_related("workflow", "destination").get(pk=doubt.delivery)
    if tells_run and delivery.waits and delivery.run_id is not None:
        tell_run(
            run_id=delivery.run_id,
            node=delivery.node,
            delivery=delivery.pk,
            series=delivery.series,
            mark=f":asked:{doubt.attempt}",
            news={"asked": True, "attempts": doubt.attempt, "message": doubt.message},
            now=now,
        )
    say(delivery, doubt, now=now)


def say(delivery: Delivery, doubt: Doubt, *, now: datetime) -> None:
    """Tell subscribers of the product's events, and those who may answer: once an hour of one workflow and destination, so
    that an outage writes to nobody a hundred times."""
    workflow, destination = delivery.workflow, delivery.destination
    assert workflow is not None
    address = f"runs/{delivery.run_id}/" if delivery.waits else f"webhooks/deliveries/{delivery.pk}/"
    announce(
        "run.needs_review",
        workflow=workflow.pk,
        subject=("run", delivery.run_id) if delivery.run_id is not None else ("delivery", delivery.pk),
        facts={
            "delivery": delivery.pk,
            "destination": destination.key,
            "node": delivery.node,
            "attempt": doubt.attempt,
            "error": doubt.error,
            "waits": delivery.waits,
        },
        now=now,
        private={"message": doubt.message},
        address=address,
    )
    tell(
        permissions.people_with("retry", workflow),
        key=f"needs-review:{workflow.pk}:{destination.pk}:{now:%Y%m%d%H}",
        title=f"{workflow.name}: did the call to {destination.name} happen?",
        body=f"{doubt.message} It is not sent again before somebody says so. Find out what the other side has done, then"
        " answer on the page.",
        address=address,
        now=now,
    )


@transaction.atomic
def hold_lost(claimed: Claimed, *, now: datetime) -> None:
    """The attempt before this claim never came back, and it may not be repeated: ask instead. Nothing was sent under this
    claim."""
    rows = Delivery.objects.select_for_update(no_key=True)
    if not rows.filter(pk=claimed.id, state=Delivery.State.SENDING, lease_token=claimed.token).exists():
        return
    write_loss(claimed, now=now, next_at=None)
    ask(Doubt(claimed.id, claimed.attempt - 1, LOST, LOST_SAYS), now=now)


def write_loss(claimed: Claimed, *, now: datetime, next_at: datetime | None) -> None:
    """The attempt before this one never came back: its worker died. Whether the call was made is not known; a next one
    carries the same id, so that the receiver can tell."""
    Attempt.objects.create(
        delivery_id=claimed.id,
        number=claimed.attempt - 1,
        started_at=now,
        finished_at=now,
        error=LOST,
        message=LOST_SAYS,
        unknown=True,
        next_attempt_at=next_at,
    )


def doubt_of(delivery: Delivery) -> Doubt | None:
    """What is not known of a delivery that has ended: its newest attempt may have arrived, and nobody has said anything."""
    newest = delivery.attempts.first()
    if newest is None or not newest.unknown or newest.number != delivery.attempt:
        return None
    if delivery.unknowns.filter(attempt=newest.number).exists():
        return None  # it was asked, and answered
    return Doubt(delivery.pk, newest.number, newest.error, newest.message)
