"""What a destination has not taken: how much waits, how much was given up and since when; and a test call."""

from __future__ import annotations

from typing import Any

from django.db.models import Min
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.idempotency import idempotent
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from webhooks.outbound import trials
from webhooks.outbound.api import TAG, destination_for
from webhooks.outbound.models import Delivery
from webhooks.outbound.models.delivery import OPEN_STATES
from webhooks.outbound.redelivery import MAX_AT_ONCE

COUNTED = MAX_AT_ONCE + 1
"""More than this are not counted: a large number is large."""


class BacklogAnswer(Answer):
    waiting = serializers.IntegerField(help_text=f"To be sent, or being sent; {COUNTED:,} stands for more.")
    needs_review = serializers.IntegerField(help_text="Of which nobody knows whether they arrived.")
    failed = serializers.IntegerField(help_text=f"Given up; {COUNTED:,} stands for more.")
    failed_since = serializers.DateTimeField(allow_null=True, help_text="When the first of them was made.")


class TestCallAnswer(Answer):
    delivery = serializers.IntegerField(help_text="Its number: deliveries/{delivery}/ says how it goes.")


class DestinationBacklogView(ApiView):
    @operation(
        "destinations_backlog",
        TAG,
        answer=BacklogAnswer,
        example={"waiting": 0, "needs_review": 0, "failed": 12, "failed_since": "2026-03-29T14:30:00Z"},
    )
    def get(self, request: Request, key: str) -> Response:
        """How much waits to be sent there, and how much was given up: what `recover` would send anew."""
        rows = Delivery.objects.filter(destination=destination_for(self, key)).order_by()
        failed = rows.filter(state=Delivery.State.FAILED)
        answer: dict[str, Any] = {
            "waiting": rows.filter(state__in=OPEN_STATES)[:COUNTED].count(),
            "needs_review": rows.filter(state=Delivery.State.NEEDS_REVIEW)[:COUNTED].count(),
            "failed": failed[:COUNTED].count(),
            "failed_since": failed.aggregate(first=Min("created_at"))["first"],
        }
        return Response(BacklogAnswer(answer).data)


class DestinationTestView(ApiView):
    @operation(
        "destinations_test",
        TAG,
        answer=TestCallAnswer,
        status=202,
        idempotent=True,
        example={"delivery": 311},
    )
    @idempotent()
    def post(self, request: Request, key: str) -> Response:
        """Send a test there, once: a delivery of the type automations.test, as real as any other."""
        destination = destination_for(self, key, right="use")
        made = trials.send_test(destination=destination, actor=self.actor)
        return Response({"delivery": made.pk}, status=202)
