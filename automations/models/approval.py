from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.hold import Hold
from automations.models.module import Module
from automations.models.run import Run
from automations.models.workflow import Workflow


class Approval(models.Model):
    """One question to people, asked by a step of a run that waits for the answer.

    It binds to what was shown: `plan` lists what would follow, `plan_hash` names it, `record` holds the values that
    the record had. When either is no longer so, the question is asked anew, as the next `round`.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    class Kind(models.TextChoices):
        STEP = "step"
        BLAST_RADIUS = "blast_radius"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.STEP)
    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="approvals",
        help_text="That asks; of a hold the first one held.",
    )
    hold = models.OneToOneField(
        Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="approval"
    )
    node = models.CharField(max_length=64)
    round = models.PositiveSmallIntegerField(default=1)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="approvals")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    users = models.JSONField(default=list, help_text="User names of those who are asked.")
    groups = models.JSONField(default=list, help_text="Groups whose members are asked.")
    quorum = models.PositiveSmallIntegerField(default=1)
    allow_self = models.BooleanField(default=False)
    form = models.JSONField(default=dict, blank=True)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    module = models.ForeignKey(Module, null=True, on_delete=models.PROTECT, related_name="+")
    record_key = models.CharField(max_length=120, blank=True)
    record = models.JSONField(null=True, help_text="The record's values when it was asked.")
    plan = models.JSONField(
        default=list, help_text="[{node, kind, risk, changes, preview}] of what would follow."
    )
    plan_hash = models.CharField(max_length=64)
    reach = models.JSONField(
        null=True, help_text="Blast radius: {bound, count, cap, population, records or items}."
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    note = models.CharField(max_length=300, blank=True, help_text="Why it ended as it did.")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    remind_every = models.DurationField(null=True)
    remind_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    escalate_to = models.JSONField(default=list)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="step", reach__isnull=True, hold__isnull=True)
                | Q(kind="blast_radius", reach__isnull=False),
                name="approval_of_reach_says_how_far",
            ),
            models.UniqueConstraint(fields=("run", "node", "round"), name="approval_asked_once"),
            models.UniqueConstraint(
                fields=("run", "node"), condition=Q(state="pending"), name="approval_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "approved", "rejected", "expired", "cancelled"]),
                name="approval_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at__isnull=True)
                | ~Q(state="pending") & Q(ended_at__isnull=False),
                name="approval_ended_when_terminal",
            ),
        )
        indexes = (
            models.Index(fields=("expires_at",), name="approval_expiring", condition=Q(state="pending")),
            models.Index(fields=("remind_at",), name="approval_reminding", condition=Q(state="pending")),
            models.Index(fields=("escalate_at",), name="approval_escalating", condition=Q(state="pending")),
            models.Index(fields=("workflow", "-id"), name="approval_by_workflow"),
        )

    def __str__(self) -> str:
        return self.title


class ApprovalDecision(models.Model):
    """What one person said to one question; never changed. `plan_hash` is of what they were shown."""

    class Verdict(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="decisions")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    person_name = models.CharField(max_length=150, help_text="Kept as it was.")
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    reason = models.CharField(max_length=300, blank=True)
    answers = models.JSONField(default=dict)
    plan_hash = models.CharField(max_length=64)
    by_link = models.BooleanField(default=False, help_text="Decided by the link in the mail.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("approval", "person"), name="approval_decided_once_each"),
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "reject"]), name="approval_verdict_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_name}: {self.verdict}"


class ApprovalDelegation(models.Model):
    """Somebody who was asked has put another in their place, for this one question."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="delegations")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("approval", "giver"), name="approval_delegated_once_each"),
        )

    def __str__(self) -> str:
        return f"{self.giver_id} to {self.receiver_id}"


class ApprovalRemark(models.Model):
    """What somebody asked or answered about a question before it was decided; it decides nothing."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="remarks")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    person_name = models.CharField(max_length=150, help_text="Kept as it was.")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text[:60]
