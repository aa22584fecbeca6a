"""The messages that runs sent to the person who asks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.models import Notification
from automations.services.notifications import read_notification


class NotificationAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    run = serializers.IntegerField(source="run_id", allow_null=True)
    address = serializers.CharField(help_text="The page that it is about, below the app's own; “” for none.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationQuery(Body):
    unread = serializers.BooleanField(required=False, help_text="true: only those not read yet.")


EXAMPLE: dict[str, Any] = {
    "id": 7,
    "title": "Ticket T-1042 is overdue",
    "body": "Nobody has answered for 4 hours.",
    "run": 311,
    "address": "",
    "created_at": "2026-03-29T14:30:00Z",
    "read_at": None,
}


def _own(view: ApiView) -> QuerySet[Notification]:
    return Notification.objects.filter(user_id=view.actor.pk)


class NotificationsView(ApiView):
    @operation(
        "notifications_list",
        "notifications",
        answer=NotificationAnswer,
        many=True,
        query=NotificationQuery,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """Your messages, newest first."""
        wanted = self.query(NotificationQuery)
        rows = _own(self)
        if "unread" in wanted:
            rows = rows.filter(read_at__isnull=wanted["unread"])
        return Response(page_of(request, rows, lambda page: NotificationAnswer(page, many=True).data))


class NotificationReadView(ApiView):
    @operation("notifications_read", "notifications", answer=NotificationAnswer, example=EXAMPLE)
    def post(self, request: Request, pk: int) -> Response:
        """Mark one message as read; its first reading stays."""
        row = get_object_or_404(_own(self), pk=pk)
        return Response(NotificationAnswer(read_notification(notification=row, now=timezone.now())).data)
