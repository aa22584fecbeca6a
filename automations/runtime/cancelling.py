"""Ending runs from outside: what they did stands, a worker that holds one finds its lease gone."""

from __future__ import annotations

from datetime import datetime

from automations.engine.statuses import ACTIVE_RUN
from automations.models import NEVER, LogEntry, Run, Step
from automations.runtime.endings import tell_ended
from automations.runtime.pending_approvals import end_with_runs
from automations.runtime.signals import tell_parents


def cancel(run_id: int, *, code: str, message: str, said: str, asked: str, now: datetime) -> bool:
    """Cancel a run that has not ended, in the caller's transaction, and tell who waits for it; `message` is its failure,
    `said` a line of its log, `asked` why its questions end. Returns whether it had not. Who calls wakes a worker on commit
    and announces the run."""
    changed = Run.objects.filter(pk=run_id, status__in=ACTIVE_RUN).update(
        status="cancelled",
        finished_at=now,
        due_at=NEVER,
        lease_token=None,
        failure_code=code,
        failure={"message": message, "node": "", "fault": "user", "retryable": False},
    )
    if not changed:
        return False
    Step.objects.filter(run_id=run_id, status__in=("pending", "running", "waiting")).update(
        status="cancelled", wait=None, finished_at=now
    )
    end_with_runs([run_id], now=now, why=asked)
    tell_parents([run_id], status="cancelled", message=message, now=now)
    seq = Run.objects.values_list("last_seq", flat=True).get(pk=run_id) + 1
    LogEntry.objects.create(run_id=run_id, seq=seq, at=now, level="warning", message=said)
    Run.objects.filter(pk=run_id).update(last_seq=seq)
    tell_ended([run_id], now=now)
    return True
