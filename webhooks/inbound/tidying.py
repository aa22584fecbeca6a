"""Receipts are kept for a time only: accepted ones as long as their ids are known, the others for a week."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from webhooks.inbound.models import Misdirected, Receipt

IDS_KNOWN = timedelta(days=30)
OTHERS_KEPT = timedelta(days=7)
AT_ONCE = 5000


def tidy(*, now: datetime) -> int:
    """Drop receipts that are past their time, at most a few thousand, and old counts; returns how many receipts."""
    Misdirected.objects.filter(minute__lt=now - OTHERS_KEPT).delete()
    kept = Q(verdict=Receipt.Verdict.ACCEPTED) | Q(verdict=Receipt.Verdict.DUPLICATE)
    old = Q(received_at__lt=now - IDS_KNOWN) | ~kept & Q(received_at__lt=now - OTHERS_KEPT)
    rows = Receipt.objects.filter(old).order_by("received_at").values("pk")[:AT_ONCE]
    return Receipt.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0]
