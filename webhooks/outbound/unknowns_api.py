"""Calls of which nobody knows whether they arrived, over the API: which they are, and saying what happened."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from webhooks.outbound.answering import answer_unknown
from webhooks.outbound.models import UnknownOutcome
from webhooks.outbound.rights import answerable_unknowns, readable_deliveries, visible_unknowns
from webhooks.outbound.sending import MAX_KEPT

TAG = "deliveries"
Reply = UnknownOutcome.Reply


class UnknownAnswer(Answer):
    id = serializers.IntegerField()
    delivery = serializers.IntegerField(source="delivery_id")
    attempt = serializers.IntegerField(help_text="The attempt that may have arrived.")
    message_id = serializers.CharField(
        source="delivery.message_id", help_text="The webhook-id that the other side has seen, if it has."
    )
    destination = serializers.CharField(source="delivery.destination.key")
    destination_name = serializers.CharField(source="delivery.destination.name")
    type = serializers.CharField(source="delivery.type")
    workflow = serializers.IntegerField(source="delivery.workflow_id", allow_null=True)
    run = serializers.IntegerField(source="delivery.run_id", allow_null=True)
    node = serializers.CharField(source="delivery.node")
    waits = serializers.BooleanField(source="delivery.waits", help_text="Whether the run waits for it.")
    error = serializers.CharField(help_text="Why there is no answer, as a code.")
    message = serializers.CharField()
    asked_at = serializers.DateTimeField()
    may_answer = serializers.BooleanField(help_text="Whether you may, if nobody has.")
    reply = serializers.ChoiceField([("", ""), *Reply.choices], help_text="Empty while nobody has said.")
    note = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    body = serializers.CharField(
        help_text="What the other side is said to have answered; empty where you may not read it."
    )
    person = serializers.CharField(source="person_name", help_text="Who said so.")
    answered_at = serializers.DateTimeField(allow_null=True)


class UnknownQuery(Body):
    run = serializers.IntegerField(required=False, min_value=1)
    delivery = serializers.IntegerField(required=False, min_value=1)
    workflow = serializers.IntegerField(required=False, min_value=1)
    open = serializers.BooleanField(required=False, help_text="Whether somebody still has to say.")


class UnknownReplyBody(Body):
    reply = serializers.ChoiceField(
        Reply.choices,
        help_text="happened: the run goes on as if the call had been answered. resend: it is made again at once, under the"
        " same id. fail: it is given up, and the step takes its way “failed”.",
    )
    note = serializers.CharField(
        max_length=300, help_text="How you know; kept in the audit and in the run's log."
    )
    status = serializers.IntegerField(
        required=False, allow_null=True, min_value=200, max_value=299, help_text="Only of what happened."
    )
    body = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_KEPT,
        help_text="What the other side answered, as the step's output. Only of what happened.",
    )


EXAMPLE: dict[str, Any] = {
    "id": 5,
    "delivery": 7,
    "attempt": 1,
    "message_id": "msg_4d1f0c6a9be24d0d8f6f6f0c1d2e3f40",
    "destination": "crm",
    "destination_name": "CRM",
    "type": "order.refunded",
    "workflow": 3,
    "run": 41,
    "node": "a1",
    "waits": True,
    "error": "timeout",
    "message": "The answer was not whole in time.",
    "asked_at": "2026-03-29T14:30:15Z",
    "may_answer": True,
    "reply": "",
    "note": "",
    "status": None,
    "body": "",
    "person": "",
    "answered_at": None,
}
ANSWERED: dict[str, Any] = {
    **EXAMPLE,
    "reply": "happened",
    "note": "Refund 991 stands in the CRM.",
    "status": 200,
    "person": "bob",
    "answered_at": "2026-03-29T14:41:00Z",
}


def answers(view: ApiView, rows: list[UnknownOutcome]) -> Any:
    pks = [row.pk for row in rows]
    able = set(answerable_unknowns(view.actor).filter(pk__in=pks).values_list("pk", flat=True))
    deliveries = readable_deliveries(view.actor).filter(pk__in=[row.delivery_id for row in rows])
    readable = set(deliveries.values_list("pk", flat=True))
    for row in rows:
        row.may_answer = row.pk in able  # type: ignore[attr-defined]
        if row.delivery_id not in readable:
            row.body = ""
    return UnknownAnswer(rows, many=True).data


def unknown_for(view: ApiView, pk: int) -> UnknownOutcome:
    found = visible_unknowns(view.actor).select_related("delivery__destination").filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such call.")
    return found


class UnknownsView(ApiView):
    @operation(
        "unknown_outcomes_list", TAG, answer=UnknownAnswer, many=True, query=UnknownQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """The calls that may have arrived and may not be repeated, of the deliveries that you may see, newest first."""
        wanted = self.query(UnknownQuery)
        rows = visible_unknowns(self.actor).select_related("delivery__destination")
        lookups = {"run": "delivery__run", "delivery": "delivery", "workflow": "delivery__workflow"}
        if "open" in wanted:
            rows = rows.filter(answered_at__isnull=wanted.pop("open"))
        rows = rows.filter(**{lookups[name]: value for name, value in wanted.items()})
        return Response(page_of(request, rows, lambda page: answers(self, list(page))))


class UnknownView(ApiView):
    @operation("unknown_outcomes_get", TAG, answer=UnknownAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """One of them, and what was said of it."""
        return Response(answers(self, [unknown_for(self, pk)])[0])


class UnknownReplyView(ApiView):
    @operation(
        "unknown_outcomes_reply",
        TAG,
        request=UnknownReplyBody,
        answer=UnknownAnswer,
        sent={"reply": "happened", "note": "Refund 991 stands in the CRM.", "status": 200},
        example=ANSWERED,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say whether it happened. The first answer stands: 409 for another one; the same one again is one answer."""
        unknown = unknown_for(self, pk)
        if not answerable_unknowns(self.actor).filter(pk=pk).exists():
            raise ForbiddenError("You may not answer this: it takes the right “retry” on its workflow.")
        answer_unknown(unknown=unknown, **self.body(UnknownReplyBody), actor=self.actor)
        return Response(answers(self, [unknown_for(self, pk)])[0])
