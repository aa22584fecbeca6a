"""A workflow's versions: published, rolled back; and runs started by hand. Promotion has a file of its own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.api.workflows import DETAIL, WorkflowDetailAnswer, detail, workflow_for
from automations.errors import NotFoundError
from automations.models import Mode, WorkflowVersion
from automations.runtime.blast_radius import cap_of
from automations.runtime.subscriptions import definition_of
from automations.services.drafts import load_draft
from automations.services.pins import with_pins
from automations.services.references import require_seen, require_usable
from automations.services.releases import promote_workflow, rollback_workflow
from automations.services.runs import MAX_RECORDS, start_run, start_runs
from automations.services.versions import publish_version


class PinnedPolicyAnswer(Answer):
    key = serializers.CharField()
    revision = serializers.IntegerField(help_text="Which the version pins.")
    newer = serializers.IntegerField(
        allow_null=True, help_text="The newest revision, where it is another: publishing pins it."
    )


class PinnedWorkflowAnswer(Answer):
    key = serializers.CharField()
    version = serializers.IntegerField(help_text="Which it starts, whatever becomes live there later.")
    newer = serializers.IntegerField(
        allow_null=True, help_text="The live one, where it is another: publishing anew pins it."
    )


class OutsideAnswer(Answer):
    kind = serializers.CharField(help_text="destination")
    key = serializers.CharField()
    parts = serializers.ListField(
        child=serializers.CharField(), help_text="What of it is not what it was: address, headers, secrets."
    )
    lasting = serializers.BooleanField(help_text="The gate stays closed until it is published anew.")
    sentence = serializers.CharField(help_text="What changed, by whom and when; “” where nothing did.")


class StarterAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(help_text="Its live one.")


class VersionAnswer(Answer):
    number = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the canonical JSON of the document.")
    note = serializers.CharField()
    published_by = UserName(allow_null=True)
    published_at = serializers.DateTimeField()
    policies = PinnedPolicyAnswer(many=True)
    workflows = PinnedWorkflowAnswer(many=True, help_text="What its steps start.")
    outside = OutsideAnswer(many=True, help_text="What its steps use outside.")
    started_by = StarterAnswer(
        many=True,
        help_text="Workflows whose live version starts this very one, also when another is live here.",
    )


class VersionDetailAnswer(VersionAnswer):
    document = serializers.DictField(
        help_text="Frozen: nodes, edges, pinned policies and started workflows, settings."
    )


class PublishBody(Body):
    mode = serializers.ChoiceField(Mode.choices, default=Mode.SIMULATE)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RollbackBody(Body):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=300, help_text="Why; it stands in the trail.")


class RunBody(Body):
    record = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    input = serializers.DictField(
        required=False, default=dict, help_text="Variables that the run starts with."
    )


class RunManyBody(Body):
    records = serializers.ListField(
        child=serializers.CharField(max_length=120), min_length=1, max_length=MAX_RECORDS
    )
    input = serializers.DictField(required=False, default=dict)


class StartedManyAnswer(Answer):
    events = serializers.ListField(child=serializers.IntegerField(), help_text="In the order of the records.")
    cap = serializers.IntegerField(help_text="More than so many runs at once wait for approval.")


class StartedAnswer(Answer):
    event = serializers.IntegerField(help_text="Its detail names the decision and, once judged, the run.")


EXAMPLE: dict[str, Any] = {
    "number": 3,
    "digest": "5f2c…",
    "note": "VIPs go to second line",
    "published_by": "alice",
    "published_at": "2026-03-29T14:30:00Z",
    "policies": [{"key": "large-order", "revision": 1, "newer": 2}],
    "workflows": [{"key": "notify-team", "version": 4, "newer": 5}],
    "outside": [
        {
            "kind": "destination",
            "key": "billing",
            "parts": ["address"],
            "lasting": True,
            "sentence": "The destination “billing” is not what it was when this version was published: its address"
            " changed, last by ada on 2026-03-30 09:12 UTC.",
        }
    ],
    "started_by": [{"id": 9, "name": "Close the day", "version": 2}],
}


class PublishView(ApiView):
    @operation(
        "versions_publish",
        "versions",
        request=PublishBody,
        answer=VersionAnswer,
        status=201,
        idempotent=True,
        sent={"mode": "simulate", "note": "VIPs go to second line"},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Freeze the draft as the next version and make it live, in simulate. With mode execute it is promoted, too: that
        needs the right to promote and a gate that is green at once, else 409 “gate-closed” and nothing is published."""
        workflow = workflow_for(self, pk, "publish")
        wanted = self.body(PublishBody)
        if wanted["mode"] == Mode.EXECUTE:
            permissions.require(self.actor, "promote", workflow)
        definition = load_draft(workflow).definition
        require_seen(workflow, definition, self.actor)
        require_usable(definition, self.actor)
        with transaction.atomic():
            version = publish_version(workflow=workflow, note=wanted["note"], actor=self.actor)
            if wanted["mode"] == Mode.EXECUTE:
                promote_workflow(workflow=workflow, reason=wanted["note"], actor=self.actor)
        return Response(VersionAnswer(with_pins([version], viewer=self.actor)[0]).data, status=201)


class RollbackView(ApiView):
    @operation(
        "versions_rollback",
        "versions",
        request=RollbackBody,
        answer=WorkflowDetailAnswer,
        sent={"version": 2, "reason": "Version 3 assigns to the wrong team"},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Make an earlier version the live one again. What newer runs did stands."""
        workflow = workflow_for(self, pk, "rollback")
        wanted = self.body(RollbackBody)
        earlier = WorkflowVersion.objects.filter(workflow=workflow, number=wanted["version"]).first()
        if earlier is not None:
            require_seen(workflow, definition_of(earlier), self.actor)
        rollback_workflow(
            workflow=workflow, number=wanted["version"], reason=wanted["reason"], actor=self.actor
        )
        return detail(workflow_for(self, pk, "view"), self.actor)


class VersionsView(ApiView):
    @operation("versions_list", "versions", answer=VersionAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """The published versions, newest first."""
        workflow = workflow_for(self, pk, "view")
        rows = (
            WorkflowVersion.objects.filter(workflow=workflow)
            .select_related("published_by", "workflow")
            .defer("document")
        )
        return Response(
            page_of(
                request,
                rows,
                lambda page: VersionAnswer(with_pins(list(page), viewer=self.actor), many=True).data,
            )
        )


class VersionView(ApiView):
    @operation(
        "versions_get", "versions", answer=VersionDetailAnswer, example={**EXAMPLE, "document": {"schema": 1}}
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """One version with its frozen document."""
        workflow = workflow_for(self, pk, "view")
        rows = WorkflowVersion.objects.filter(workflow=workflow, number=number)
        version = rows.select_related("published_by", "workflow").first()
        if version is None:
            raise NotFoundError(f"“{workflow.name}” has no version {number}.")
        return Response(VersionDetailAnswer(with_pins([version], viewer=self.actor)[0]).data)


class StartRunView(ApiView):
    @operation(
        "workflows_run",
        "workflows",
        request=RunBody,
        answer=StartedAnswer,
        status=202,
        idempotent=True,
        sent={"record": "T-1042", "input": {"note": "asked by phone"}},
        example={"event": 5120},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Start the workflow by hand. The answer names the event; `events/{id}/` names the run once it is judged."""
        workflow = workflow_for(self, pk, "run")
        wanted = self.body(RunBody)
        if workflow.active_version is not None:
            require_seen(workflow, definition_of(workflow.active_version), self.actor)
        accepted = start_run(
            workflow=workflow, actor=self.actor, record_key=wanted["record"], user_input=wanted["input"]
        )
        return Response({"event": accepted.event_id}, status=202)


class StartRunsView(ApiView):
    @operation(
        "workflows_run_many",
        "workflows",
        request=RunManyBody,
        answer=StartedManyAnswer,
        status=202,
        idempotent=True,
        sent={"records": ["T-1042", "T-1043"]},
        example={"events": [5120, 5121], "cap": 100},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Start the workflow on each of these records, as one firing. Above its blast radius the runs wait for
        approval."""
        workflow = workflow_for(self, pk, "run")
        wanted = self.body(RunManyBody)
        if workflow.active_version is not None:
            require_seen(workflow, definition_of(workflow.active_version), self.actor)
        accepted = start_runs(
            workflow=workflow, actor=self.actor, record_keys=wanted["records"], user_input=wanted["input"]
        )
        return Response({"events": [one.event_id for one in accepted], "cap": cap_of(workflow)}, status=202)
