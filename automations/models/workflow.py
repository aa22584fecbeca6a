from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.module import Module


class Mode(models.TextChoices):
    SIMULATE = "simulate"
    EXECUTE = "execute"


class Workflow(models.Model):
    """The named thing that a process owner draws, releases, pauses and owns.

    The draft is rows (`Trigger`, `Condition`, `Action`, `Edge`) so that the admin can ask which workflows use
    what; a release is one frozen `WorkflowVersion`. Positions live in `layout`, remarks in `notes`: neither is a change of what runs.
    """

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    module = models.ForeignKey(
        Module, null=True, blank=True, on_delete=models.PROTECT, related_name="workflows"
    )
    team = models.CharField(max_length=80, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="owned_workflows"
    )
    run_as = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # without it the runs would be limited by nobody's rights
        related_name="+",
        help_text="The service identity that runs act as.",
    )
    runbook_url = models.URLField(blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.SIMULATE)
    active_version = models.ForeignKey(
        "automations.WorkflowVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    promotion = models.ForeignKey(
        "automations.Promotion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What let the live version act; empty in simulate.",
    )
    draft_revision = models.PositiveIntegerField(default=0)
    layout = models.JSONField(default=dict, blank=True)
    notes = models.JSONField(
        default=list, blank=True, help_text="Texts on the graph: [{id, text, x, y, width, height}]."
    )
    limits = models.JSONField(
        default=dict,
        blank=True,
        help_text='{"blast_radius": 100, "share": 20, "runs_per_hour": 500}; above, work waits for approval. {"at_once": 3, "at_once_per": "event.record", "when_full": "queue"}: how many runs are at work at once.',
    )
    retry = models.JSONField(
        default=dict,
        blank=True,
        help_text='{"max_attempts": 3, "base_seconds": 10}: of every action that has none of its own, from the next version on.',
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "id")
        permissions = (
            ("edit_workflow", "Can edit the draft"),
            ("run_test_workflow", "Can run-test"),
            ("run_workflow", "Can start a run by hand"),
            ("publish_workflow", "Can publish a version"),
            ("promote_workflow", "Can promote from simulate to execute"),
            ("rollback_workflow", "Can roll back to an earlier version"),
            ("approve_workflow", "Can decide approvals"),
            ("retry_workflow", "Can retry and redrive runs"),
            ("view_payloads_workflow", "Can see inputs and outputs of runs"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="workflow_mode_known"),
            models.CheckConstraint(
                condition=Q(mode="simulate") | Q(active_version__isnull=False),
                name="workflow_executes_only_a_version",
            ),
            models.CheckConstraint(
                condition=Q(mode="simulate", promotion__isnull=True)
                | ~Q(mode="simulate") & Q(promotion__isnull=False),
                name="workflow_executes_only_what_was_promoted",
            ),
        )

    def __str__(self) -> str:
        return self.name


class DraftNode(models.Model):
    """What trigger, condition and action rows of a draft share."""

    node_id = models.CharField(max_length=64)
    position = models.PositiveIntegerField(default=0, help_text="Order in the document.")
    type = models.CharField(max_length=64)
    title = models.CharField(max_length=200, blank=True)
    lane = models.CharField(max_length=80, blank=True)
    config = models.JSONField(default=dict)
    disabled = models.BooleanField(
        default=False, help_text="A run goes through a disabled action as if it were not there."
    )

    class Meta:
        abstract = True
        ordering = ("workflow", "position")

    def __str__(self) -> str:
        return self.title or self.node_id


class Trigger(DraftNode):
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="triggers")

    class Meta(DraftNode.Meta):
        constraints = (models.UniqueConstraint(fields=("workflow", "node_id"), name="trigger_node_unique"),)


class Condition(DraftNode):
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="conditions")

    class Meta(DraftNode.Meta):
        constraints = (models.UniqueConstraint(fields=("workflow", "node_id"), name="condition_node_unique"),)


class Action(DraftNode):
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="actions")

    class Meta(DraftNode.Meta):
        constraints = (models.UniqueConstraint(fields=("workflow", "node_id"), name="action_node_unique"),)


class Edge(models.Model):
    """A connection of the draft; `branch` names the way out of its source."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="edges")
    position = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=64)
    target = models.CharField(max_length=64)
    branch = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("workflow", "position")
        constraints = (
            models.UniqueConstraint(fields=("workflow", "source", "branch", "target"), name="edge_unique"),
        )

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
