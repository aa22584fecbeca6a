"""Subscriptions and sendings of many in the admin: what there is, and ending it. They are made on the pages and over the API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from automations import permissions
from automations.admin.base import SeenAdmin, with_reason
from automations.grants import THING_RIGHTS
from webhooks.outbound.models import Resending, Subscription
from webhooks.outbound.resendings import stop_resending, visible_resendings
from webhooks.outbound.subscriptions import delete_subscription


def _end(subscription: Subscription, actor: Any, reason: str) -> None:
    if subscription.owner_id != actor.pk:
        permissions.require_right(actor, "change", subscription.destination)
    delete_subscription(subscription=subscription, actor=actor, reason=reason)


@admin.register(Subscription)
class SubscriptionAdmin(SeenAdmin):
    list_display = ("id", "destination", "kinds", "workflow", "team", "with_values", "owner", "created_at")
    list_filter = ("destination", "with_values")
    list_select_related = ("destination", "workflow", "owner")
    search_fields = ("=destination__key", "team")
    actions = (with_reason("End…", _end),)

    @staticmethod
    def sees(actor: Any) -> QuerySet[Subscription]:
        seen = permissions.things_with(actor, "destination", *THING_RIGHTS)
        return Subscription.objects.filter(destination__in=seen.values("pk"))


@admin.register(Resending)
class ResendingAdmin(SeenAdmin):
    sees = staticmethod(visible_resendings)
    list_display = ("id", "count", "per_minute", "wanted", "actor", "created_at", "stopped_at")
    list_select_related = ("actor",)
    actions = (
        with_reason(
            "Stop…",
            lambda resending, actor, reason: stop_resending(resending=resending, actor=actor),
            needs_reason=False,
        ),
    )
