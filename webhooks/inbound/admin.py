"""Endpoints and receipts in the admin. Endpoints are made on their page or over the API, where their secret is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from automations.admin.base import SeenAdmin, SeenInline, ServiceForm, with_reason
from automations.admin.sharing import SharedAdmin
from webhooks import permissions
from webhooks.inbound import services
from webhooks.inbound.models import Endpoint, EndpointSecret, Misdirected, Receipt


class SecretInline(SeenInline):
    model = EndpointSecret
    fields = ("hint", "created_at", "expires_at", "created_by")
    readonly_fields = fields


class EndpointForm(ServiceForm):
    contract = forms.JSONField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 80}),
        help_text="JSON Schema of the body.",
    )

    class Meta:
        model = Endpoint
        fields = services.CHANGEABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["contract"] = self.instance.source.contract

    def save_through_service(self) -> models.Model:
        changes = self.changes()
        given = "contract" in changes
        contract = (changes.pop("contract") or {}) if given else None
        return services.change_endpoint(
            endpoint=self.instance, changes=changes, contract=contract, actor=self.actor
        )


def _ending_all(endpoint: Endpoint, actor: Any, reason: str) -> None:
    """Every secret that counts is ended: after a leak, before a new one is made on the endpoint's page."""
    permissions.require_endpoint_change(actor, endpoint)
    for secret in endpoint.secrets.exclude(expires_at__lte=timezone.now()):
        services.end_secret(secret=secret, actor=actor, now=timezone.now())


def _deleting(endpoint: Endpoint, actor: Any, reason: str) -> None:
    permissions.require_endpoint_change(actor, endpoint)
    services.delete_endpoint(endpoint=endpoint, actor=actor, now=timezone.now(), reason=reason)


@admin.register(Endpoint)
class EndpointAdmin(SharedAdmin):
    form = EndpointForm
    sees = staticmethod(permissions.visible_endpoints)
    list_display = ("key", "name", "scheme", "is_enabled", "archived_at", "owner", "created_at")
    list_filter = ("scheme", "is_enabled")
    list_select_related = ("owner",)
    search_fields = ("key", "name")
    inlines = (SecretInline,)
    actions = (
        with_reason("End every secret…", _ending_all, needs_reason=False),
        with_reason("Delete…", _deleting),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff) and (
            obj is None or (obj.archived_at is None and permissions.may_change_endpoint(request.user, obj))
        )


@admin.register(Misdirected)
class MisdirectedAdmin(SeenAdmin):
    """For those who may see every endpoint: an address that is none belongs to nobody."""

    list_display = ("minute", "count", "sender")
    date_hierarchy = "minute"

    @staticmethod
    def sees(actor: Any) -> QuerySet[Misdirected]:
        everything = permissions.may_go_unsigned(actor)
        return Misdirected.objects.all() if everything else Misdirected.objects.none()


@admin.register(Receipt)
class ReceiptAdmin(SeenAdmin):
    sees = staticmethod(permissions.visible_receipts)
    list_display = ("id", "endpoint", "verdict", "status", "webhook_id", "count", "took", "received_at")
    list_filter = ("verdict", "received_at", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("=webhook_id", "=endpoint__key")
    date_hierarchy = "received_at"

    @admin.display(ordering="took_ms")
    def took(self, receipt: Receipt) -> str:
        return f"{receipt.took_ms:.1f} ms"
