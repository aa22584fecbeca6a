"""The engine's own book-keeping, for superusers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from automations.admin.base import SeenAdmin, everything_for_superusers
from automations.models import IdempotencyKey, LargeValue, ProcessStamp, RotationCursor, RunSignal


@admin.register(ProcessStamp)
class ProcessStampAdmin(SeenAdmin):
    """The last sign of life of each worker and ticker."""

    sees = staticmethod(everything_for_superusers(ProcessStamp))
    list_display = ("name", "role", "host", "pid", "stamped_at")
    list_filter = ("role",)
    search_fields = ("name", "host")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(SeenAdmin):
    sees = staticmethod(everything_for_superusers(IdempotencyKey))
    list_display = ("key", "actor", "route", "status", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("actor",)
    search_fields = ("=key", "actor__username", "route")


@admin.register(RotationCursor)
class RotationCursorAdmin(SeenAdmin):
    sees = staticmethod(everything_for_superusers(RotationCursor))
    list_display = ("workflow", "node", "position")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "=node")


@admin.register(RunSignal)
class RunSignalAdmin(SeenAdmin):
    sees = staticmethod(everything_for_superusers(RunSignal))
    list_display = ("run", "node", "key", "created_at")
    list_select_related = ("run",)
    search_fields = ("=run__id", "=node", "=key")


@admin.register(LargeValue)
class LargeValueAdmin(SeenAdmin):
    """What was too large for its row; whose it is stands there."""

    sees = staticmethod(everything_for_superusers(LargeValue))
    list_display = ("hash", "size", "touched_at")
    search_fields = ("=hash",)
    exclude = ("body",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("body")
