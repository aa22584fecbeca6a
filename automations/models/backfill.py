from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from automations.models.event import Decision, Event
from automations.models.paced import PacedJob
from automations.models.run import Run
from automations.models.version import WorkflowVersion
from automations.models.workflow import Mode, Workflow


class Backfill(PacedJob):
    """Slots of schedules and past events of a window that nobody judged, made up for at a rate; or, as a dry run, only
    foreseen. It holds the version and the mode that it was asked for: under others it goes no further."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="backfills", db_index=False)
    version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    since = models.DateTimeField(help_text="From this moment on …")
    until = models.DateTimeField(help_text="… and before this one.")
    zone = models.CharField(max_length=64, help_text="In which the window was named.")
    slots = models.BooleanField(help_text="Whether slots of its schedules are made up for.")
    events = models.BooleanField(help_text="Whether past events are.")
    rate = models.PositiveSmallIntegerField(help_text="Slots and events a minute.")
    left_out = models.JSONField(
        default=dict, help_text="What was left out when it was asked for: how many by why."
    )

    class Meta(PacedJob.Meta):
        constraints = (
            *PacedJob.Meta.constraints,
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="backfill_has_a_window"),
            models.CheckConstraint(
                condition=Q(slots=True) | Q(events=True), name="backfill_makes_up_for_something"
            ),
            models.CheckConstraint(condition=Q(rate__gte=1), name="backfill_has_a_rate"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="backfill_mode_known"),
        )
        indexes = (
            *PacedJob.Meta.indexes,
            models.Index(fields=("workflow", "-id"), name="backfill_by_workflow"),
        )

    def __str__(self) -> str:
        return f"{'dry run of a backfill' if self.is_dry_run else 'backfill'} {self.pk}"

    @property
    def firing(self) -> str:
        """Under what name its runs are held together when they are above the blast radius."""
        return f"backfill:{self.pk}"


class BackfillItem(models.Model):
    """One slot or event of a backfill: what its trigger answered to it, or would.

    While it waits, and once it was judged, no other backfill can have the same: the database refuses it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        JUDGED = "judged"
        FORESEEN = "foreseen"
        REFUSED = "refused"
        SKIPPED = "skipped"

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="items", db_index=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    is_dry_run = models.BooleanField(help_text="That of its backfill: it takes nothing away from others.")
    trigger_node = models.CharField(max_length=64)
    # The event may go before the backfill does; then its number is all that is left of it.
    event = models.ForeignKey(
        Event, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    slot_at = models.DateTimeField(null=True)
    record_key = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(help_text="When it happened, or was due.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.CharField(
        max_length=12,
        blank=True,
        choices=Decision.Outcome.choices,
        help_text="Of the trigger; empty: not judged.",
    )
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False, db_index=False
    )
    outcome = models.CharField(
        max_length=12,
        blank=True,
        help_text="Of a dry run that matched: succeeds, fails, asks or inconclusive.",
    )
    code = models.CharField(max_length=64, blank=True, help_text="Why it was refused, or would fail.")
    message = models.TextField(blank=True)
    changes = models.JSONField(default=list, help_text="Of a dry run: what would be changed.")

    class Meta:
        ordering = ("backfill", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("event", "workflow", "trigger_node"),
                condition=Q(is_dry_run=False, slot_at__isnull=True, state__in=["waiting", "judged"]),
                name="backfillitem_event_once",
            ),
            models.UniqueConstraint(
                fields=("workflow", "trigger_node", "slot_at"),
                condition=Q(is_dry_run=False, state__in=["waiting", "judged"]),
                name="backfillitem_slot_once",
            ),
            models.CheckConstraint(
                condition=Q(slot_at__isnull=False) | Q(event__isnull=False), name="backfillitem_is_something"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "judged", "foreseen", "refused", "skipped"]),
                name="backfillitem_state_known",
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["", *Decision.Outcome.values]), name="backfillitem_answer_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "succeeds", "fails", "asks", "inconclusive"]),
                name="backfillitem_outcome_known",
            ),
        )
        indexes = (models.Index(fields=("backfill", "state", "id"), name="backfillitem_by_state"),)

    def __str__(self) -> str:
        return f"{self.trigger_node} {self.record_key or self.at}"
