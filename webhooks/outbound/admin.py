"""Destinations, deliveries and secrets in the admin. Signing secrets and headers are set over the API, where they can be
shown once."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline, ServiceForm, as_json, with_reason
from automations.admin.sharing import SharedAdmin
from automations.grants import THING_RIGHTS
from webhooks.outbound import destinations
from webhooks.outbound.models import Attempt, Delivery, Destination, DestinationHeader, SigningKey
from webhooks.outbound.redelivery import resend_delivery
from webhooks.outbound.rights import readable_deliveries, resendable_deliveries, visible_deliveries
from webhooks.secrets import services as secrets
from webhooks.secrets.models import Secret


def _checked(act: Any) -> Any:
    """The service behind an action, once the person's right to change that thing is seen."""

    def checked(thing: Any, actor: Any, reason: str) -> None:
        permissions.require_right(actor, "change", thing)
        act(thing, actor, reason)

    return checked


class HeaderInline(SeenInline):
    model = DestinationHeader
    fields = ("name", "text", "secret")
    readonly_fields = fields


class SigningKeyInline(SeenInline):
    model = SigningKey
    fields = ("created_at", "expires_at")
    readonly_fields = fields


class DestinationForm(ServiceForm):
    class Meta:
        model = Destination
        fields = (
            "name",
            "url",
            "owner",
            "max_attempts",
            "retry_other_refusals",
            "retry_safe",
            "concurrency",
            "rate",
            "timeout_seconds",
            "ordered",
        )

    def save_through_service(self) -> models.Model:
        return destinations.update_destination(
            destination=self.instance, changes=self.changes(), actor=self.actor
        )


@admin.register(Destination)
class DestinationAdmin(SharedAdmin):
    form = DestinationForm
    list_display = ("key", "name", "format", "state", "failures", "failing_since", "open_until", "owner")
    list_filter = ("state", "format")
    list_select_related = ("owner",)
    search_fields = ("key", "name", "url")
    autocomplete_fields = ("owner",)
    inlines = (HeaderInline, SigningKeyInline)
    actions = (
        with_reason(
            "Disable…",
            _checked(
                lambda thing, actor, reason: destinations.disable_destination(
                    destination=thing, actor=actor, reason=reason
                )
            ),
        ),
        with_reason(
            "Enable…",
            _checked(
                lambda thing, actor, reason: destinations.enable_destination(destination=thing, actor=actor)
            ),
            needs_reason=False,
        ),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Destination]:
        return permissions.things_with(actor, "destination", *THING_RIGHTS)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff) and (obj is None or permissions.holds(request.user, "change", obj))


class SecretForm(ServiceForm):
    new_value = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "size": 60}),
        help_text="Never shown again. Empty: it stays as it is.",
    )
    hosts = forms.JSONField(help_text='Where it may be sent: ["api.example.com", "*.example.com"].')

    class Meta:
        model = Secret
        fields = ("key", "description", "hosts", "expires_at", "owner", "new_value")

    def save_through_service(self) -> models.Model:
        if self.instance.pk is None:
            given = {name: self.cleaned_data[name] for name in ("key", "description", "hosts", "expires_at")}
            return secrets.create_secret(**given, value=self.cleaned_data["new_value"], actor=self.actor)
        changes = {name: value for name, value in self.changes().items() if name in secrets.CHANGEABLE}
        if changes:
            secrets.update_secret(secret=self.instance, changes=changes, actor=self.actor)
        if value := self.cleaned_data["new_value"]:
            secrets.set_secret_value(
                secret=self.instance,
                value=value,
                actor=self.actor,
                overlap=secrets.OVERLAP,
                expires_at=self.cleaned_data["expires_at"] if "expires_at" in self.changes() else None,
            )
        return self.instance


@admin.register(Secret)
class SecretAdmin(SharedAdmin):
    form = SecretForm
    list_display = ("key", "description", "hosts", "owner", "changed_at", "last_used_at", "expires_at")
    list_select_related = ("owner",)
    search_fields = ("key", "description")
    autocomplete_fields = ("owner",)
    actions = (
        with_reason(
            "Forget…",
            _checked(
                lambda thing, actor, reason: secrets.delete_secret(secret=thing, actor=actor, reason=reason)
            ),
        ),
        with_reason(
            "Take the value before back…",
            _checked(lambda thing, actor, reason: secrets.take_back_secret_value(secret=thing, actor=actor)),
            needs_reason=False,
        ),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Secret]:
        return permissions.things_with(actor, "secret", *THING_RIGHTS)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_add(request.user, "secret")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff) and (obj is None or permissions.holds(request.user, "change", obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = SecretForm.Meta.fields
        return fields if obj is not None else [name for name in fields if name != "owner"]


class AttemptInline(SeenInline):
    model = Attempt
    fields = (
        "number",
        "started_at",
        "finished_at",
        "address",
        "status",
        "error",
        "message",
        "next_attempt_at",
    )
    readonly_fields = fields


def _resend(delivery: Delivery, actor: Any, reason: str) -> None:
    if not resendable_deliveries(actor).filter(pk=delivery.pk).exists():
        permissions.require_right(actor, "use", delivery.destination)
        if delivery.workflow is not None:
            permissions.require(actor, "retry", delivery.workflow)
    resend_delivery(delivery=delivery, actor=actor)


@admin.register(Delivery)
class DeliveryAdmin(SeenAdmin):
    sees = staticmethod(visible_deliveries)
    list_display = (
        "id",
        "destination",
        "type",
        "state",
        "attempt",
        "status",
        "error",
        "due_at",
        "workflow",
        "created_at",
    )
    list_filter = ("state", "destination", "created_at")
    list_select_related = ("destination", "workflow")
    search_fields = ("=message_id", "=key", "=destination__key", "=error")
    date_hierarchy = "created_at"
    exclude = ("body", "lease_token")
    inlines = (AttemptInline,)
    actions = (with_reason("Send anew…", _resend, needs_reason=False),)

    @admin.display(description="body")
    def what_was_sent(self, delivery: Any) -> SafeString | str:
        return (
            as_json(json.loads(delivery.body))
            if delivery.readable
            else "Only for those who may see payloads."
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        delivery = super().get_object(request, object_id, from_field)
        if delivery is not None:
            delivery.readable = readable_deliveries(request.user).filter(pk=delivery.pk).exists()
        return delivery

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [field.name for field in Delivery._meta.fields if field.name not in ("body", "lease_token")]
        return [*names, "what_was_sent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)
