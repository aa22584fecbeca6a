"""Dead letters and how their causes stand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from automations import permissions
from automations.admin.base import SeenAdmin, with_reason
from automations.models import DeadLetter, Triage
from automations.services.dead_letters import discard_letters, triage_cause


def _discard(letter: DeadLetter, actor: Any, reason: str) -> None:
    permissions.require(actor, "retry", letter.workflow)
    letters = DeadLetter.objects.filter(pk=letter.pk)
    discard_letters(workflow=letter.workflow, letters=letters, actor=actor, reason=reason)


@admin.register(DeadLetter)
class DeadLetterAdmin(SeenAdmin):
    list_display = ("run", "workflow", "code", "message", "fingerprint", "attempts", "state", "created_at")
    list_filter = ("state", "code", "created_at", "workflow")
    list_select_related = ("run", "workflow")
    search_fields = ("=run__id", "=code", "=fingerprint", "message")
    date_hierarchy = "created_at"
    actions = (with_reason("Discard…", _discard),)

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
        with_reason("Somebody looks at it…", _stand(Triage.State.LOOKING)),
        with_reason("It is fixed…", _stand(Triage.State.FIXED)),
        with_reason("Ignore…", _stand(Triage.State.IGNORED)),
    )

    @staticmethod
    def sees(actor: Any) -> QuerySet[Triage]:
        return Triage.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))
