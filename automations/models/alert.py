"""What is watched of workflows, the episodes in which something was wrong, and the breakers that stop what goes wrong."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from automations.engine.alerts import FACTS, AlertKind, Phase
from automations.models.promotion import Promotion
from automations.models.run import Run
from automations.models.workflow import Workflow

KINDS = [(kind.value, FACTS[kind].title) for kind in AlertKind]
_OF_EVERYTHING = [kind.value for kind in AlertKind if FACTS[kind].of_everything]
_BREAKING = [kind.value for kind in AlertKind if FACTS[kind].breaks]


class AlertRule(models.Model):
    """When people are to be told: of one workflow, of a team's, or of all.

    One rule is the `fallback`: it watches each workflow whose failures no other rule watches, so that none is silent.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=KINDS)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    team = models.CharField(max_length=80, blank=True, help_text="Without it and a workflow: all of them.")
    raise_at = models.FloatField()
    clear_at = models.FloatField(default=0)
    window_seconds = models.PositiveIntegerField(default=900)
    hold_seconds = models.PositiveIntegerField(default=0, help_text="For so long it has to be out of bounds.")
    least = models.PositiveIntegerField(default=1, help_text="A ratio of fewer runs says nothing.")
    breaks = models.BooleanField(
        default=False, help_text="A workflow that is out of bounds is taken back to simulate."
    )
    retry_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="After so long one run is let act, to try; empty: when somebody says so.",
    )
    tell_owner = models.BooleanField(default=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    fallback = models.BooleanField(default=False, editable=False)
    enabled = models.BooleanField(default=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AlertKind]), name="alertrule_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(clear_at__lt=F("raise_at"), clear_at__gte=0), name="alertrule_clears_below"
            ),
            models.CheckConstraint(
                condition=Q(workflow__isnull=True) | Q(team=""), name="alertrule_one_scope"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=_OF_EVERYTHING) | Q(workflow__isnull=True, team=""),
                name="alertrule_of_everything",
            ),
            models.CheckConstraint(
                condition=Q(breaks=False) | Q(kind__in=_BREAKING), name="alertrule_can_break"
            ),
            models.CheckConstraint(
                condition=Q(fallback=False)
                | Q(fallback=True, kind="failures", workflow__isnull=True, team="", enabled=True),
                name="alertrule_fallback_of_all",
            ),
            models.UniqueConstraint(
                fields=("fallback",), condition=Q(fallback=True), name="alertrule_one_fallback"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_seconds)


class Alert(models.Model):
    """One episode in which a rule's bounds were left: from the first measurement until it was over."""

    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    rule_name = models.CharField(max_length=120, help_text="Kept as it was.")
    kind = models.CharField(max_length=20, choices=KINDS)
    workflow = models.ForeignKey(
        Workflow, null=True, on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    node = models.CharField(max_length=64, blank=True, help_text="The trigger, where one is too noisy.")
    phase = models.CharField(
        max_length=8, choices=[(phase.value, phase.value) for phase in Phase], default=Phase.PENDING.value
    )
    since = models.DateTimeField()
    raised_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    value = models.FloatField(help_text="The newest measurement.")
    worst = models.FloatField()
    bound = models.FloatField(help_text="From which it was raised.")
    window_seconds = models.PositiveIntegerField()
    failures = models.PositiveIntegerField(
        null=True, help_text="Runs that failed in the whole of it, once it is over."
    )
    run = models.ForeignKey(
        Run,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The newest that failed.",
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="What who took note of it said.")
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("rule", "workflow", "node"),
                condition=Q(resolved_at__isnull=True),
                nulls_distinct=False,
                name="alert_one_open",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AlertKind]), name="alert_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(phase="pending", raised_at__isnull=True, resolved_at__isnull=True)
                | Q(phase="raised", raised_at__isnull=False, resolved_at__isnull=True)
                | Q(phase="resolved", raised_at__isnull=False, resolved_at__isnull=False),
                name="alert_phase_says_when",
            ),
        )
        indexes = (
            models.Index(fields=("workflow", "-id"), name="alert_by_workflow"),
            models.Index(fields=("-id",), name="alert_open", condition=Q(resolved_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.rule_name


class Breaker(models.Model):
    """A workflow that was taken back to simulate because it was out of bounds, until it acts again or is released anew.

    It keeps evaluating, so that what comes is kept and seen. Half open, one run acts; how that ends decides.
    """

    class State(models.TextChoices):
        OPEN = "open"
        HALF_OPEN = "half_open", "half open"
        CLOSED = "closed"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="breakers", db_index=False)
    alert = models.ForeignKey(Alert, null=True, on_delete=models.SET_NULL, related_name="+")
    promotion = models.ForeignKey(
        Promotion, on_delete=models.PROTECT, related_name="+", help_text="What had let it act."
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=300)
    tripped_at = models.DateTimeField()
    retry_minutes = models.PositiveIntegerField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="When one run is let act by itself.")
    tries = models.PositiveIntegerField(default=0)
    canary = models.ForeignKey(
        Run,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        help_text="The run that acts to try.",
    )
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow",), condition=Q(closed_at__isnull=True), name="breaker_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "half_open"], closed_at__isnull=True)
                | Q(state="closed", closed_at__isnull=False),
                name="breaker_closed_says_when",
            ),
        )
        indexes = (models.Index(fields=("workflow", "-id"), name="breaker_by_workflow"),)

    def __str__(self) -> str:
        return f"{self.workflow_id}: {self.state}"
