"""Runs, to read: what they did, in which order, and why they gave up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from automations import approval_rights, permissions
from automations.admin import diagnosing
from automations.admin.base import SeenAdmin, SeenInline, with_reason
from automations.admin.deciding import DECIDE
from automations.admin.tools import ToolPages
from automations.admin.undo import UNDO
from automations.insight.places import standing_of
from automations.insight.run_search import SearchError, matching
from automations.models import (
    NEVER,
    Approval,
    ApprovalDecision,
    ApprovalDelegation,
    ApprovalRemark,
    LogEntry,
    Place,
    Run,
    Step,
)
from automations.runtime.subscriptions import definition_of
from automations.services.references import require_seen
from automations.services.retries import retry_run
from automations.services.runs import cancel_run


def _readable_runs(actor: Any) -> QuerySet[Run]:
    """Runs whose inputs and outputs the actor may see."""
    return Run.objects.filter(workflow__in=permissions.workflows_with(actor, "view_payloads").values("pk"))


class PayloadInline(SeenInline):
    """Shows nothing to those who may not see payloads."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or permissions.may(request.user, "view_payloads", obj.workflow)


class StepInline(PayloadInline):
    model = Step
    fields = (
        *("node", "kind", "status", "branches", "attempt"),
        *("output", "large", "changes", "error", "finished_at"),
    )
    readonly_fields = fields
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("large").defer("large__body")


class LogInline(PayloadInline):
    model = LogEntry
    fields = ("seq", "at", "level", "node", "message")
    readonly_fields = fields
    ordering = ("seq",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(seq__lte=200)

    verbose_name_plural = "log entries (the first 200; all of them stand under “Log entries”)"


def _cancel(run: Run, actor: Any, reason: str) -> None:
    permissions.require(actor, "run", run.workflow)
    cancel_run(run=run, actor=actor, reason=reason)


def _retry(start: str) -> Callable[[Run, Any, str], object]:
    def act(run: Run, actor: Any, reason: str) -> None:
        permissions.require(actor, "retry", run.workflow)
        require_seen(run.workflow, definition_of(run.version), actor)
        retry_run(run=run, actor=actor, start=start, reason=reason)

    return act


@admin.register(Run)
class RunAdmin(ToolPages):
    tools = (diagnosing.OF_RUN, UNDO)
    sees = staticmethod(permissions.visible_runs)
    list_display = (
        *("id", "workflow", "version", "status", "mode", "record_key", "failure_code"),
        *("created_at", "finished_at"),
    )
    list_filter = ("status", "mode", "inconclusive", "created_at", "module", "workflow")
    list_select_related = ("workflow", "version", "module")
    search_fields = ("=id", "=record_key", "workflow__name", "=failure_code", "=correlation_id")
    date_hierarchy = "created_at"
    inlines = (StepInline, LogInline)
    actions = (
        with_reason("Cancel…", _cancel),
        with_reason("Retry from the failed step…", _retry("failed_step")),
        with_reason("Retry from the start…", _retry("start")),
    )
    payload_fields = ("input", "outcome", "failure")
    exclude = ("due_at", "inconclusive")
    readonly_fields = ("due", "place_now", "lacks_a_plan")

    @admin.display(description="due at", empty_value="nothing is due")
    def due(self, run: Run) -> datetime | None:
        return run.due_at if run.due_at < NEVER else None

    @admin.display(description="place", empty_value="it needs none")
    def place_now(self, run: Run) -> str | None:
        standing = standing_of(run)
        return standing.sentence if standing is not None else None

    @admin.display(description="inconclusive")
    def lacks_a_plan(self, run: Run) -> str:
        """In words: as an icon, a red cross would stand for the good case."""
        return "yes: an action could not say what it would do" if run.inconclusive else "no"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("version__document")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Also by the words that are in a run, as on the page of runs."""
        found, doubles = super().get_search_results(request, queryset, search_term)
        if search_term:
            with suppress(SearchError):
                found |= matching(queryset, search_term, request.user)
        return found, doubles

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return permissions.may(request.user, "view_payloads", obj.workflow)


class OfReadableRuns(SeenAdmin):
    list_select_related: ClassVar[tuple[str, ...]] = ("run",)


@admin.register(Step)
class StepAdmin(OfReadableRuns):
    list_display = ("run", "node", "kind", "status", "attempt", "assumed", "started_at", "finished_at")
    list_filter = ("status", "assumed", "kind")
    search_fields = ("=run__id", "=node", "=kind")

    @staticmethod
    def sees(actor: Any) -> QuerySet[Step]:
        return Step.objects.filter(run__in=_readable_runs(actor).values("pk"))


@admin.register(LogEntry)
class LogEntryAdmin(OfReadableRuns):
    list_display = ("run", "seq", "at", "level", "node", "message")
    list_filter = ("level",)
    search_fields = ("=run__id", "=node", "message")

    @staticmethod
    def sees(actor: Any) -> QuerySet[LogEntry]:
        return LogEntry.objects.filter(run__in=_readable_runs(actor).values("pk"))


@admin.register(Place)
class PlaceAdmin(OfReadableRuns):
    """Runs of workflows that let only so many be at work at once: those with a number hold a place, the others wait."""

    list_display = ("run", "workflow", "number", "about", "since")
    list_filter = (("number", admin.EmptyFieldListFilter), "workflow")
    list_select_related = ("run", "workflow")
    search_fields = ("=run__id", "about", "workflow__name")
    exclude = ("key",)

    @staticmethod
    def sees(actor: Any) -> QuerySet[Place]:
        return Place.objects.filter(run__in=_readable_runs(actor).values("pk"))


class ApprovalDecisionInline(SeenInline):
    model = ApprovalDecision
    fields = ("person_name", "verdict", "reason", "by_link", "at")
    readonly_fields = fields


class ApprovalDelegationInline(SeenInline):
    model = ApprovalDelegation
    fields = ("giver", "receiver", "reason", "at")
    readonly_fields = fields


class ApprovalRemarkInline(SeenInline):
    model = ApprovalRemark
    fields = ("person_name", "text", "at")
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or permissions.may(request.user, "view_payloads", obj.workflow)


@admin.register(Approval)
class ApprovalAdmin(ToolPages):
    """Questions that runs have asked, and who answered what; decided on a page of their own, or in the inbox."""

    tools = (DECIDE,)

    sees = staticmethod(approval_rights.visible_approvals)
    list_display = (
        "title",
        "workflow",
        "state",
        "record_key",
        "requester",
        "asked_at",
        "expires_at",
        "ended_at",
    )
    list_filter = ("state", "asked_at", "workflow")
    list_select_related = ("workflow", "requester")
    search_fields = ("title", "=record_key", "=run__id", "workflow__name")
    date_hierarchy = "asked_at"
    inlines = (ApprovalDecisionInline, ApprovalDelegationInline, ApprovalRemarkInline)
    payload_fields = ("body", "record", "plan", "reach")

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return permissions.may(request.user, "view_payloads", obj.workflow)
