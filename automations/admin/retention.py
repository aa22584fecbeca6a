"""How long the runs of workflows are kept, and legal holds: set and lifted here as over the API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import (
    SeenAdmin,
    ServiceAdmin,
    ServiceForm,
    everything_for_superusers,
    with_reason,
)
from automations.errors import ForbiddenError
from automations.models import Retention, Swept
from automations.services.retention import lift_legal_hold, set_legal_hold, set_retention


class RetentionForm(ServiceForm):
    class Meta:
        model = Retention
        fields = ("workflow", "days")

    def save_through_service(self) -> models.Model:
        workflow = self.cleaned_data.get("workflow") or self.instance.workflow
        days = self.cleaned_data["days"]
        permissions.require(self.actor, "publish", workflow)
        return set_retention(workflow=workflow, days=days, actor=self.actor)


def _require_admin(actor: Any) -> None:
    if not permissions.may_do_all(actor):
        raise ForbiddenError("Only an admin sets and lifts legal holds.")


def _hold(row: Retention, actor: Any, reason: str) -> None:
    _require_admin(actor)
    set_legal_hold(workflow=row.workflow, actor=actor, reason=reason)


def _lift(row: Retention, actor: Any, reason: str) -> None:
    _require_admin(actor)
    lift_legal_hold(workflow=row.workflow, actor=actor, reason=reason)


@admin.register(Retention)
class RetentionAdmin(ServiceAdmin):
    """A workflow without a row here keeps its runs as the settings say."""

    form = RetentionForm
    list_display = (
        *("workflow", "days", "hold_reason", "hold_until", "held_by_name", "held_at"),
        *("dropped", "dropped_at"),
    )
    list_filter = (("held_at", admin.EmptyFieldListFilter),)
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "=workflow__key", "hold_reason")
    actions = (with_reason("Set a legal hold…", _hold), with_reason("Lift the legal hold…", _lift))

    @staticmethod
    def sees(actor: Any) -> QuerySet[Retention]:
        return Retention.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("workflow",) if obj is not None else ()

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_do_all(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)


@admin.register(Swept)
class SweptAdmin(SeenAdmin):
    """What was dropped of each kind, and how far the sweep is with it."""

    sees = staticmethod(everything_for_superusers(Swept))
    list_display = ("kind", "dropped", "done_at")
    search_fields = ("=kind",)
