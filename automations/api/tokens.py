"""API tokens of the person who asks: made, listed, revoked. The token itself is shown once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.idempotency import idempotent
from automations.api.pagination import MAX_PAGE_SIZE
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.models import ApiToken
from automations.services.tokens import MAX_DAYS, create_token, revoke_token


class TokenAnswer(Answer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(ApiToken.Scope.choices)
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")


class NewTokenAnswer(TokenAnswer):
    token = serializers.CharField(
        allow_null=True, help_text="Shown in this answer only. Send it as “Token <token>”."
    )


class TokenBody(Body):
    name = serializers.CharField(max_length=80)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=30)
    scope = serializers.ChoiceField(ApiToken.Scope.choices, default=ApiToken.Scope.READ)


EXAMPLE: dict[str, Any] = {
    "id": "1f0c5a52-6f2e-4c86-9a0e-6a8c0f5d2b11",
    "name": "Nightly import",
    "scope": "write",
    "created_at": "2026-03-29T14:30:00Z",
    "expires_at": "2026-04-28T14:30:00Z",
}


def _own(view: ApiView) -> QuerySet[ApiToken]:
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user_id=view.actor.pk)
    return tokens


class TokensView(ApiView):
    @operation("tokens_list", "tokens", answer=TokenAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Your tokens that have not been revoked; never their secrets."""
        rows = _own(self).order_by("-created")[:MAX_PAGE_SIZE]
        return Response({"next": None, "results": TokenAnswer(rows, many=True).data})

    @operation(
        "tokens_create",
        "tokens",
        request=TokenBody,
        answer=NewTokenAnswer,
        status=201,
        idempotent=True,
        sent={"name": "Nightly import", "expires_in_days": 30, "scope": "write"},
        example={**EXAMPLE, "token": "9d1e…"},
    )
    @idempotent(unstored=("token",))
    def post(self, request: Request) -> Response:
        """Make a token that acts as you. Its secret stands in this answer and nowhere else."""
        wanted = self.body(TokenBody)
        row, secret = create_token(
            name=wanted["name"],
            scope=wanted["scope"],
            days=wanted["expires_in_days"],
            actor=self.actor,
            now=timezone.now(),
        )
        return Response({**TokenAnswer(row).data, "token": secret}, status=201)


class TokenView(ApiView):
    @operation("tokens_revoke", "tokens", status=204)
    def delete(self, request: Request, pk: str) -> Response:
        """Revoke a token; requests with it are refused from now on."""
        revoke_token(token=get_object_or_404(_own(self), pk=pk), actor=self.actor)
        return Response(status=204)
