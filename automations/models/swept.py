from __future__ import annotations

from django.db import models


class Swept(models.Model):
    """What the sweep has dropped of one kind, and how far it is with it."""

    class Kind(models.TextChoices):
        RUNS = "runs"
        EVENTS = "events"
        CHANGES = "changes"
        VALUES = "values"

    kind = models.CharField(max_length=8, choices=Kind.choices, primary_key=True)
    dropped = models.PositiveBigIntegerField(default=0, help_text="Since the beginning.")
    position = models.BigIntegerField(default=0, help_text="Up to which row this pass has come.")
    done_at = models.DateTimeField(
        null=True, help_text="When nothing was left to drop; empty: never yet, or all is kept for ever."
    )

    class Meta:
        ordering = ("kind",)
        verbose_name_plural = "swept"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["runs", "events", "changes", "values"]), name="swept_kind_known"
            ),
        )

    def __str__(self) -> str:
        return self.kind
