from __future__ import annotations

from django.db import models
from django.db.models import Q

from automations.models import Run, Workflow
from webhooks.outbound.models.destination import Destination
from webhooks.outbound.models.resending import Resending

OPEN_STATES = ("pending", "sending")
"""Of what is tried without anybody's doing."""
UNFINISHED = (*OPEN_STATES, "needs_review")


class Delivery(models.Model):
    """One message to one destination, with all the attempts to bring it there. Its id and its body stay the same.

    `due_at` is its one clock, in database time: when it may be claimed, and when the lease of one that is being sent ends.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        NEEDS_REVIEW = "needs_review"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    destination = models.ForeignKey(
        Destination, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    key = models.CharField(
        max_length=200, unique=True, help_text="What made it, for good: run:step, or subscription:event."
    )
    message_id = models.CharField(max_length=64, unique=True, help_text="The webhook-id of every attempt.")
    type = models.CharField(max_length=80)
    content_type = models.CharField(max_length=100, default="application/json")
    body = models.TextField()
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="deliveries", db_constraint=False
    )
    node = models.CharField(max_length=64, blank=True)
    workflow = models.ForeignKey(
        Workflow, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    about = models.CharField(
        max_length=200,
        blank=True,
        help_text="What it is about: where the destination is ordered, one at a time.",
    )
    resending = models.ForeignKey(
        Resending,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_index=False,
        help_text="The newest sending of many anew that it was part of.",
    )
    waits = models.BooleanField(default=False, help_text="The run waits for how it ends.")
    retry_refusals = models.BooleanField(default=True)
    retry_safe = models.BooleanField(
        default=True,
        help_text="Whether a call that may have arrived is tried again by itself; else somebody is asked.",
    )
    max_attempts = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Claims so far, over all series.")
    series = models.PositiveIntegerField(
        default=0, help_text="The attempt that its newest series of attempts came after."
    )
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the newest answer.")
    error = models.CharField(max_length=64, blank=True, help_text="Why the newest attempt failed.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[*UNFINISHED, "succeeded", "failed", "cancelled"]),
                name="delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at__isnull=True)
                | ~Q(state__in=UNFINISHED) & Q(finished_at__isnull=False),
                name="delivery_finished_when_terminal",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_token__isnull=False)
                | ~Q(state="sending") & Q(lease_token__isnull=True),
                name="delivery_sending_holds_lease",
            ),
            models.CheckConstraint(
                condition=Q(waits=False) | Q(run__isnull=False) | ~Q(state__in=OPEN_STATES),
                name="delivery_waiting_names_its_run",
            ),
        )
        indexes = (
            models.Index(
                fields=("destination", "due_at", "id"),
                name="delivery_due",
                condition=Q(state__in=OPEN_STATES),
            ),
            models.Index(fields=("destination", "-id"), name="delivery_by_destination"),
            models.Index(fields=("workflow", "-id"), name="delivery_by_workflow"),
            models.Index(fields=("state", "-id"), name="delivery_by_state"),
            models.Index(
                fields=("destination", "about", "id"),
                name="delivery_in_order",
                condition=Q(state__in=UNFINISHED) & ~Q(about=""),
            ),
            models.Index(
                fields=("resending", "state"),
                name="delivery_by_resending",
                condition=Q(resending__isnull=False),
            ),
            models.Index(
                fields=("finished_at",), name="delivery_ended", condition=Q(finished_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.message_id


class Attempt(models.Model):
    """One try of a delivery: never changed. What came back is cut and masked."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True, help_text="The address that was dialled.")
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=64, blank=True, help_text="A code; empty where it succeeded.")
    message = models.CharField(max_length=500, blank=True)
    request_headers = models.JSONField(
        default=dict, help_text="What it was sent with; secrets by name, signatures left out."
    )
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    response_cut = models.BooleanField(default=False)
    unknown = models.BooleanField(default=False, help_text="It failed, and may have arrived all the same.")
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("delivery", "number"), name="attempt_counted_once"),
            models.CheckConstraint(
                condition=Q(error="", status__gte=200, status__lte=299) | ~Q(error=""),
                name="attempt_without_error_was_accepted",
            ),
            models.CheckConstraint(
                condition=Q(unknown=False) | ~Q(error=""), name="attempt_that_succeeded_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"
