"""What people make of dead letters: who looks at a cause, whether it is mended, and which letters are given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import AuditEntry, DeadLetter, Triage, Workflow, WorkflowVersion
from automations.services.audit import write_audit
from automations.services.texts import require_texts

ACTIVE = "active"
TYPED_ABOVE = 20
"""More letters than this are discarded only by who says how many they are."""
NAMED = 20


@transaction.atomic
def triage_cause(
    *,
    triage: Triage,
    actor: Any,
    state: str | None = None,
    fixed_in: int | str | None = None,
    note: str | None = None,
    **assignment: Any,
) -> Triage:
    """Say how a cause stands in a workflow, and whose it is (`assignee`, a user or None; left out, it stays).

    `fixed_in` goes with the state “fixed”: the number of the version that mends it, "active" for the active one, None
    where it was mended outside of the workflow. It is new again when it is seen in that version or a later one, or at
    all where none is named. Raises InvalidError for what is asked, NotFoundError for an unknown version, ConflictError
    where nothing is published.
    """
    if state is not None:
        require_texts(Triage, state=state)
    if note is not None:
        require_texts(Triage, note=note)
    if fixed_in is not None and state != Triage.State.FIXED:
        message = "A version is named for what is fixed."
        raise InvalidError([Problem("unclear-state", "fixed_in", message, "Send the state “fixed” with it.")])
    rows = Triage.objects.select_for_update(of=("self",), no_key=True)
    triage = rows.select_related("workflow__active_version", "assignee", "fixed_in").get(pk=triage.pk)
    before = _told(triage)
    if state is not None:
        triage.state, triage.changed_at = state, timezone.now()
        triage.fixed_in = _version(triage.workflow, fixed_in) if fixed_in is not None else None
    if note is not None:
        triage.note = note
    if "assignee" in assignment:
        triage.assignee = _assignee(triage.workflow, assignment["assignee"])
    triage.save(update_fields=["state", "changed_at", "fixed_in", "note", "assignee"])
    after = _told(triage)
    write_audit(
        actor=actor, action="triage.changed", obj=triage, before=before, after=after, reason=note or ""
    )
    return triage


def _told(triage: Triage) -> Mapping[str, Any]:
    return {
        "workflow": triage.workflow_id,
        "fingerprint": triage.fingerprint,
        "state": triage.state,
        "fixed_in": triage.fixed_in.number if triage.fixed_in is not None else None,
        "assignee": triage.assignee.get_username() if triage.assignee is not None else None,
        "note": triage.note,
    }


def _version(workflow: Workflow, wanted: int | str) -> WorkflowVersion:
    if wanted == ACTIVE:
        if workflow.active_version is None:
            raise ConflictError(f"“{workflow.name}” has no active version.", code="nothing-published")
        return workflow.active_version
    found = WorkflowVersion.objects.filter(workflow=workflow, number=wanted).first()
    if found is None:
        raise NotFoundError(f"“{workflow.name}” has no version {wanted}.")
    return found


def _assignee(workflow: Workflow, person: Any) -> Any:
    if person is not None and not (person.is_active and permissions.may(person, "view", workflow)):
        message = f"{person.get_username()} can't see “{workflow.name}”."
        hint = "Choose somebody else, or share the workflow first."
        raise InvalidError([Problem("cannot-see", "assignee", message, hint)])
    return person


@transaction.atomic
def discard_letters(
    *, workflow: Workflow, letters: QuerySet[DeadLetter], actor: Any, reason: str, count: int | None = None
) -> int:
    """Give up the open ones of these letters of a workflow, for a reason, and say how many they were; their runs stay as
    they ended, and can still be retried.

    Of more than TYPED_ABOVE letters `count` has to say how many they are. Raises InvalidError without a reason,
    ConflictError when none is open, or they are not as many as was said.
    """
    require_texts(AuditEntry, reason=reason)
    if not reason.strip():
        hint = "Say why they are given up."
        raise InvalidError([Problem("missing-value", "reason", "The reason is empty.", hint)])
    held = letters.filter(workflow=workflow, state=DeadLetter.State.OPEN).order_by("pk")
    found = list(held.select_for_update(of=("self",), no_key=True))
    if not found:
        raise ConflictError("None of these letters is open any more.", code="nothing-open")
    if (count is not None or len(found) > TYPED_ABOVE) and count != len(found):
        detail = f"{len(found):,} letters are open. Say that number to discard them."
        raise ConflictError(detail, code="count-differs", facts={"open": len(found)})
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in found]).update(state=DeadLetter.State.DISCARDED)
    after = {
        "letters": len(found),
        "fingerprints": sorted({letter.fingerprint for letter in found})[:NAMED],
        "runs": [letter.run_id for letter in found[:NAMED]],
    }
    write_audit(actor=actor, action="workflow.letters_discarded", obj=workflow, after=after, reason=reason)
    return len(found)
