"""Retrying a run: what each way would keep and repeat, and doing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.runs import DETAIL, RunDetailAnswer, detail, run_for, visible
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Run, WorkflowVersion
from automations.runtime.subscriptions import definition_of
from automations.services.references import require_seen
from automations.services.retries import STARTS, VERSIONS, retry_choices, retry_run


class RefusalAnswer(Answer):
    code = serializers.CharField()
    detail = serializers.CharField()


class ChoiceAnswer(Answer):
    start = serializers.ChoiceField(STARTS)
    version = serializers.ChoiceField(
        VERSIONS, help_text="The run's own version, or the workflow's active one."
    )
    number = serializers.IntegerField(allow_null=True, help_text="Of that version.")
    refusal = RefusalAnswer(allow_null=True, help_text="Why it can't be retried so; null when it can.")
    kept = serializers.ListField(
        child=serializers.CharField(), help_text="Nodes whose steps stand: neither repeated nor asked again."
    )
    again = serializers.ListField(
        child=serializers.CharField(), help_text="Nodes that had begun and are worked on again."
    )
    sentence = serializers.CharField(help_text="What is not repeated and what is, for people.")


class RetryAnswer(Answer):
    choices = ChoiceAnswer(many=True)


class RetryBody(Body):
    start = serializers.ChoiceField(STARTS, default="failed_step")
    version = serializers.ChoiceField(VERSIONS, default="run")
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=AuditEntry._meta.get_field("reason").max_length
    )
    input = serializers.DictField(
        required=False,
        help_text="In place of what the run started with; takes the right to see payloads, and the audit keeps both.",
    )


CHOICE: dict[str, Any] = {
    "start": "failed_step",
    "version": "run",
    "number": 3,
    "refusal": None,
    "kept": ["t1", "c1"],
    "again": ["a1"],
    "sentence": (
        "“Deadline” and “Is it urgent?” are not repeated. “Assign” keeps its key, so it can’t be done twice."
    ),
}
REFUSED: dict[str, Any] = {
    "start": "failed_step",
    "version": "active",
    "number": 4,
    "refusal": {
        "code": "step-in-the-way",
        "detail": "Version 4 can't go on with this run: “Is it urgent?” is not in it.",
    },
    "kept": [],
    "again": [],
    "sentence": "",
}


class RunRetryView(ApiView):
    @operation("runs_retry_choices", "runs", answer=RetryAnswer, example={"choices": [CHOICE, REFUSED]})
    def get(self, request: Request, pk: int) -> Response:
        """What each way to retry the run would keep and repeat, and which ways there are not. Nothing is changed."""
        run = run_for(self, pk, "retry")
        choices = retry_choices(run=run)
        versions = {one.chosen.pk: one.chosen for one in choices if one.chosen is not None}
        refused = {pk: self._why_unseen(run, version) for pk, version in versions.items()}
        told = [
            replace(one, refusal=refused[one.chosen.pk])
            if one.refusal is None and one.chosen is not None
            else one
            for one in choices
        ]
        return Response(RetryAnswer({"choices": told}).data)

    def _why_unseen(self, run: Run, version: WorkflowVersion) -> ConflictError | None:
        """Why the actor can't have a version run: it names what is hidden from him."""
        try:
            require_seen(run.workflow, definition_of(version), self.actor)
        except InvalidError:
            owner = run.workflow.owner or "An admin"
            detail = (
                f"You don't see everything that version {version.number} uses. {owner} can share it with you."
            )
            return ConflictError(detail, code="not-seen")
        return None

    @operation(
        "runs_retry",
        "runs",
        request=RetryBody,
        answer=RunDetailAnswer,
        status=201,
        idempotent=True,
        sent={"start": "failed_step", "version": "active", "reason": "Version 4 asks the right team"},
        example={**DETAIL, "id": 317, "status": "queued", "retry_of": 311},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Retry a run that failed or was cancelled. The answer is the new run; 409 says why there can be none."""
        run = run_for(self, pk, "retry")
        wanted = self.body(RetryBody)
        own = wanted["version"] == "run"
        chosen = WorkflowVersion.objects.filter(
            pk__in=[run.version_id if own else run.workflow.active_version_id]
        ).first()
        if chosen is not None:
            require_seen(run.workflow, definition_of(chosen), self.actor)
        if "input" in wanted:
            permissions.require(self.actor, "view_payloads", run.workflow)
            wanted["user_input"] = wanted.pop("input")
        retry = retry_run(run=run, actor=self.actor, **wanted)
        return detail(visible(self.actor).get(pk=retry.pk), self.actor, status=201)
