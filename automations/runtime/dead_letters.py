"""Runs that gave up: a letter for each, filed under its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from automations.engine.causes import cause_of
from automations.models import DeadLetter, Triage

REOPEN = """
UPDATE automations_triage SET state = 'new', fixed_in_id = NULL, reopened_at = %s, reopened = reopened + 1
WHERE state = 'fixed' AND workflow_id = %s AND fingerprint = %s AND (fixed_in_id IS NULL OR fixed_in_id <= %s)
"""
"""Versions of one workflow are made in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A run that failed for good; `message` holds no secret any more."""

    run_id: int
    workflow_id: int
    version_id: int
    code: str
    message: str
    node: str
    kind: str
    attempts: int
    at: datetime


def keep(runs: Sequence[GaveUp]) -> None:
    """Keep a letter of each of these runs, in the caller's transaction and as the last it does: a cause that was fixed and
    is seen again, in the version that was to mend it or a later one, is new again."""
    if not runs:
        return
    causes = [cause_of(code=run.code, kind=run.kind, message=run.message) for run in runs]
    DeadLetter.objects.bulk_create(
        [
            DeadLetter(
                run_id=run.run_id,
                workflow_id=run.workflow_id,
                code=run.code,
                message=run.message,
                node=run.node,
                fingerprint=cause.fingerprint,
                attempts=run.attempts,
                created_at=run.at,
            )
            for run, cause in zip(runs, causes, strict=True)
        ],
        ignore_conflicts=True,
    )
    newest: dict[tuple[int, str], tuple[GaveUp, str]] = {}
    for run, cause in zip(runs, causes, strict=True):
        key = (run.workflow_id, cause.fingerprint)
        if key not in newest or newest[key][0].version_id < run.version_id:
            newest[key] = (run, cause.message)
    # In one order everywhere, so that two workers that meet the same causes don't wait for each other.
    Triage.objects.bulk_create(
        [
            Triage(
                workflow_id=workflow,
                fingerprint=fingerprint,
                code=run.code,
                kind=run.kind,
                cause=message,
                first_seen_at=run.at,
            )
            for (workflow, fingerprint), (run, message) in sorted(newest.items(), key=lambda one: one[0])
        ],
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        for (workflow, fingerprint), (run, _) in sorted(newest.items(), key=lambda one: one[0]):
            cursor.execute(REOPEN, [run.at, workflow, fingerprint, run.version_id])
