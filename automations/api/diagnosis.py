"""Diagnosis: what is wrong with a workflow or a run, since when, what changed just before, whose it is, what to press."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.failures import EXAMPLE as FAILURE
from automations.api.failures import FailureAnswer
from automations.api.runs import RUN_STATUSES, WorkflowName, run_for
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.insight.diagnosis.reading import diagnose_run, diagnose_workflow
from automations.insight.diagnosis.telling import as_json
from automations.models import Mode
from automations.models.alert import KINDS


class DiagnosedWorkflow(WorkflowName):
    mode = serializers.ChoiceField(Mode.choices)
    version = serializers.IntegerField(allow_null=True, help_text="The live one.")


class DiagnosedRun(Answer):
    id = serializers.IntegerField()
    status = serializers.ChoiceField(RUN_STATUSES)
    mode = serializers.ChoiceField(Mode.choices)


class FindingAnswer(Answer):
    code = serializers.CharField(help_text="Stable, kebab-case.")
    severity = serializers.ChoiceField(["broken", "warning", "notice"])
    sentence = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    number = serializers.IntegerField(
        allow_null=True, help_text="How many it is about: letters, runs, events."
    )
    node = serializers.CharField(help_text="The step; empty where it is about none.")
    run = serializers.IntegerField(allow_null=True, help_text="The newest run that shows it.")
    fingerprint = serializers.CharField(help_text="The cause of its dead letters; empty where it has none.")
    failure = FailureAnswer(allow_null=True)
    link = serializers.CharField(help_text="The page about it, below the app's own address.")


class SpanAnswer(Answer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    failed_percent = serializers.FloatField(allow_null=True, help_text="null: no run ended in it.")


class SuccessAnswer(Answer):
    run = serializers.IntegerField()
    version = serializers.IntegerField()
    at = serializers.DateTimeField()


class SinceAnswer(Answer):
    moment = serializers.DateTimeField(allow_null=True, help_text="When it began; null: nothing is wrong.")
    first_run = serializers.IntegerField(allow_null=True, help_text="That showed the cause first.")
    first_version = serializers.IntegerField(allow_null=True, help_text="Of that run.")
    last_seen_at = serializers.DateTimeField(allow_null=True)
    runs = serializers.IntegerField(allow_null=True, help_text="That failed of this cause since.")
    last_success = SuccessAnswer(allow_null=True)
    before = SpanAnswer(help_text="Runs that ended in as long a time before it began.")
    after = SpanAnswer(help_text="Runs that ended since.")
    spans = SpanAnswer(many=True, help_text="The same, piece by piece, oldest first and without a gap.")


class SuspectAnswer(Answer):
    id = serializers.IntegerField(help_text="Of the entry of the trail.")
    at = serializers.DateTimeField()
    seconds_before = serializers.IntegerField(help_text="How long before it began.")
    actor = serializers.CharField()
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    sentence = serializers.CharField()
    why = serializers.CharField(help_text="Why it stands where it stands.")
    weight = serializers.FloatField(help_text="0 to 1: an order in which to look, no proof.")
    told = serializers.BooleanField(
        help_text="Whether you may see that entry of the trail; else the next three are empty."
    )
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    reason = serializers.CharField()
    link = serializers.CharField()


class OwnerAnswer(Answer):
    name = serializers.CharField(allow_null=True)
    team = serializers.CharField()
    runbook_url = serializers.CharField()
    assignee = serializers.CharField(allow_null=True, help_text="Who has taken the cause.")


class SimilarAnswer(Answer):
    workflow = WorkflowName()
    fingerprint = serializers.CharField()
    total = serializers.IntegerField()
    open = serializers.IntegerField()
    last_seen_at = serializers.DateTimeField()
    link = serializers.CharField()


class CallAnswer(Answer):
    method = serializers.CharField()
    address = serializers.CharField(help_text="Below the API's own address.")
    body = serializers.DictField()


class PressAnswer(Answer):
    code = serializers.CharField(help_text="Stable, kebab-case.")
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField()
    link = serializers.CharField(help_text="The page with the button; empty where it is done elsewhere.")
    may = serializers.BooleanField()
    why_not = serializers.CharField()
    call = CallAnswer(allow_null=True, help_text="The same over the API; null where people have to decide.")


class DiagnosedAlert(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(KINDS)
    said = serializers.CharField()
    since = serializers.DateTimeField()
    link = serializers.CharField()


class DiagnosisAnswer(Answer):
    at = serializers.DateTimeField()
    workflow = DiagnosedWorkflow()
    run = DiagnosedRun(allow_null=True, help_text="null where it is about the workflow.")
    state = serializers.ChoiceField(["broken", "warning", "well"])
    headline = serializers.CharField(help_text="What is wrong first of all, in a sentence.")
    findings = FindingAnswer(many=True, help_text="What is wrong now, the worst first.")
    since = SinceAnswer()
    changes = SuspectAnswer(
        many=True, help_text="What people changed in the week before, most suspect first."
    )
    owner = OwnerAnswer()
    similar = SimilarAnswer(many=True, help_text="The same causes in other workflows that you may see.")
    presses = PressAnswer(many=True, help_text="What to press, in this order.")
    alerts = DiagnosedAlert(many=True, help_text="Alerts about it that are open.")


SPAN = {
    "since": "2026-03-29T11:40:00Z",
    "until": "2026-03-29T12:40:00Z",
    "succeeded": 2,
    "failed": 14,
    "failed_percent": 87.5,
}
EXAMPLE: dict[str, Any] = {
    "at": "2026-03-29T12:40:00Z",
    "workflow": {"id": 4, "key": "order-sync", "name": "Order sync", "mode": "execute", "version": 7},
    "run": None,
    "state": "broken",
    "headline": "“Tell the CRM” fails: Given up after … attempts: The answer was 401.",
    "findings": [
        {
            "code": "failing",
            "severity": "broken",
            "sentence": "“Tell the CRM” fails: Given up after … attempts: The answer was 401.",
            "since": "2026-03-29T11:40:00Z",
            "number": 14,
            "node": "a1",
            "run": 311,
            "fingerprint": "5f2c0e8d1f0e7a4f",
            "failure": FAILURE,
            "link": "dead-letters/5f2c0e8d1f0e7a4f/",
        }
    ],
    "since": {
        "moment": "2026-03-29T11:40:00Z",
        "first_run": 290,
        "first_version": 7,
        "last_seen_at": "2026-03-29T12:39:00Z",
        "runs": 14,
        "last_success": {"run": 289, "version": 7, "at": "2026-03-29T11:31:00Z"},
        "before": {**SPAN, "since": "2026-03-29T10:40:00Z", "until": "2026-03-29T11:40:00Z", "failed": 0},
        "after": SPAN,
        "spans": [SPAN],
    },
    "changes": [
        {
            "id": 815,
            "at": "2026-03-29T11:32:00Z",
            "seconds_before": 480,
            "actor": "priya",
            "action": "destination.updated",
            "object_type": "destination",
            "object_id": "3",
            "sentence": "priya changed the destination “CRM”: url.",
            "why": "The step that fails sends there, and this came 8 minutes before.",
            "weight": 0.987,
            "told": False,
            "before": None,
            "after": None,
            "reason": "",
            "link": "webhooks/destinations/crm/",
        }
    ],
    "owner": {"name": "alice", "team": "sales", "runbook_url": "https://wiki/crm", "assignee": None},
    "similar": [
        {
            "workflow": {"id": 9, "key": "refund-sync", "name": "Refund sync"},
            "fingerprint": "5f2c0e8d1f0e7a4f",
            "total": 3,
            "open": 3,
            "last_seen_at": "2026-03-29T12:30:00Z",
            "link": "diagnosis/9/",
        }
    ],
    "presses": [
        {
            "code": "redrive",
            "label": "Redrive 14 dead letters",
            "why": "One first, to try; then all at a rate; it stops by itself when they fail again.",
            "link": "dead-letters/5f2c0e8d1f0e7a4f/",
            "may": True,
            "why_not": "",
            "call": {
                "method": "POST",
                "address": "redrives/",
                "body": {"fingerprint": "5f2c0e8d1f0e7a4f", "workflow": 4},
            },
        }
    ],
    "alerts": [
        {
            "id": 12,
            "kind": "failures",
            "said": "3 runs failed in 15 minutes",
            "since": "2026-03-29T11:40:30Z",
            "link": "alerts/?alert=12",
        }
    ],
}


class WorkflowDiagnosisView(ApiView):
    @operation("workflows_diagnosis", "workflows", answer=DiagnosisAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """What is wrong with a workflow, since when, what changed just before, whose it is, and what to press."""
        workflow = workflow_for(self, pk, "view")
        return Response(as_json(diagnose_workflow(self.actor, workflow, now=timezone.now())))


class RunDiagnosisView(ApiView):
    @operation(
        "runs_diagnosis",
        "runs",
        answer=DiagnosisAnswer,
        example={**EXAMPLE, "run": {"id": 311, "status": "failed", "mode": "execute"}},
    )
    def get(self, request: Request, pk: int) -> Response:
        """The same from one run's point of view: what it failed of, or waits for, comes first."""
        run = run_for(self, pk, "view")
        run.workflow = workflow_for(self, run.workflow_id, "view")
        return Response(as_json(diagnose_run(self.actor, run, now=timezone.now())))
