"""What is new about a run since a cursor: the one reading behind the live socket and `manage.py watch`.

The cursor is the number of the last log line seen. Log numbers have no gaps and rise in commit order within a run,
so reading after the cursor loses nothing and doubles nothing. Steps have no number: the reader remembers what it
has passed on and passes on what differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from automations.engine.outcomes import NEEDS_REVIEW
from automations.engine.statuses import TERMINAL_RUN
from automations.insight.failures import run_failure, step_failure
from automations.models import LogEntry, Run, Step
from automations.runtime import large_values

PAGE = 500
"""Log lines in one reading."""

JSONDict = dict[str, Any]


@dataclass(slots=True)
class RunCursor:
    """Where a watcher of one run stands: the last log line, and the steps and run as last passed on."""

    run_id: int
    seq: int = 0
    payloads: bool = True
    steps: dict[str, JSONDict] = field(default_factory=dict)
    run: JSONDict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunNews:
    """One reading. `run` is None when the run is as it was; `more` says that another page is waiting now."""

    entries: list[JSONDict]
    steps: list[JSONDict]
    run: JSONDict | None
    seq: int
    last_seq: int
    more: bool
    ended: bool

    @property
    def empty(self) -> bool:
        return not self.entries and not self.steps and self.run is None


def read_run_news(cursor: RunCursor) -> RunNews | None:
    """Read what lies after `cursor` and move it; None when the run is gone.

    The run is read before its log: a terminal status seen here never comes without the lines that led to it.
    """
    run = _runs().filter(pk=cursor.run_id).first()
    if run is None:
        return None
    rows = list(LogEntry.objects.filter(run_id=run.pk, seq__gt=cursor.seq).order_by("seq")[: PAGE + 1])
    entries = [entry_json(row, payloads=cursor.payloads) for row in rows[:PAGE]]
    steps = []
    for step in steps_of(run).order_by("position"):
        body = step_json(step, workflow=run.workflow_id, payloads=cursor.payloads)
        if cursor.steps.get(step.node) != body:
            cursor.steps[step.node] = body
            steps.append(body)
    body = run_json(run, payloads=cursor.payloads)
    changed = body if body != cursor.run else None
    cursor.run = body
    if entries:
        cursor.seq = entries[-1]["seq"]
    return RunNews(
        entries=entries,
        steps=steps,
        run=changed,
        seq=cursor.seq,
        last_seq=run.last_seq,
        more=len(rows) > PAGE,
        ended=run.status in TERMINAL_RUN,
    )


def before_last_page(run_id: int) -> int:
    """The cursor after which one reading gives the end of a run's log; 0 for a short one."""
    last: int = Run.objects.filter(pk=run_id).values_list("last_seq", flat=True).first() or 0
    return max(0, last - PAGE)


def read_workflow_runs(
    workflow_id: int, *, after: int = 0, among: Iterable[int] = (), limit: int = 100
) -> list[JSONDict]:
    """The newest `limit` runs after run id `after`, and those of `among`, as JSON, oldest first."""
    runs = _runs().filter(workflow_id=workflow_id)
    found = {run.pk: run for run in runs.filter(pk__gt=after).order_by("-pk")[:limit]}
    missing = [pk for pk in among if pk not in found]
    if missing:
        found |= {run.pk: run for run in runs.filter(pk__in=missing)}
    return [run_json(found[pk], payloads=False) for pk in sorted(found)]


def _runs() -> QuerySet[Run]:
    rows = Run.objects.select_related("workflow", "version", "module").defer("version__document", "input")
    return rows.annotate(retried_as=newest_retry(), needs_review=needs_review())


def newest_retry() -> Subquery:
    """The run by which the row's run was retried, as a column of its own."""
    return newest_retry_of("pk")


def needs_review() -> Exists:
    """Whether the row's run waits for somebody to say whether a call of it happened, as a column of its own."""
    return Exists(Step.objects.filter(run=OuterRef("pk"), wait__kind=NEEDS_REVIEW))


def newest_retry_of(column: str) -> Subquery:
    """The run by which the run that the row names there was retried."""
    return Subquery(Run.objects.filter(retry_of=OuterRef(column)).values("pk")[:1])


def run_json(run: Run, *, payloads: bool) -> JSONDict:
    """A run as the API answers it, less what live pages don't need; its outcome is a payload."""
    return {
        "id": run.pk,
        "workflow": {"id": run.workflow_id, "key": run.workflow.key, "name": run.workflow.name},
        "version": run.version.number,
        "mode": run.mode,
        "status": run.status,
        "record": run.record_key,
        "waits_for_place": run.waits_for_place,
        "retry_of": run.retry_of_id,
        "retried_as": run.retried_as,  # type: ignore[attr-defined]
        "needs_review": run.needs_review,  # type: ignore[attr-defined]
        "inconclusive": run.inconclusive,
        "failure_code": run.failure_code,
        "failure": run_failure(run),
        "outcome": run.outcome if payloads else None,
        "last_seq": run.last_seq,
        "created_at": _iso(run.created_at),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
    }


def steps_of(run: Run) -> QuerySet[Step]:
    """A run's steps; of outputs that are too large for a page their beginnings only."""
    return Step.objects.filter(run=run).select_related("large").defer("large__body")


def step_json(step: Step, *, workflow: int, payloads: bool) -> JSONDict:
    """A step; what it read and wrote only for those who may see payloads."""
    return {
        "node": step.node,
        "position": step.position,
        "kind": step.kind,
        "status": step.status,
        "branches": step.branches,
        "attempt": step.attempt,
        "output": step.output if payloads else None,
        "large": large_values.told(step.large) if payloads else None,
        "changes": step.changes if payloads else [],
        "error": step_failure(step, workflow),
        "wait": step.wait,
        "assumed": step.assumed,
        "kept_from": step.kept_from,
        "started_at": _iso(step.started_at),
        "finished_at": _iso(step.finished_at),
    }


def entry_json(entry: LogEntry, *, payloads: bool) -> JSONDict:
    """A log line; its data only for those who may see payloads."""
    return {
        "seq": entry.seq,
        "at": _iso(entry.at),
        "level": entry.level,
        "node": entry.node,
        "message": entry.message,
        "data": entry.data if payloads else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
