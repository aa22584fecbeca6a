"""Pausing everything, a module, a team or a workflow: at once, or in a maintenance window."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from automations import alert_rights
from automations.admin.base import ServiceAdmin, ServiceForm, with_reason
from automations.errors import ForbiddenError
from automations.models import Standstill
from automations.services.standstills import end_window, lift_standstill, set_standstill

FIELDS = (
    *("module", "team", "workflow", "reason", "starts_at", "ends_at"),
    *("days", "window_from", "window_to", "zone"),
)


class StandstillForm(ServiceForm):
    class Meta:
        model = Standstill
        fields = FIELDS

    def save_through_service(self) -> models.Model:
        names = FIELDS
        return set_standstill(**{name: self.cleaned_data[name] for name in names}, actor=self.actor)


def _require_may(standstill: Standstill, actor: Any) -> None:
    if not alert_rights.may_stand_still(actor, standstill.workflow):
        raise ForbiddenError(f"You may not let {standstill.subject} go on.")


def _lift(standstill: Standstill, actor: Any, reason: str) -> None:
    _require_may(standstill, actor)
    lift_standstill(standstill=standstill, actor=actor, reason=reason)


def _end_window(standstill: Standstill, actor: Any, reason: str) -> None:
    _require_may(standstill, actor)
    end_window(standstill=standstill, actor=actor, reason=reason)


@admin.register(Standstill)
class StandstillAdmin(ServiceAdmin):
    """While one holds, no trigger of what it is of judges anything; events are kept, and judged afterwards. Lift one by the action of that
    name."""

    form = StandstillForm
    list_display = (
        "reason",
        "subject",
        "comes_again",
        "starts_at",
        "ends_at",
        "set_by_name",
        "lifted_at",
        "lifted_by_name",
    )
    list_select_related = ("module", "workflow")
    list_filter = ("starts_at", "module", "team", ("lifted_at", admin.EmptyFieldListFilter))
    autocomplete_fields = ("workflow",)
    search_fields = ("reason", "team", "workflow__name", "set_by_name", "lifted_by_name")
    actions = (
        with_reason("End the window that holds now…", _end_window, needs_reason=False),
        with_reason("Lift…", _lift, needs_reason=False),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Standstill]:
        rows = alert_rights.visible_standstills(actor)
        return rows if alert_rights.may_stand_still(actor, None) else rows.filter(workflow__isnull=False)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and alert_rights.may_stand_still(request.user, None)
