from __future__ import annotations

from django.db import models
from django.db.models import Q

from automations.models.workflow import Workflow


class Hold(models.Model):
    """Runs that a workflow's blast radius keeps from starting until people agree.

    Either the runs of one firing (`firing` names it), or, with `bound` “hour”, all that come while the hour's budget is
    used up. Their approval says who decided what.
    """

    class Bound(models.TextChoices):
        FIRING = "firing"
        SHARE = "share"
        HOUR = "hour"

    class State(models.TextChoices):
        PENDING = "pending"
        RELEASED = "released"
        REJECTED = "rejected"
        EXPIRED = "expired"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="holds")
    trigger_node = models.CharField(max_length=64, blank=True)
    firing = models.CharField(max_length=120, blank=True)
    bound = models.CharField(max_length=6, choices=Bound.choices)
    cap = models.PositiveIntegerField(help_text="Records, runs an hour, or per cent.")
    count = models.PositiveIntegerField(
        default=0, help_text="Runs held; of a firing that comes at a rate, how many there may be."
    )
    population = models.PositiveIntegerField(null=True, help_text="Share: of how many records.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow", "trigger_node", "firing"),
                condition=~Q(firing=""),
                name="hold_one_per_firing",
            ),
            models.UniqueConstraint(
                fields=("workflow",), condition=Q(bound="hour", state="pending"), name="hold_one_hour_pending"
            ),
            models.CheckConstraint(
                condition=Q(bound__in=["firing", "share", "hour"]), name="hold_bound_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "released", "rejected", "expired"]), name="hold_state_known"
            ),
            models.CheckConstraint(condition=Q(bound="hour") ^ ~Q(firing=""), name="hold_firing_is_named"),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at__isnull=True)
                | ~Q(state="pending") & Q(ended_at__isnull=False),
                name="hold_ended_when_decided",
            ),
        )

    def __str__(self) -> str:
        return f"{self.count} runs of {self.workflow_id}"


class StartCount(models.Model):
    """How many runs a workflow with a budget an hour has started in one five-minute slot."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    slot = models.DateTimeField()
    started = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("workflow", "slot"), name="startcount_once"),)

    def __str__(self) -> str:
        return f"{self.started} at {self.slot:%F %R}"
