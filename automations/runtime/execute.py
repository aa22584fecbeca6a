"""Claimed runs, worked on in a batch: walk each program, perform or preview what it wants, commit it all at once.

One transaction holds the state, the steps, the logs, the record changes and the events of every run of the
batch, fenced by the lease. If it fails, the batch is dropped without trace and its runs are taken one by one, so
that a bad run fails alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.db import connection, transaction

from automations.engine.decide import Decision, Facts, Journal, decide
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.program import Program
from automations.engine.statuses import RunStatus
from automations.models import Event, Mode, Module, RunSignal, Workflow, WorkflowVersion
from automations.runtime import handlers, saving, subscriptions
from automations.runtime.announce import announce_runs
from automations.runtime.claims import ClaimedRun, fence
from automations.runtime.unit import Batch, Unit

logger = logging.getLogger(__name__)

MAX_PASSES = 2_000
"""More effects than any program has nodes times attempts in one go; a run beyond it is at fault."""


@dataclass(slots=True)
class Worked:
    """A run after its walk: the last decision, and all that the walk left behind."""

    run: ClaimedRun
    program: Program
    decision: Decision
    changed: dict[str, None] = field(default_factory=dict)
    logs: list[tuple[datetime, Any]] = field(default_factory=list)
    inconclusive: bool = False
    used_signals: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Loaded:
    """What a batch of runs needs beside its records, read once."""

    programs: Mapping[int, Program]
    events: Mapping[int, Mapping[str, Any]]
    journals: Mapping[int, Journal]
    signals: Mapping[int, Sequence[RunSignal]]
    modules: Mapping[int, Module]
    workflows: Mapping[int, Workflow]


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
    if len(group) > 1:
        logger.warning("A batch of %s runs is taken apart: %s", len(group), error)
        return sum(_execute_or_split([run]) for run in group)
    logger.error("Run %s failed in the engine", group[0].id, exc_info=error)
    saving.record_engine_failure(group[0], error)
    announce_runs([(group[0].id, group[0].workflow_id)])
    return 1


def _commit(group: Sequence[ClaimedRun]) -> int:
    if group[0].mode == Mode.SIMULATE:
        worked = _simulate(group)
        with transaction.atomic():
            held = {run.id for run in fence(group)}
            worked = [entry for entry in worked if entry.run.id in held]
            saving.save(worked)
    else:
        with transaction.atomic():
            held_runs = fence(group)
            if not held_runs:
                return _lost(group, [])
            loaded = load(held_runs)
            batch = Batch(writes=True, modules=loaded.modules, workflows=loaded.workflows)
            batch.load_records(held_runs)
            worked = [walk(run, loaded, batch, handlers.perform) for run in held_runs]
            batch.flush()
            saving.save(worked)
    _lost(group, [entry.run for entry in worked])
    announce_runs((entry.run.id, entry.run.workflow_id) for entry in worked)
    return len(worked)


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
        batch = Batch(writes=False, modules=loaded.modules, workflows=loaded.workflows)
        batch.load_records(group)
        worked = [walk(run, loaded, batch, handlers.preview) for run in group]
        transaction.set_rollback(True)
    return worked


def walk(
    run: ClaimedRun, loaded: Loaded, batch: Batch, handler: Any, *, assume_changed: bool = False
) -> Worked:
    """Call `decide` until the run has ended or waits; in simulate waits elapse at once on the run's own clock."""
    program = loaded.programs[run.version_id]
    zone = ZoneInfo(str(program.definition.settings.get("zone", "UTC")))
    unit = Unit(run, batch, zone)
    journal = loaded.journals.get(run.id) or Journal(key=str(run.id), trigger=run.trigger_node)
    signals, used = _signals(journal, loaded.signals.get(run.id, ()))
    event = loaded.events.get(run.event_id) if run.event_id is not None else None
    worked: Worked | None = None
    for _ in range(MAX_PASSES):
        facts = Facts(
            event=event,
            record=unit.record.values if unit.record is not None else None,
            variables=run.input,
            zone=zone,
            assume_changed=assume_changed,
        )
        decision = decide(program, journal, facts, signals, unit.now)
        if worked is None:
            worked = Worked(run, program, decision, used_signals=used)
        worked.decision = decision
        worked.changed.update(dict.fromkeys(decision.changed))
        worked.logs.extend((unit.now, line) for line in decision.logs)
        worked.inconclusive = worked.inconclusive or decision.inconclusive
        journal = decision.journal
        if decision.effect is not None:
            unit.node, effect = decision.effect
            signals = {unit.node: handler(effect, unit)}
        elif (
            decision.status is RunStatus.WAITING
            and run.mode == Mode.SIMULATE
            and decision.wake_at is not None
        ):
            unit.now = max(decision.wake_at, unit.now)
            signals = {}
        else:
            return worked
    raise RuntimeError(f"Run {run.id} did not come to rest in {MAX_PASSES} passes.")


def _signals(journal: Journal, rows: Sequence[RunSignal]) -> tuple[dict[str, Outcome], list[int]]:
    """What the news that waits for a run amounts to: a step that waits for children hears of them once all ended."""
    by_node: dict[str, list[RunSignal]] = {}
    for row in rows:
        by_node.setdefault(row.node, []).append(row)
    outcomes: dict[str, Outcome] = {}
    used: list[int] = []
    for node, news in by_node.items():
        state = journal.steps.get(node)
        expected = (state.output or {}).get("children", 1) if state is not None else 1
        if len(news) < expected:
            continue
        used += [row.pk for row in news]
        failed = [row.outcome for row in news if row.outcome.get("status") != "succeeded"]
        if failed:
            outcomes[node] = Failed(
                "child-failed",
                f"{len(failed)} of {expected} started runs did not succeed: {failed[0].get('message', '')}",
            )
        else:
            outcomes[node] = Succeeded(
                {"children": expected, "runs": [row.outcome.get("run") for row in news]}
            )
    return outcomes, used


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
    events = {
        key: {"id": key, **snapshot}
        for key, snapshot in Event.objects.filter(
            pk__in={run.event_id for run in runs if run.event_id}
        ).values_list("pk", "snapshot")
    }
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
    )
