from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Standstill(models.Model):
    """No trigger judges anything meanwhile: events are kept, and judged afterwards. Planned for a time, or at once and until
    somebody lifts it."""

    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody lifts it.")
    set_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="standstill_ends_after_it_starts",
            ),
        )
        indexes = (
            models.Index(fields=("starts_at",), name="standstill_open", condition=Q(lifted_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.reason
