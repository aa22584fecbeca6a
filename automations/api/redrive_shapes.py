"""Redrives as they are asked for and told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.failures import FailureAnswer
from automations.api.runs import RUN_STATUSES, RunChangeAnswer, WorkflowName
from automations.api.serializers import Answer, Body, ProblemEntry, UserName
from automations.engine.edits import MOST_FIELDS
from automations.models import AuditEntry, Mode, PacedStatus, RedriveItem
from automations.services import redrives as service
from automations.services.retries import STARTS, VERSIONS

GAVE_UP = ("failed", "cancelled")
OUTCOMES = ("succeeds", "fails", "asks", "inconclusive")


class RedriveCounts(Answer):
    waiting = serializers.IntegerField(default=0)
    running = serializers.IntegerField(default=0, help_text="Retried by a run that has not ended.")
    succeeded = serializers.IntegerField(default=0)
    failed = serializers.IntegerField(default=0)
    cancelled = serializers.IntegerField(default=0)
    refused = serializers.IntegerField(default=0)
    skipped = serializers.IntegerField(default=0, help_text="Not begun, because the redrive ended before.")
    would_succeed = serializers.IntegerField(default=0, help_text="Foreseen by a dry run, as the next ones.")
    would_fail = serializers.IntegerField(default=0)
    would_ask = serializers.IntegerField(default=0, help_text="Would wait for people to agree.")
    inconclusive = serializers.IntegerField(
        default=0, help_text="Met an action that can't say what it would do."
    )


class EditAnswer(Answer):
    set = serializers.DictField()
    remove = serializers.ListField(child=serializers.CharField())


class CauseName(Answer):
    fingerprint = serializers.CharField()
    cause = serializers.CharField()


class RestAnswer(Answer):
    """Something that keeps its runs from getting anywhere."""

    workflow = WorkflowName()
    code = serializers.CharField(source="finding.code")
    sentence = serializers.CharField(source="finding.sentence")
    link = serializers.CharField(
        source="finding.link", help_text="The page about it; empty where you may not open it."
    )


class RedriveAnswer(Answer):
    id = serializers.IntegerField()
    requested_by = UserName(allow_null=True)
    asked = serializers.DictField(help_text="By what its runs were chosen.")
    cause = CauseName(
        allow_null=True, help_text="Whose dead letters it redrives; null where it is no cause's."
    )
    start = serializers.ChoiceField(STARTS)
    version = serializers.ChoiceField(VERSIONS)
    rate = serializers.IntegerField(help_text="Runs a minute.")
    canary = serializers.BooleanField()
    most_failures = serializers.IntegerField()
    among = serializers.IntegerField()
    dry_run = serializers.BooleanField(source="is_dry_run")
    reason = serializers.CharField()
    edited = serializers.IntegerField(
        help_text="Of how many of its runs an edit changes what they start with."
    )
    edit = EditAnswer(
        source="shown_edit",
        allow_null=True,
        help_text="null also without the right to see the payloads of all of its workflows.",
    )
    status = serializers.ChoiceField(PacedStatus.choices)
    ended_why = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField(help_text="Of its runs.")
    counts = RedriveCounts()


class RedriveDetailAnswer(RedriveAnswer):
    may_cancel = serializers.BooleanField()
    rests = RestAnswer(many=True, help_text="While it has not ended: what keeps its runs from getting on.")


class RedriveItemAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    workflow = WorkflowName(source="run.workflow")
    record = serializers.CharField(source="run.record_key")
    state = serializers.ChoiceField(RedriveItem.State.choices)
    retry = serializers.IntegerField(source="retry_id", allow_null=True, help_text="The run that retries it.")
    retry_status = serializers.ChoiceField(RUN_STATUSES, source="retry.status", default=None, allow_null=True)
    outcome = serializers.ChoiceField(OUTCOMES, allow_blank=True, help_text="Of a dry run; empty else.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="Why it was refused, or would fail.")
    edited = serializers.BooleanField(help_text="It starts with something else than the run did.")
    failure = FailureAnswer(
        allow_null=True, help_text="The same as everywhere; null where nothing speaks against it."
    )
    changes = RunChangeAnswer(many=True, help_text="Of a dry run; [] without the right to see payloads.")


class EditBody(Body):
    set = serializers.DictField(required=False)
    remove = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, max_length=MOST_FIELDS
    )


class RedriveBody(Body):
    runs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=1_000,
    )
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="The open dead letters of a cause."
    )
    workflow = serializers.IntegerField(required=False, min_value=1)
    run_version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    status = serializers.ChoiceField(GAVE_UP, required=False, help_text="“failed” when left out.")
    mode = serializers.ChoiceField(Mode.choices, required=False)
    module = serializers.CharField(required=False, max_length=63)
    record = serializers.CharField(required=False, max_length=120)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    start = serializers.ChoiceField(STARTS, default="failed_step")
    version = serializers.ChoiceField(VERSIONS, default="active")
    rate = serializers.IntegerField(default=service.RATE, min_value=1, max_value=service.FASTEST)
    canary = serializers.BooleanField(default=True)
    most_failures = serializers.IntegerField(default=service.FAILURES, min_value=1, max_value=100)
    among = serializers.IntegerField(default=service.AMONG, min_value=1, max_value=100)
    dry_run = serializers.BooleanField(default=False)
    edit = EditBody(
        required=False,
        allow_null=True,
        default=None,
        help_text="Fields to set in, or to take out of, what each run starts with; the audit of each run keeps both.",
    )
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=AuditEntry._meta.get_field("reason").max_length
    )


class RedrivesQuery(Body):
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="Those of the dead letters of a cause."
    )


class RedrivePreviewAnswer(Answer):
    total = serializers.IntegerField()
    edited = serializers.IntegerField(help_text="Runs whose input the edit changes.")
    unfit = serializers.IntegerField(
        help_text="Of those, the ones that would be refused: their input would not answer the trigger's form."
    )
    fields_known = serializers.ListField(
        child=serializers.CharField(),
        source="fields",
        help_text="What an edit may name; [] without payloads.",
    )
    sentence = serializers.CharField(help_text="What would be done, for people.")
    rests = RestAnswer(
        many=True, help_text="What would keep them from getting on: what is paused, disabled, or fails."
    )
    problems = ProblemEntry(
        many=True, help_text="Of the edit, which is left away here, and refused with them."
    )


EXAMPLE: dict[str, Any] = {
    "id": 5,
    "requested_by": "noor",
    "asked": {"fingerprint": "5f2c0e8d1f0e7a4f"},
    "cause": {
        "fingerprint": "5f2c0e8d1f0e7a4f",
        "cause": "Given up after … attempts: The answer was 503.",
    },
    "start": "failed_step",
    "version": "active",
    "rate": 60,
    "canary": True,
    "most_failures": 3,
    "among": 10,
    "dry_run": False,
    "reason": "The CRM is back",
    "edited": 0,
    "edit": None,
    "status": "running",
    "ended_why": "",
    "created_at": "2026-03-29T15:00:00Z",
    "started_at": "2026-03-29T15:00:00Z",
    "finished_at": None,
    "total": 14,
    "counts": {**dict.fromkeys(RedriveCounts().fields, 0), "waiting": 12, "running": 1, "succeeded": 1},
}
REST: dict[str, Any] = {
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "code": "destination-disabled",
    "sentence": "“CRM” is disabled: The receiver answered 410.",
    "link": "webhooks/destinations/crm/",
}
OPEN = {**EXAMPLE, "may_cancel": True, "rests": [REST]}
ITEM: dict[str, Any] = {
    "id": 51,
    "run": 311,
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "record": "T-1042",
    "state": "started",
    "retry": 402,
    "retry_status": "succeeded",
    "outcome": "",
    "code": "",
    "message": "",
    "edited": False,
    "failure": None,
    "changes": [],
}
