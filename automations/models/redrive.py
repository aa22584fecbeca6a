from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from automations.models.paced import PacedJob
from automations.models.run import Run


class Redrive(PacedJob):
    """Many runs that gave up, retried one after the other at a rate; or, as a dry run, only foreseen."""

    asked = models.JSONField(default=dict, help_text="By what the runs were chosen.")
    start = models.CharField(max_length=11, help_text="failed_step or start.")
    version = models.CharField(max_length=6, help_text="run or active.")
    edit = models.JSONField(
        null=True, blank=True, help_text="What is set in, and taken out of, what each run starts with."
    )
    rate = models.PositiveSmallIntegerField(help_text="Runs a minute.")
    canary = models.BooleanField(default=True, help_text="One first; the rest once it has succeeded.")
    most_failures = models.PositiveSmallIntegerField(help_text="It stops when so many …")
    among = models.PositiveSmallIntegerField(help_text="… of the last so many that ended did not succeed.")

    class Meta(PacedJob.Meta):
        constraints = (
            *PacedJob.Meta.constraints,
            models.CheckConstraint(
                condition=Q(start__in=["failed_step", "start"], version__in=["run", "active"]),
                name="redrive_way_known",
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=1, most_failures__gte=1, among__gte=F("most_failures")),
                name="redrive_bounds_sound",
            ),
        )

    def __str__(self) -> str:
        return f"{'dry run' if self.is_dry_run else 'redrive'} {self.pk}"


class RedriveItem(models.Model):
    """One run of a redrive: what became of it, or would."""

    class State(models.TextChoices):
        WAITING = "waiting"
        STARTED = "started"
        FORESEEN = "foreseen"
        REFUSED = "refused"
        SKIPPED = "skipped"

    redrive = models.ForeignKey(Redrive, on_delete=models.CASCADE, related_name="items", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    edited = models.BooleanField(default=False, help_text="The edit changes what it starts with.")
    retry = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False, db_index=False
    )
    outcome = models.CharField(
        max_length=12, blank=True, help_text="Of a dry run: succeeds, fails, asks or inconclusive."
    )
    code = models.CharField(max_length=64, blank=True, help_text="Why it was refused, or would fail.")
    message = models.TextField(blank=True)
    changes = models.JSONField(default=list, help_text="Of a dry run: what would be changed.")

    class Meta:
        ordering = ("redrive", "id")
        constraints = (
            models.UniqueConstraint(fields=("redrive", "run"), name="redriveitem_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "started", "foreseen", "refused", "skipped"]),
                name="redriveitem_state_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "succeeds", "fails", "asks", "inconclusive"]),
                name="redriveitem_outcome_known",
            ),
        )
        indexes = (models.Index(fields=("redrive", "state", "id"), name="redriveitem_by_state"),)

    def __str__(self) -> str:
        return f"run {self.run_id}"
