from __future__ import annotations

from django.db import models
from django.db.models import Q

from automations.models.workflow import Workflow

LEAST_DAYS = 30
"""As long as the ids of webhooks are known: what is dropped sooner could come in again."""


class Retention(models.Model):
    """How long the runs of one workflow are kept, and whether a legal hold forbids that any of it is dropped."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="retention")
    days = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as the settings say.")
    hold_reason = models.CharField(max_length=300, blank=True, help_text="Empty: no legal hold.")
    hold_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody lifts it.")
    held_at = models.DateTimeField(null=True, blank=True)
    dropped = models.PositiveBigIntegerField(default=0, help_text="Runs, since the beginning.")
    dropped_at = models.DateTimeField(null=True, blank=True, help_text="When runs were dropped last.")
    held_by_name = models.CharField(max_length=150, blank=True, help_text="Kept as it was.")

    class Meta:
        ordering = ("workflow",)
        constraints = (
            models.CheckConstraint(
                condition=Q(days__isnull=True) | Q(days__gte=LEAST_DAYS), name="retention_days_enough"
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, hold_reason="", hold_until__isnull=True)
                | Q(held_at__isnull=False) & ~Q(hold_reason=""),
                name="retention_hold_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"retention of {self.workflow_id}"
