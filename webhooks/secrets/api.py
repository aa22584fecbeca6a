"""Secrets over the API: a value goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.grants import THING_RIGHTS
from webhooks.secrets import services
from webhooks.secrets.models import Secret

TAG = "secrets"


class StoredSecretAnswer(Answer):
    key = serializers.CharField()
    description = serializers.CharField()
    hosts = serializers.ListField(child=serializers.CharField())
    owner = UserName(allow_null=True)
    rights = serializers.ListField(child=serializers.CharField(), help_text="Yours: view, use, change.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="When its value was last set.")


class ValueBody(Body):
    value = serializers.CharField(
        max_length=services.MAX_LENGTH, trim_whitespace=False, write_only=True, help_text="Never shown again."
    )


class NewStoredSecretBody(ValueBody):
    key = serializers.SlugField(max_length=80)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    hosts = serializers.ListField(
        child=serializers.CharField(max_length=253),
        max_length=20,
        help_text="Where it may be sent: api.example.com, *.example.com.",
    )


class StoredSecretChangeBody(Body):
    read_only_names = ("key", "value")
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    hosts = serializers.ListField(child=serializers.CharField(max_length=253), max_length=20, required=False)
    owner = serializers.CharField(
        max_length=150, required=False, help_text="A user name. The new owner gets every right on it."
    )


EXAMPLE: dict[str, Any] = {
    "key": "crm-token",
    "description": "Of the integration user",
    "hosts": ["api.crm.example.com"],
    "owner": "alice",
    "rights": ["view", "use", "change"],
    "created_at": "2026-03-29T14:30:00Z",
    "changed_at": "2026-03-29T14:30:00Z",
}


def visible(actor: Any) -> QuerySet[Secret]:
    return permissions.things_with(actor, "secret", *THING_RIGHTS).select_related("owner")


def secret_for(view: ApiView, key: str, *, change: bool = False) -> Secret:
    """The secret, if the actor may see it; with `change`, the right to change it is asked for too."""
    secret = visible(view.actor).filter(key=key).first()
    if secret is None:
        raise NotFoundError("There is no such secret.")
    if change:
        permissions.require_right(view.actor, "change", secret)
    return secret


def answers(view: ApiView, secrets: list[Secret]) -> Any:
    """The answers about the secrets of one page; as many queries for one as for all."""
    keys = [secret.pk for secret in secrets]
    held = {
        right: set(
            permissions.things_with(view.actor, "secret", right)
            .filter(pk__in=keys)
            .values_list("pk", flat=True)
        )
        for right in ("use", "change")
    }
    for secret in secrets:
        secret.rights = ["view", *(right for right in held if secret.pk in held[right])]  # type: ignore[attr-defined]
    return StoredSecretAnswer(secrets, many=True).data


class SecretsView(ApiView):
    @operation("secrets_list", TAG, answer=StoredSecretAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The secrets that you may see: what they are called and where they may go, never their values."""
        return Response(page_of(request, visible(self.actor), lambda page: answers(self, list(page))))

    @operation(
        "secrets_create",
        TAG,
        request=NewStoredSecretBody,
        answer=StoredSecretAnswer,
        status=201,
        idempotent=True,
        sent={"key": "crm-token", "value": "…", "hosts": ["api.crm.example.com"]},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Keep a value under a key, encrypted. It is yours, with every right on it; nobody sees the value again."""
        if not permissions.may_add(self.actor, "secret"):
            raise ForbiddenError("You may not make secrets. An admin can give you that right.")
        made = services.create_secret(**self.body(NewStoredSecretBody), actor=self.actor)
        return Response(answers(self, [secret_for(self, made.key)])[0], status=201)


class SecretView(ApiView):
    @operation("secrets_get", TAG, answer=StoredSecretAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """What one secret is called, and where it may go."""
        return Response(answers(self, [secret_for(self, key)])[0])

    @operation(
        "secrets_update",
        TAG,
        request=StoredSecretChangeBody,
        answer=StoredSecretAnswer,
        sent={"hosts": ["*.crm.example.com"]},
        example=EXAMPLE,
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change description, hosts or owner. 409 while a destination sends it to a host that would no longer be one."""
        secret = secret_for(self, key, change=True)
        changes = self.body(StoredSecretChangeBody)
        if "owner" in changes:
            changes["owner"] = person_for(changes["owner"])
        services.update_secret(secret=secret, changes=changes, actor=self.actor)
        return Response(answers(self, [secret_for(self, key)])[0])

    @operation("secrets_delete", TAG, status=204)
    def delete(self, request: Request, key: str) -> Response:
        """Forget a secret. 409 while a destination sends it."""
        services.delete_secret(secret=secret_for(self, key, change=True), actor=self.actor)
        return Response(status=204)


class SecretValueView(ApiView):
    @operation("secrets_set_value", TAG, request=ValueBody, status=204, sent={"value": "…"})
    def put(self, request: Request, key: str) -> Response:
        """Set another value: calls that are made from now on send it."""
        secret = secret_for(self, key, change=True)
        services.set_secret_value(secret=secret, value=self.body(ValueBody)["value"], actor=self.actor)
        return Response(status=204)
