"""Sending many deliveries anew over the API: how many they are, at what pace, how far it is, and stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import NotFoundError
from webhooks.outbound import resendings as services
from webhooks.outbound.api import destination_for
from webhooks.outbound.models import Delivery, Resending

TAG = "deliveries"
ENDED = ("failed", "succeeded", "cancelled")


class ResendingAnswer(Answer):
    id = serializers.IntegerField()
    wanted = serializers.DictField(help_text="The filter: state, destination, error, since, until.")
    count = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Still under way.")
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Failed again, or were left as they were.")
    per_minute = serializers.IntegerField()
    actor = UserName(allow_null=True)
    created_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)


class CountAnswer(Answer):
    count = serializers.IntegerField(help_text="How many would be sent anew.")
    most = serializers.IntegerField(help_text="How many can be at once.")


class WantedQuery(Body):
    state = serializers.ChoiceField(
        [name for name in Delivery.State.choices if name[0] in ENDED], required=False
    )
    destination = serializers.CharField(required=False, max_length=80)
    error = serializers.CharField(required=False, max_length=64)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ResendingBody(WantedQuery):
    per_minute = serializers.IntegerField(required=False, help_text="How many a minute: 60.")
    expected = serializers.IntegerField(min_value=1, help_text="The number that was shown.")


class StopAnswer(Answer):
    left = serializers.IntegerField(help_text="How many were left as they were.")


EXAMPLE: dict[str, Any] = {
    "id": 3,
    "wanted": {"state": "failed", "destination": "crm", "error": "status-503", "since": None, "until": None},
    "count": 120,
    "open": 80,
    "succeeded": 39,
    "failed": 1,
    "per_minute": 60,
    "actor": "alice",
    "created_at": "2026-03-29T14:30:00Z",
    "stopped_at": None,
}


def wanted_by(view: ApiView, given: Mapping[str, Any]) -> services.Wanted:
    """The filter, with the destination itself. Raises NotFoundError for one that the actor may not see."""
    named = {name: given[name] for name in ("state", "error", "since", "until") if name in given}
    if "destination" in given:
        named["destination"] = destination_for(view, given["destination"])
    return services.Wanted(**named)


def answers(resendings: list[Resending]) -> Any:
    found = services.progress(resendings)
    for row in resendings:
        vars(row).update(found[row.pk])
    return ResendingAnswer(resendings, many=True).data


def resending_for(view: ApiView, pk: int) -> Resending:
    found = services.visible_resendings(view.actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such sending.")
    return found


class ResendingsView(ApiView):
    @operation("resendings_list", TAG, answer=ResendingAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """What you have sent anew by a filter, newest first, and how far it is."""
        rows = services.visible_resendings(self.actor)
        return Response(page_of(request, rows, lambda page: answers(list(page))))

    @operation(
        "resendings_create",
        TAG,
        request=ResendingBody,
        answer=ResendingAnswer,
        status=201,
        idempotent=True,
        sent={"destination": "crm", "error": "status-503", "per_minute": 60, "expected": 120},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Try all anew that the filter finds and that you may send, the oldest first. 409 where they are another number than
        `expected`."""
        given = self.body(ResendingBody)
        made = services.resend_many(
            wanted=wanted_by(self, given),
            per_minute=given.get("per_minute", 60),
            expected=given["expected"],
            actor=self.actor,
        )
        return Response(answers([resending_for(self, made.pk)])[0], status=201)


class ResendingCountView(ApiView):
    @operation(
        "resendings_count",
        TAG,
        answer=CountAnswer,
        query=WantedQuery,
        example={"count": 120, "most": services.MOST},
    )
    def get(self, request: Request) -> Response:
        """How many deliveries the filter finds that you may send anew."""
        rows = services.wanted_deliveries(wanted_by(self, self.query(WantedQuery)), actor=self.actor)
        return Response({"count": rows.count(), "most": services.MOST})


class ResendingView(ApiView):
    @operation("resendings_get", TAG, answer=ResendingAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """One sending, and how far it is."""
        return Response(answers([resending_for(self, pk)])[0])


class ResendingStopView(ApiView):
    @operation("resendings_stop", TAG, answer=StopAnswer, example={"left": 80})
    def post(self, request: Request, pk: int) -> Response:
        """Leave those that were not tried anew yet as they were. 409 where none is left."""
        left = services.stop_resending(resending=resending_for(self, pk), actor=self.actor)
        return Response({"left": left})
