"""The go-live checklist: its chapters as they stand, signed, and on paper."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.promotion import LinkAnswer
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.insight.go_live_print import printed
from automations.services.go_live import MIN_NOTE, Checklist, printable, read_checklist, sign_off


class CheckAnswer(Answer):
    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(["proven", "open", "not_used"])
    sentence = serializers.CharField(help_text="What it rests on, or what is missing.")
    evidence = LinkAnswer(many=True)


class ChapterAnswer(Answer):
    key = serializers.CharField()
    title = serializers.CharField()
    checks = CheckAnswer(many=True)


class SignOffAnswer(Answer):
    signed_by = serializers.CharField(source="signed_by_name")
    at = serializers.DateTimeField()
    note = serializers.CharField()


class NamedWorkflowAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class GoLiveAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    version = serializers.IntegerField(help_text="The live version, which this is about.")
    digest = serializers.CharField()
    mode = serializers.CharField()
    open_checks = serializers.IntegerField()
    min_note = serializers.IntegerField(help_text="Characters that signing with open checks asks for.")
    signed = SignOffAnswer(allow_null=True, help_text="The newest sign-off of this very version.")
    may_sign = serializers.BooleanField()
    chapters = ChapterAnswer(many=True)


class SignBody(Body):
    digest = serializers.CharField(max_length=64, help_text="Of the version that you were shown.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


MEDIA = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
}


class ExportQuery(Body):
    kind = serializers.ChoiceField(list(MEDIA), default="html")


EXAMPLE: dict[str, Any] = {
    "workflow": {"id": 4, "name": "Route tickets"},
    "version": 3,
    "digest": "5f2c…",
    "mode": "simulate",
    "open_checks": 1,
    "min_note": MIN_NOTE,
    "signed": None,
    "may_sign": True,
    "chapters": [
        {
            "key": "builder",
            "title": "Workflow builder",
            "checks": [
                {
                    "key": "run-test",
                    "title": "Validated by run-test",
                    "state": "open",
                    "sentence": "Nobody has run-tested this very version.",
                    "evidence": [{"text": "Design", "to": "workflows/4/"}],
                }
            ],
        }
    ],
}


def _facts(checklist: Checklist, actor: Any) -> dict[str, Any]:
    told = {
        "workflow": checklist.workflow,
        "version": checklist.version.number,
        "digest": checklist.version.digest,
        "mode": checklist.workflow.mode,
        "open_checks": len(checklist.open_checks),
        "min_note": MIN_NOTE,
        "signed": checklist.signed,
        "may_sign": permissions.may(actor, "promote", checklist.workflow),
        "chapters": checklist.chapters,
    }
    return dict(GoLiveAnswer(told).data)


class GoLiveView(ApiView):
    @operation("go_live_get", "versions", answer=GoLiveAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """The checklist of the live version, each check filled from what was kept, with links to it."""
        workflow = workflow_for(self, pk, "view")
        return Response(_facts(read_checklist(workflow=workflow), self.actor))


class SignView(ApiView):
    @operation(
        "go_live_sign",
        "versions",
        request=SignBody,
        answer=GoLiveAnswer,
        sent={"digest": "5f2c…", "note": "Seen with the desk on Monday"},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Sign the checklist of the version that you were shown; with open checks a note has to say why."""
        workflow = workflow_for(self, pk, "promote")
        sign_off(workflow=workflow, actor=self.actor, now=timezone.now(), **self.body(SignBody))
        return Response(_facts(read_checklist(workflow=workflow_for(self, pk, "view")), self.actor))


class GoLiveExportView(ApiView):
    @operation(
        "go_live_export",
        "versions",
        answer=str,
        query=ExportQuery,
        media="text/html",
        example="<h1>Go-live checklist: Route tickets</h1>",
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The checklist to keep: a page, a PDF, or JSON."""
        kind = self.query(ExportQuery)["kind"]
        checklist = read_checklist(workflow=workflow_for(self, pk, "view"))
        facts = printable(checklist=checklist, now=timezone.now())
        name = f"{checklist.workflow.key}-v{checklist.version.number}-go-live.{kind}"
        answer = HttpResponse(printed(facts, kind), content_type=MEDIA[kind])
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
