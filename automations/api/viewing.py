"""Seeing what another person or role sees: who is seen, beginning and ending it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ConflictError, ForbiddenError
from automations.services import viewing
from automations.services.shares import find_holder


class ViewingBody(Body):
    user = serializers.CharField(max_length=150, required=False, help_text="A user name; or else a role.")
    role = serializers.CharField(max_length=150, required=False, help_text="A role's or a group's name.")


class ViewingAnswer(Answer):
    user = serializers.CharField(allow_null=True)
    role = serializers.CharField(allow_null=True)


class ViewingView(ApiView):
    ends_viewing = True

    @operation(
        "viewing_start",
        "me",
        request=ViewingBody,
        answer=ViewingAnswer,
        sent={"user": "bob"},
        example={"user": "bob", "role": None},
    )
    def post(self, request: Request) -> Response:
        """See what a person or a role sees, read-only, from this session's next request on. Admins only; audited."""
        if not permissions.may_do_all(self.actor):
            raise ForbiddenError("Only admins see what others see.")
        if request.auth is not None:
            raise ConflictError("A token has no session to remember it in. Sign in.", code="no-session")
        wanted = self.body(ViewingBody)
        named = [name for name in ("user", "role") if wanted.get(name)]
        if len(named) != 1:
            raise ValidationError({named[-1] if named else "user": ["Name a person or a role."]})
        kind = {"user": "user", "role": "group"}[named[0]]
        target = find_holder(**{kind: wanted[named[0]]})
        viewing.start_viewing(session=_session(request), target=target, actor=self.actor)
        return Response({"user": None, "role": None, **wanted})

    @operation("viewing_stop", "me", status=204)
    def delete(self, request: Request) -> Response:
        """See with your own eyes again."""
        viewing.stop_viewing(session=_session(request), actor=self.actor)
        return Response(status=204)


def _session(request: Request) -> Any:
    return request._request.session
