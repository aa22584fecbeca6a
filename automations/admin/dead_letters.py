"""Dead letters, how their causes stand, and redrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline, with_reason
from automations.admin.redriving import with_redrive
from automations.errors import ForbiddenError
from automations.models import DeadLetter, Redrive, RedriveItem, Run, Triage
from automations.services.dead_letters import discard_letters, triage_cause
from automations.services.redrives import cancel_redrive


def _discard(letter: DeadLetter, actor: Any, reason: str) -> None:
    permissions.require(actor, "retry", letter.workflow)
    letters = DeadLetter.objects.filter(pk=letter.pk)
    discard_letters(workflow=letter.workflow, letters=letters, actor=actor, reason=reason)


def _runs_of_letters(letters: QuerySet[DeadLetter]) -> QuerySet[Run]:
    return Run.objects.filter(dead_letter__in=letters.filter(state=DeadLetter.State.OPEN).values("pk"))


def _letters(letters: QuerySet[DeadLetter]) -> Mapping[str, Any]:
    return {"runs": [letter.run_id for letter in letters]}


def _runs_of_causes(causes: QuerySet[Triage]) -> QuerySet[Run]:
    """The runs of the open letters of these causes, of each in its workflow."""
    same = causes.filter(workflow=OuterRef("workflow"), fingerprint=OuterRef("fingerprint"))
    letters = DeadLetter.objects.filter(Exists(same), state=DeadLetter.State.OPEN)
    return Run.objects.filter(dead_letter__in=letters.values("pk"))


def _causes(causes: QuerySet[Triage]) -> Mapping[str, Any]:
    """One cause as its page asks for it, so that it is listed there; more of them with their workflows."""
    named = sorted({cause.fingerprint for cause in causes})
    workflows = sorted({cause.workflow_id for cause in causes})
    return {"fingerprint": named[0] if len(named) == 1 else named, "workflows": workflows}


@admin.register(DeadLetter)
class DeadLetterAdmin(SeenAdmin):
    list_display = ("run", "workflow", "code", "message", "fingerprint", "attempts", "state", "created_at")
    list_filter = ("state", "code", "created_at", "workflow")
    list_select_related = ("run", "workflow")
    search_fields = ("=run__id", "=code", "=fingerprint", "message")
    date_hierarchy = "created_at"
    actions = (with_redrive(_runs_of_letters, _letters), with_reason("Discard…", _discard))

    @staticmethod
    def sees(actor: Any) -> QuerySet[DeadLetter]:
        readable = permissions.workflows_with(actor, "view_payloads")
        return DeadLetter.objects.filter(workflow__in=readable.values("pk"))


def _stand(state: str) -> Any:
    def act(triage: Triage, actor: Any, reason: str) -> None:
        permissions.require(actor, "retry", triage.workflow)
        triage_cause(triage=triage, actor=actor, state=state, note=reason)

    return act


@admin.register(Triage)
class TriageAdmin(SeenAdmin):
    """How a cause stands in a workflow. Whose it is, and which version mends it, is said on its page."""

    list_display = (
        *("cause", "workflow", "code", "kind", "state", "fixed_in", "assignee", "first_seen_at"),
        *("reopened", "fingerprint"),
    )
    list_filter = ("state", "code", "workflow")
    list_select_related = ("workflow", "fixed_in", "assignee")
    search_fields = ("=fingerprint", "=code", "cause")
    actions = (
        with_redrive(_runs_of_causes, _causes),
        with_reason("Somebody looks at it…", _stand(Triage.State.LOOKING)),
        with_reason("It is fixed…", _stand(Triage.State.FIXED)),
        with_reason("Ignore…", _stand(Triage.State.IGNORED)),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Triage]:
        return Triage.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))


class RedriveItemInline(SeenInline):
    model = RedriveItem
    fields = ("run", "edited", "state", "retry", "outcome", "code", "message")
    readonly_fields = fields
    verbose_name_plural = "runs (the first 200; all of them stand on the page of their cause, and in the API)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        first = RedriveItem.objects.filter(redrive=OuterRef("redrive")).order_by("pk").values("pk")[:200]
        return super().get_queryset(request).filter(pk__in=Subquery(first))


def _cancel(redrive: Redrive, actor: Any, reason: str) -> None:
    if not permissions.may_cancel_redrive(actor, redrive):
        raise ForbiddenError("Only who asked for it cancels it, or who may retry all of its runs.")
    cancel_redrive(redrive=redrive, actor=actor, reason=reason)


@admin.register(Redrive)
class RedriveAdmin(SeenAdmin):
    """Many runs that gave up, retried at a rate, or foreseen."""

    sees = staticmethod(permissions.visible_redrives)
    list_display = ("id", "requested_by", "is_dry_run", "status", "start", "version", "rate", "created_at")
    list_filter = ("status", "is_dry_run", "created_at")
    list_select_related = ("requested_by",)
    search_fields = ("=id", "reason")
    exclude = ("due_at", "lease_token", "attempt")
    payload_fields = ("edit",)
    inlines = (RedriveItemInline,)
    actions = (with_reason("Cancel…", _cancel),)

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return not permissions.redrives_with_hidden_payloads([obj], request.user).exists()
