from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from automations.models import Approval


def end_with_runs(runs: Sequence[int], *, now: datetime, why: str) -> None:
    """Nobody needs to decide any more for runs that have ended; a hold has other runs too."""
    Approval.objects.filter(run_id__in=runs, hold=None, state=Approval.State.PENDING).update(
        state=Approval.State.CANCELLED, ended_at=now, note=why
    )
