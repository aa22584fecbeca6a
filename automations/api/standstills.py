"""Standstills: pausing all, at once or in a maintenance window."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Standstill
from automations.runtime.standstills import unlifted
from automations.services.standstills import lift_standstill, set_standstill


class StandstillAnswer(Answer):
    id = serializers.IntegerField()
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null: until somebody lifts it.")
    set_by = serializers.CharField(source="set_by_name")
    lifted_at = serializers.DateTimeField(allow_null=True)
    lifted_by = serializers.CharField(source="lifted_by_name")


class StandstillBody(Body):
    reason = serializers.CharField(max_length=300)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="null: now.")
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="null: until it is lifted."
    )


class StandstillQuery(Body):
    past = serializers.BooleanField(default=False, help_text="true: also those that are lifted or over.")


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "reason": "The database of the shop moves",
    "starts_at": "2026-03-29T22:00:00Z",
    "ends_at": "2026-03-30T02:00:00Z",
    "set_by": "ada",
    "lifted_at": None,
    "lifted_by": "",
}


def _require_admin(actor: Any) -> None:
    if not alert_rights.may_stop_all(actor):
        raise ForbiddenError("Only an admin lets everything stand still.")


class StandstillsView(ApiView):
    @operation(
        "standstills_list",
        "standstills",
        answer=StandstillAnswer,
        many=True,
        query=StandstillQuery,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """What holds everything now, and what is planned."""
        past = self.query(StandstillQuery)["past"]
        rows = Standstill.objects.all() if past else unlifted(now=timezone.now())
        return Response(page_of(request, rows, lambda page: StandstillAnswer(page, many=True).data))

    @operation(
        "standstills_set",
        "standstills",
        request=StandstillBody,
        answer=StandstillAnswer,
        status=201,
        idempotent=True,
        sent={"reason": "The database of the shop moves", "ends_at": "2026-03-30T02:00:00Z"},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Let no trigger judge anything, from now or at a planned time. Events are kept and judged afterwards."""
        _require_admin(self.actor)
        row = set_standstill(**self.body(StandstillBody), actor=self.actor)
        return Response(StandstillAnswer(row).data, status=201)


class StandstillLiftView(ApiView):
    @operation(
        "standstills_lift",
        "standstills",
        request=ReasonBody,
        answer=StandstillAnswer,
        sent={"reason": "It has moved"},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Go on: what has come meanwhile is judged now."""
        _require_admin(self.actor)
        row = Standstill.objects.filter(pk=pk).first()
        if row is None:
            raise NotFoundError("There is no such standstill.")
        reason = self.body(ReasonBody)["reason"]
        return Response(
            StandstillAnswer(lift_standstill(standstill=row, actor=self.actor, reason=reason)).data
        )
