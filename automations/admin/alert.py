"""What is watched, what was raised, and the breakers; their services are behind every act."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from automations import alert_rights, permissions
from automations.admin.base import SeenAdmin, ServiceAdmin, ServiceForm, with_reason
from automations.errors import ForbiddenError
from automations.models import Alert, AlertRule, Breaker
from automations.services.alerts import acknowledge_alert, change_rule, make_rule, remove_rule
from automations.services.breakers import close_breaker, try_breaker


class AlertRuleForm(ServiceForm):
    class Meta:
        model = AlertRule
        fields = (
            "name",
            "kind",
            "workflow",
            "team",
            "raise_at",
            "clear_at",
            "window_seconds",
            "hold_seconds",
            "least",
            "breaks",
            "retry_minutes",
            "tell_owner",
            "people",
            "enabled",
        )

    def save_through_service(self) -> models.Model:
        given = dict(self.cleaned_data)
        people = list(given.pop("people"))
        if self.instance.pk is not None:
            changes = {name: value for name, value in self.changes().items() if name != "people"}
            return change_rule(alert_rule=self.instance, changes=changes, people=people, actor=self.actor)
        if not alert_rights.may_set_rule(self.actor, given["workflow"]):
            raise ForbiddenError("Only an admin watches teams and everything; a workflow, who may edit it.")
        return make_rule(**given, people=people, actor=self.actor)


def _remove(rule: AlertRule, actor: Any, reason: str) -> None:
    if not alert_rights.may_set_rule(actor, rule.workflow):
        raise ForbiddenError("You may not say what is watched there.")
    remove_rule(alert_rule=rule, actor=actor)


@admin.register(AlertRule)
class AlertRuleAdmin(ServiceAdmin):
    """What is watched: of one workflow, of a team's, or of all. The rule of the failures that no other rule watches stays."""

    form = AlertRuleForm
    sees = staticmethod(alert_rights.visible_rules)
    list_display = ("name", "kind", "workflow", "team", "raise_at", "breaks", "enabled", "snoozed_until")
    list_filter = ("kind", "enabled", "breaks", "team")
    list_select_related = ("workflow",)
    search_fields = ("name", "workflow__name", "team")
    autocomplete_fields = ("workflow", "people")
    actions = (with_reason("Remove…", _remove, needs_reason=False),)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        return alert_rights.may_set_rule(request.user, obj.workflow)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("kind", "workflow", "team") if obj is not None else ()


def _note(alert: Alert, actor: Any, reason: str) -> None:
    if not alert_rights.may_handle(actor, alert):
        raise ForbiddenError("It takes the right “run” on the workflow to take note of its alerts.")
    acknowledge_alert(alert=alert, actor=actor, note=reason)


@admin.register(Alert)
class AlertAdmin(SeenAdmin):
    """What was raised: from the first measurement until it was over."""

    sees = staticmethod(alert_rights.visible_alerts)
    list_display = (
        "rule_name",
        "workflow",
        "phase",
        "value",
        "since",
        "acknowledged_by",
        "resolved_at",
        "failures",
    )
    list_filter = ("kind", ("resolved_at", admin.EmptyFieldListFilter), "since", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("rule_name", "workflow__name", "acknowledged_by", "note")
    date_hierarchy = "since"
    actions = (with_reason("Take note…", _note, needs_reason=False),)


def _promoting(act: Any) -> Any:
    def checked(breaker: Breaker, actor: Any, reason: str) -> None:
        permissions.require(actor, "promote", breaker.workflow)
        act(workflow=breaker.workflow, actor=actor, reason=reason)

    return checked


@admin.register(Breaker)
class BreakerAdmin(SeenAdmin):
    """Workflows that were taken back to simulate because they went wrong."""

    list_display = ("workflow", "state", "reason", "tripped_at", "tries", "closed_at", "closed_by")
    list_filter = ("state", "tripped_at", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "reason", "closed_why")
    date_hierarchy = "tripped_at"
    actions = (
        with_reason("Try one run…", _promoting(try_breaker), needs_reason=False),
        with_reason("Let it act again…", _promoting(close_breaker)),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Breaker]:
        return Breaker.objects.filter(Q(workflow__in=permissions.visible_workflows(actor).values("pk")))
