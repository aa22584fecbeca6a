"""How a version comes to act: its promotions, the consent of a second person, the first release."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from automations.models.version import WorkflowVersion
from automations.models.workflow import Workflow

GREEN = "The gate is green."
"""Why the alarm about a broken glass has ended, when what was missing has been made good."""
MIN_REASON = 10
"""Characters of the reason for which somebody breaks the glass."""


class Promotion(models.Model):
    """A version was let into execute: by whom, by which way, and how the gate stood. Kept for ever, for the review."""

    class Way(models.TextChoices):
        GATE = "gate", "through the gate"
        BREAK_GLASS = "break_glass", "past the gate"
        BEFORE = "before", "before there was a gate"

    THROUGH = ~Q(way="break_glass") | Q(settled_why=GREEN)
    """The promotions of versions that went through the gate, at once or after their glass was broken."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="promotions")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="promotions")
    way = models.CharField(max_length=11, choices=Way.choices)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    promoted_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    reason = models.CharField(max_length=300, blank=True)
    gate = models.JSONField(default=list, help_text="The gate's lines as they stood.")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(
        null=True, help_text="A broken glass: when the gate was found green, or the version stopped acting."
    )
    settled_why = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(way__in=["gate", "break_glass", "before"]), name="promotion_way_known"
            ),
            models.CheckConstraint(
                condition=~Q(way="break_glass") | Q(reason__regex=".{10}"),
                name="promotion_glass_broken_with_reason",
            ),
        )
        indexes = (
            models.Index(fields=("workflow", "-id"), name="promotion_by_workflow"),
            models.Index(
                fields=("workflow",),
                name="promotion_glass_broken",
                condition=Q(way="break_glass", settled_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.version_id} {self.way}"

    @property
    def is_loud(self) -> bool:
        """Whether the glass was broken and nothing has settled that yet."""
        return self.way == self.Way.BREAK_GLASS and self.settled_at is None


class Consent(models.Model):
    """Somebody asks for a second pair of eyes on a version, and somebody else gives it. It is about one digest, and void
    when another version becomes the live one."""

    class State(models.TextChoices):
        ASKED = "asked"
        GIVEN = "given"
        WITHDRAWN = "withdrawn"
        VOID = "void"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="consents")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="consents")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    asked_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    given_by_name = models.CharField(max_length=150, blank=True, help_text="Kept as it was.")
    given_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, help_text="What the second person said.")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow",), condition=Q(state__in=["asked", "given"]), name="consent_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "given", "withdrawn", "void"]), name="consent_state_known"
            ),
            models.CheckConstraint(
                condition=Q(given_by=None) | Q(asked_by=None) | ~Q(given_by=F("asked_by")),
                name="consent_of_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state="given") | Q(given_at__isnull=False) & ~Q(given_by_name=""),
                name="consent_given_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} for {self.digest[:8]}"


class FirstRelease(models.Model):
    """Somebody has confirmed that there is nothing to roll back to, and that this is meant."""

    version = models.OneToOneField(WorkflowVersion, on_delete=models.PROTECT, related_name="first_release")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"first release of {self.version_id}"
