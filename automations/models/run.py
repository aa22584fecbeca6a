from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.engine.outcomes import NEEDS_REVIEW
from automations.engine.statuses import ACTIVE_RUN, RunStatus, StepStatus
from automations.models.event import Event
from automations.models.hold import Hold
from automations.models.large_value import LargeValue
from automations.models.module import Module
from automations.models.version import WorkflowVersion
from automations.models.workflow import Mode, Workflow

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The `due_at` of a run that has nothing left to do."""


class Run(models.Model):
    """One execution of one version. Only `automations.runtime` moves it.

    `due_at` is the one clock of the queue: when a queued or waiting run may be claimed, and when the lease of a
    running one ends, in database time. `as_of` is the run's own time when it belongs to a replay (`clock`).
    """

    # Without an index of their own: the foreign keys that another index begins with, and those that only a deletion
    # that never happens would look up. Every index here is written three times a run.
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(
        WorkflowVersion, on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="runs")
    trigger_node = models.CharField(max_length=64)
    dedupe_key = models.CharField(max_length=200)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in RunStatus], default=RunStatus.QUEUED
    )
    module = models.ForeignKey(Module, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120, blank=True)
    input = models.JSONField(
        default=dict, help_text="Variables that the run starts with (manual input, for-each item)."
    )
    outcome = models.JSONField(
        default=dict, help_text="What a stop action said; {} when the graph just ended."
    )
    inconclusive = models.BooleanField(default=False, help_text="Simulate met an action that has no plan.")
    failure_code = models.CharField(max_length=64, blank=True)
    failure = models.JSONField(default=dict, help_text="{message, node, fault, retryable}")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="children", db_index=False
    )
    parent_node = models.CharField(max_length=64, blank=True)
    retry_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries", db_index=False
    )
    keys_of = models.BigIntegerField(
        null=True,
        help_text="The run that the keys of its effects name, when it goes on with that one's steps.",
    )
    hold = models.ForeignKey(
        Hold,
        null=True,
        on_delete=models.PROTECT,
        related_name="runs",
        db_index=False,
        help_text="The blast radius held it until people agreed.",
    )
    depth = models.PositiveSmallIntegerField(default=0)
    correlation_id = models.UUIDField(default=uuid.uuid4)
    clock = models.CharField(max_length=80, blank=True)
    as_of = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last commit.")
    lease_token = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    last_seq = models.PositiveIntegerField(default=0, help_text="Number of the newest log entry.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow", "trigger_node", "dedupe_key"), name="run_started_once"
            ),
            models.UniqueConstraint(
                fields=("retry_of",), condition=Q(retry_of__isnull=False), name="run_retried_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in RunStatus]), name="run_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in ACTIVE_RUN], finished_at__isnull=True)
                | ~Q(status__in=[s.value for s in ACTIVE_RUN]) & Q(finished_at__isnull=False),
                name="run_finished_when_terminal",
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="run_mode_known"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_token__isnull=False), name="run_running_holds_lease"
            ),
        )
        indexes = (
            # In the order of the claim, so that it reads no more rows than it takes however long the backlog is.
            models.Index(
                fields=("due_at", "id"),
                name="run_due",
                condition=Q(status__in=[s.value for s in ACTIVE_RUN]),
            ),
            models.Index(
                fields=("due_at", "id"),
                name="run_suspect",
                condition=Q(status__in=[s.value for s in ACTIVE_RUN], attempt__gt=0),
            ),
            models.Index(fields=("workflow", "-id"), name="run_by_workflow"),
            models.Index(fields=("module", "record_key", "-id"), name="run_by_record"),
            models.Index(
                fields=("status", "-id"),
                name="run_that_did_not_succeed",
                condition=Q(status__in=["failed", "cancelled"]),
            ),
            # What ended lately: metrics and alert rules read it each minute, never the table.
            models.Index(
                fields=("finished_at",),
                include=("workflow", "status", "mode"),
                name="run_ended",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(fields=("actor",), name="run_by_actor", condition=Q(actor__isnull=False)),
            models.Index(fields=("hold", "id"), name="run_by_hold", condition=Q(hold__isnull=False)),
            models.Index(fields=("parent",), name="run_by_parent", condition=Q(parent__isnull=False)),
        )

    def __str__(self) -> str:
        return str(self.pk) if self.pk else "new"

    @property
    def waits_for_place(self) -> bool:
        """Whether as many runs of its workflow are at work as may be at once."""
        return self.status == RunStatus.QUEUED and self.due_at == NEVER


class Step(models.Model):
    """One node's execution in a run; together a run's steps are its journal, the reason nothing happens twice.

    `run` and `large` carry no database constraint: steps and logs are written in the run's own transaction, in bulk, and
    the check would cost a look-up a row on the hottest path.
    """

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="steps", db_constraint=False, db_index=False
    )
    node = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in StepStatus])
    branches = models.JSONField(default=list, help_text="The ways out that were taken.")
    attempt = models.PositiveSmallIntegerField(default=0)
    output = models.JSONField(null=True)
    large = models.ForeignKey(
        LargeValue,
        null=True,
        on_delete=models.PROTECT,
        related_name="steps",
        db_constraint=False,
        db_index=False,
        help_text="The output, where it is too large for the row.",
    )
    changes = models.JSONField(default=list, help_text="[{module, record, field, before, after}]")
    error = models.JSONField(null=True, help_text="{code, message, fault, retryable}")
    wait = models.JSONField(null=True, help_text="{kind, until} while waiting.")
    assumed = models.BooleanField(default=False)
    kept_from = models.BigIntegerField(null=True, help_text="The run that did it, when a retry kept it.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("run", "position")
        constraints = (
            models.UniqueConstraint(fields=("run", "node"), name="step_once_per_run"),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in StepStatus]), name="step_status_known"
            ),
            models.CheckConstraint(
                condition=Q(output__isnull=True) | Q(large__isnull=True), name="step_output_in_one_place"
            ),
        )
        indexes = (
            models.Index(fields=("run",), name="step_needing_review", condition=Q(wait__kind=NEEDS_REVIEW)),
            models.Index(fields=("large",), name="step_by_large", condition=Q(large__isnull=False)),
        )

    def __str__(self) -> str:
        return self.node

    @property
    def whole_output(self) -> Any:
        """The output, wherever it is kept."""
        return self.output if self.large is None else self.large.body


class LogEntry(models.Model):
    """One line of a run's log; `seq` counts from 1 within the run without gaps."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="logs", db_constraint=False, db_index=False
    )
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    node = models.CharField(max_length=64, blank=True)
    message = models.TextField()
    data = models.JSONField(null=True)

    class Meta:
        ordering = ("run", "seq")
        constraints = (models.UniqueConstraint(fields=("run", "seq"), name="log_seq_unique"),)
        verbose_name_plural = "log entries"

    def __str__(self) -> str:
        return self.message[:80]


class RunSignal(models.Model):
    """News for a waiting run (a child ended, a person decided); consumed when the run is next claimed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="signals")
    node = models.CharField(max_length=64)
    key = models.CharField(max_length=120)
    outcome = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "node", "key"), name="runsignal_once"),)

    def __str__(self) -> str:
        return f"{self.node} {self.key}"
