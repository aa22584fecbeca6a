"""Sending many deliveries anew by a filter, at a pace, with its progress; and stopping that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from automations.services.texts import require_texts
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import UNFINISHED, Delivery, Destination, Resending
from webhooks.outbound.redelivery import ENDED, reopen
from webhooks.outbound.rights import resendable_deliveries

MOST = 10_000
PACE = (1, 60_000)
SPREAD = """
UPDATE webhooks_delivery d SET resending_id = %s, due_at = now() + make_interval(secs => (n.place - 1) * %s)
FROM unnest(%s::bigint[]) WITH ORDINALITY AS n (id, place) WHERE d.id = n.id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ended deliveries are meant: None and “” where it does not matter."""

    state: str = Delivery.State.FAILED
    destination: Destination | None = None
    error: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def facts(self) -> dict[str, Any]:
        return {
            "state": str(self.state),
            "destination": self.destination.key if self.destination else None,
            "error": self.error,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }


def wanted_deliveries(wanted: Wanted, *, actor: Any) -> QuerySet[Delivery]:
    """Those that the actor may send anew, of destinations that are enabled. Raises InvalidError for a filter that can't be."""
    require_texts(Delivery, state=wanted.state, error=wanted.error)
    if wanted.state not in ENDED:
        message = f"What is {wanted.state} is under way already."
        raise InvalidError([Problem("not-ended", "state", message, f"Use {', '.join(ENDED)}.")])
    rows = resendable_deliveries(actor).filter(
        state=wanted.state,
        destination__state=Destination.State.ENABLED,
        destination__archived_at=None,
    )
    limits: Mapping[str, Any] = {
        "destination": wanted.destination,
        "error": wanted.error or None,
        "created_at__gte": wanted.since,
        "created_at__lt": wanted.until,
    }
    for name, value in limits.items():
        if value is not None:
            rows = rows.filter(Q((name, value)))
    return rows


@transaction.atomic
def resend_many(*, wanted: Wanted, per_minute: int, expected: int, actor: Any) -> Resending:
    """Try all anew that are wanted, the oldest first, each under its own id, so many a minute and never faster than their
    destinations bear. `expected` is the number that the person was shown.

    Raises ConflictError when there are none, more than MOST, or another number than expected; InvalidError for the filter and the
    pace.
    """
    low, high = PACE
    if isinstance(per_minute, bool) or not isinstance(per_minute, int) or not low <= per_minute <= high:
        message = "This is no pace."
        raise InvalidError([Problem("out-of-range", "per_minute", message, f"From {low} to {high:,}.")])
    rows = wanted_deliveries(wanted, actor=actor).order_by("pk").select_for_update(of=("self",), no_key=True)
    pks = list(rows.values_list("pk", flat=True)[: MOST + 1])
    if len(pks) > MOST:
        raise ConflictError(f"These are more than {MOST:,}. Narrow the filter.", code="too-many")
    if len(pks) != expected:
        message = f"There are {len(pks):,} of them now, not {expected:,}. Look again."
        raise ConflictError(message, code="other-number")
    if not pks:
        raise ConflictError("There are none.", code="none")
    resending = Resending.objects.create(
        wanted=wanted.facts(),
        count=len(pks),
        per_minute=per_minute,
        actor=actor,
        created_at=timezone.now(),
    )
    reopen(Q(pk__in=pks))
    with connection.cursor() as cursor:
        cursor.execute(SPREAD, [resending.pk, 60 / per_minute, pks])
    write_audit(
        actor=actor,
        action="deliveries.resent",
        obj=resending,
        after={**wanted.facts(), "deliveries": len(pks), "per_minute": per_minute},
    )
    wake_on_commit(TASK)
    return resending


@transaction.atomic
def stop_resending(*, resending: Resending, actor: Any) -> int:
    """Leave those that have not been tried anew as they were. Returns how many. Raises ConflictError when none is left."""
    left = Delivery.objects.select_for_update(no_key=True).filter(
        resending=resending, state=Delivery.State.PENDING, attempt=F("series")
    )
    pks = list(left.order_by("pk").values_list("pk", flat=True))
    if not pks:
        raise ConflictError("All of them have been tried.", code="nothing-left")
    before = Case(
        When(error="", then=Value(Delivery.State.SUCCEEDED)),
        When(error="run-ended", then=Value(Delivery.State.CANCELLED)),
        default=Value(Delivery.State.FAILED),
    )
    Delivery.objects.filter(pk__in=pks).update(state=before, finished_at=TransactionNow())
    Resending.objects.filter(pk=resending.pk).update(stopped_at=timezone.now())
    write_audit(actor=actor, action="deliveries.resending_stopped", obj=resending, after={"left": len(pks)})
    return len(pks)


def visible_resendings(actor: Any) -> QuerySet[Resending]:
    """One's own; all for whom nothing limits."""
    rows = Resending.objects.select_related("actor")
    return rows if permissions.may_do_all(actor) else rows.filter(actor=actor)


def progress(resendings: list[Resending]) -> dict[int, dict[str, int]]:
    """How many of each have arrived, have failed again and are still under way, in one query."""
    found = {row.pk: {"open": 0, "succeeded": 0, "failed": 0} for row in resendings}
    rows = Delivery.objects.filter(resending__in=list(found)).values_list("resending", "state")
    for pk, state, count in rows.annotate(count=Count("pk")).order_by():
        bucket = "open" if state in UNFINISHED else "succeeded" if state == "succeeded" else "failed"
        found[pk][bucket] += count
    return found
