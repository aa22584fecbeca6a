"""Runs that gave up, made by hand where a test is not about how they did."""

from __future__ import annotations

from datetime import datetime

from automations.models import DeadLetter, Run
from automations.runtime.dead_letters import GaveUp, keep


def keep_letter(
    run: Run, message: str, *, code: str = "late", kind: str = "", at: datetime | None = None
) -> DeadLetter:
    """A dead letter of the run, filed under its cause as the runtime does it."""
    letter = GaveUp(run.pk, run.workflow_id, run.version_id, code, message, "", kind, 3, at or run.created_at)
    keep([letter])
    return DeadLetter.objects.get(run=run)
