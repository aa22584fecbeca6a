"""Destinations over the API: their settings, their headers by the keys of secrets, their signing secret (shown once)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
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
from webhooks.outbound import destinations as services
from webhooks.outbound.models import Destination, DestinationHeader
from webhooks.outbound.redelivery import recover_destination
from webhooks.secrets.api import visible as visible_secrets
from webhooks.secrets.models import Secret

TAG = "destinations"


class HeaderAnswer(Answer):
    name = serializers.CharField()
    text = serializers.CharField()
    secret = serializers.CharField(source="secret.key", default=None, allow_null=True)


class KeyAnswer(Answer):
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when it signs; null: without end."
    )


class DestinationAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    format = serializers.ChoiceField(Destination.Format.choices)
    url = serializers.CharField()
    url_secret = serializers.CharField(
        source="url_secret.key",
        default=None,
        allow_null=True,
        help_text="Whose value is put behind the address.",
    )
    headers = HeaderAnswer(many=True)
    signing_keys = KeyAnswer(many=True, help_text="Those that sign, newest first; never their values.")
    max_attempts = serializers.IntegerField()
    concurrency = serializers.IntegerField(help_text="Calls at the same time.")
    rate = serializers.IntegerField(help_text="Calls a minute.")
    timeout_seconds = serializers.IntegerField(help_text="How long a call may take in all.")
    retry_other_refusals = serializers.BooleanField(allow_null=True)
    retry_safe = serializers.BooleanField(
        help_text="Whether a call that may have arrived is tried again by itself; else somebody is asked."
    )
    ordered = serializers.BooleanField(help_text="What is about one record goes one after the other.")
    state = serializers.ChoiceField(Destination.State.choices)
    disabled_reason = serializers.CharField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="Failed attempts since the last success.")
    failing_since = serializers.DateTimeField(allow_null=True)
    open_until = serializers.DateTimeField(
        allow_null=True, help_text="The circuit is open: nothing is sent before."
    )
    owner = UserName(allow_null=True)
    rights = serializers.ListField(child=serializers.CharField(), help_text="Yours: view, use, change.")
    created_at = serializers.DateTimeField()


class NewDestinationAnswer(DestinationAnswer):
    signing_secret = serializers.CharField(
        allow_null=True, help_text="Shown this once; null where nothing is signed."
    )


class HeaderBody(Body):
    name = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=1_000, required=False, allow_blank=True, trim_whitespace=False)
    secret = serializers.CharField(
        max_length=80, required=False, allow_null=True, help_text="A secret's key."
    )


class DestinationSettings(Body):
    url_secret = serializers.CharField(max_length=80, required=False, allow_null=True)
    headers = HeaderBody(many=True, required=False)
    max_attempts = serializers.IntegerField(required=False)
    concurrency = serializers.IntegerField(required=False)
    rate = serializers.IntegerField(required=False)
    timeout_seconds = serializers.IntegerField(required=False)
    retry_other_refusals = serializers.BooleanField(required=False, allow_null=True)
    retry_safe = serializers.BooleanField(
        required=False,
        help_text="Whether the receiver knows a repeated call by its webhook-id, or a repeat does no harm.",
    )
    ordered = serializers.BooleanField(required=False)


class DestinationBody(DestinationSettings):
    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=160)
    url = serializers.CharField(max_length=2_000)
    format = serializers.ChoiceField(Destination.Format.choices, required=False)


class DestinationChangeBody(DestinationSettings):
    read_only_names = ("key", "format", "state")
    name = serializers.CharField(max_length=160, required=False)
    url = serializers.CharField(max_length=2_000, required=False)
    owner = serializers.CharField(
        max_length=150, required=False, help_text="A user name. The new owner gets every right on it."
    )


class RotateBody(Body):
    overlap_hours = serializers.FloatField(
        required=False, min_value=0, max_value=168, help_text="How long the old one still signs: 24."
    )


class RotateAnswer(Answer):
    signing_secret = serializers.CharField(help_text="Shown this once.")


class DisableBody(Body):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RecoverBody(Body):
    since = serializers.DateTimeField(help_text="Those that were made since then and have failed.")


class RecoverAnswer(Answer):
    deliveries = serializers.IntegerField(help_text="How many are tried anew, at most 1,000.")


EXAMPLE: dict[str, Any] = {
    "key": "crm",
    "name": "CRM",
    "format": "webhook",
    "url": "https://api.crm.example.com/hooks",
    "url_secret": None,
    "headers": [{"name": "Authorization", "text": "Bearer ", "secret": "crm-token"}],
    "signing_keys": [{"created_at": "2026-03-29T14:30:00Z", "expires_at": None}],
    "max_attempts": 10,
    "concurrency": 4,
    "rate": 600,
    "timeout_seconds": 15,
    "retry_other_refusals": None,
    "retry_safe": True,
    "ordered": False,
    "state": "enabled",
    "disabled_reason": "",
    "disabled_at": None,
    "failures": 0,
    "failing_since": None,
    "open_until": None,
    "owner": "alice",
    "rights": ["view", "use", "change"],
    "created_at": "2026-03-29T14:30:00Z",
}
SENT: dict[str, Any] = {
    "key": "crm",
    "name": "CRM",
    "url": "https://api.crm.example.com/hooks",
    "headers": [{"name": "Authorization", "text": "Bearer ", "secret": "crm-token"}],
}


def visible(actor: Any) -> QuerySet[Destination]:
    headers = DestinationHeader.objects.select_related("secret")
    rows = permissions.things_with(actor, "destination", *THING_RIGHTS).filter(archived_at=None)
    return rows.select_related("owner", "url_secret").prefetch_related(
        Prefetch("headers", headers), "signing_keys"
    )


def destination_for(view: ApiView, key: str, *, right: str = "view") -> Destination:
    """The destination, if the actor may see it. Raises ForbiddenError where another right is asked for and missing."""
    destination = visible(view.actor).filter(key=key).first()
    if destination is None:
        raise NotFoundError("There is no such destination.")
    if right != "view":
        permissions.require_right(view.actor, right, destination)
    return destination


def answers(view: ApiView, destinations: list[Destination]) -> Any:
    """The answers about the destinations of one page; as many queries for one as for all."""
    keys = [row.pk for row in destinations]
    held = {
        right: set(
            permissions.things_with(view.actor, "destination", right)
            .filter(pk__in=keys)
            .values_list("pk", flat=True)
        )
        for right in ("use", "change")
    }
    for row in destinations:
        row.rights = ["view", *(right for right in held if row.pk in held[right])]  # type: ignore[attr-defined]
    return DestinationAnswer(destinations, many=True).data


def _with_secrets(view: ApiView, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, each key of a secret that the actor may see turned into the secret. Raises NotFoundError."""
    rows = [dict(row) for row in given.get("headers", ())]
    named = {key for key in (given.get("url_secret"), *(row.get("secret") for row in rows)) if key}
    found = {secret.key: secret for secret in visible_secrets(view.actor).filter(key__in=named)}

    def secret(key: str | None) -> Secret | None:
        if key and key not in found:
            raise NotFoundError(f"There is no secret “{key[:80]}”.", code="unknown-secret")
        return found[key] if key else None

    wanted = dict(given)
    if "url_secret" in given:
        wanted["url_secret"] = secret(given["url_secret"])
    if "headers" in given:
        wanted["headers"] = [
            {"name": row["name"], "text": row.get("text", ""), "secret": secret(row.get("secret"))}
            for row in rows
        ]
    return wanted


class DestinationsView(ApiView):
    @operation("destinations_list", TAG, answer=DestinationAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The destinations that you may see, newest first."""
        return Response(page_of(request, visible(self.actor), lambda page: answers(self, list(page))))

    @operation(
        "destinations_create",
        TAG,
        request=DestinationBody,
        answer=NewDestinationAnswer,
        status=201,
        idempotent=True,
        sent=SENT,
        example={**EXAMPLE, "signing_secret": "whsec_…"},
    )
    @idempotent(unstored=("signing_secret",))
    def post(self, request: Request) -> Response:
        """Make a destination. Its signing secret is in this answer and in no other: give it to whoever receives."""
        if not permissions.may_add(self.actor, "destination"):
            raise ForbiddenError("You may not make destinations. An admin can give you that right.")
        wanted = _with_secrets(self, self.body(DestinationBody))
        made, secret = services.create_destination(**wanted, actor=self.actor)
        answer = answers(self, [destination_for(self, made.key)])[0]
        return Response({**answer, "signing_secret": secret or None}, status=201)


class DestinationView(ApiView):
    @operation("destinations_get", TAG, answer=DestinationAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """One destination, and how it has been of late."""
        return Response(answers(self, [destination_for(self, key)])[0])

    @operation(
        "destinations_update",
        TAG,
        request=DestinationChangeBody,
        answer=DestinationAnswer,
        sent={"rate": 60},
        example=EXAMPLE,
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change it; headers are replaced whole. A new address is judged as if the destination were made anew."""
        destination = destination_for(self, key, right="change")
        changes = _with_secrets(self, self.body(DestinationChangeBody))
        if "owner" in changes:
            changes["owner"] = person_for(changes["owner"])
        services.update_destination(destination=destination, changes=changes, actor=self.actor)
        return Response(answers(self, [destination_for(self, key)])[0])


class DestinationDisableView(ApiView):
    @operation(
        "destinations_disable",
        TAG,
        request=DisableBody,
        answer=DestinationAnswer,
        sent={"reason": "The CRM is being moved"},
        example={**EXAMPLE, "state": "disabled"},
    )
    def post(self, request: Request, key: str) -> Response:
        """Send nothing there any more. What waits to be sent fails, and runs that wait for it go on by “failed”."""
        destination = destination_for(self, key, right="change")
        reason = self.body(DisableBody)["reason"]
        services.disable_destination(destination=destination, reason=reason, actor=self.actor)
        return Response(answers(self, [destination_for(self, key)])[0])


class DestinationEnableView(ApiView):
    @operation("destinations_enable", TAG, answer=DestinationAnswer, example=EXAMPLE)
    def post(self, request: Request, key: str) -> Response:
        """Send there again, as if it had never failed."""
        destination = destination_for(self, key, right="change")
        services.enable_destination(destination=destination, actor=self.actor)
        return Response(answers(self, [destination_for(self, key)])[0])


class DestinationRotateView(ApiView):
    @operation(
        "destinations_rotate",
        TAG,
        request=RotateBody,
        answer=RotateAnswer,
        sent={"overlap_hours": 24},
        example={"signing_secret": "whsec_…"},
    )
    def post(self, request: Request, key: str) -> Response:
        """A new signing secret, shown this once. The old one signs beside it meanwhile: 0 hours after a leak."""
        destination = destination_for(self, key, right="change")
        hours = self.body(RotateBody).get("overlap_hours", 24)
        _, secret = services.rotate_signing_key(
            destination=destination, overlap=timedelta(hours=hours), actor=self.actor
        )
        return Response({"signing_secret": secret})


class DestinationRecoverView(ApiView):
    @operation(
        "destinations_recover",
        TAG,
        request=RecoverBody,
        answer=RecoverAnswer,
        sent={"since": "2026-03-29T00:00:00Z"},
        example={"deliveries": 12},
    )
    def post(self, request: Request, key: str) -> Response:
        """Try all anew that have failed since then, at the destination's own pace."""
        destination = destination_for(self, key, right="change")
        count = recover_destination(
            destination=destination, since=self.body(RecoverBody)["since"], actor=self.actor
        )
        return Response({"deliveries": count})
