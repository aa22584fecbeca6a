"""How long a workflow's runs are kept, and legal holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Retention, Workflow
from automations.models.retention import LEAST_DAYS
from automations.services.audit import write_audit
from automations.services.texts import require_texts

MOST_DAYS = 36_500


@transaction.atomic
def set_retention(*, workflow: Workflow, days: int | None, actor: Any) -> Retention:
    """Keep runs that ended for so many days (None: as the settings say). Raises InvalidError for another number."""
    number = isinstance(days, int) and not isinstance(days, bool)
    if days is not None and not (number and LEAST_DAYS <= days <= MOST_DAYS):
        message = f"Runs are kept from {LEAST_DAYS} to {MOST_DAYS:,} days."
        raise InvalidError([Problem("out-of-range", "days", message, "Send another number, or none.")])
    row = _locked(workflow)
    before, row.days = row.days, days
    row.save(update_fields=["days"])
    write_audit(
        actor=actor,
        action="workflow.retention_set",
        obj=workflow,
        before={"days": before},
        after={"days": days},
    )
    return row


@transaction.atomic
def set_legal_hold(
    *, workflow: Workflow, reason: str, actor: Any, until: datetime | None = None
) -> Retention:
    """Let nothing of the workflow be dropped, until a moment or until somebody lifts it; another hold is replaced. Raises
    InvalidError without a reason, and for a moment that is over."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    problems = []
    if not reason.strip():
        problems.append(Problem("missing-value", "reason", "A legal hold says why.", "Write a reason."))
    if until is not None and until <= now:
        problems.append(Problem("bad-moment", "until", "That moment is over.", "Send a later one, or none."))
    if problems:
        raise InvalidError(problems)
    row = _locked(workflow)
    row.hold_reason, row.hold_until = reason, until
    row.held_at, row.held_by_name = now, actor.get_username()
    row.save()
    after = {"until": until.isoformat() if until is not None else None}
    write_audit(actor=actor, action="workflow.legal_hold_set", obj=workflow, after=after, reason=reason)
    return row


@transaction.atomic
def lift_legal_hold(*, workflow: Workflow, actor: Any, reason: str = "") -> Retention:
    """Let things be dropped again. Raises ConflictError where there is no hold."""
    require_texts(AuditEntry, reason=reason)
    row = _locked(workflow)
    if row.held_at is None:
        raise ConflictError(f"There is no legal hold on “{workflow.name}”.", code="not-held")
    before = {"reason": row.hold_reason, "by": row.held_by_name}
    row.hold_reason, row.hold_until, row.held_at, row.held_by_name = "", None, None, ""
    row.save()
    write_audit(actor=actor, action="workflow.legal_hold_lifted", obj=workflow, before=before, reason=reason)
    return row


def _locked(workflow: Workflow) -> Retention:
    """The workflow's row, made where there is none, so that no batch of the sweep goes on beside a change of it."""
    Retention.objects.get_or_create(workflow=workflow)
    return Retention.objects.select_for_update(of=("self",)).get(workflow=workflow)
