"""Redrives: many runs that gave up, put back at a rate, one first; or foreseen without doing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automations.engine.errors import Problem
from automations.engine.statuses import RunStatus
from automations.errors import ConflictError, InvalidError
from automations.models import (
    REDRIVE_UNFINISHED,
    AuditEntry,
    Redrive,
    RedriveItem,
    RedriveStatus,
    Run,
)
from automations.runtime import queue
from automations.services.audit import write_audit
from automations.services.redriving.lane import TASK
from automations.services.retries import STARTS, VERSIONS
from automations.services.texts import require_object, require_texts

MOST_RUNS = 10_000
MOST_UNFINISHED = 5
"""Of one person at a time."""
RATE, FASTEST = 60, 600
FAILURES, AMONG = 3, 10


@transaction.atomic
def start_redrive(
    *,
    runs: QuerySet[Run],
    asked: Mapping[str, Any],
    actor: Any,
    start: str = "failed_step",
    version: str = "active",
    rate: int = RATE,
    canary: bool = True,
    most_failures: int = FAILURES,
    among: int = AMONG,
    dry_run: bool = False,
    reason: str = "",
) -> Redrive:
    """Queue a redrive of those of these runs that failed or were cancelled and were not retried yet, oldest first; `asked`
    says for people by what they were chosen.

    With a canary, one is retried first and the rest once it has succeeded. It stops by itself when the canary, or
    `most_failures` of the last `among` that ended, did not succeed. Raises InvalidError for what is asked, ConflictError
    when there is no such run, there are too many, or the actor has too many unfinished redrives.
    """
    require_texts(AuditEntry, reason=reason)
    require_object(asked, "asked")
    _require_bounds(start, version, rate, most_failures, among)
    unfinished = Redrive.objects.filter(requested_by=actor, status__in=REDRIVE_UNFINISHED)
    if unfinished.count() >= MOST_UNFINISHED:
        detail = f"{MOST_UNFINISHED} of your redrives are not finished. Wait for one, or cancel it."
        raise ConflictError(detail, code="too-many-redrives")
    ended = runs.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED), retries=None)
    found = list(ended.order_by("pk").values_list("pk", flat=True)[: MOST_RUNS + 1])
    if not found:
        raise ConflictError(
            "None of these runs gave up and waits for a retry of yours.", code="nothing-to-redrive"
        )
    if len(found) > MOST_RUNS:
        detail = f"More than {MOST_RUNS:,} runs are meant. Narrow the filter, and redrive them in parts."
        raise ConflictError(detail, code="too-many-runs")
    now = timezone.now()
    redrive = Redrive.objects.create(
        requested_by=actor,
        asked=dict(asked),
        start=start,
        version=version,
        rate=rate,
        canary=canary and len(found) > 1,
        most_failures=most_failures,
        among=among,
        is_dry_run=dry_run,
        reason=reason,
        due_at=now,
        created_at=now,
    )
    RedriveItem.objects.bulk_create(
        (RedriveItem(redrive=redrive, run_id=pk) for pk in found), batch_size=1_000
    )
    after = {
        "runs": len(found),
        "first": found[:20],
        "asked": dict(asked),
        "start": start,
        "version": version,
        "rate": rate,
        "canary": canary,
        "dry_run": dry_run,
    }
    write_audit(actor=actor, action="redrive.started", obj=redrive, after=after, reason=reason)
    queue.wake_on_commit(TASK)
    return redrive


@transaction.atomic
def cancel_redrive(*, redrive: Redrive, actor: Any, reason: str = "") -> Redrive:
    """Begin no more of its runs; those that were begun go on. Raises ConflictError when it has ended."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    who = actor.get_username()
    changed = Redrive.objects.filter(pk=redrive.pk, status__in=REDRIVE_UNFINISHED).update(
        status=RedriveStatus.CANCELLED,
        ended_why=f"Cancelled by {who}{': ' + reason if reason else ''}."[:300],
        lease_token=None,
        due_at=now,
        finished_at=now,
    )
    if not changed:
        raise ConflictError("The redrive has ended already.", code="already-ended")
    RedriveItem.objects.filter(redrive=redrive, state=RedriveItem.State.WAITING).update(
        state=RedriveItem.State.SKIPPED
    )
    write_audit(actor=actor, action="redrive.cancelled", obj=redrive, reason=reason)
    redrive.refresh_from_db()
    return redrive


def _require_bounds(start: str, version: str, rate: int, most_failures: int, among: int) -> None:
    problems = [
        Problem("unknown-choice", name, f"There is no such {name}.", f"Use {' or '.join(known)}.")
        for name, value, known in (("start", start, STARTS), ("version", version, VERSIONS))
        if value not in known
    ]
    for name, value, most in (
        ("rate", rate, FASTEST),
        ("most_failures", most_failures, among),
        ("among", among, 100),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            problems.append(
                Problem("out-of-range", name, f"“{name}” is a number from 1 to {most}.", "Send another.")
            )
    if problems:
        raise InvalidError(problems)
