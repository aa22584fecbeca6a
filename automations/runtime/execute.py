"""Claimed runs, worked on in a batch: walk each program, perform or preview what it wants, commit it all at once.

One transaction holds the state, the steps, the logs, the record changes and the events of every run of the
batch, fenced by the lease. If it fails, the batch is dropped without trace and its runs are taken one by one, so
that a bad run fails alone.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from automations import masking, tracing
from automations.conf import setting
from automations.engine.decide import Journal
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.program import Program
from automations.engine.statuses import TERMINAL_RUN
from automations.models import Event, Mode, Module, RunSignal, Workflow, WorkflowVersion
from automations.models.large_value import bodies
from automations.runtime import (
    approvals,  # noqa: F401 - registers how approvals are asked and settled
    handlers,
    mode_policies,
    saving,
    subscriptions,
)
from automations.runtime.announce import announce_runs
from automations.runtime.claims import ClaimedRun, fence, release
from automations.runtime.identity import Acting, publishers_of
from automations.runtime.unit import Batch, Unit
from automations.runtime.waits import SETTLERS
from automations.runtime.walking import Worked, walk_on

logger = logging.getLogger(__name__)
ended = logging.getLogger("automations.runs")


@dataclass(slots=True)
class Loaded:
    """What a batch of runs needs beside its records, read once."""

    programs: Mapping[int, Program]
    events: Mapping[int, Mapping[str, Any]]
    journals: Mapping[int, Journal]
    signals: Mapping[int, Sequence[RunSignal]]
    modules: Mapping[int, Module]
    workflows: Mapping[int, Workflow]
    acting: Acting

    def batch(self, *, writes: bool) -> Batch:
        return Batch(writes=writes, modules=self.modules, workflows=self.workflows, acting=self.acting)


def execute(runs: Sequence[ClaimedRun]) -> int:
    """Work on claimed runs until each has ended or waits. Returns how many were committed under our lease."""
    done = 0
    for mode in (Mode.EXECUTE, Mode.SIMULATE):
        group = [run for run in runs if run.mode == mode]
        if group:
            done += _execute_or_split(group)
    return done


def _execute_or_split(group: Sequence[ClaimedRun]) -> int:
    connection.ensure_connection()
    session = connection.connection
    try:
        return _commit(group)
    except DatabaseError as error:
        if connection.connection is not session or session.closed:
            # The database ended our session (a restart, or we slept in a transaction for longer than a lease):
            # whatever we held is somebody else's now, or will be when the lease is out. Django has perhaps made
            # a new session already, while it left the transaction.
            connection.close()
            logger.warning(
                "lease_lost: runs %s, because the database session ended: %s", [r.id for r in group], error
            )
            return 0
        return _take_apart(group, error)
    except Exception as error:  # noqa: BLE001 (an action of a host may raise anything; its run must fail, not the worker)
        return _take_apart(group, error)


def _take_apart(group: Sequence[ClaimedRun], error: Exception) -> int:
    """Take the runs of a failed batch one by one; a run that fails alone is at fault itself."""
    masking.refresh()  # what failed may have read secrets that this process has never heard of
    if len(group) > 1:
        logger.warning("A batch of %s runs is taken apart: %s", len(group), error)
        return sum(_execute_or_split([run]) for run in group)
    logger.error("Run %s failed in the engine", group[0].id, exc_info=error)
    saving.record_engine_failure(group[0], error)
    announce_runs([(group[0].id, group[0].workflow_id)])
    return 1


def _commit(group: Sequence[ClaimedRun]) -> int:
    held_back: list[ClaimedRun] = []
    if group[0].mode == Mode.SIMULATE:
        worked = _simulate(group)
        with transaction.atomic():
            held_runs = fence(group)
            held = {run.id for run in held_runs}
            worked = [entry for entry in worked if entry.run.id in held]
            saving.save(worked)
            left = _release_rest(held_runs, worked)
    else:
        with transaction.atomic():
            held_runs = fence(group)
            if not held_runs:
                return _lost(group, [])
            loaded = load(held_runs)
            policy = mode_policies.read_before_acting()
            held_back = [run for run in held_runs if _is_forbidden(run, loaded, policy)]
            idle = {run.id for run in held_back}
            acting = [run for run in held_runs if run.id not in idle]
            batch = loaded.batch(writes=True)
            batch.simulate_only = policy
            batch.load_records(acting)
            worked = _walk_in_time(acting, loaded, batch, handlers.perform)
            batch.flush()
            saving.save(worked)
            left = _release_rest(acting, worked)
            if held_back:
                mode_policies.hold_back(held_back)
    done = [*(entry.run for entry in worked), *held_back]
    _lost(group, done + left)
    _say_ended(worked)
    _trace_ended(worked)
    announce_runs((run.id, run.workflow_id) for run in done)
    return len(done)


def _say_ended(worked: Sequence[Worked]) -> None:
    """A line of the log for each run that has ended."""
    if not ended.isEnabledFor(logging.INFO):
        return
    for entry in worked:
        if entry.decision.status in TERMINAL_RUN:
            run, status = entry.run, entry.decision.status.value
            told = {"run": run.id, "workflow": run.workflow_id, "correlation_id": run.correlation}
            ended.info("Run %s %s", run.id, status, extra={**told, "status": status})


def _trace_ended(worked: Sequence[Worked]) -> None:
    """A span for each run that has ended, with its steps as moments within it; none for replays, which are not now."""
    if not setting("AUTOMATIONS_TRACES_PER_CENT"):
        return
    for entry in worked:
        run, decision = entry.run, entry.decision
        correlation = uuid.UUID(str(run.correlation))
        if decision.status not in TERMINAL_RUN or run.clock or not tracing.is_traced(correlation):
            continue
        # In simulate waits are over at once, on a clock of the run's own.
        steps = decision.journal.steps.values() if run.mode == Mode.EXECUTE else ()
        began = min((step.started_at for step in steps if step.started_at), default=run.database_now)
        span = tracing.Span(
            "run",
            tracing.span_of("run", run.id),
            began,
            timezone.now(),
            facts={
                "automations.run": run.id,
                "automations.workflow": run.workflow_id,
                "automations.mode": run.mode,
                "automations.status": decision.status.value,
            },
            error=str((decision.failure or {}).get("code", "")),
            marks=[
                (step.node, step.finished_at, {"status": step.status.value, "attempt": step.attempt})
                for step in steps
                if step.finished_at is not None
            ],
        )
        tracing.tell(correlation, span)


def _is_forbidden(run: ClaimedRun, loaded: Loaded, policy: mode_policies.SimulateOnly) -> bool:
    return bool(policy) and policy.covers(run.module_id, loaded.workflows[run.workflow_id].module_id)


def _walk_in_time(runs: Sequence[ClaimedRun], loaded: Loaded, batch: Batch, handler: Any) -> list[Worked]:
    """Walk the runs in turn, at least one, and no more of them once a third of the lease is over."""
    ends = time.monotonic() + setting("AUTOMATIONS_LEASE_SECONDS") / 3
    worked: list[Worked] = []
    for run in runs:
        if worked and time.monotonic() >= ends:
            break
        worked.append(walk(run, loaded, batch, handler))
    return worked


def _release_rest(held: Sequence[ClaimedRun], worked: Sequence[Worked]) -> list[ClaimedRun]:
    begun = {entry.run.id for entry in worked}
    left = [run for run in held if run.id not in begun]
    release(left)
    return left


def _lost(group: Sequence[ClaimedRun], held: Sequence[ClaimedRun]) -> int:
    kept = {run.id for run in held}
    for run in group:
        if run.id not in kept:
            logger.warning("lease_lost: run %s was taken over or ended while we worked on it", run.id)
    return 0


def _simulate(group: Sequence[ClaimedRun]) -> list[Worked]:
    """Walk the runs in a read-only transaction that is always rolled back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        loaded = load(group)
        batch = loaded.batch(writes=False)
        batch.load_records(group)
        worked = _walk_in_time(group, loaded, batch, handlers.preview)
        transaction.set_rollback(True)
    return worked


def walk(
    run: ClaimedRun, loaded: Loaded, batch: Batch, handler: Any, *, assume_changed: bool = False
) -> Worked:
    """Walk a claimed run until it has ended or waits; in simulate waits elapse at once on the run's own clock."""
    program = loaded.programs[run.version_id]
    zone = ZoneInfo(str(program.definition.settings.get("zone", "UTC")))
    event = loaded.events.get(run.event_id) if run.event_id is not None else None
    journal = loaded.journals.get(run.id) or Journal(key=run.journal_key, trigger=run.trigger_node)
    unit = Unit(run, batch, zone, program=program, event=event, journal=journal)
    signals, used = _signals(unit, loaded.signals.get(run.id, ()))
    elapse = run.mode == Mode.SIMULATE
    worked = walk_on(unit, journal, signals, handler, elapse=elapse, assume_changed=assume_changed)
    worked.used_signals = used
    return worked


def _signals(unit: Unit, rows: Sequence[RunSignal]) -> tuple[dict[str, Outcome], list[int]]:
    """What the news that waits for a run amounts to: a step that waits for children hears of them once all ended, one
    that waits for something else of the newest that is known of it."""
    by_node: dict[str, list[RunSignal]] = {}
    for row in rows:
        by_node.setdefault(row.node, []).append(row)
    outcomes: dict[str, Outcome] = {}
    used: list[int] = []
    for node, news in by_node.items():
        state = unit.journal.steps.get(node)
        if state is not None and state.wait is not None and state.wait.kind in SETTLERS:
            outcomes[node] = SETTLERS.get(state.wait.kind)(unit, node, news[-1].outcome)
            used += [row.pk for row in news]
            continue
        expected = (state.output or {}).get("children", 1) if state is not None else 1
        if len(news) < expected:
            continue
        used += [row.pk for row in news]
        failed = [row.outcome for row in news if row.outcome.get("status") != "succeeded"]
        if failed:
            outcomes[node] = Failed(
                "child-failed",
                f"{len(failed)} of {expected} started runs did not succeed: {_told(failed[0])}",
            )
        else:
            outcomes[node] = Succeeded(
                {"children": expected, "runs": [row.outcome.get("run") for row in news]}
            )
    return outcomes, used


def _told(outcome: Mapping[str, Any]) -> str:
    """Which started run it was, if it came to one, and what became of it."""
    named = f"run {outcome['run']}: " if outcome.get("run") else ""
    return f"{named}{outcome.get('message', '')}"


def load(runs: Sequence[ClaimedRun]) -> Loaded:
    """Read what the runs need, a query a table."""
    workflows = {
        workflow.pk: workflow
        for workflow in Workflow.objects.select_related("run_as").filter(
            pk__in={run.workflow_id for run in runs}
        )
    }
    wanted = {run.version_id for run in runs}
    versions = WorkflowVersion.objects.filter(pk__in=subscriptions.uncompiled(wanted))
    programs = {version.pk: subscriptions.program_of(version) for version in versions}
    programs |= subscriptions.compiled(wanted)
    events: dict[int, Mapping[str, Any]] = {
        run.event_id: run.event for run in runs if run.event_id and run.event
    }
    unread = {run.event_id for run in runs if run.event_id} - events.keys()
    if unread:
        found = list(Event.objects.filter(pk__in=unread).values_list("pk", "snapshot", "large"))
        whole = bodies(large for *_, large in found)
        for key, snapshot, large in found:
            events[key] = {"id": key, **(snapshot if large is None else whole[large])}
    resumed = [run for run in runs if run.last_seq]
    signals: dict[int, list[RunSignal]] = {}
    if resumed:
        for row in RunSignal.objects.filter(run_id__in=[run.id for run in resumed]).order_by("id"):
            signals.setdefault(row.run_id, []).append(row)
    return Loaded(
        programs=programs,
        events=events,
        journals=saving.load_journals(resumed),
        signals=signals,
        modules={
            module.pk: module
            for module in Module.objects.filter(pk__in={r.module_id for r in runs if r.module_id})
        },
        workflows=workflows,
        acting=Acting(
            publishers_of(run.version_id for run in runs if not workflows[run.workflow_id].run_as_id)
        ),
    )
