"""Deliveries are kept for a time only: those that arrived for a month, those that did not for a quarter of a year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from webhooks.conf import setting
from webhooks.outbound.models import UNFINISHED, Attempt, Delivery, Resending, UnknownOutcome

AT_ONCE = 2_000


@transaction.atomic
def tidy(now: datetime) -> int:
    """Drop deliveries that are past their time with their attempts, at most a few thousand, and what is known of sendings
    of many that have none left. Returns how many deliveries that were."""
    delivered = now - timedelta(days=setting("WEBHOOKS_DELIVERED_KEPT_DAYS"))
    failed = now - timedelta(days=setting("WEBHOOKS_FAILED_KEPT_DAYS"))
    arrived = Q(state=Delivery.State.SUCCEEDED)
    old = Q(finished_at__lt=failed) & ~arrived | Q(finished_at__lt=delivered) & arrived
    rows = Delivery.objects.filter(old).order_by("finished_at").values_list("pk", flat=True)
    pks = list(rows.select_for_update(skip_locked=True)[:AT_ONCE]) if rows.exists() else []
    if not pks:
        return 0
    Attempt.objects.filter(delivery__in=pks).delete()
    UnknownOutcome.objects.filter(delivery__in=pks).delete()
    dropped = Delivery.objects.filter(pk__in=pks).exclude(state__in=UNFINISHED).delete()[0]
    left = Delivery.objects.filter(resending=OuterRef("pk"))
    Resending.objects.filter(~Exists(left), created_at__lt=delivered).delete()
    return dropped


def runs_with_open_calls(runs: Sequence[int]) -> set[int]:
    """Those of the runs that have a call under way."""
    rows = Delivery.objects.filter(run__in=runs, state__in=UNFINISHED)
    return set(rows.values_list("run_id", flat=True))
