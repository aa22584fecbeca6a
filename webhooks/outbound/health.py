"""How a destination has been of late: its circuit, whom it is told to, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from automations.runtime.messages import tell
from automations.runtime.product_events import announce
from automations.services.audit import write_audit
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.news import tell_run
from webhooks.outbound.schedule import WARN_AFTER, Judgement, break_seconds, is_to_be_disabled

DISABLED = "destination-disabled"


def note(destination: Destination, judgement: Judgement, *, tried: int, now: datetime) -> None:
    """Take an attempt's result into account; the caller holds the destination's lock."""
    if judgement.succeeded:
        if destination.failures:
            destination.failures, destination.failing_since = 0, None
            destination.warned_at = destination.open_until = None
            destination.save(update_fields=["failures", "failing_since", "warned_at", "open_until"])
        return
    destination.failures += 1
    destination.failing_since = destination.failing_since or now
    closed = break_seconds(destination.failures)
    destination.open_until = now + timedelta(seconds=closed) if closed else None
    warn = tried >= WARN_AFTER and destination.warned_at is None
    if warn:
        destination.warned_at = now
    destination.save(update_fields=["failures", "failing_since", "open_until", "warned_at"])
    if destination.state == Destination.State.DISABLED:
        return
    if judgement.gone:
        disable(destination, reason="The receiver answered 410: it wants no more.", actor=None, now=now)
    elif is_to_be_disabled(failing_since=destination.failing_since, now=now):
        reason = f"Every attempt since {destination.failing_since:%Y-%m-%d %H:%M} UTC has failed."
        disable(destination, reason=reason, actor=None, now=now)
    elif warn:
        _tell_owner(
            destination,
            key=f"warned:{destination.failing_since:%Y%m%d%H%M%S}",
            title=f"{destination.name} does not take what it is sent",
            body=f"{tried} attempts of a delivery have failed: {judgement.message} They go on; after five days of"
            " nothing but failures the destination is disabled.",
            now=now,
        )


def disable(destination: Destination, *, reason: str, actor: Any, now: datetime) -> None:
    """Send nothing more there: what waits to be sent fails now, so that no run waits for it. The caller holds the lock."""
    Destination.objects.filter(pk=destination.pk).update(
        state=Destination.State.DISABLED, disabled_reason=reason[:300], disabled_at=now
    )
    destination.refresh_from_db()
    write_audit(
        actor=actor,
        action="destination.disabled",
        obj=destination,
        after={"key": destination.key},
        reason=reason[:300],
    )
    announce(
        "destination.disabled",
        workflow=None,
        subject=("destination", destination.pk),
        facts={"key": destination.key, "by": actor.get_username() if actor is not None else None},
        now=now,
        private={"reason": reason[:300]},
        address=f"webhooks/destinations/{destination.key}/",
    )
    _end_what_waits(destination, now)
    if actor is None:
        _tell_owner(
            destination,
            key=f"disabled:{now:%Y%m%d%H%M%S}",
            title=f"{destination.name} was disabled",
            body=f"{reason} What comes for it is not sent. Mend it, enable it again and send the failed ones anew.",
            now=now,
        )


def _end_what_waits(destination: Destination, now: datetime) -> None:
    waiting = Delivery.objects.select_for_update(no_key=True).filter(
        destination=destination, state=Delivery.State.PENDING
    )
    rows = list(waiting.order_by("id").values_list("pk", "run_id", "node", "waits", "series", "attempt"))
    Delivery.objects.filter(pk__in=[row[0] for row in rows]).update(
        state=Delivery.State.FAILED, error=DISABLED, finished_at=now, due_at=F("due_at")
    )
    message = f"{destination.name} is disabled: {destination.disabled_reason}"
    for pk, run_id, node, waits, series, attempts in rows:
        if waits and run_id is not None:
            news = {"ok": False, "attempts": attempts, "error": DISABLED, "message": message}
            tell_run(run_id=run_id, node=node, delivery=pk, series=series, now=now, news=news)


def _tell_owner(destination: Destination, *, key: str, title: str, body: str, now: datetime) -> None:
    if destination.owner is not None and destination.owner.is_active:
        tell(
            [destination.owner],
            key=f"destination:{destination.pk}:{key}",
            title=title,
            body=body,
            address=f"webhooks/destinations/{destination.key}/",
            now=now,
        )
