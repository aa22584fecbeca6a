from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.workflow import Workflow


class Occasion(models.TextChoices):
    """When a checkpoint was made."""

    OPEN = "open"
    SAVE = "save"
    LEAVE = "leave"
    PUBLISH = "publish"


class Checkpoint(models.Model):
    """The draft as it was at a moment that people remember, to go back to. Only so many are kept of a workflow."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="checkpoints")
    number = models.PositiveIntegerField()
    occasion = models.CharField(max_length=7, choices=Occasion.choices, default=Occasion.SAVE)
    name = models.CharField(max_length=120, blank=True)
    document = models.JSONField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("workflow", "number"), name="checkpoint_number_unique"),
            models.CheckConstraint(
                condition=Q(occasion__in=Occasion.values), name="checkpoint_occasion_known"
            ),
        )

    def __str__(self) -> str:
        return self.name or f"{self.occasion} {self.number}"
