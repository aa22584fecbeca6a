"""What goes on: how workflows did lately, in numbers, and what the last runs of one workflow did step by step.

Every reading takes the same number of queries however many workflows, runs and steps there are. Nothing is counted
that the actor may not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils import timezone

from automations import permissions
from automations.engine.documents import parse_document
from automations.engine.graph import build_graph
from automations.engine.outcomes import NEEDS_REVIEW
from automations.engine.statuses import ACTIVE_RUN, RunStatus
from automations.insight.dead_letters import visible_letters
from automations.insight.percentiles import Percentile
from automations.insight.run_news import needs_review, newest_retry
from automations.models import DeadLetter, Run, Step, Workflow, WorkflowVersion

DAYS = 14
WEEK = timedelta(days=7)

JSONDict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Overview:
    """`active` counts by status what has not ended, `week` by status what began in the last seven days. `failing` are
    the last ended runs of the live workflows whose last ended run failed, newest first. `needs_review` counts the runs
    that wait for somebody to say whether a call of theirs happened, `dead_letters` those that gave up and were neither
    redriven nor discarded."""

    active: Mapping[str, int]
    week: Mapping[str, int]
    failing: Sequence[Run]
    needs_review: int = 0
    dead_letters: int = 0


@dataclass(frozen=True, slots=True)
class DayCount:
    """Runs of one workflow that began on one day, counted by how they ended; `other` have not, or were cancelled."""

    day: date
    succeeded: int = 0
    failed: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """One workflow's last days, oldest first and without a gap, the seconds that half of the runs that ended in them
    took at most, its newest run, and whether the actor may pause it."""

    workflow: int
    days: Sequence[DayCount]
    median: float | None
    last_run: Run | None
    may_pause: bool


@dataclass(frozen=True, slots=True)
class GridRow:
    node: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The newest runs of a workflow, newest first, and the status of each of their steps as {run: {node: status}}.

    The rows stand in the order of the graph of the newest of them; below are steps that only older versions had.
    """

    rows: Sequence[GridRow]
    runs: Sequence[Run]
    cells: Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many runs of one version were looked at, and how many of them left each step by each of its ways, as
    {(node, branch): number}; ways that none took are absent."""

    runs: int
    ways: Mapping[tuple[str, str], int]


def read_overview(actor: Any, *, now: datetime) -> Overview:
    runs = permissions.visible_runs(actor).order_by()
    ended = Run.objects.filter(workflow=OuterRef("pk"), status__in=(RunStatus.SUCCEEDED, RunStatus.FAILED))
    last = _unarchived(actor).values(last=Subquery(ended.order_by("-pk").values("pk")[:1]))
    return Overview(
        active=_by_status(runs.filter(status__in=ACTIVE_RUN)),
        week=_by_status(runs.filter(created_at__gte=now - WEEK)),
        failing=tuple(_shown(Run.objects.filter(pk__in=last, status=RunStatus.FAILED)).order_by("-pk")),
        needs_review=_needing_review(actor),
        dead_letters=visible_letters(actor).filter(state=DeadLetter.State.OPEN).count(),
    )


def _needing_review(actor: Any) -> int:
    workflows = permissions.visible_workflows(actor).values("pk")
    steps = Step.objects.filter(wait__kind=NEEDS_REVIEW, run__workflow__in=workflows)
    return steps.order_by().values("run").distinct().count()


def _by_status(runs: QuerySet[Run]) -> dict[str, int]:
    return dict(runs.values_list("status").annotate(number=Count("pk")))


def read_activity(actor: Any, *, now: datetime) -> list[Activity]:
    """Every workflow that the actor may see and that is not archived; days are those of the server's zone."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    counts = _day_counts(actor, days[0], now)
    newest = Run.objects.filter(workflow=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    last = dict(_unarchived(actor).values_list("pk", Subquery(newest)))
    pausable = set(permissions.workflows_with(actor, "run").values_list("pk", flat=True))
    medians = _medians(actor, now)
    runs = {run.pk: run for run in _shown(Run.objects.filter(pk__in=[pk for pk in last.values() if pk]))}
    return [
        Activity(
            workflow=workflow,
            days=[counts.get((workflow, day), DayCount(day)) for day in days],
            median=medians.get(workflow),
            last_run=runs.get(run) if run else None,
            may_pause=workflow in pausable,
        )
        for workflow, run in last.items()
    ]


def _day_counts(actor: Any, since: date, now: datetime) -> dict[tuple[int, date], DayCount]:
    # A day too many, because the zone may be ahead; what is before `since` is not looked up.
    rows = (
        permissions.visible_runs(actor)
        .filter(created_at__gte=now - timedelta(days=DAYS + 1))
        .order_by()
        .values_list("workflow_id", TruncDate("created_at"))
        .annotate(
            number=Count("pk"),
            succeeded=Count("pk", filter=Q(status=RunStatus.SUCCEEDED)),
            failed=Count("pk", filter=Q(status=RunStatus.FAILED)),
        )
    )
    return {
        (workflow, day): DayCount(day, succeeded, failed, number - succeeded - failed)
        for workflow, day, number, succeeded, failed in rows
        if day >= since
    }


def _medians(actor: Any, now: datetime) -> dict[int, float]:
    rows = (
        permissions.visible_runs(actor)
        .filter(
            created_at__gte=now - timedelta(days=DAYS),
            status__in=(RunStatus.SUCCEEDED, RunStatus.FAILED),
            started_at__isnull=False,
        )
        .order_by()
        .values_list("workflow_id")
        .annotate(median=Percentile(F("finished_at") - F("started_at"), 0.5))
    )
    return {workflow: median.total_seconds() for workflow, median in rows}


def read_grid(workflow: Workflow, *, limit: int) -> Grid:
    runs = list(_shown(Run.objects.filter(workflow=workflow)).order_by("-pk")[:limit])
    steps = Step.objects.filter(run__in=[run.pk for run in runs]).order_by("position")
    cells: dict[int, dict[str, str]] = {run.pk: {} for run in runs}
    seen: dict[str, str] = {}
    for run_id, node, kind, status in steps.values_list("run_id", "node", "kind", "status"):
        cells[run_id][node] = status
        seen.setdefault(node, kind)
    version = runs[0].version_id if runs else workflow.active_version_id
    rows = _rows_of(version)
    known = {row.node for row in rows}
    rows += [GridRow(node, kind, "") for node, kind in seen.items() if node not in known]
    return Grid(rows=rows, runs=runs, cells=cells)


def read_traffic(workflow: Workflow, *, version: int, limit: int) -> Traffic:
    """Of the newest runs of the version with this number."""
    newest = Run.objects.filter(workflow=workflow, version__number=version).order_by("-pk")
    runs = list(newest.values_list("pk", flat=True)[:limit])
    rows = Step.objects.filter(run__in=runs).order_by().values_list("node", "branches")
    ways: Counter[tuple[str, str]] = Counter()
    for node, branches, number in rows.annotate(number=Count("pk")):
        for branch in branches:
            ways[node, branch] += number
    return Traffic(len(runs), ways)


def _rows_of(version: int | None) -> list[GridRow]:
    if version is None:
        return []
    document = WorkflowVersion.objects.filter(pk=version).values_list("document", flat=True).first()
    definition, _ = parse_document(document) if document else (None, [])
    if definition is None:
        return []
    graph = build_graph(definition)
    nodes: Iterable[Any] = (graph.nodes[key] for key in graph.order)
    return [GridRow(node.id, node.type, node.title) for node in nodes]


def _unarchived(actor: Any) -> QuerySet[Workflow]:
    return permissions.visible_workflows(actor).filter(archived_at=None).order_by()


def _shown(runs: QuerySet[Run]) -> QuerySet[Run]:
    rows = runs.select_related("workflow", "version", "module", "actor").defer("version__document", "input")
    return rows.annotate(retried_as=newest_retry(), needs_review=needs_review())
