"""Who is asking, and what they may do in general."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights, permissions
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from automations.models import Notification
from automations.services import viewing


class MayAnswer(Answer):
    create_workflows = serializers.BooleanField()
    manage_modules = serializers.BooleanField()
    create_policies = serializers.BooleanField()
    send_events = serializers.BooleanField()
    view_as_others = serializers.BooleanField()
    set_mode_policies = serializers.BooleanField()
    watch = serializers.BooleanField(help_text="Say what is watched: of a workflow at least.")
    retry = serializers.BooleanField(help_text="Retry and redrive runs: of a workflow at least.")
    make = serializers.ListField(
        child=serializers.CharField(),
        help_text="The kinds of things that you may make: workflow, endpoint, …",
    )


class MeAnswer(Answer):
    viewed_by_admin = serializers.BooleanField(help_text="You are an admin who looks with these eyes.")
    username = serializers.CharField()
    name = serializers.CharField(help_text="Full name, or the user name.")
    email = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    may = MayAnswer()
    unread_notifications = serializers.IntegerField()


class MeView(ApiView):
    @operation(
        "me_get",
        "me",
        answer=MeAnswer,
        example={
            "viewed_by_admin": False,
            "username": "alice",
            "name": "Alice Ahrens",
            "email": "alice@example.com",
            "roles": ["Publisher"],
            "may": {
                "create_workflows": True,
                "manage_modules": False,
                "create_policies": True,
                "send_events": False,
                "view_as_others": False,
                "set_mode_policies": False,
                "watch": True,
                "retry": True,
                "make": ["policy", "workflow"],
            },
            "unread_notifications": 2,
        },
    )
    def get(self, request: Request) -> Response:
        """You, your roles, and what you may do beside single workflows."""
        user = self.actor
        return Response(
            {
                "viewed_by_admin": viewing.is_viewing(getattr(request._request, "session", None)),
                "username": user.get_username(),
                "name": user.get_full_name() or user.get_username(),
                "email": user.email,
                "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
                "may": {
                    "create_workflows": permissions.may_create_workflow(user),
                    "manage_modules": permissions.may_manage_modules(user),
                    "create_policies": permissions.may_create_policy(user),
                    "send_events": permissions.may_send_events(user),
                    "view_as_others": permissions.may_do_all(user),
                    "set_mode_policies": permissions.may_set_mode_policies(user),
                    "watch": alert_rights.may_set_some_rule(user),
                    "retry": permissions.may_retry_some(user),
                    "make": permissions.kinds_to_make(user),
                },
                "unread_notifications": Notification.objects.filter(user=user, read_at=None).count(),
            }
        )
