"""Every "may this actor …?" about kept reviews. They name workflows, so they are for their readers and for admins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from automations import permissions
from automations.models import KeptReview, ReviewReader, ReviewSchedule


def visible_schedules(actor: Any) -> QuerySet[ReviewSchedule]:
    """Those whose reviews the actor reads; for admins all."""
    rows = ReviewSchedule.objects.all()
    if permissions.may_do_all(actor):
        return rows
    return rows.filter(pk__in=ReviewReader.objects.filter(person=actor).values("schedule"))


def visible_reviews(actor: Any) -> QuerySet[KeptReview]:
    """The kept reviews that the actor reads, and so answers and signs; for admins all."""
    return KeptReview.objects.filter(schedule__in=visible_schedules(actor).values("pk"))


def may_set_schedule(actor: Any, *, person: Any) -> bool:
    """Whether the actor decides when somebody's own review is made (`person`), or, where it is of a team or of all
    (None), who reads of workflows that he may not see: that only admins do."""
    return permissions.may_do_all(actor) or (person is not None and person.pk == actor.pk)
