"""Scenarios, to read and to run; they are made where their workflow is drawn."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline, as_json, with_reason
from automations.models import Scenario, ScenarioResult
from automations.services.scenarios import run_one


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


@admin.register(Scenario)
class ScenarioAdmin(SeenAdmin):
    """Saved tests of workflows, with what each came to on which document."""

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
        "acts_as",
        "shown_given",
        "shown_expected",
        "created_by",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    payload_fields = ("shown_given", "shown_expected")
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

    @admin.display(description="given")
    def shown_given(self, scenario: Scenario) -> str:
        return as_json(scenario.given)

    @admin.display(description="expected")
    def shown_expected(self, scenario: Scenario) -> str:
        return as_json(scenario.expected)
