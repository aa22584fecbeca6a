"""Telling other workflows that a run has ended: an event for those that watch it, in the transaction that ended it.

Whatever ends a run calls `tell_ended`: its own last step, a worker that died too often, people, a hold, a newer run that
took its place. Where no workflow watches, that costs one look at a mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from automations import masking
from automations.models import Run, Workflow
from automations.modules.adapter import adapter_for
from automations.runtime import intake, subscriptions
from automations.runtime.identity import Acting, publishers_of
from automations.runtime.sources import workflow_source
from automations.triggers.workflow.kind import EVENT

if TYPE_CHECKING:
    from automations.runtime.matching import Verdict

KIND = "trigger.workflow"


def tell_ended(run_ids: Iterable[int], *, now: datetime) -> None:
    """Make an event of each of these runs that has ended in a way that some workflow watches. It carries the record that
    the run was about as it is now, and counts as caused by the run, so that runs that start each other come to an end."""
    ids = list(run_ids)
    if not ids:
        return
    subscriptions.refresh()
    heard = subscriptions.endings_heard()
    if not heard:
        return
    rows = Run.objects.filter(pk__in=ids, status__in=heard, depth__lt=subscriptions.MAX_DEPTH)
    runs = list(
        rows.select_related("workflow", "module", "version").defer("version__document").order_by("pk")
    )
    if not runs:
        return
    records, source = _records(runs), workflow_source()
    intake.accept(
        [
            intake.NewEvent(
                source=source,
                type=f"{EVENT}.{run.status}",
                occurred_at=(run.finished_at or now) if run.clock else now,
                module=run.module,
                record_key=run.record_key,
                data=_facts(run),
                after=records.get((run.module_id, run.record_key)),
                idempotency_key=f"ended:{run.pk}",
                clock=run.clock,
                cause_run_id=run.pk,
                cause_workflow_id=run.workflow_id,
                depth=run.depth + 1,
            )
            for run in runs
        ]
    )


def _facts(run: Run) -> dict[str, Any]:
    """What a run came to, as it may be shown to whoever may see its workflow."""
    failure = run.failure or {}
    return {
        "run": run.pk,
        "workflow": run.workflow.key,
        "workflow_name": run.workflow.name,
        "version": run.version.number,
        "mode": run.mode,
        "status": run.status,
        "code": run.failure_code,
        "message": masking.masked_text(str(failure.get("message", ""))),
        "fault": failure.get("fault", ""),
        "retryable": bool(failure.get("retryable", False)),
        "node": failure.get("node", ""),
        "link": f"runs/{run.pk}/",
    }


def _records(runs: Sequence[Run]) -> dict[tuple[int | None, str], Mapping[str, Any]]:
    """The records that these runs are about, a query a module; one that is gone is left out."""
    wanted: dict[int, set[str]] = defaultdict(set)
    modules = {run.module.pk: run.module for run in runs if run.module is not None and run.record_key}
    for run in runs:
        if run.module_id in modules:
            wanted[run.module_id].add(run.record_key)
    return {
        (pk, key): dict(state.values)
        for pk, keys in wanted.items()
        for key, state in adapter_for(modules[pk]).load(sorted(keys), lock=False).items()
    }


def refuse_unseen(verdicts: Sequence[Verdict]) -> None:
    """Let no workflow hear of runs whose workflow the one it runs as may not see, now: that it might when it was published
    does not count."""
    hearing = [
        verdict for verdict in verdicts if verdict.subscription.kind == KIND and verdict.outcome == "matched"
    ]
    if not hearing:
        return
    acting = Acting(publishers_of({verdict.subscription.version_id for verdict in hearing}))
    causes = {verdict.event.cause_workflow_id for verdict in hearing} - {None}
    watched = Workflow.objects.in_bulk([pk for pk in causes if pk is not None])
    for verdict in hearing:
        workflow = watched.get(verdict.event.cause_workflow_id or 0)
        subscription = verdict.subscription
        person = acting.identity(subscription.workflow, subscription.version_id)
        if workflow is None or person is None or not acting.may(person, "view", workflow):
            why = "Whom this workflow runs as may not see the workflow whose run has ended."
            verdict.outcome, verdict.reason = "out_of_scope", {"why": why}
