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
from automations.models import AuditEntry, Redrive, RedriveItem, Run
from automations.runtime import queue
from automations.services.audit import write_audit
from automations.services.pacing import FASTEST, MOST_PARTS, RATE, out_of_range
from automations.services.redriving.lane import TASK
from automations.services.redriving.work import REDRIVING
from automations.services.retries import STARTS, VERSIONS
from automations.services.texts import require_object, require_texts

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
    REDRIVING.require_few(actor)
    ended = runs.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED), retries=None)
    found = list(ended.order_by("pk").values_list("pk", flat=True)[: MOST_PARTS + 1])
    if not found:
        raise ConflictError(
            "None of these runs gave up and waits for a retry of yours.", code="nothing-to-redrive"
        )
    if len(found) > MOST_PARTS:
        detail = f"More than {MOST_PARTS:,} runs are meant. Narrow the filter, and redrive them in parts."
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
    return REDRIVING.cancel(redrive, actor=actor, reason=reason)


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
        problems += out_of_range(name, value, most)
    if problems:
        raise InvalidError(problems)
