"""Deliveries over the API: what was sent where, every attempt, what came back, and sending it anew."""

from __future__ import annotations

import shlex
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.failures import EXAMPLE as FAILURE
from automations.api.failures import FailureAnswer
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.failures import Where, failure_json
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.redelivery import resend_delivery
from webhooks.outbound.rights import readable_deliveries, resendable_deliveries, visible_deliveries

TAG = "deliveries"


class DeliveryAnswer(Answer):
    id = serializers.IntegerField()
    message_id = serializers.CharField(help_text="The webhook-id of every attempt.")
    destination = serializers.CharField(source="destination.key")
    destination_name = serializers.CharField(source="destination.name")
    type = serializers.CharField()
    state = serializers.ChoiceField(Delivery.State.choices)
    attempts = serializers.IntegerField(source="attempt")
    status = serializers.IntegerField(allow_null=True, help_text="Of the newest answer.")
    error = serializers.CharField(help_text="Why the newest attempt failed.")
    next_attempt_at = serializers.SerializerMethodField(help_text="null where there is none to come.")
    failure = serializers.SerializerMethodField(
        help_text="Why the newest attempt failed, as everywhere in this API; null where none has."
    )
    run = serializers.IntegerField(source="run_id", allow_null=True)
    node = serializers.CharField()
    retry_safe = serializers.BooleanField(
        help_text="Whether it is tried again by itself when it may have arrived; else it needs review."
    )
    workflow = serializers.IntegerField(source="workflow_id", allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(FailureAnswer(allow_null=True))
    def get_failure(self, delivery: Delivery) -> dict[str, Any] | None:
        if not delivery.error or delivery.state == Delivery.State.SUCCEEDED:
            return None
        return failure_json(
            delivery.error,
            f"{delivery.destination.name} has not taken it: {delivery.error}.",
            next_attempt_at=delivery.due_at if delivery.state == Delivery.State.PENDING else None,
            where=Where(delivery.workflow_id, delivery.run_id),
            link=f"webhooks/destinations/{delivery.destination.key}/",
        )

    def get_next_attempt_at(self, delivery: Delivery) -> str | None:
        if delivery.state != Delivery.State.PENDING:
            return None
        return serializers.DateTimeField().to_representation(delivery.due_at)


class AttemptAnswer(Answer):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    address = serializers.CharField(help_text="The address that was dialled; empty where none was.")
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(help_text="A code; empty where it succeeded.")
    message = serializers.CharField()
    request_headers = serializers.DictField(
        child=serializers.CharField(),
        help_text="What it was sent with: secrets by name, signatures left out. {} where nothing went out.",
    )
    response_headers = serializers.DictField(child=serializers.CharField())
    response_body = serializers.CharField(help_text="At most 20,000 characters, secrets masked.")
    response_cut = serializers.BooleanField()
    unknown = serializers.BooleanField(help_text="It failed, and may have arrived all the same.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class DeliveryDetailAnswer(DeliveryAnswer):
    may_read = serializers.BooleanField(help_text="Whether you may see what was sent and what came back.")
    may_resend = serializers.BooleanField()
    body = serializers.CharField(
        help_text="What is sent, in every attempt the same; empty where you may not read it."
    )
    curl = serializers.CharField(help_text="The call as a command; secrets and signatures are left out.")
    log = AttemptAnswer(many=True, help_text="Every attempt, newest first.")


class DeliveryQuery(Body):
    destination = serializers.CharField(required=False, max_length=80)
    workflow = serializers.IntegerField(required=False)
    run = serializers.IntegerField(required=False)
    state = serializers.ChoiceField(Delivery.State.choices, required=False)


EXAMPLE: dict[str, Any] = {
    "id": 7,
    "message_id": "msg_4d1f0c6a9be24d0d8f6f6f0c1d2e3f40",
    "destination": "crm",
    "destination_name": "CRM",
    "type": "order.refunded",
    "state": "pending",
    "attempts": 2,
    "status": 503,
    "error": "status-503",
    "next_attempt_at": "2026-03-29T14:35:10Z",
    "failure": {
        **FAILURE,
        "code": "status-503",
        "message": "CRM has not taken it: status-503.",
        "retryable": True,
        "next_attempt_at": "2026-03-29T14:35:10Z",
    },
    "run": 41,
    "node": "a1",
    "retry_safe": True,
    "workflow": 3,
    "created_at": "2026-03-29T14:30:00Z",
    "finished_at": None,
}
ATTEMPT: dict[str, Any] = {
    "number": 2,
    "started_at": "2026-03-29T14:30:06Z",
    "finished_at": "2026-03-29T14:30:06Z",
    "address": "198.51.100.7",
    "status": 503,
    "error": "status-503",
    "message": "The answer was 503.",
    "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer <crm-token>"},
    "response_headers": {"content-type": "text/plain"},
    "response_body": "Try later",
    "response_cut": False,
    "unknown": False,
    "next_attempt_at": "2026-03-29T14:35:10Z",
}
DETAIL = {
    **EXAMPLE,
    "may_read": True,
    "may_resend": True,
    "body": '{"type":"order.refunded","timestamp":"2026-03-29T14:30:00+00:00","data":{"n":7}}',
    "curl": "curl -X POST https://api.crm.example.com/hooks …",
    "log": [ATTEMPT],
}


def curl_of(delivery: Delivery) -> str:
    """The call as somebody can make it by hand. What is secret stands as a name in angle brackets."""
    destination = delivery.destination
    url = destination.url + (f"<{destination.url_secret.key}>" if destination.url_secret else "")
    headers = {"Content-Type": delivery.content_type}
    for row in destination.headers.all():
        headers[row.name] = row.text + (f"<{row.secret.key}>" if row.secret else "")
    if destination.format == Destination.Format.WEBHOOK:
        headers["webhook-id"] = delivery.message_id
    parts = ["curl", "-X", "POST", shlex.quote(url)]
    parts += [part for name, value in headers.items() for part in ("-H", shlex.quote(f"{name}: {value}"))]
    return " ".join([*parts, "--data-raw", shlex.quote(delivery.body)])


def delivery_for(view: ApiView, pk: int) -> Delivery:
    rows = visible_deliveries(view.actor).select_related("destination__url_secret")
    found = rows.prefetch_related("destination__headers__secret", "attempts").filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such delivery.")
    return found


def detail(view: ApiView, delivery: Delivery) -> dict[str, Any]:
    may_read = readable_deliveries(view.actor).filter(pk=delivery.pk).exists()
    hidden = {"response_body": "", "request_headers": {}, "response_headers": {}}
    unread: dict[str, Any] = {} if may_read else hidden
    log = [{**row, **unread} for row in AttemptAnswer(delivery.attempts.all(), many=True).data]
    return {
        **DeliveryAnswer(delivery).data,
        "may_read": may_read,
        "may_resend": resendable_deliveries(view.actor).filter(pk=delivery.pk).exists(),
        "body": delivery.body if may_read else "",
        "curl": curl_of(delivery) if may_read else "",
        "log": log,
    }


class DeliveriesView(ApiView):
    @operation("deliveries_list", TAG, answer=DeliveryAnswer, many=True, query=DeliveryQuery, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The deliveries to destinations, and of workflows, that you may see, newest first."""
        wanted = self.query(DeliveryQuery)
        rows = visible_deliveries(self.actor).select_related("destination")
        if "destination" in wanted:
            rows = rows.filter(destination__key=wanted["destination"])
        rows = rows.filter(**{name: wanted[name] for name in ("workflow", "run", "state") if name in wanted})
        return Response(page_of(request, rows, lambda page: DeliveryAnswer(page, many=True).data))


class DeliveryView(ApiView):
    @operation("deliveries_get", TAG, answer=DeliveryDetailAnswer, example=DETAIL)
    def get(self, request: Request, pk: int) -> Response:
        """One delivery with every attempt. What was sent and what came back only with the right to see payloads."""
        return Response(detail(self, delivery_for(self, pk)))


class DeliveryResendView(ApiView):
    @operation("deliveries_resend", TAG, answer=DeliveryDetailAnswer, example=DETAIL)
    def post(self, request: Request, pk: int) -> Response:
        """Try it anew, under the same id and with the same body. 409 while it is still being tried."""
        delivery = delivery_for(self, pk)
        if not resendable_deliveries(self.actor).filter(pk=pk).exists():
            raise ForbiddenError(
                "You may not send this anew: it takes the right “use” on its destination, and “retry” on its workflow."
            )
        resend_delivery(delivery=delivery, actor=self.actor)
        return Response(detail(self, delivery_for(self, pk)))
