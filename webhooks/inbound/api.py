"""Endpoints over the API: their settings, their secrets (shown once), their address, and the test console."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.permissions import visible_modules
from webhooks import permissions
from webhooks.encryption import decrypt
from webhooks.inbound import services
from webhooks.inbound.console import try_endpoint
from webhooks.inbound.door import hooks_path
from webhooks.inbound.models import UNSIGNED, Endpoint, EndpointSecret, Receipt
from webhooks.inbound.presets import SCHEMES

TAG = "webhooks"


class SecretAnswer(Answer):
    id = serializers.IntegerField()
    hint = serializers.CharField(help_text="Its last characters.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when it counts; null: without end."
    )


class NewSecretAnswer(SecretAnswer):
    secret = serializers.CharField(allow_null=True, help_text="Shown this once.")


class EndpointAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    scheme = serializers.ChoiceField(Endpoint._meta.get_field("scheme").choices or [])
    address = serializers.CharField(
        allow_null=True, help_text="What the sender posts to; null for those who may not change it."
    )
    is_enabled = serializers.BooleanField()
    module = serializers.CharField(source="source.module.key", default=None, allow_null=True)
    contract = serializers.DictField(source="source.contract", help_text="JSON Schema of the body.")
    tolerance_seconds = serializers.IntegerField()
    max_body = serializers.IntegerField()
    rate_per_minute = serializers.IntegerField()
    allowed_networks = serializers.ListField(child=serializers.CharField())
    type_path = serializers.CharField()
    record_path = serializers.CharField()
    dedupe_path = serializers.CharField()
    owner = UserName(allow_null=True)
    secrets = SecretAnswer(many=True, help_text="Those that count, newest first.")
    last_accepted_at = serializers.DateTimeField(allow_null=True)
    may_change = serializers.BooleanField()
    can_sign = serializers.BooleanField(help_text="Whether the test console can sign a sample.")
    created_at = serializers.DateTimeField()


class NewEndpointAnswer(EndpointAnswer):
    secret = serializers.CharField(allow_null=True, help_text="Shown this once; null without one.")


class EndpointSettings(Body):
    name = serializers.CharField(max_length=120)
    is_enabled = serializers.BooleanField(required=False)
    tolerance_seconds = serializers.IntegerField(required=False)
    max_body = serializers.IntegerField(required=False)
    rate_per_minute = serializers.IntegerField(required=False)
    allowed_networks = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    type_path = serializers.CharField(max_length=200, required=False, allow_blank=True)
    record_path = serializers.CharField(max_length=200, required=False, allow_blank=True)
    dedupe_path = serializers.CharField(max_length=200, required=False, allow_blank=True)
    contract = serializers.DictField(required=False)


class EndpointBody(EndpointSettings):
    key = serializers.SlugField(max_length=40, help_text="Events of it have the type webhook.<key>.…")
    scheme = serializers.ChoiceField([(key, row.label) for key, row in SCHEMES.items()], required=False)
    secret = serializers.CharField(
        max_length=600, required=False, allow_blank=True, help_text="Made for you where it is left out."
    )
    module = serializers.CharField(max_length=63, required=False, allow_null=True)
    reason = serializers.CharField(max_length=300, required=False, help_text="Needed for unsigned ones.")


class SecretBody(Body):
    secret = serializers.CharField(max_length=600, required=False, allow_blank=True)
    overlap_hours = serializers.FloatField(
        required=False, min_value=0, max_value=168, help_text="How long the others still count: 24."
    )


class AddressAnswer(Answer):
    address = serializers.CharField()


class TrialBody(Body):
    body = serializers.CharField(max_length=1_048_576, trim_whitespace=False, allow_blank=True)
    type = serializers.CharField(
        max_length=80, required=False, help_text="For senders that name it in a header."
    )
    id = serializers.RegexField(r"^[A-Za-z0-9_\-]{1,256}$", required=False)
    age_seconds = serializers.IntegerField(required=False, min_value=-86_400, max_value=86_400)
    sender = serializers.IPAddressField(required=False, help_text="The address that it comes from.")
    accept = serializers.BooleanField(required=False, help_text="Take it in as a real one.")


class TrialCheckAnswer(Answer):
    check = serializers.CharField()
    passed = serializers.BooleanField()
    detail = serializers.CharField()


class TrialAnswer(Answer):
    headers = serializers.DictField(child=serializers.CharField())
    verdict = serializers.ChoiceField(Receipt.Verdict.choices)
    checks = TrialCheckAnswer(many=True)
    type = serializers.CharField(help_text="Of the event that it would be.")
    record = serializers.CharField()
    dedupe = serializers.CharField()
    status = serializers.IntegerField(
        allow_null=True, help_text="The answer; null for what was not taken in."
    )
    answer = serializers.CharField()


EXAMPLE: dict[str, Any] = {
    "key": "shop",
    "name": "The shop",
    "scheme": "standard",
    "address": "https://automations.example.org/hooks/3q2-7w/",
    "is_enabled": True,
    "module": None,
    "contract": {},
    "tolerance_seconds": 300,
    "max_body": 1_048_576,
    "rate_per_minute": 6000,
    "allowed_networks": [],
    "type_path": "",
    "record_path": "",
    "dedupe_path": "",
    "owner": "priya",
    "secrets": [{"id": 1, "hint": "LaSw", "created_at": "2026-03-29T14:30:00Z", "expires_at": None}],
    "last_accepted_at": None,
    "may_change": True,
    "can_sign": True,
    "created_at": "2026-03-29T14:30:00Z",
}
TRIAL: dict[str, Any] = {
    "headers": {"webhook-id": "test_1", "webhook-timestamp": "1774794600", "webhook-signature": "v1,…"},
    "verdict": "accepted",
    "checks": [{"check": "signature", "passed": True, "detail": "Made with the secret that ends in …LaSw."}],
    "type": "webhook.shop.order.paid",
    "record": "",
    "dedupe": "",
    "status": None,
    "answer": "",
}


def endpoints(actor: Any) -> QuerySet[Endpoint]:
    """The endpoints in sight, with all that is shown of them; a page costs the same queries however long it is."""
    now = timezone.now()
    accepted = Receipt.objects.filter(endpoint=OuterRef("pk"), verdict=Receipt.Verdict.ACCEPTED)
    counting = EndpointSecret.objects.exclude(expires_at__lte=now)
    return (
        permissions.open_endpoints(actor)
        .select_related("source__module", "owner")
        .prefetch_related(Prefetch("secrets", queryset=counting))
        .annotate(last_accepted_at=Subquery(accepted.order_by("-id").values("received_at")[:1]))
    )


def shown(request: Request, rows: list[Endpoint], changeable: set[int]) -> list[dict[str, Any]]:
    """Endpoints as answers: the address only for those who may change it."""
    for row in rows:
        row.may_change = row.pk in changeable  # type: ignore[attr-defined]
        row.can_sign = SCHEMES.get(row.scheme).can_sign  # type: ignore[attr-defined]
        row.address = address_of(request, row) if row.pk in changeable else None  # type: ignore[attr-defined]
    return list(EndpointAnswer(rows, many=True).data)


def address_of(request: Request, endpoint: Endpoint) -> str:
    path = f"{hooks_path()}{decrypt(endpoint.token).decode()}/"
    return request.build_absolute_uri(path)


def endpoint_for(view: ApiView, key: str) -> Endpoint:
    """The endpoint of this key, if the actor may see it. Raises NotFoundError."""
    found = endpoints(view.actor).filter(key=key).first()
    if found is None:
        raise NotFoundError("There is no such endpoint.")
    return found


class EndpointBase(ApiView):
    def endpoint(self, key: str, *, change: bool) -> Endpoint:
        """The endpoint of this key. Raises NotFoundError, and ForbiddenError where it is to be changed."""
        found = endpoint_for(self, key)
        if change:
            permissions.require_endpoint_change(self.actor, found)
        return found

    def one(self, key: str) -> dict[str, Any]:
        row = self.endpoint(key, change=False)
        may = permissions.may_change_endpoint(self.actor, row)
        return shown(self.request, [row], {row.pk} if may else set())[0]


class EndpointsView(EndpointBase):
    @operation("endpoints_list", TAG, answer=EndpointAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The endpoints that you may see, newest first."""
        rows = endpoints(self.actor)
        changeable = set(permissions.changeable_endpoints(self.actor).values_list("pk", flat=True))
        return Response(page_of(request, rows, lambda page: shown(request, page, changeable)))

    @operation(
        "endpoints_create",
        TAG,
        request=EndpointBody,
        answer=NewEndpointAnswer,
        status=201,
        idempotent=True,
        sent={"key": "shop", "name": "The shop"},
        example={**EXAMPLE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    )
    @idempotent(unstored=("secret", "address"))
    def post(self, request: Request) -> Response:
        """Open an address for a sender. Its secret is in this answer and in no other."""
        if not permissions.may_create_endpoint(self.actor):
            raise ForbiddenError("You may not make endpoints. An admin can give you that right.")
        wanted = self.body(EndpointBody)
        if wanted.get("scheme") == UNSIGNED and not permissions.may_go_unsigned(self.actor):
            raise ForbiddenError("Only an admin may make an endpoint that takes unsigned requests.")
        key = wanted.pop("module", None)
        module = visible_modules(self.actor).filter(key=key).first() if key else None
        if key and module is None:
            raise NotFoundError(f"There is no module “{key}”.", code="unknown-module")
        made = services.create_endpoint(**wanted, module=module, actor=self.actor, now=timezone.now())
        return Response({**self.one(made.endpoint.key), "secret": made.secret or None}, status=201)


class EndpointView(EndpointBase):
    @operation("endpoints_get", TAG, answer=EndpointAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """One endpoint; its address, if you may change it."""
        return Response(self.one(key))

    @operation(
        "endpoints_change",
        TAG,
        request=EndpointSettings,
        answer=EndpointAnswer,
        sent={"is_enabled": False},
        example={**EXAMPLE, "is_enabled": False},
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change settings, or switch it off: then its address answers as if it were none."""
        endpoint = self.endpoint(key, change=True)
        wanted = self.body(EndpointSettings, partial=True)
        contract = wanted.pop("contract", None)
        services.change_endpoint(endpoint=endpoint, changes=wanted, contract=contract, actor=self.actor)
        return Response(self.one(key))

    @operation("endpoints_delete", TAG, status=204)
    def delete(self, request: Request, key: str) -> Response:
        """Close it for good; its receipts stay, and its key stays taken. 409 while a live workflow starts from it."""
        endpoint = self.endpoint(key, change=True)
        services.delete_endpoint(endpoint=endpoint, actor=self.actor, now=timezone.now())
        return Response(status=204)


class EndpointSecretsView(EndpointBase):
    @operation(
        "endpoints_add_secret",
        TAG,
        request=SecretBody,
        answer=NewSecretAnswer,
        status=201,
        idempotent=True,
        sent={"overlap_hours": 24},
        example={**EXAMPLE["secrets"][0], "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    )
    @idempotent(unstored=("secret",))
    def post(self, request: Request, key: str) -> Response:
        """A new secret; the others count for the overlap more. It is in this answer and in no other."""
        endpoint = self.endpoint(key, change=True)
        wanted = self.body(SecretBody)
        overlap = timedelta(hours=wanted.pop("overlap_hours", 24))
        row, text = services.add_secret(
            endpoint=endpoint, overlap=overlap, actor=self.actor, now=timezone.now(), **wanted
        )
        return Response({**SecretAnswer(row).data, "secret": text}, status=201)


class EndpointSecretView(EndpointBase):
    @operation("endpoints_end_secret", TAG, answer=SecretAnswer, example=EXAMPLE["secrets"][0])
    def delete(self, request: Request, key: str, number: int) -> Response:
        """Let a secret count no more, at once."""
        endpoint = self.endpoint(key, change=True)
        secret = EndpointSecret.objects.filter(endpoint=endpoint, pk=number).first()
        if secret is None:
            raise NotFoundError("There is no such secret.")
        ended = services.end_secret(secret=secret, actor=self.actor, now=timezone.now())
        return Response(SecretAnswer(ended).data)


class EndpointAddressView(EndpointBase):
    @operation("endpoints_renew_address", TAG, answer=AddressAnswer, example={"address": EXAMPLE["address"]})
    def post(self, request: Request, key: str) -> Response:
        """A new address; the old one is none from now on."""
        endpoint = self.endpoint(key, change=True)
        services.renew_address(endpoint=endpoint, actor=self.actor, now=timezone.now())
        return Response({"address": self.one(key)["address"]})


class EndpointTestView(EndpointBase):
    @operation(
        "endpoints_test",
        TAG,
        request=TrialBody,
        answer=TrialAnswer,
        sent={"body": json.dumps({"type": "order.paid"})},
        example=TRIAL,
    )
    def post(self, request: Request, key: str) -> Response:
        """Sign a sample as the sender would and see what each check says. Nothing is taken in unless you ask."""
        endpoint = self.endpoint(key, change=True)
        trial = try_endpoint(endpoint=endpoint, actor=self.actor, now=timezone.now(), **self.body(TrialBody))
        found = trial.judgement
        answer = {
            "headers": trial.headers,
            "verdict": found.verdict,
            "checks": [
                {"check": check, "passed": passed, "detail": detail} for check, passed, detail in found.checks
            ],
            "type": found.type,
            "record": found.record_key,
            "dedupe": found.dedupe,
            "status": trial.reply.status if trial.reply else None,
            "answer": trial.reply.body.decode() if trial.reply else "",
        }
        return Response(TrialAnswer(answer).data)
