"""Where events come from, and the contracts that their payloads must meet."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import TriggerSource
from automations.services.sources import create_source


class SourceAnswer(Answer):
    key = serializers.CharField()
    kind = serializers.ChoiceField(TriggerSource.Kind.choices)
    name = serializers.CharField()
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    contract = serializers.DictField(help_text="JSON Schema of `data`; {} accepts any object.")
    rejected_count = serializers.IntegerField(help_text="Payloads that the contract refused.")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class SourceQuery(Body):
    kind = serializers.ChoiceField(TriggerSource.Kind.choices, required=False)
    module = serializers.CharField(required=False, max_length=63)


class SourceBody(Body):
    key = serializers.SlugField(max_length=76, help_text="Events of it have the type api.<key>.")
    name = serializers.CharField(max_length=120)
    contract = serializers.DictField(required=False)
    module = serializers.CharField(max_length=63, required=False, allow_null=True)


EXAMPLE: dict[str, Any] = {
    "key": "shop-orders",
    "kind": "api",
    "name": "Orders of the shop",
    "module": None,
    "contract": {"type": "object", "required": ["order"]},
    "rejected_count": 0,
    "is_active": True,
    "created_at": "2026-03-29T14:30:00Z",
}


def visible(actor: Any) -> QuerySet[TriggerSource]:
    """Sources about no module, or about one that the actor may see."""
    modules = permissions.visible_modules(actor).values("pk")
    return TriggerSource.objects.filter(Q(module=None) | Q(module__in=modules)).select_related("module")


class SourcesView(ApiView):
    @operation("sources_list", "sources", answer=SourceAnswer, many=True, query=SourceQuery, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The sources that you may see, newest first."""
        wanted = self.query(SourceQuery)
        rows = visible(self.actor)
        if "kind" in wanted:
            rows = rows.filter(kind=wanted["kind"])
        if "module" in wanted:
            rows = rows.filter(module__key=wanted["module"])
        return Response(page_of(request, rows, lambda page: SourceAnswer(page, many=True).data))

    @operation(
        "sources_create",
        "sources",
        request=SourceBody,
        answer=SourceAnswer,
        status=201,
        idempotent=True,
        sent={
            "key": "shop-orders",
            "name": "Orders of the shop",
            "contract": {"type": "object", "required": ["order"]},
        },
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a source that API clients send events to."""
        if not permissions.may_manage_modules(self.actor):
            raise ForbiddenError("You may not make sources. An admin can give you that right.")
        wanted = self.body(SourceBody)
        key = wanted.pop("module", None)
        module = permissions.visible_modules(self.actor).filter(key=key).first() if key else None
        if key and module is None:
            raise NotFoundError(f"There is no module “{key}”.", code="unknown-module")
        made = create_source(**wanted, module=module, actor=self.actor)
        return Response(SourceAnswer(made).data, status=201)


class SourceView(ApiView):
    @operation("sources_get", "sources", answer=SourceAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """One source with its contract."""
        source = visible(self.actor).filter(key=key).first()
        if source is None:
            raise NotFoundError("There is no such source.")
        return Response(SourceAnswer(source).data)
