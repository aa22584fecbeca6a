"""What concerns people: their notifications, mail and API tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from automations.admin.base import SeenAdmin, everything_for_superusers, with_reason
from automations.models import ApiToken, Notification, OutgoingEmail
from automations.services.tokens import revoke_token


@admin.register(Notification)
class NotificationAdmin(SeenAdmin):
    list_display = ("title", "user", "run", "created_at", "read_at")
    list_filter = (("read_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user", "run")
    search_fields = ("title", "body", "user__username")
    date_hierarchy = "created_at"

    @staticmethod
    def sees(actor: Any) -> QuerySet[Notification]:
        rows = Notification.objects.all()
        return rows if actor.is_superuser else rows.filter(user=actor)


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(SeenAdmin):
    sees = staticmethod(everything_for_superusers(OutgoingEmail))
    list_display = ("subject", "to", "state", "attempt", "error", "created_at", "sent_at")
    list_filter = ("state", "created_at")
    search_fields = ("subject", "to", "error")
    date_hierarchy = "created_at"


revoke = with_reason(
    "Revoke…", lambda token, actor, _: revoke_token(token=token, actor=actor), needs_reason=False
)


@admin.register(ApiToken)
class ApiTokenAdmin(SeenAdmin):
    """Tokens without their secrets, which are kept nowhere. They are made in the API by whom they act as."""

    fields = ("name", "user", "scope", "created", "expiry")
    list_display = fields
    list_filter = ("scope", "expiry")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    actions = (revoke,)

    @staticmethod
    def sees(actor: Any) -> QuerySet[ApiToken]:
        rows = ApiToken.objects.all()
        return rows if actor.is_superuser else rows.filter(user=actor)
