"""Backtests and shadows, to read and to end; they are asked for on the workflow's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, as_json, with_reason
from automations.models import Backtest, BacktestDifference
from automations.services.backtests import cancel_backtest, stop_shadow


def _cancel(backtest: Backtest, actor: Any, reason: str) -> None:
    permissions.require(actor, "run_test", backtest.workflow)
    cancel_backtest(backtest=backtest, actor=actor, reason=reason)


def _stop(backtest: Backtest, actor: Any, reason: str) -> None:
    permissions.require(actor, "run_test", backtest.workflow)
    stop_shadow(backtest=backtest, actor=actor, reason=reason)


@admin.register(Backtest)
class BacktestAdmin(SeenAdmin):
    """What drafts and versions would have done with past events, or, as shadows, with those that came, in numbers."""

    list_display = (
        "id",
        "workflow",
        "is_shadow",
        "tried",
        "against",
        "status",
        "looked_at",
        "agreement",
        "same",
        "newly_selected",
        "no_longer_selected",
        "other_effect",
        "other_branch",
        "created_at",
    )
    list_filter = ("is_shadow", "status", "created_at", "workflow")
    list_select_related = ("workflow", "version", "against", "requested_by")
    search_fields = ("workflow__name", "workflow__key", "digest", "requested_by__username")
    date_hierarchy = "created_at"
    fields = (
        *list_display[1:-1],
        "selected_before",
        "selected_after",
        "assumed",
        "since",
        "until",
        "judged_until",
        "ended_why",
        "read",
        "to_read",
        "failure",
        "notes",
        "digest",
        "requested_by",
        "created_at",
        "started_at",
        "finished_at",
    )
    readonly_fields = fields
    actions = (
        with_reason("Cancel…", _cancel, needs_reason=False),
        with_reason("Stop…", _stop, needs_reason=False),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Backtest]:
        return Backtest.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("document")

    @admin.display(description="agreement")
    def agreement(self, backtest: Backtest) -> str:
        return f"{backtest.agreement:.1f} %" if backtest.agreement is not None else "–"

    @admin.display(description="tried")
    def tried(self, backtest: Backtest) -> str:
        return str(backtest.version) if backtest.version is not None else "the draft"


@admin.register(BacktestDifference)
class BacktestDifferenceAdmin(SeenAdmin):
    """The events that two sides of a backtest answered differently."""

    list_display = ("id", "backtest", "kind", "record_key", "event_type", "at")
    list_filter = ("kind", "backtest__workflow")
    list_select_related = ("backtest", "module")
    search_fields = ("=backtest__id", "record_key")
    fields = (
        "backtest",
        "kind",
        "event_id",
        "event_type",
        "module",
        "record_key",
        "at",
        "shown_before",
        "shown_after",
        "assumed",
    )
    readonly_fields = fields
    payload_fields = ("shown_before", "shown_after")

    @staticmethod
    def sees(actor: Any) -> QuerySet[BacktestDifference]:
        seen = permissions.visible_workflows(actor).values("pk")
        return BacktestDifference.objects.filter(backtest__workflow__in=seen)

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return permissions.may(request.user, "view_payloads", obj.backtest.workflow)

    @admin.display(description="before")
    def shown_before(self, difference: BacktestDifference) -> str:
        return as_json(difference.before)

    @admin.display(description="after")
    def shown_after(self, difference: BacktestDifference) -> str:
        return as_json(difference.after)
