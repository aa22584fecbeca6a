from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Resending(models.Model):
    """Many ended deliveries that somebody has sent anew at once, by a filter and at a pace."""

    wanted = models.JSONField(help_text="The filter: {destination, state, error, since, until}.")
    count = models.PositiveIntegerField()
    per_minute = models.PositiveIntegerField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(per_minute__gte=1, per_minute__lte=60_000), name="resending_pace_in_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.count} deliveries, {self.created_at:%Y-%m-%d %H:%M}"
