from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from automations.models.large_value import LargeValue
from automations.models.module import Module


class TriggerSource(models.Model):
    """Where events come from, and the contract that their payload must meet."""

    class Kind(models.TextChoices):
        MODULE = "module"
        DEADLINE = "deadline"
        SCHEDULE = "schedule"
        MANUAL = "manual"
        API = "api"
        WORKFLOW = "workflow"
        WEBHOOK = "webhook"

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=120)
    module = models.ForeignKey(
        Module, null=True, blank=True, on_delete=models.CASCADE, related_name="sources"
    )
    contract = models.JSONField(
        default=dict, blank=True, help_text="JSON Schema of `data`; {} accepts any object."
    )
    rejected_count = models.PositiveBigIntegerField(default=0, help_text="Payloads refused by the contract.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("key",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=["module", "deadline", "schedule", "manual", "api", "workflow", "webhook"]
                ),
                name="triggersource_kind_known",
            ),
        )

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """Something that happened, accepted once. What rules see of it is its `value`: it stands in `snapshot`, or in `large`
    where it is too large for the row."""

    class State(models.TextChoices):
        PENDING = "pending"
        MATCHED = "matched"

    source = models.ForeignKey(TriggerSource, on_delete=models.PROTECT, related_name="events", db_index=False)
    type = models.CharField(max_length=80)
    module = models.ForeignKey(Module, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120, blank=True)
    snapshot = models.JSONField(null=True)
    large = models.ForeignKey(
        LargeValue, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    idempotency_key = models.CharField(max_length=200, null=True)
    request_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    clock = models.CharField(
        max_length=80, blank=True, help_text="Name of the replay this belongs to; empty: real time."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    cause_run = models.ForeignKey(
        "automations.Run", null=True, on_delete=models.SET_NULL, related_name="caused_events", db_index=False
    )
    cause_workflow = models.ForeignKey(
        "automations.Workflow", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    correlation_id = models.UUIDField(
        null=True, help_text="Of the request that sent it; runs that it starts take it over."
    )
    depth = models.PositiveSmallIntegerField(
        default=0, help_text="How many runs stand between this and the outside."
    )
    target = models.JSONField(
        null=True,
        help_text="{workflow, node} when the event is for one trigger (schedule, deadline, manual); {firing, size} when it is one of several that fire together.",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "idempotency_key"), name="event_accepted_once"),
            models.CheckConstraint(condition=Q(state__in=["pending", "matched"]), name="event_state_known"),
            models.CheckConstraint(
                condition=Q(snapshot__isnull=False, large__isnull=True)
                | Q(snapshot__isnull=True, large__isnull=False),
                name="event_value_in_one_place",
            ),
        )
        indexes = (
            models.Index(fields=("id",), name="event_pending", condition=Q(state="pending")),
            models.Index(fields=("module", "record_key", "-id"), name="event_by_record"),
            models.Index(fields=("type", "-occurred_at"), name="event_by_type"),
            models.Index(fields=("actor",), name="event_by_actor", condition=Q(actor__isnull=False)),
            models.Index(
                fields=("cause_run",), name="event_by_cause_run", condition=Q(cause_run__isnull=False)
            ),
            models.Index(fields=("large",), name="event_by_large", condition=Q(large__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"

    @property
    def value(self) -> dict[str, Any]:
        """What rules see as the event, wherever it is kept, with the event's number."""
        kept: Any = self.snapshot if self.large is None else self.large.body
        return {"id": self.pk, **kept}


def whole_snapshot(part: str = "") -> Coalesce:
    """What is kept of an event, or one part of it, as a column of a query."""
    end = f"__{part}" if part else ""
    return Coalesce(f"snapshot{end}", f"large__body{end}")


class Decision(models.Model):
    """What one trigger answered to one event, and why; nothing is dropped without such a row. “standstill” is no answer yet:
    it stands in its place until the standstill is over, and the trigger judges."""

    class Outcome(models.TextChoices):
        MATCHED = "matched"
        FILTERED = "filtered"
        DUPLICATE = "duplicate"
        THROTTLED = "throttled"
        OUT_OF_SCOPE = "out_of_scope"
        PAUSED = "paused"
        LOOP = "loop"
        BROKEN = "broken"
        NO_PLACE = "no_place"
        STANDSTILL = "standstill"

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="decisions", db_constraint=False, db_index=False
    )
    workflow = models.ForeignKey(
        "automations.Workflow", on_delete=models.CASCADE, related_name="decisions", db_index=False
    )
    version = models.ForeignKey(
        "automations.WorkflowVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    trigger_node = models.CharField(max_length=64)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.JSONField(default=dict)
    run = models.ForeignKey("automations.Run", null=True, on_delete=models.SET_NULL, related_name="decisions")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("event", "workflow", "trigger_node"), name="decision_once_per_trigger"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "matched",
                        "filtered",
                        "duplicate",
                        "throttled",
                        "out_of_scope",
                        "paused",
                        "loop",
                        "broken",
                        "no_place",
                        "standstill",
                    ]
                ),
                name="decision_outcome_known",
            ),
        )
        indexes = (
            models.Index(fields=("workflow", "-id"), name="decision_by_workflow"),
            models.Index(
                fields=("workflow", "event"), name="decision_waiting", condition=Q(outcome="standstill")
            ),
        )

    def __str__(self) -> str:
        return f"{self.outcome} ({self.trigger_node})"


class Deadline(models.Model):
    """A trigger's alarm for one record; moved in the transaction that changes the record's date field."""

    workflow = models.ForeignKey("automations.Workflow", on_delete=models.CASCADE, related_name="deadlines")
    trigger_node = models.CharField(max_length=64)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="+")
    record_key = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    clock = models.CharField(max_length=80, blank=True)
    fired_for = models.DateTimeField(
        null=True, help_text="The due value that it has fired for: once per value."
    )

    class Meta:
        ordering = ("due_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow", "trigger_node", "module", "record_key"),
                name="deadline_one_per_trigger_and_record",
            ),
        )
        indexes = (
            models.Index(
                fields=("clock", "due_at"), name="deadline_due", condition=~Q(fired_for=models.F("due_at"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_key} at {self.due_at:%F %T}"


class ScheduleSlot(models.Model):
    """One due moment of one schedule; its uniqueness is why two tickers fire it once."""

    workflow = models.ForeignKey("automations.Workflow", on_delete=models.CASCADE, related_name="slots")
    trigger_node = models.CharField(max_length=64)
    slot_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True, help_text="Empty: skipped by the missed-slot policy.")

    class Meta:
        ordering = ("-slot_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow", "trigger_node", "slot_at"), name="schedule_slot_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.trigger_node} {self.slot_at:%F %T}"
