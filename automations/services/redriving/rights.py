"""What somebody who asks for a redrive has to be allowed beyond retrying each of the runs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from automations import permissions
from automations.errors import ForbiddenError, InvalidError
from automations.models import Run, WorkflowVersion
from automations.runtime.subscriptions import definition_of
from automations.services.references import require_seen


def why_no_redrive(*, runs: QuerySet[Run], actor: Any) -> str:
    """Why the actor can't have these runs done again with the active version, as a sentence; "" when he can."""
    try:
        require_redrive(runs=runs, version="active", edits=False, actor=actor)
    except InvalidError as error:
        return error.detail
    return ""


def require_redrive(*, runs: QuerySet[Run], version: str, edits: bool, actor: Any) -> None:
    """Raise InvalidError when one of the versions that would run names what the actor can't see, ForbiddenError when
    input is edited of a run whose payloads he may not see."""
    column = "version" if version == "run" else "workflow__active_version"
    versions = runs.order_by().values(column).distinct()
    for one in WorkflowVersion.objects.filter(pk__in=versions).select_related("workflow__owner"):
        try:
            require_seen(one.workflow, definition_of(one), actor)
        except InvalidError as error:
            owner = one.workflow.owner or "An admin"
            detail = (
                f"You don't see everything that “{one.workflow.name}” uses. {owner} can share it with you."
            )
            raise InvalidError(error.problems, detail) from error
    seen = permissions.workflows_with(actor, "view_payloads").values("pk")
    if edits and runs.exclude(workflow__in=seen).exists():
        raise ForbiddenError(
            "To edit what runs start with takes the right to see the payloads of all of them."
        )
