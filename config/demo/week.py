"""What the demo has of weekly reviews: the week of all workflows, made by itself, and the last one kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from automations.engine.weeks import week_of
from automations.insight.review.press import PRESS
from automations.models import Notification
from automations.services.reviews import keep_review, make_schedule

READERS = ("priya", "sam", "noor", "ada")


def seed_review(people: Mapping[str, Any], *, now: datetime) -> None:
    """A schedule of Ada's for who signs in to the demo, and the review of the week before this one, told and read."""
    schedule = make_schedule(
        readers=[(people[name], False) for name in READERS], actor=people["ada"], now=now, zone=str(UTC)
    )
    week = week_of(now, ZoneInfo(schedule.zone)).before
    review = keep_review(schedule=schedule, week=week, press=PRESS, actor=people["ada"], now=now)
    Notification.objects.filter(key=f"review:{review.pk}").update(read_at=F("created_at"))
