"""Workflows: drafts to read, releases to make, rights to give."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from automations import permissions
from automations.admin import backfilling, diagnosing, releasing, trying
from automations.admin.base import SeenAdmin, SeenInline, ServiceForm, as_json, with_reason
from automations.admin.sharing import SharedAdmin
from automations.grants import SETTING_RIGHTS
from automations.models import Action, Checkpoint, Condition, Edge, Trigger, Workflow, WorkflowVersion
from automations.runtime.subscriptions import definition_of
from automations.services import gate as gates
from automations.services import releases, versions, workflows
from automations.services.drafts import load_draft, save_draft
from automations.services.references import require_seen, require_usable


class NodeInline(SeenInline):
    fields = ("node_id", "type", "title", "lane", "disabled", "config")
    readonly_fields = fields


class TriggerInline(NodeInline):
    model = Trigger


class ConditionInline(NodeInline):
    model = Condition


class ActionInline(NodeInline):
    model = Action


class EdgeInline(SeenInline):
    model = Edge
    fields = ("source", "branch", "target")
    readonly_fields = fields


class VersionInline(SeenInline):
    model = WorkflowVersion
    fields = ("number", "note", "published_by", "published_at", "digest")
    readonly_fields = fields
    show_change_link = True
    fk_name = "workflow"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("document").select_related("published_by")


class _Address(forms.URLField):
    def __init__(self, **options: Any) -> None:
        super().__init__(assume_scheme="https", **options)


class WorkflowForm(ServiceForm):
    class Meta:
        model = Workflow
        field_classes = {"runbook_url": _Address}
        fields = (
            "name",
            "key",
            "module",
            "description",
            "team",
            "owner",
            "run_as",
            "zone",
            "runbook_url",
            "limits",
            "retry",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def save_through_service(self) -> models.Model:
        if self.instance.pk is None:
            names = ("name", "key", "module", "description", "team", "zone", "run_as")
            given = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
            return workflows.create_workflow(**given, actor=self.actor)
        return workflows.update_workflow(workflow=self.instance, changes=self.changes(), actor=self.actor)


def _acting(right: str, act: Any) -> Any:
    """The service behind an action, once the person's right on that workflow is seen."""

    def checked(workflow: Workflow, actor: Any, reason: str) -> None:
        permissions.require(actor, right, workflow)
        act(workflow, actor, reason)

    return checked


def _publish(workflow: Workflow, actor: Any, reason: str) -> None:
    permissions.require(actor, "publish", workflow)
    definition = load_draft(workflow).definition
    require_seen(workflow, definition, actor)
    require_usable(definition, actor)
    versions.publish_version(workflow=workflow, actor=actor, note=reason)


def _check_gate(workflow: Workflow, actor: Any, _: str) -> None:
    permissions.require(actor, "run_test", workflow)
    if workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), actor)
    gates.check_gate(workflow=workflow, actor=actor)


pause = with_reason(
    "Pause…",
    _acting("run", lambda w, actor, reason: workflows.pause_workflow(workflow=w, actor=actor, reason=reason)),
)
resume = with_reason(
    "Resume…",
    _acting("run", lambda w, actor, _: workflows.resume_workflow(workflow=w, actor=actor)),
    needs_reason=False,
)
publish = with_reason("Publish the draft in simulate…", _publish, needs_reason=False)
promote = with_reason("Promote to execute…", releasing.promote)
break_glass = with_reason("Promote past the gate…", releasing.break_glass)
check_gate = with_reason("Run the scenarios and check the gate…", _check_gate, needs_reason=False)
demote = with_reason("Take back to simulate…", releasing.demote)
restore = with_reason(
    "Take back from the archive…",
    _acting(
        "publish",
        lambda w, actor, reason: workflows.restore_workflow(workflow=w, actor=actor, reason=reason),
    ),
)
archive = with_reason(
    "Archive…",
    _acting(
        "publish",
        lambda w, actor, reason: workflows.archive_workflow(workflow=w, actor=actor, reason=reason),
    ),
)


@admin.register(Workflow)
class WorkflowAdmin(SharedAdmin):
    """The workflow and its draft; the graph is drawn in the editor, not here."""

    sees = staticmethod(permissions.visible_workflows)
    form = WorkflowForm
    list_display = (
        "name",
        "module",
        "mode",
        "live",
        "state",
        "past_gate",
        "owner",
        "team",
        "release",
        "runs_of_it",
    )
    list_filter = ("mode", ("paused_at", admin.EmptyFieldListFilter), "team", "module")
    list_select_related = ("module", "owner", "active_version", "promotion")
    search_fields = ("name", "key", "description", "team", "owner__username")
    autocomplete_fields = ("owner", "run_as", "module")
    inlines = (TriggerInline, ConditionInline, ActionInline, EdgeInline, VersionInline)
    actions = (publish, check_gate, promote, break_glass, demote, pause, resume, archive, restore)
    tools = (
        diagnosing.OF_WORKFLOW,
        trying.RUN_TEST,
        trying.SCENARIOS,
        trying.BACKTESTS,
        backfilling.BACKFILL,
        releasing.GATE,
        releasing.GO_LIVE,
        releasing.VERSIONS,
    )
    list_tools = (releasing.IMPORT,)
    released = ("mode", "live", "state", "past_gate")
    """What stands at the top of a workflow's page, to read: it says what a change below would touch."""

    @admin.display(description="live version")
    def live(self, workflow: Workflow) -> str:
        return str(workflow.active_version) if workflow.active_version else "none"

    @admin.display(description="state")
    def state(self, workflow: Workflow) -> str:
        if workflow.archived_at:
            return "archived"
        return f"paused: {workflow.pause_reason}" if workflow.paused_at else "on"

    @admin.display(description="past the gate")
    def past_gate(self, workflow: Workflow) -> str:
        """Why the glass was broken, while that alarm stands: also where the workflow is paused."""
        promotion = workflow.promotion
        return promotion.reason if promotion is not None and promotion.is_loud else "no"

    @admin.display(description="release")
    def release(self, workflow: Workflow) -> str:
        """The pages where it is promoted and signed; nothing where the host shows the pages elsewhere."""
        try:
            gate, go_live = (reverse(name, args=(workflow.pk,)) for name in ("promote-page", "golive-page"))
        except NoReverseMatch:
            return ""
        return format_html('<a href="{}">Gate</a> · <a href="{}">Go-live</a>', gate, go_live)

    @admin.display(description="runs")
    def runs_of_it(self, workflow: Workflow) -> str:
        address = reverse("admin:automations_run_changelist")
        return format_html('<a href="{}?workflow__id__exact={}">Runs</a>', address, workflow.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("active_version__document")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_create_workflow(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        return permissions.may(request.user, "edit", obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        may = permissions.changeable_settings(request.user, obj)
        kept = [name for name in SETTING_RIGHTS if name not in may]
        return (*self.released, "key", "module", *kept)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("owner", "runbook_url", "limits", "retry") if obj is None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = [*(self.released if obj is not None else ()), *WorkflowForm.Meta.fields]
        return [name for name in named if name not in (self.get_exclude(request, obj) or ())]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()


def _roll_back(version: WorkflowVersion, actor: Any, reason: str) -> None:
    permissions.require(actor, "rollback", version.workflow)
    require_seen(version.workflow, definition_of(version), actor)
    releases.rollback_workflow(workflow=version.workflow, number=version.number, actor=actor, reason=reason)


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(SeenAdmin):
    """Published versions: never changed."""

    list_display = ("workflow", "number", "note", "published_by", "published_at", "digest")
    list_filter = ("published_at", "workflow")
    list_select_related = ("workflow", "published_by")
    search_fields = ("workflow__name", "workflow__key", "note", "digest")
    date_hierarchy = "published_at"
    actions = (with_reason("Roll back to this version…", _roll_back),)
    readonly_fields = ("starts",)

    @admin.display(empty_value="nothing, or what is live: it pins no workflow")
    def starts(self, version: WorkflowVersion) -> str | None:
        pins = version.document.get("workflows") or {}
        return ", ".join(f"{key} at version {pin['version']}" for key, pin in sorted(pins.items())) or None

    @staticmethod
    def sees(actor: Any) -> QuerySet[WorkflowVersion]:
        return WorkflowVersion.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))


def _go_back(checkpoint: Checkpoint, actor: Any, _: str) -> None:
    permissions.require(actor, "edit", checkpoint.workflow)
    save_draft(workflow=checkpoint.workflow, document=checkpoint.document, revision=None, actor=actor)


@admin.register(Checkpoint)
class CheckpointAdmin(SeenAdmin):
    """Drafts as they were, to go back to."""

    actions = (with_reason("Go back to this draft…", _go_back, needs_reason=False),)

    list_display = ("workflow", "number", "occasion", "name", "made_by", "made_at")
    list_filter = ("occasion", "made_at", "workflow")
    list_select_related = ("workflow", "made_by")
    search_fields = ("workflow__name", "workflow__key", "name")
    date_hierarchy = "made_at"
    fields = ("workflow", "number", "occasion", "name", "made_by", "made_at", "shown_document")
    readonly_fields = fields

    @staticmethod
    def sees(actor: Any) -> QuerySet[Checkpoint]:
        return Checkpoint.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("document")

    @admin.display(description="document")
    def shown_document(self, checkpoint: Checkpoint) -> str:
        return as_json(checkpoint.document)
