"""Scenarios, to read, to run and to edit; they are made where their workflow is drawn."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenInline, ServiceAdmin, ServiceForm, with_reason
from automations.models import Scenario, ScenarioResult
from automations.services.references import require_module_seen
from automations.services.scenarios import edit_scenario, run_one


def _run(scenario: Scenario, actor: Any, _: str) -> None:
    permissions.require(actor, "run_test", scenario.workflow)
    run_one(scenario=scenario, actor=actor)


class ResultInline(SeenInline):
    model = ScenarioResult
    fields = ("status", "digest", "duration_ms", "run_by", "run_at", "said")
    readonly_fields = fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Differences quote values."""
        readable = obj is None or permissions.may(request.user, "view_payloads", obj.workflow)
        return self.fields if readable else self.fields[:-1]

    @admin.display(description="differences")
    def said(self, result: ScenarioResult) -> str:
        return " ".join(difference["message"] for difference in result.differences)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("run_by")


class ScenarioForm(ServiceForm):
    class Meta:
        model = Scenario
        fields = ("name", "kind", "at", "as_user", "as_role", "given", "expected")

    def save_through_service(self) -> models.Model:
        changes = self.changes()
        require_module_seen(self.actor, changes.get("given", {}))
        return edit_scenario(scenario=self.instance, changes=changes, actor=self.actor)


@admin.register(Scenario)
class ScenarioAdmin(ServiceAdmin):
    """Saved tests of workflows, with what each came to on which document. Who may edit the workflow, and see what its runs
    hold, may change them: results of what it was go."""

    form = ScenarioForm
    list_display = ("name", "workflow", "kind", "acts_as", "last_result", "at", "updated_at")
    list_filter = ("kind", "origin", "updated_at", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("name", "workflow__name", "workflow__key", "as_user", "as_role")
    date_hierarchy = "updated_at"
    fields = (
        "workflow",
        "name",
        "kind",
        "origin",
        "at",
        "as_user",
        "as_role",
        "given",
        "expected",
        "created_by",
        "created_at",
        "updated_at",
    )
    readonly_fields = ("workflow", "origin", "created_by", "created_at", "updated_at")
    payload_fields = ("given", "expected")
    inlines = (ResultInline,)
    actions = (with_reason("Run on the draft…", _run, needs_reason=False),)

    @staticmethod
    def sees(actor: Any) -> QuerySet[Scenario]:
        return Scenario.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = ScenarioResult.objects.filter(scenario=OuterRef("pk")).order_by("-run_at")
        return super().get_queryset(request).annotate(last=Subquery(newest.values("status")[:1]))

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return permissions.may(request.user, "view_payloads", obj.workflow)

    @admin.display(description="acts as")
    def acts_as(self, scenario: Scenario) -> str:
        return scenario.as_user or (f"the role {scenario.as_role}" if scenario.as_role else "the workflow")

    @admin.display(description="last result", empty_value="not run")
    def last_result(self, scenario: Any) -> str | None:
        return scenario.last  # type: ignore[no-any-return]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        may = permissions.may
        return may(request.user, "edit", obj.workflow) and may(request.user, "view_payloads", obj.workflow)
