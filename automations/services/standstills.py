"""Standstills: the switch that pauses everything, a module, a team or a workflow, and maintenance windows that are planned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Module, Standstill, Workflow
from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from automations.services.texts import require_texts


@transaction.atomic
def set_standstill(
    *,
    reason: str,
    actor: Any,
    module: Module | None = None,
    team: str = "",
    workflow: Workflow | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Standstill:
    """Let no trigger judge anything from `starts_at` (None: now) to `ends_at` (None: until it is lifted): of everything, or
    of one module's, one team's or one workflow's. Runs that have begun go on.

    Raises InvalidError for the reason, for two scopes, for a team that no workflow has, and for an end that is not later
    than the start, or over."""
    require_texts(Standstill, reason=reason, team=team)
    _require_scope(module, team, workflow)
    now = timezone.now()
    if ends_at is not None and ends_at <= max(starts_at or now, now):
        message = "It has to end later than it starts, and later than now."
        raise InvalidError([Problem("bad-moment", "ends_at", message, "Send another moment, or none.")])
    row = Standstill.objects.create(
        module=module,
        team=team,
        workflow=workflow,
        reason=reason,
        starts_at=starts_at or now,
        ends_at=ends_at,
        set_by=actor,
        set_by_name=actor.get_username(),
    )
    write_audit(actor=actor, action="standstill.set", obj=row, after=_told(row), reason=reason)
    return row


@transaction.atomic
def lift_standstill(*, standstill: Standstill, actor: Any, reason: str = "") -> Standstill:
    """Let triggers judge again what has come, and what comes. Raises ConflictError when it is lifted or over already."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    changed = (
        Standstill.objects.filter(pk=standstill.pk, lifted_at=None)
        .exclude(ends_at__lte=now)
        .update(lifted_at=now, lifted_by_name=actor.get_username())
    )
    if not changed:
        raise ConflictError("It is lifted already, or over.", code="already-lifted")
    write_audit(
        actor=actor, action="standstill.lifted", obj=standstill, before=_told(standstill), reason=reason
    )
    wake_on_commit()
    standstill.refresh_from_db()
    return standstill


def _require_scope(module: Module | None, team: str, workflow: Workflow | None) -> None:
    if sum(one is not None for one in (module, team or None, workflow)) > 1:
        message = "It is of a module, of a team or of a workflow: of one of them."
        raise InvalidError([Problem("two-scopes", "team", message, "Leave out the others.")])
    if team and not Workflow.objects.filter(team=team, archived_at=None).exists():
        message = f"No workflow has the team {quoted(team)}."
        raise InvalidError(
            [Problem("unknown-team", "team", message, "Send a team as its workflows name it.")]
        )


def _told(row: Standstill) -> dict[str, Any]:
    return {
        "of": row.subject,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at is not None else None,
    }
