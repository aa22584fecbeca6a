"""What a go-live rests on beside what is kept anyway: that somebody has tested, and that somebody has signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from automations.models.version import WorkflowVersion
from automations.models.workflow import Workflow


class RunTestMark(models.Model):
    """Somebody has run-tested the document that the digest names; the newest test of it counts. No values are kept."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="run_test_marks")
    digest = models.CharField(max_length=64)
    tested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    tested_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    tested_at = models.DateTimeField()
    candidates = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("workflow", "digest"), name="runtestmark_one_a_digest"),
        )

    def __str__(self) -> str:
        return f"{self.digest[:8]} by {self.tested_by_name}"


class SignOff(models.Model):
    """A person has signed a version's go-live checklist as it stood. It is about one digest, and never changed."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="sign_offs")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="sign_offs")
    digest = models.CharField(max_length=64)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    signed_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    note = models.CharField(max_length=300, blank=True)
    checklist = models.JSONField(help_text="The chapters as they stood.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.digest[:8]} by {self.signed_by_name}"
