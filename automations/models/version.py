from __future__ import annotations

from django.conf import settings
from django.db import models

from automations.models.workflow import Workflow


class WorkflowVersion(models.Model):
    """An immutable published snapshot; the database refuses to change its document (see the first migration)."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the canonical JSON of the executable document."
    )
    document = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("workflow", "number"), name="version_number_unique"),)

    def __str__(self) -> str:
        return f"v{self.number}"


class ActiveTrigger(models.Model):
    """A trigger of an active version, as matching and the ticker look for it.

    Rewritten whenever a version becomes active; paused workflows keep their rows, so that their events get a
    decision that says so.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="active_triggers")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    module = models.ForeignKey("automations.Module", null=True, on_delete=models.PROTECT, related_name="+")
    config = models.JSONField(default=dict)
    next_slot_at = models.DateTimeField(null=True, help_text="Schedules: the next due moment.")
    problem = models.CharField(
        max_length=300, blank=True, help_text="Why the ticker can't serve it; shown as broken."
    )

    class Meta:
        ordering = ("workflow", "node")
        constraints = (models.UniqueConstraint(fields=("workflow", "node"), name="activetrigger_unique"),)
        indexes = (models.Index(fields=("kind", "next_slot_at"), name="activetrigger_due"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.node}"


class Activation(models.Model):
    """One row whose mark is drawn anew when anything that matching depends on changes; caches key on it."""

    mark = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="activation_single_row"),)

    def __str__(self) -> str:
        return str(self.mark)
