from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from automations.engine.comparison import Kind
from automations.models.event import Event
from automations.models.module import Module
from automations.models.version import WorkflowVersion
from automations.models.workflow import Workflow


class BacktestStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (BacktestStatus.QUEUED, BacktestStatus.RUNNING)


class Backtest(models.Model):
    """A draft or version judged over real events, beside another version: over past ones, or, as a shadow, over those that
    come, beside the live version until another one is live. Only `runtime.backtests` moves it.

    What is tried is copied in `document`, so that the draft may be edited meanwhile. As with runs, `due_at` is when
    it may be claimed, in database time: at once between two slices of work, at the end of the lease within one.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="backtests")
    version = models.ForeignKey(
        WorkflowVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="What is tried; empty: the draft as it was.",
    )
    digest = models.CharField(max_length=64, help_text="Of what is tried.")
    document = models.JSONField()
    against = models.ForeignKey(
        WorkflowVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="What it is compared with; empty: nothing was published before.",
    )
    is_shadow = models.BooleanField(default=False, help_text="It follows live events as they come.")
    since = models.DateTimeField(help_text="Events after this moment …")
    until = models.DateTimeField(help_text="… up to and with this one; of a shadow, at the latest.")
    status = models.CharField(max_length=10, choices=BacktestStatus.choices, default=BacktestStatus.QUEUED)
    failure = models.CharField(max_length=500, blank=True)
    ended_why = models.CharField(max_length=300, blank=True, help_text="Why a shadow goes no further.")
    to_read = models.PositiveIntegerField(
        null=True,
        help_text="Stored events, records with alarms, and days of the calendar; empty: not yet counted.",
    )
    read = models.PositiveIntegerField(default=0, help_text="How many of them it has gone through.")
    looked_at = models.PositiveIntegerField(default=0, help_text="Events that both sides have judged.")
    same = models.PositiveIntegerField(default=0)
    newly_selected = models.PositiveIntegerField(default=0)
    no_longer_selected = models.PositiveIntegerField(default=0)
    other_effect = models.PositiveIntegerField(default=0)
    other_branch = models.PositiveIntegerField(default=0)
    selected_before = models.PositiveIntegerField(default=0)
    selected_after = models.PositiveIntegerField(default=0)
    assumed = models.PositiveIntegerField(default=0, help_text="Events of which something had to be assumed.")
    notes = models.JSONField(default=list, help_text="[{code, message}]: what the result does not cover.")
    position = models.JSONField(
        default=dict, help_text="How far it has read: {part, after}; a shadow: {id, at, to}."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last slice was kept.")
    lease_token = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=BacktestStatus.values), name="backtest_status_known"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="backtest_looks_at_some_time"),
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | ~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False),
                name="backtest_finished_when_terminal",
            ),
            models.CheckConstraint(
                condition=Q(
                    looked_at=F("same")
                    + F("newly_selected")
                    + F("no_longer_selected")
                    + F("other_effect")
                    + F("other_branch")
                ),
                name="backtest_counts_each_event_once",
            ),
            models.CheckConstraint(
                condition=Q(is_shadow=False, ended_why="") | Q(is_shadow=True, against__isnull=False),
                name="backtest_shadow_has_a_live_version",
            ),
            models.UniqueConstraint(
                fields=("workflow",),
                condition=Q(is_shadow=True, status__in=UNFINISHED, ended_why=""),
                name="backtest_one_shadow",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="backtest_due", condition=Q(status__in=UNFINISHED)),
        )

    def __str__(self) -> str:
        return f"{'Shadow' if self.is_shadow else 'Backtest'} {self.pk}"

    @property
    def agreement(self) -> float | None:
        """Of a hundred events, how many both sides answer alike; None before there is one."""
        return 100 * self.same / self.looked_at if self.looked_at else None

    @property
    def judged_until(self) -> datetime | None:
        """Of a shadow: up to when all that came is judged."""
        if not self.is_shadow:
            return None
        return datetime.fromisoformat(self.position["at"]) if self.position else self.until


class BacktestDifference(models.Model):
    """One past event that the two sides answer differently; `before` and `after` are what each would have done."""

    backtest = models.ForeignKey(
        Backtest, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    kind = models.CharField(
        max_length=18, choices=[(kind.value, kind.value) for kind in Kind if kind is not Kind.SAME]
    )
    # The event may go before the backtest does; then its number is all that is left of it.
    event = models.ForeignKey(
        Event, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    event_type = models.CharField(max_length=80)
    module = models.ForeignKey(Module, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    before = models.JSONField(
        help_text="{selected, at, why_not, runs: [{trigger, path, status, failure, actions}]}"
    )
    after = models.JSONField(help_text="The same of what was tried.")
    assumed = models.JSONField(default=list, help_text="What could not be known, as sentences.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind if kind is not Kind.SAME]),
                name="backtestdifference_kind_known",
            ),
        )
        indexes = (models.Index(fields=("backtest", "kind", "-id"), name="backtestdifference_by_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_key or self.event_type}"


class BacktestAlarm(models.Model):
    """An alarm that a shadow has judged, so that it is judged once; they go when the shadow has ended."""

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="alarms", db_index=False)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120)
    mark = models.CharField(
        max_length=250, help_text="Trigger, field, date, and which time it has that date."
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("backtest", "module", "record_key", "mark"), name="backtestalarm_judged_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_key} {self.mark}"
