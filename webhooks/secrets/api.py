"""Secrets over the API: a value goes in and never comes out."""

from __future__ import annotations

from datetime import timedelta
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


class UserOfSecretAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()


class StoredSecretAnswer(Answer):
    key = serializers.CharField()
    description = serializers.CharField()
    hosts = serializers.ListField(child=serializers.CharField())
    owner = UserName(allow_null=True)
    rights = serializers.ListField(child=serializers.CharField(), help_text="Yours: view, use, change.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="When its value was last set.")
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When its host takes it no more; null: not known, or never."
    )
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was last sent, to the minute."
    )
    kept_until = serializers.DateTimeField(
        allow_null=True,
        help_text="Until then the value before this one can be taken back; null: none is kept.",
    )
    used_by = UserOfSecretAnswer(many=True, help_text="The destinations in your sight that send it.")
    used_elsewhere = serializers.IntegerField(help_text="How many others send it.")


class ValueBody(Body):
    value = serializers.CharField(
        max_length=services.MAX_LENGTH, trim_whitespace=False, write_only=True, help_text="Never shown again."
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When its host takes it no more, if that is known."
    )


class NextValueBody(ValueBody):
    overlap_hours = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=168,
        help_text="How long the value before is kept, to be taken back: 0.",
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
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
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
    "expires_at": None,
    "last_used_at": "2026-03-29T14:31:00Z",
    "kept_until": None,
    "used_by": [{"key": "crm", "name": "CRM"}],
    "used_elsewhere": 0,
}


def visible(actor: Any) -> QuerySet[Secret]:
    rows = permissions.things_with(actor, "secret", *THING_RIGHTS).select_related("owner")
    return rows.prefetch_related("addresses", "headers__destination")


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
    _say_by_whom(view.actor, secrets)
    return StoredSecretAnswer(secrets, many=True).data


def _say_by_whom(actor: Any, secrets: list[Secret]) -> None:
    """Put on each who sends it: by name those that the actor may see, by count the others."""
    there = {
        secret.pk: {
            row.pk: row for row in (*secret.addresses.all(), *(h.destination for h in secret.headers.all()))
        }
        for secret in secrets
    }
    asked = {pk for rows in there.values() for pk in rows}
    seen = set()
    if asked:
        visible_ones = permissions.things_with(actor, "destination", *THING_RIGHTS).filter(archived_at=None)
        seen = set(visible_ones.filter(pk__in=asked).values_list("pk", flat=True))
    for secret in secrets:
        rows = there[secret.pk]
        secret.used_by = sorted((row for pk, row in rows.items() if pk in seen), key=lambda row: row.name)  # type: ignore[attr-defined]
        secret.used_elsewhere = len(rows) - len(secret.used_by)  # type: ignore[attr-defined]


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
    @operation(
        "secrets_set_value", TAG, request=NextValueBody, status=204, sent={"value": "…", "overlap_hours": 24}
    )
    def put(self, request: Request, key: str) -> Response:
        """Set another value: calls that are made from now on send it. The one before can be taken back for the overlap."""
        secret = secret_for(self, key, change=True)
        wanted = self.body(NextValueBody)
        overlap = timedelta(hours=wanted.pop("overlap_hours", 0))
        services.set_secret_value(secret=secret, overlap=overlap, actor=self.actor, **wanted)
        return Response(status=204)


class SecretTakeBackView(ApiView):
    @operation("secrets_take_back", TAG, answer=StoredSecretAnswer, example=EXAMPLE)
    def post(self, request: Request, key: str) -> Response:
        """Send the value before this one again, while it is kept. 409 afterwards."""
        services.take_back_secret_value(secret=secret_for(self, key, change=True), actor=self.actor)
        return Response(answers(self, [secret_for(self, key)])[0])
