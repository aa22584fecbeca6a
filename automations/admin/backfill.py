"""Backfills: what nobody judged in a window, made up for at a rate, or foreseen."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline, with_reason
from automations.errors import ForbiddenError
from automations.models import Backfill, BackfillItem
from automations.services.backfills import cancel_backfill


class BackfillItemInline(SeenInline):
    model = BackfillItem
    fields = ("trigger_node", "at", "record_key", "state", "answer", "run", "outcome", "code")
    readonly_fields = fields
    verbose_name_plural = "slots and events (the first 200; all of them stand on its page, and in the API)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        first = BackfillItem.objects.filter(backfill=OuterRef("backfill")).order_by("pk").values("pk")[:200]
        return super().get_queryset(request).filter(pk__in=Subquery(first))


def _cancel(backfill: Backfill, actor: Any, reason: str) -> None:
    if not permissions.may_cancel_backfill(actor, backfill):
        raise ForbiddenError("Only who asked for it cancels it, or who may start runs of its workflow.")
    cancel_backfill(backfill=backfill, actor=actor, reason=reason)


@admin.register(Backfill)
class BackfillAdmin(SeenAdmin):
    """Asked for on a workflow's page, over the API or by `manage.py backfill`."""

    sees = staticmethod(permissions.visible_backfills)
    list_display = (
        *("id", "workflow", "requested_by", "is_dry_run", "status", "mode", "since", "until", "rate"),
        "created_at",
    )
    list_filter = ("status", "is_dry_run", "mode", "created_at", "workflow")
    list_select_related = ("workflow", "requested_by")
    search_fields = ("=id", "reason", "workflow__name")
    exclude = ("due_at", "lease_token", "attempt")
    inlines = (BackfillItemInline,)
    actions = (with_reason("Cancel…", _cancel),)
