from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class PacedStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


PACED_UNFINISHED = (PacedStatus.QUEUED, PacedStatus.RUNNING)


class PacedJob(models.Model):
    """Much work that somebody asked for at once, done in the background at a rate; or, as a dry run, only foreseen.

    As with backtests, `due_at` is when it may be claimed, in database time: between two slices when the rate lets it go
    on, within one at the end of the lease. What it is about was settled when it was asked for.
    """

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    is_dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=PacedStatus.choices, default=PacedStatus.QUEUED)
    ended_why = models.CharField(max_length=300, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last slice was kept.")
    lease_token = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ("-id",)
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(condition=Q(status__in=PacedStatus.values), name="%(class)s_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=PACED_UNFINISHED, finished_at__isnull=True)
                | ~Q(status__in=PACED_UNFINISHED) & Q(finished_at__isnull=False),
                name="%(class)s_finished_when_ended",
            ),
        )
        indexes: ClassVar[tuple[models.Index, ...]] = (
            models.Index(
                fields=("due_at", "id"), name="%(class)s_due", condition=Q(status__in=PACED_UNFINISHED)
            ),
        )
