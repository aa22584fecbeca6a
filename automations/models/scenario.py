from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.workflow import Workflow


class Scenario(models.Model):
    """A saved test of a workflow: what is given, at which moment, as whom, and what is expected of it.

    What is given was copied when it was saved: records and events that change later don't change it. People and roles
    stand by name, so that a scenario travels with its workflow.
    """

    class Kind(models.TextChoices):
        POSITIVE = "positive", "should fire"
        NEGATIVE = "negative", "should not fire"

    class Origin(models.TextChoices):
        RECORD = "record"
        EVENT = "event"
        RUN = "run"
        HAND = "hand"
        FILE = "file"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.HAND)
    given = models.JSONField(help_text="{trigger, event, record: {module, key, values}, input, answers}")
    at = models.DateTimeField(help_text="The moment that stands in for now.")
    as_user = models.CharField(max_length=150, blank=True, help_text="Act as this person.")
    as_role = models.CharField(max_length=150, blank=True, help_text="Act with this role's rights.")
    expected = models.JSONField(default=dict, blank=True, help_text="{path, effects, fields, outcome}")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("workflow", "name"), name="scenario_name_unique"),
            models.CheckConstraint(
                condition=Q(kind__in=["positive", "negative"]), name="scenario_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["record", "event", "run", "hand", "file"]),
                name="scenario_origin_known",
            ),
            models.CheckConstraint(condition=Q(as_user="") | Q(as_role=""), name="scenario_as_one"),
        )

    def __str__(self) -> str:
        return self.name


class ScenarioResult(models.Model):
    """What a scenario came to on a document, which its digest names: moving a step changes nothing."""

    class Status(models.TextChoices):
        PASSED = "passed"
        FAILED = "failed"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="results")
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=6, choices=Status.choices)
    differences = models.JSONField(default=list, help_text="[{aspect, node, message}]")
    duration_ms = models.PositiveIntegerField()
    run_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("scenario", "digest"), name="scenarioresult_one_a_digest"),
            models.CheckConstraint(
                condition=Q(status__in=["passed", "failed"]), name="scenarioresult_status_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.status} on {self.digest[:8]}"
