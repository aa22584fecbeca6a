"""What keeps a workflow from judging, told beside the workflow and beside its runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from rest_framework import serializers

from automations.api.serializers import Answer
from automations.models import Workflow
from automations.runtime.standstills import read_standing


class StillAnswer(Answer):
    """By which standstill, and until when."""

    id = serializers.IntegerField(source="standstill.pk")
    subject = serializers.CharField(source="standstill.subject", help_text="What stands still.")
    reason = serializers.CharField(source="standstill.reason")
    until = serializers.DateTimeField(allow_null=True, help_text="null: until somebody lifts it.")
    sentence = serializers.CharField()


class RunStillAnswer(Answer):
    """Whether a run waits for the end of a standstill, or only what comes after it."""

    waits = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True, help_text="null: until somebody lifts it.")
    sentence = serializers.CharField()


def with_held(workflows: Sequence[Workflow]) -> Sequence[Workflow]:
    """The workflows, each knowing the standstill that holds it now as its `held`. As many queries for one as for many."""
    held = read_standing(now=timezone.now()).among(workflows)
    for workflow in workflows:
        workflow.held = held.get(workflow.pk)  # type: ignore[attr-defined]
    return workflows
