from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.engine.causes import LENGTH
from automations.models.run import Run
from automations.models.version import WorkflowVersion
from automations.models.workflow import Workflow


class DeadLetter(models.Model):
    """A run that gave up, kept whole until somebody redrives or discards it. Letters of one `fingerprint` have one cause."""

    class State(models.TextChoices):
        OPEN = "open"
        REDRIVEN = "redriven"
        DISCARDED = "discarded"

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="dead_letter")
    workflow = models.ForeignKey(
        Workflow,
        on_delete=models.PROTECT,
        related_name="dead_letters",
        db_index=False,
        help_text="That of the run.",
    )
    code = models.CharField(max_length=64)
    message = models.TextField()
    node = models.CharField(max_length=64, blank=True, help_text="Empty when no step is to blame.")
    fingerprint = models.CharField(max_length=LENGTH)
    attempts = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["open", "redriven", "discarded"]), name="deadletter_state_known"
            ),
        )
        indexes = (
            models.Index(fields=("workflow", "fingerprint", "created_at"), name="deadletter_by_cause"),
            models.Index(fields=("fingerprint", "-id"), name="deadletter_by_fingerprint"),
            models.Index(fields=("workflow", "-id"), name="deadletter_open", condition=Q(state="open")),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.run_id}"


class Triage(models.Model):
    """What people have made of one cause of failure in one workflow. The runtime makes the row when the cause is first
    seen, and makes a fixed one new again when it is seen after all; people change the rest."""

    class State(models.TextChoices):
        NEW = "new"
        LOOKING = "looking"
        FIXED = "fixed"
        IGNORED = "ignored"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="triages", db_index=False)
    fingerprint = models.CharField(max_length=LENGTH)
    code = models.CharField(max_length=64)
    kind = models.CharField(max_length=64, blank=True, help_text="Of the step that failed.")
    cause = models.TextField(help_text="The message, without what differs from case to case.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    fixed_in = models.ForeignKey(
        WorkflowVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Failures of earlier versions don't speak against it; empty: mended outside of the workflow.",
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, help_text="When people last changed its state.")
    reopened_at = models.DateTimeField(null=True, help_text="When it was last seen although it was fixed.")
    reopened = models.PositiveIntegerField(default=0, help_text="How often that was.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("workflow", "fingerprint"), name="triage_once_per_cause"),
            models.CheckConstraint(
                condition=Q(state__in=["new", "looking", "fixed", "ignored"]), name="triage_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="fixed") | Q(fixed_in__isnull=True), name="triage_version_when_fixed"
            ),
        )
        indexes = (models.Index(fields=("fingerprint",), name="triage_by_fingerprint"),)

    def __str__(self) -> str:
        return f"{self.code} {self.fingerprint}"
