"""Records of any module, stored or native: found by typed filters, made, changed, commented, with their history."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.filters import rule_of
from automations.api.idempotency import idempotent
from automations.api.modules import module_for
from automations.api.pagination import PAGE_PARAMS, page_of
from automations.api.schema import operation
from automations.api.selection import select_records
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Module, RecordChange, RecordComment
from automations.modules.adapter import RecordState, adapter_for
from automations.modules.schema import facts_of
from automations.services.records import comment_record, create_record, update_record

_ETAG = re.compile(r'(?:W/)?"(\d{1,10})"|(\d{1,10})')


class RecordAnswer(Answer):
    key = serializers.CharField()
    module = serializers.CharField()
    title = serializers.CharField(help_text="The module's title field as text, or the key.")
    version = serializers.IntegerField(
        help_text="Another one after each change: it rises in stored modules, and is made of the values in native ones."
    )
    values = serializers.DictField(help_text="Canonical values by field key.")


class RecordBody(Body):
    key = serializers.CharField(max_length=120)
    values = serializers.DictField()


class RecordChangeBody(Body):
    read_only_names = ("key", "module", "title")
    values = serializers.DictField()
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Expected version; also by If-Match. 409 when it moved on.",
    )


class HistoryAnswer(Answer):
    version = serializers.IntegerField()
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    at = serializers.DateTimeField()
    actor = UserName(allow_null=True)
    run = serializers.IntegerField(source="run_id", allow_null=True)


class CommentAnswer(Answer):
    id = serializers.IntegerField()
    text = serializers.CharField()
    at = serializers.DateTimeField()
    actor = UserName(allow_null=True)
    run = serializers.IntegerField(source="run_id", allow_null=True)


class CommentBody(Body):
    text = serializers.CharField(max_length=10_000)


FILTERS = (
    OpenApiParameter(
        "rule", str, description='A rule as JSON: {"field": "amount", "op": "gt", "value": "200"}'
    ),
    OpenApiParameter(
        "{field}",
        str,
        description="Any field: status=open, amount__gte=200, priority__in=high,urgent, due__within_next=PT4H,"
        " owner__is_empty=true. Operators as in the catalogue; several filters must all hold.",
    ),
)
EXAMPLE: dict[str, Any] = {
    "key": "T-1042",
    "module": "tickets",
    "title": "Printer on fire",
    "version": 3,
    "values": {"subject": "Printer on fire", "status": "open", "amount": "200.00"},
}
CHANGE: dict[str, Any] = {
    "version": 3,
    "field": "status",
    "before": "new",
    "after": "open",
    "at": "2026-03-29T14:30:00Z",
    "actor": "bob",
    "run": None,
}
COMMENT: dict[str, Any] = {
    "id": 8,
    "text": "Called back.",
    "at": "2026-03-29T14:30:00Z",
    "actor": "bob",
    "run": None,
}


def record_json(state: RecordState) -> dict[str, Any]:
    title = state.values.get(state.module.title_field) if state.module.title_field else None
    return {
        "key": state.key,
        "module": state.module.key,
        "title": str(title or state.key),
        "version": state.version,
        "values": state.values,
    }


def _answer(state: RecordState, status: int = 200) -> Response:
    return Response(record_json(state), status=status, headers={"ETag": f'"{state.version}"'})


def record_of(module: Module, key: str) -> RecordState:
    """The record as it is now. Raises NotFoundError."""
    state = adapter_for(module).load([key], lock=False).get(key)
    if state is None:
        raise NotFoundError(f"{module.name} have no record “{key}”.")
    return state


def _require_use(view: ApiView, module: Module) -> None:
    if not permissions.may_use_module(view.actor, module):
        raise ForbiddenError(
            f"You may not change {module.name}: you lack the right “use module”. An admin can give you that right."
        )


class RecordsView(ApiView):
    @operation("records_list", "records", answer=RecordAnswer, many=True, parameters=FILTERS, example=EXAMPLE)
    def get(self, request: Request, module_key: str) -> Response:
        """The module's records, newest first, those that all filters select."""
        module = module_for(self, module_key)
        given = [(name, values) for name, values in request.query_params.lists() if name not in PAGE_PARAMS]
        adapter = adapter_for(module)
        rule = rule_of(given, facts_of(module).schema)
        rows, keep = select_records(module=module, adapter=adapter, rule=rule, actor=self.actor)
        return Response(
            page_of(
                request, rows, lambda page: [record_json(adapter.state_of(row)) for row in page], keep=keep
            )
        )

    @operation(
        "records_create",
        "records",
        request=RecordBody,
        answer=RecordAnswer,
        status=201,
        idempotent=True,
        sent={"key": "T-1042", "values": {"subject": "Printer on fire", "amount": 200}},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request, module_key: str) -> Response:
        """Make a record. Values are made canonical; the event that it is new starts what listens for it."""
        module = module_for(self, module_key)
        _require_use(self, module)
        wanted = self.body(RecordBody)
        saved = create_record(module=module, key=wanted["key"], values=wanted["values"], actor=self.actor)
        return _answer(saved.record, 201)


class RecordView(ApiView):
    @operation("records_get", "records", answer=RecordAnswer, example=EXAMPLE)
    def get(self, request: Request, module_key: str, key: str) -> Response:
        """One record; its version is the ETag."""
        return _answer(record_of(module_for(self, module_key), key))

    @operation(
        "records_update",
        "records",
        request=RecordChangeBody,
        answer=RecordAnswer,
        sent={"version": 3, "values": {"status": "closed"}},
        example=EXAMPLE,
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description='The ETag: "3"')],
    )
    def patch(self, request: Request, module_key: str, key: str) -> Response:
        """Change fields of a record; the others stay. With an expected version, 409 when somebody was faster."""
        module = module_for(self, module_key)
        _require_use(self, module)
        wanted = self.body(RecordChangeBody)
        saved = update_record(
            module=module,
            key=key,
            values=wanted["values"],
            expected_version=_expected(request, wanted.get("version")),
            actor=self.actor,
        )
        return _answer(saved.record)


def _expected(request: Request, version: int | None) -> int | None:
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return version
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise ValidationError({"If-Match": ['Send the record\'s ETag, for example "3".']})
    matched = int(match[1] or match[2])
    if version is not None and version != matched:
        raise ValidationError({"version": ["If-Match and “version” name different versions."]})
    return matched


class RecordChangesView(ApiView):
    @operation("records_changes", "records", answer=HistoryAnswer, many=True, example=CHANGE)
    def get(self, request: Request, module_key: str, key: str) -> Response:
        """The record's history, field by field, newest first. It outlives the record."""
        module = module_for(self, module_key)
        rows = RecordChange.objects.filter(module=module, record_key=key).select_related("actor")
        if not rows.exists():
            record_of(module, key)
        return Response(page_of(request, rows, lambda page: HistoryAnswer(page, many=True).data))


class RecordCommentsView(ApiView):
    @operation("records_comments", "records", answer=CommentAnswer, many=True, example=COMMENT)
    def get(self, request: Request, module_key: str, key: str) -> Response:
        """Remarks on the record by people and runs, newest first."""
        module = module_for(self, module_key)
        record_of(module, key)
        rows = _comments(module, key)
        return Response(page_of(request, rows, lambda page: CommentAnswer(page, many=True).data))

    @operation(
        "records_comment",
        "records",
        request=CommentBody,
        answer=CommentAnswer,
        status=201,
        idempotent=True,
        sent={"text": "Called back."},
        example=COMMENT,
    )
    @idempotent()
    def post(self, request: Request, module_key: str, key: str) -> Response:
        """Add a remark."""
        module = module_for(self, module_key)
        _require_use(self, module)
        comment_record(module=module, key=key, text=self.body(CommentBody)["text"], actor=self.actor)
        newest = _comments(module, key).filter(actor=self.actor).order_by("-pk").first()
        return Response(CommentAnswer(newest).data, status=201)


def _comments(module: Module, key: str) -> QuerySet[RecordComment]:
    return RecordComment.objects.filter(module=module, record_key=key).select_related("actor")
