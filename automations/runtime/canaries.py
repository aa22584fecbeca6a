"""What a breaker does to runs: those that wait only simulate, and one acts to try."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.db.models import Exists, OuterRef

from automations.models import Breaker, LogEntry, Mode, Run, Step
from automations.runtime import places
from automations.runtime.queue import wake_on_commit

SIMULATE = """
WITH held AS (
  UPDATE automations_run SET mode = 'simulate', last_seq = 1
  WHERE workflow_id = %s AND mode = 'execute' AND status = 'queued' AND last_seq = 0 AND clock = '' RETURNING id
)
INSERT INTO automations_logentry (run_id, seq, at, level, node, message)
SELECT id, 1, %s, 'warning', '', %s FROM held
"""
SAID = "The breaker has taken the workflow back to simulate, so that this run only simulates."
TRIES = (
    "This run acts to try whether the workflow works again. It goes on with what run {run} only simulated."
)


def simulate_waiting(workflow: int, *, now: datetime) -> int:
    """Let the runs of a workflow that nobody has begun only simulate; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(SIMULATE, [workflow, now, SAID])
        return int(cursor.rowcount)


def start_canary(breaker: Breaker, *, now: datetime) -> Run | None:
    """Let one run act for the newest event since the breaker tripped that would have led to an action; None where there is
    none yet."""
    workflow = breaker.workflow
    acted = Step.objects.filter(run=OuterRef("pk"), kind__startswith="action.", status="succeeded")
    shown = (
        Run.objects.filter(
            Exists(acted),
            workflow=workflow,
            version=workflow.active_version_id,
            mode=Mode.SIMULATE,
            status="succeeded",
            inconclusive=False,
            clock="",
            event__isnull=False,
            parent=None,
            created_at__gte=breaker.tripped_at,
        )
        .order_by("-pk")
        .first()
    )
    if shown is None:
        return None
    run = Run.objects.create(
        workflow=workflow,
        version_id=shown.version_id,
        event_id=shown.event_id,
        trigger_node=shown.trigger_node,
        dedupe_key=f"canary:{breaker.pk}:{breaker.tries}",
        mode=Mode.EXECUTE,
        module_id=shown.module_id,
        record_key=shown.record_key,
        input=shown.input,
        actor_id=shown.actor_id,
        depth=shown.depth,
        correlation_id=shown.correlation_id,
        due_at=TransactionNow(),
        created_at=now,
        last_seq=1,
    )
    LogEntry.objects.create(run=run, seq=1, at=now, level="warning", message=TRIES.format(run=shown.pk))
    places.enter(workflow, [run.pk], now=now)
    wake_on_commit()
    return run
