"""What was undone of runs and what was held, to read; and the pages that show what undoing would do, and do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline
from automations.admin.tools import Block, Lines, ReasonForm, Table, Task, Tool, ToolPages
from automations.models import Hold, Run, RunUndo, UndoneField
from automations.services.undo import take_back_undo, undo_run, what_stays, why_not_undo
from automations.services.undo_plans import UndoPlan, plan_take_back, plan_undo


def _may(actor: Any, run: Run) -> bool:
    return permissions.may(actor, "retry", run.workflow) and permissions.may(
        actor, "view_payloads", run.workflow
    )


def _require(actor: Any, run: Run) -> None:
    permissions.require(actor, "retry", run.workflow)
    permissions.require(actor, "view_payloads", run.workflow)


class PlanForm(ReasonForm):
    """About what was shown: where something else would be put back by now, it is refused."""

    plan_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)


class UndoForm(PlanForm):
    def prepare(self, thing: Any, actor: Any) -> None:
        self.initial["plan_hash"] = plan_undo(run=thing, actor=actor).digest()


class TakeBackForm(PlanForm):
    def prepare(self, thing: Any, actor: Any) -> None:
        self.initial["plan_hash"] = plan_take_back(undo=thing, actor=actor).digest()


def _undo(run: Run, actor: Any, given: Mapping[str, Any]) -> str:
    _require(actor, run)
    done = undo_run(run=run, actor=actor, plan_hash=given["plan_hash"], reason=given["reason"])
    return f"Undone: {done.fields.filter(restored=True).count()} fields are put back."


def _take_back(undo: RunUndo, actor: Any, given: Mapping[str, Any]) -> str:
    _require(actor, undo.run)
    take_back_undo(undo=undo, actor=actor, plan_hash=given["plan_hash"], reason=given["reason"])
    return "The undo is taken back."


def _shown(plan: UndoPlan) -> Sequence[Block]:
    head = ("Module", "Record", "Field", "Is", "Would become")
    rows = [(p.module.key, p.record, p.field or "(whole)", p.found, p.back_to) for p in plan.restored]
    left = [(p.module.key, p.record, p.field or "(whole)", p.said) for p in plan.left]
    return [
        Table("What would be put back", head, rows, "Nothing can be put back."),
        Table("What would be left", (*head[:3], "Why"), left, "Nothing."),
        Lines("What stays all the same", [stays.said for stays in what_stays(plan)] or ["Nothing."]),
    ]


def _undo_shown(run: Run, actor: Any) -> Sequence[Block]:
    why_not = why_not_undo(run)
    return [Lines("How it stands", [why_not])] if why_not else _shown(plan_undo(run=run, actor=actor))


UNDO = Tool(
    slug="undo",
    link="Undo…",
    may=_may,
    show=_undo_shown,
    tasks=lambda run, actor: [] if why_not_undo(run) else [Task("undo", "Undo", _undo, UndoForm)],
)
TAKE_BACK = Tool(
    slug="take-back",
    link="Take this undo back…",
    may=lambda actor, undo: _may(actor, undo.run),
    show=lambda undo, actor: _shown(plan_take_back(undo=undo, actor=actor)),
    tasks=lambda undo, actor: [Task("back", "Take it back", _take_back, TakeBackForm)],
)


class UndoneFieldInline(SeenInline):
    model = UndoneField
    fields = ("module", "record_key", "field", "before", "after", "restored", "said")
    readonly_fields = fields


@admin.register(RunUndo)
class RunUndoAdmin(ToolPages):
    tools = (TAKE_BACK,)
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
