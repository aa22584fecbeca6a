"""Whether everything stands still: events wait to be judged, whatever their triggers are."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from automations.models import Standstill

HOLDS = """EXISTS (SELECT 1 FROM automations_standstill still WHERE still.lifted_at IS NULL AND still.starts_at <= now()
    AND (still.ends_at IS NULL OR still.ends_at > now()))"""
"""As SQL, by the database's clock. Replays have clocks of their own and go on."""


def standing(*, now: datetime) -> QuerySet[Standstill]:
    """What holds everything at a moment."""
    return unlifted(now=now).filter(starts_at__lte=now)


def unlifted(*, now: datetime) -> QuerySet[Standstill]:
    """What holds everything, or is going to."""
    return Standstill.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), lifted_at=None)
