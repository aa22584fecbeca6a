"""The trail: who changed what, and whether it is as it was written."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError
from automations.insight.audit_chain import verify_chain
from automations.models import AuditEntry

LOOKUPS = {
    "action": "action__startswith",
    "actor": "actor_name",
    "object_type": "object_type",
    "object_id": "object_id",
    "request_id": "request_id",
    "after": "at__gte",
    "before": "at__lt",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


class AuditQuery(Body):
    action = serializers.CharField(
        required=False, max_length=80, help_text="workflow.published, or the beginning of it: workflow."
    )
    actor = serializers.CharField(required=False, max_length=150, help_text="User name; “system” is nobody.")
    object_type = serializers.CharField(required=False, max_length=40)
    object_id = serializers.CharField(required=False, max_length=120)
    request_id = serializers.CharField(required=False, max_length=64)
    after = serializers.DateTimeField(required=False)
    before = serializers.DateTimeField(required=False)


class AuditAnswer(Answer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(source="actor_name", help_text="As it was then.")
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    reason = serializers.CharField()
    request_id = serializers.CharField()
    link = serializers.IntegerField(
        source="seal.seq", default=None, allow_null=True, help_text="Its number in the chain."
    )
    hash = serializers.CharField(
        source="seal.hash",
        default=None,
        allow_null=True,
        help_text="SHA-256 of the link before and this entry; null for one that slipped past the chain.",
    )


class BreakAnswer(Answer):
    link = serializers.IntegerField(source="seq")
    entry = serializers.IntegerField()
    why = serializers.CharField()


class ChainAnswer(Answer):
    whole = serializers.BooleanField()
    links = serializers.IntegerField()
    head = serializers.CharField(help_text="Note it elsewhere: it proves later that nothing was touched.")
    breaks = BreakAnswer(many=True)


class ChainQuery(Body):
    head = serializers.RegexField(r"^[0-9a-f]{64}$", required=False, default="", help_text="A noted head.")


EXAMPLE: dict[str, Any] = {
    "id": 812,
    "at": "2026-03-29T14:30:00Z",
    "actor": "priya",
    "action": "workflow.promoted",
    "object_type": "workflow",
    "object_id": "4",
    "before": {"mode": "simulate"},
    "after": {"mode": "execute"},
    "reason": "Two weeks of simulation agreed.",
    "request_id": "6f1c",
    "link": 812,
    "hash": "9b0e…",
}


def _entries(view: ApiView) -> QuerySet[AuditEntry]:
    wanted = view.query(AuditQuery)
    rows = permissions.visible_audit(view.actor).select_related("seal")
    return rows.filter(**{LOOKUPS[name]: value for name, value in wanted.items()})


class AuditView(ApiView):
    @operation("audit_list", "audit", answer=AuditAnswer, many=True, query=AuditQuery, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """What was changed by whom, newest first: all of it with the right to see the trail, else what concerns
        workflows that you may see and what you did yourself."""
        return Response(page_of(request, _entries(self), lambda page: AuditAnswer(page, many=True).data))


class AuditExportView(ApiView):
    @operation(
        "audit_export",
        "audit",
        answer=str,
        query=AuditQuery,
        media="text/csv",
        example="id,at,actor,action,object_type,object_id,before,after,reason,request_id,link,hash",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The same entries as one CSV file, oldest first."""
        rows = _entries(self).order_by("pk")
        answer = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return answer


class _Line:
    """What csv.writer writes to: the line is its answer."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(AuditAnswer().fields)
    for row in rows.iterator(chunk_size=1_000):
        yield writer.writerow([_cell(value) for value in AuditAnswer(row).data.values()])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


class AuditChainView(ApiView):
    @operation(
        "audit_verify",
        "audit",
        answer=ChainAnswer,
        query=ChainQuery,
        example={"whole": True, "links": 812, "head": "9b0e…", "breaks": []},
    )
    def get(self, request: Request) -> Response:
        """Whether the trail is as it was written: every link is worked out anew."""
        if not permissions.may_see_audit(self.actor):
            raise ForbiddenError("You may not see the whole trail. An admin can give you “view audit entry”.")
        return Response(ChainAnswer(verify_chain(self.query(ChainQuery)["head"])).data)
