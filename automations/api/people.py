"""Who a workflow can assign to, notify or name: for the pickers of those who build workflows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError

MOST = 500


class PeopleQuery(Body):
    search = serializers.CharField(required=False, max_length=100, help_text="Part of a user name or a name.")


class PersonAnswer(Answer):
    username = serializers.CharField()
    name = serializers.CharField()


class PeopleAnswer(Answer):
    people = PersonAnswer(many=True, help_text=f"Active people by user name, at most {MOST}.")
    groups = serializers.ListField(child=serializers.CharField(), help_text="Names of all groups.")


class PeopleView(ApiView):
    @operation(
        "people_get",
        "me",
        answer=PeopleAnswer,
        query=PeopleQuery,
        example={"people": [{"username": "bob", "name": "Bob Baker"}], "groups": ["Support"]},
    )
    def get(self, request: Request) -> Response:
        """People and groups, for those who build workflows."""
        if not permissions.builds_workflows(self.actor):
            raise ForbiddenError("Only those who build workflows see who there is.")
        search = self.query(PeopleQuery).get("search", "")
        rows = get_user_model()._default_manager.filter(is_active=True).order_by("username")
        if search:
            named = Q(first_name__icontains=search) | Q(last_name__icontains=search)
            rows = rows.filter(Q(username__icontains=search) | named)
        people = [
            {"username": person.get_username(), "name": person.get_full_name() or person.get_username()}
            for person in rows[:MOST]
        ]
        groups = list(Group.objects.order_by("name").values_list("name", flat=True))
        return Response({"people": people, "groups": groups})


def person_for(username: str) -> Any:
    """The active person of this name. Raises NotFoundError."""
    users = get_user_model()
    found = users.objects.filter(**{users.USERNAME_FIELD: username}, is_active=True).first()
    if found is None:
        raise NotFoundError(f"There is no user “{username}”.", code="unknown-user")
    return found
