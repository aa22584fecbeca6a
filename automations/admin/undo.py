"""What was undone of runs and what was held, to read; and the action that undoes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline
from automations.models import Hold, Run, RunUndo, UndoneField
from automations.services.undo import undo_run
from automations.services.undo_plans import plan_undo


def undo(run: Run, actor: Any, reason: str) -> None:
    """Undo a run as it can be undone at this moment; what is left stands with the undo."""
    permissions.require(actor, "retry", run.workflow)
    permissions.require(actor, "view_payloads", run.workflow)
    plan = plan_undo(run=run, actor=actor)
    undo_run(run=run, actor=actor, plan_hash=plan.digest(), reason=reason)


class UndoneFieldInline(SeenInline):
    model = UndoneField
    fields = ("module", "record_key", "field", "before", "after", "restored", "said")
    readonly_fields = fields


@admin.register(RunUndo)
class RunUndoAdmin(SeenAdmin):
    list_display = ("run", "actor_name", "at", "reason", "children", "takes_back")
    list_filter = ("at", "children")
    list_select_related = ("run",)
    search_fields = ("=run__id", "actor_name", "reason", "run__workflow__name")
    date_hierarchy = "at"
    inlines = (UndoneFieldInline,)

    @staticmethod
    def sees(actor: Any) -> QuerySet[RunUndo]:
        seen = permissions.workflows_with(actor, "view_payloads").values("pk")
        return RunUndo.objects.filter(run__workflow__in=seen)


@admin.register(Hold)
class HoldAdmin(SeenAdmin):
    """Runs that a blast radius holds until people agree; decided in the inbox."""

    list_display = ("workflow", "bound", "count", "cap", "population", "state", "opened_at", "ended_at")
    list_filter = ("state", "bound", "opened_at")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "workflow__key", "firing")
    date_hierarchy = "opened_at"

    @staticmethod
    def sees(actor: Any) -> QuerySet[Hold]:
        return Hold.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))
