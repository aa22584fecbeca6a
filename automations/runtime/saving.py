"""A run's progress to rows and back: journal and logs in bulk, the run itself in one statement for many. Every text goes
through the mask: what is kept of a run holds no secret."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from automations import masking
from automations.engine.decide import Journal, StepState, Waiting
from automations.engine.outcomes import Change
from automations.engine.program import APPROVAL
from automations.engine.retry import RetryPolicy, next_delay
from automations.engine.statuses import TERMINAL_RUN, RunStatus, StepStatus
from automations.masking import masked
from automations.models import NEVER, RunSignal, Step
from automations.models.large_value import bodies
from automations.runtime import dead_letters, large_values
from automations.runtime.claims import ClaimedRun
from automations.runtime.endings import tell_ended
from automations.runtime.pending_approvals import end_with_runs
from automations.runtime.product_events import ProductEvent, announce_all
from automations.runtime.rows import copy_rows
from automations.runtime.signals import signal_parent, tell_parents
from automations.runtime.subscriptions import DEFAULT_MAX_ATTEMPTS

if TYPE_CHECKING:
    from automations.runtime.execute import Worked

STEP_COLUMNS = "run_id, node, position, kind, status, branches, attempt, output, large_id, changes, error, wait, assumed, started_at, finished_at"
ENGINE_RETRY = RetryPolicy(max_attempts=DEFAULT_MAX_ATTEMPTS, base_seconds=1, cap_seconds=60)


_json = json.JSONEncoder(check_circular=False).encode
"""`json.dumps` without its preparations; what the engine hands over is a tree."""


@lru_cache(maxsize=1_000)
def _branches(names: tuple[str, ...]) -> str:
    return json.dumps(names)


def load_journals(runs: Sequence[ClaimedRun]) -> dict[int, Journal]:
    """The journals of runs that have worked before, from their step rows."""
    if not runs:
        return {}
    steps: dict[int, dict[str, StepState]] = {run.id: {} for run in runs}
    rows = list(Step.objects.filter(run_id__in=list(steps)).order_by("run_id", "position"))
    whole = bodies(row.large_id for row in rows)
    for row in rows:
        wait = row.wait
        steps[row.run_id][row.node] = StepState(
            node=row.node,
            status=StepStatus(row.status),
            branches=tuple(row.branches),
            attempt=row.attempt,
            output=row.output if row.large_id is None else whole[row.large_id],
            changes=tuple(Change(**change) for change in row.changes),
            error=row.error,
            wait=Waiting(wait["kind"], datetime.fromisoformat(wait["until"]) if wait["until"] else None)
            if wait
            else None,
            assumed=row.assumed,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
    return {
        run.id: Journal(key=run.journal_key, trigger=run.trigger_node, steps=steps[run.id]) for run in runs
    }


def save(worked: Sequence[Worked]) -> None:
    """Write steps, logs, dead letters, news to parents and the runs, in the caller's fenced transaction."""
    if not worked:
        return
    masking.refresh()
    _copy_steps([entry for entry in worked if entry.run.last_seq == 0])
    _upsert_steps([entry for entry in worked if entry.run.last_seq > 0])
    _copy_logs(worked)
    _update_runs(worked)
    used = [pk for entry in worked for pk in entry.used_signals]
    if used:
        RunSignal.objects.filter(pk__in=used).delete()
    _announce_failures(worked)
    _end_approvals(worked)
    _tell_parents(worked)
    _dead_letters(worked)
    ended = [entry.run.id for entry in worked if entry.decision.status in TERMINAL_RUN]
    tell_ended(ended, now=worked[0].run.database_now)


def _step_rows(worked: Sequence[Worked]) -> list[tuple[Any, ...]]:
    rows = []
    keeper = large_values.Keeper()
    for entry in worked:
        for node in entry.changed:
            state = entry.decision.journal.steps[node]
            compiled = entry.program.by_id[node]
            wait = state.wait
            given, large = _given(state.output, keeper)
            rows.append(
                (
                    entry.run.id,
                    node,
                    compiled.position,
                    compiled.type,
                    state.status.value,
                    _branches(state.branches),
                    state.attempt,
                    given,
                    large,
                    _json(masked([change.to_json() for change in state.changes])) if state.changes else "[]",
                    None if state.error is None else _json(masked(state.error)),
                    None
                    if wait is None
                    else _json({"kind": wait.kind, "until": wait.until.isoformat() if wait.until else None}),
                    state.assumed,
                    state.started_at,
                    state.finished_at,
                )
            )
    keeper.keep()
    return rows


def _given(output: Mapping[str, Any] | None, keeper: large_values.Keeper) -> tuple[str | None, str | None]:
    """A step's output as its row has it: the JSON, or what it is kept under elsewhere."""
    if output is None:
        return None, None
    shown = masked(output)
    text = _json(shown)
    key = keeper.take(shown, len(text))
    return (text, None) if key is None else (None, key)


def _copy_steps(worked: Sequence[Worked]) -> None:
    """First steps of new runs can't collide: COPY, the fastest way in."""
    copy_rows(f"automations_step ({STEP_COLUMNS})", _step_rows(worked))


def _upsert_steps(worked: Sequence[Worked]) -> None:
    rows = _step_rows(worked)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO automations_step ({STEP_COLUMNS})"
            " VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s, %s, %s)"
            " ON CONFLICT (run_id, node) DO UPDATE SET status = excluded.status, branches = excluded.branches,"
            " attempt = excluded.attempt, output = excluded.output, large_id = excluded.large_id, changes = excluded.changes, error = excluded.error,"
            " wait = excluded.wait, assumed = excluded.assumed, started_at = excluded.started_at,"
            " finished_at = excluded.finished_at",
            rows,
        )


def _copy_logs(worked: Sequence[Worked]) -> None:
    copy_rows(
        "automations_logentry (run_id, seq, at, level, node, message, data)",
        [
            (
                entry.run.id,
                seq,
                at,
                line.level,
                line.node,
                masking.masked_text(line.message),
                None if line.data is None else _json(masked(line.data)),
            )
            for entry in worked
            for seq, (at, line) in enumerate(entry.logs, entry.run.last_seq + 1)
        ],
    )


UPDATE_RUNS = """
UPDATE automations_run run SET status = w.status, due_at = w.due_at, as_of = w.as_of, last_seq = w.last_seq,
  finished_at = w.finished_at, outcome = w.outcome, inconclusive = run.inconclusive OR w.inconclusive,
  failure_code = w.failure_code, failure = w.failure, attempt = 0, lease_token = NULL
FROM json_to_recordset(%s) AS w (id bigint, status text, due_at timestamptz, as_of timestamptz, last_seq int,
  finished_at timestamptz, outcome jsonb, inconclusive bool, failure_code text, failure jsonb)
WHERE run.id = w.id
"""


def _update_runs(worked: Sequence[Worked]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_RUNS, [json.dumps([_run_row(entry) for entry in worked])])


def _run_row(entry: Worked) -> dict[str, Any]:
    decision, run = entry.decision, entry.run
    at = entry.logs[-1][0] if entry.logs else run.now
    failure, stop = decision.failure, decision.stop
    if stop is not None and stop.status == "failed":
        failure = {
            "code": "stopped",
            "message": stop.message,
            "fault": "user",
            "retryable": False,
            "node": "",
        }
    due, as_of = NEVER, run.as_of
    if decision.status is RunStatus.WAITING:
        if run.clock:
            as_of = decision.wake_at  # none where only other people or runs can let it go on
        elif decision.wake_at is not None:
            due = decision.wake_at
    return {
        "id": run.id,
        "status": decision.status.value,
        "due_at": due.isoformat(),
        "as_of": as_of.isoformat() if as_of is not None else None,
        "last_seq": run.last_seq + len(entry.logs),
        "finished_at": at.isoformat() if decision.status in TERMINAL_RUN else None,
        "outcome": masked({"status": stop.status, "message": stop.message}) if stop is not None else {},
        "inconclusive": entry.inconclusive,
        "failure_code": str(failure["code"])[:64] if failure else "",
        "failure": masked(failure or {}),
    }


def _attempts(entry: Worked) -> int:
    return max((state.attempt for state in entry.decision.journal.steps.values()), default=0)


def _dead_letters(worked: Sequence[Worked]) -> None:
    """A failed execute run is work that gave up; a failed simulation is only an answer."""
    dead_letters.keep(
        [
            _gave_up(entry, entry.decision.failure)
            for entry in worked
            if entry.decision.failure is not None and entry.run.mode == "execute"
        ]
    )


def _gave_up(entry: Worked, failure: Mapping[str, Any]) -> dead_letters.GaveUp:
    node = entry.program.by_id.get(str(failure.get("node", "")))
    return dead_letters.GaveUp(
        run_id=entry.run.id,
        workflow_id=entry.run.workflow_id,
        version_id=entry.run.version_id,
        code=str(failure["code"])[:64],
        message=masking.masked_text(str(failure["message"])),
        node=node.id if node is not None else "",
        kind=node.type if node is not None else "",
        attempts=_attempts(entry),
        at=entry.run.now,
    )


def _announce_failures(worked: Sequence[Worked]) -> None:
    """Runs that failed for good; what a simulation or a replay comes to is no news."""
    told: list[ProductEvent] = []
    for entry in worked:
        if entry.decision.status is RunStatus.FAILED and entry.run.mode == "execute" and not entry.run.clock:
            row = _run_row(entry)
            failure, gave_up = row["failure"], entry.decision.failure is not None
            told += failure_events(entry.run, failure, attempts=_attempts(entry), gave_up=gave_up)
    announce_all(told)


def failure_events(
    run: ClaimedRun, failure: Mapping[str, Any], *, attempts: int, gave_up: bool = True
) -> list[ProductEvent]:
    """What there is to tell of a run that has failed: that it has and, where it gave up, that it left a dead letter."""
    facts = {
        "code": failure["code"],
        "node": failure.get("node", ""),
        "fault": failure.get("fault", ""),
        "retryable": failure.get("retryable", False),
        "attempts": attempts,
    }
    return [
        ProductEvent(
            kind,
            run.workflow_id,
            ("run", run.id),
            facts,
            run.database_now,
            {"message": failure["message"]},
            f"runs/{run.id}/",
        )
        for kind in ("run.failed", *(("dead_letter.created",) if gave_up else ()))
    ]


def _end_approvals(worked: Sequence[Worked]) -> None:
    """A run that has ended, because another branch of it did, asks nobody any more."""
    ended = [
        entry.run.id
        for entry in worked
        if entry.decision.status in TERMINAL_RUN and any(node.type == APPROVAL for node in entry.program.walk)
    ]
    if ended:
        end_with_runs(ended, now=worked[0].run.database_now, why="Its run has ended.")


def _tell_parents(worked: Sequence[Worked]) -> None:
    for entry in worked:
        run, decision = entry.run, entry.decision
        if run.parent_id is not None and decision.status in TERMINAL_RUN:
            message = masking.masked_text(str(decision.failure["message"])) if decision.failure else ""
            signal_parent(
                parent_id=run.parent_id,
                node=run.parent_node,
                key=f"event:{run.event_id}",
                outcome={"status": decision.status.value, "run": run.id, "message": message},
                now=run.database_now,
            )


def record_engine_failure(run: ClaimedRun, error: Exception) -> None:
    """A run that the engine could not work on: again after a while, dead letter once its attempts are spent."""
    message = masking.masked_text(f"{type(error).__name__}: {error}")[:500]
    if run.attempt < DEFAULT_MAX_ATTEMPTS:
        delay = next_delay(ENGINE_RETRY, run.attempt, random.Random(f"{run.id}:{run.attempt}"))  # noqa: S311 - jitter
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE automations_run SET due_at = now() + make_interval(secs => %s)"
                " WHERE id = %s AND lease_token = %s AND status = 'running'",
                [delay, run.id, run.token],
            )
        return
    give_up(run, code="engine-error", message=message, attempts=run.attempt)


def give_up(run: ClaimedRun, *, code: str, message: str, attempts: int) -> None:
    """Fail a run whose attempts are spent, and keep it as a dead letter, if the lease is still ours."""
    failure = {"code": code, "message": message, "fault": "engine", "retryable": True, "node": ""}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE automations_run SET status = 'failed', failure_code = %s, failure = %s::jsonb, finished_at = %s,"
            " due_at = %s, lease_token = NULL, last_seq = last_seq + 1"
            " WHERE id = %s AND lease_token = %s AND status = 'running' RETURNING last_seq",
            [code, json.dumps(failure), run.now, NEVER, run.id, run.token],
        )
        row = cursor.fetchone()
        if row is None:
            return
        cursor.execute(
            "INSERT INTO automations_logentry (run_id, seq, at, level, node, message)"
            " VALUES (%s, %s, %s, 'error', '', %s)",
            [run.id, row[0], run.now, message],
        )
        end_with_runs([run.id], now=run.database_now, why="Its run has ended.")
        tell_parents([run.id], status="failed", message=message, now=run.database_now)
        letter = dead_letters.GaveUp(
            run_id=run.id,
            workflow_id=run.workflow_id,
            version_id=run.version_id,
            code=code,
            message=message,
            node="",
            kind="",
            attempts=attempts,
            at=run.now,
        )
        if not run.clock:
            announce_all(failure_events(run, failure, attempts=attempts))
        dead_letters.keep([letter])
        tell_ended([run.id], now=run.database_now)
