"""Receipts over the API: what came of each request to an endpoint."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import NotFoundError
from webhooks import permissions
from webhooks.inbound.models import Receipt


class ReceiptAnswer(Answer):
    id = serializers.IntegerField(help_text="Of an accepted one: the delivery's number.")
    endpoint = serializers.CharField(source="endpoint.key")
    verdict = serializers.ChoiceField(Receipt.Verdict.choices)
    status = serializers.IntegerField(help_text="What was answered.")
    webhook_id = serializers.CharField()
    body_hash = serializers.CharField()
    body_bytes = serializers.IntegerField()
    detail = serializers.CharField()
    sender = serializers.CharField(allow_null=True)
    secret_hint = serializers.CharField(help_text="The last characters of the secret that had signed it.")
    event = serializers.IntegerField(source="event_id", allow_null=True)
    count = serializers.IntegerField(help_text="How many requests it tells of; the rest is of the last.")
    took_ms = serializers.FloatField(help_text="From the first byte until this was written.")
    received_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class ReceiptQuery(Body):
    endpoint = serializers.SlugField(required=False, max_length=40)
    verdict = serializers.ChoiceField(Receipt.Verdict.choices, required=False)
    webhook_id = serializers.CharField(required=False, max_length=256)
    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


EXAMPLE: dict[str, Any] = {
    "id": 7,
    "endpoint": "shop",
    "verdict": "accepted",
    "status": 202,
    "webhook_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "body_hash": "9d5a…",
    "body_bytes": 20,
    "detail": "",
    "sender": "203.0.113.7",
    "secret_hint": "LaSw",
    "event": 12,
    "count": 1,
    "took_ms": 3.2,
    "received_at": "2026-03-29T14:30:00Z",
    "last_at": "2026-03-29T14:30:00Z",
}


class ReceiptsView(ApiView):
    @operation(
        "receipts_list", "webhooks", answer=ReceiptAnswer, many=True, query=ReceiptQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """What came of requests to the endpoints that you may see, newest first."""
        wanted = self.query(ReceiptQuery)
        rows = permissions.visible_receipts(self.actor).select_related("endpoint")
        if "endpoint" in wanted:
            rows = rows.filter(endpoint__key=wanted.pop("endpoint"))
        rows = rows.filter(
            **{name: wanted[name] for name in ("verdict", "webhook_id", "id") if name in wanted}
        )
        return Response(page_of(request, rows, lambda page: ReceiptAnswer(page, many=True).data))


class ReceiptView(ApiView):
    @operation("receipts_get", "webhooks", answer=ReceiptAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """One receipt."""
        row = permissions.visible_receipts(self.actor).select_related("endpoint").filter(pk=pk).first()
        if row is None:
            raise NotFoundError("There is no such receipt.")
        return Response(ReceiptAnswer(row).data)
