"""The week in numbers: what ran and how it ended, beside the week before; what failed, what was slow, what waits.

A run counts in the week in which it ended. Every reading takes the same number of queries however many workflows and
runs there are, and counts nothing that the actor may not see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate, TruncWeek

from automations import permissions
from automations.engine.statuses import ACTIVE_RUN, RunStatus
from automations.engine.weeks import Week
from automations.insight.percentiles import Percentile
from automations.insight.review.manual_work import ManualWork, read_manual_work
from automations.models import (
    Approval,
    DeadLetter,
    Decision,
    Promotion,
    Run,
    Triage,
    Workflow,
    WorkflowVersion,
)

LISTED = 5
"""Of the slowest and the noisiest."""
ENDED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)
OVERDUE = timedelta(hours=24)
"""An approval that has waited for longer is overdue, whether or not it expires."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Of one week; `success_rate` is the share of what succeeded or failed, times in seconds. None: nothing to say."""

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    median: float | None = None
    p95: float | None = None
    decided: int = 0
    approval_time: float | None = None
    manual_steps: int = 0

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.cancelled

    @property
    def success_rate(self) -> float | None:
        judged = self.succeeded + self.failed
        return 100 * self.succeeded / judged if judged else None


@dataclass(frozen=True, slots=True)
class DayTotals:
    day: date
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class WorkflowTotals:
    workflow: Workflow
    succeeded: int
    failed: int
    cancelled: int
    median: float | None
    p95: float | None
    manual: ManualWork | None
    before: WorkflowTotals | None = None


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one cause in one workflow, `before` in the week before. `is_new`: never seen before this week."""

    workflow: Workflow
    fingerprint: str
    cause: str
    count: int
    first: datetime
    last: datetime
    is_new: bool
    state: str
    assignee: str
    before: int


@dataclass(frozen=True, slots=True)
class NoisyTrigger:
    """How many events a trigger was asked about, and how few it started a run for; `before` in the week before."""

    workflow: Workflow
    node: str
    title: str
    asked: int
    matched: int
    asked_before: int
    matched_before: int


@dataclass(frozen=True, slots=True)
class Review:
    week: Week
    team: str
    now: Totals
    before: Totals
    days: Sequence[DayTotals]
    workflows: Sequence[WorkflowTotals]
    failures: Sequence[FailureGroup]
    noisy: Sequence[NoisyTrigger]
    overdue: Sequence[Approval]
    overdue_before: int
    broken_glass: Sequence[Promotion]
    broken_glass_before: int
    unfinished: int

    @property
    def slowest(self) -> list[WorkflowTotals]:
        timed = [one for one in self.workflows if one.p95 is not None]
        return sorted(timed, key=lambda one: (-(one.p95 or 0), one.workflow.pk))[:LISTED]


def read_review(actor: Any, week: Week, *, now: datetime, team: str = "") -> Review:
    """Over the workflows that the actor may see, or those of them that a team owns."""
    return review_of(named_workflows(permissions.visible_workflows(actor), team), week, now=now, team=team)


def review_of(workflows: Mapping[int, Workflow], week: Week, *, now: datetime, team: str = "") -> Review:
    """Over these workflows, by id. Who may read it is the caller's matter."""
    last = week.before
    manual, manual_before = read_manual_work(workflows, week), read_manual_work(workflows, last)
    return Review(
        week=week,
        team=team,
        now=_totals(workflows, week, manual),
        before=_totals(workflows, last, manual_before),
        days=_days(workflows, week),
        workflows=_compared(workflows, week, manual, manual_before),
        failures=_failures(workflows, week),
        noisy=_noisy(workflows, week),
        overdue=list(_overdue(workflows, week, now).select_related("workflow").order_by("asked_at", "pk")),
        overdue_before=_overdue(workflows, last, now).count(),
        broken_glass=list(_broken_glass(workflows, week).select_related("workflow", "version")),
        broken_glass_before=_broken_glass(workflows, last).count(),
        unfinished=_unfinished(workflows, week, now),
    )


def named_workflows(rows: QuerySet[Workflow], team: str) -> dict[int, Workflow]:
    """The workflows by id, those of a team where one is named."""
    rows = rows.select_related("owner").order_by()
    return {workflow.pk: workflow for workflow in (rows.filter(team=team) if team else rows)}


def read_weeks(actor: Any, zone: ZoneInfo, *, since: datetime, team: str = "") -> list[tuple[Week, Totals]]:
    """The weeks in which something ended, newest first."""
    runs = permissions.visible_runs(actor).filter(finished_at__gte=since)
    if team:
        runs = runs.filter(workflow__team=team)
    rows = runs.order_by().values(monday=TruncWeek("finished_at", tzinfo=zone)).annotate(**_counts())
    found = [(Week(row["monday"].date(), zone), Totals(**_counted(row))) for row in rows]
    return sorted(found, key=lambda one: one[0].monday, reverse=True)


def _ended(workflows: Mapping[int, Workflow], week: Week) -> QuerySet[Run]:
    return Run.objects.filter(
        workflow__in=list(workflows), finished_at__gte=week.start, finished_at__lt=week.end
    ).order_by()


def _counts() -> dict[str, Any]:
    return {f"{status}_runs": Count("pk", filter=Q(status=status)) for status in ENDED}


def _counted(row: Mapping[str, Any]) -> dict[str, int]:
    return {str(status): row[f"{status}_runs"] for status in ENDED}


def _times() -> dict[str, Any]:
    took = F("finished_at") - F("started_at")
    timed = Q(status__in=(RunStatus.SUCCEEDED, RunStatus.FAILED), started_at__isnull=False)
    return {"median": Percentile(took, 0.5, filter=timed), "p95": Percentile(took, 0.95, filter=timed)}


def _seconds(took: timedelta | None) -> float | None:
    return None if took is None else took.total_seconds()


def _totals(workflows: Mapping[int, Workflow], week: Week, manual: Mapping[int, ManualWork]) -> Totals:
    runs = _ended(workflows, week).aggregate(**_counts(), **_times())
    asked = Approval.objects.filter(
        workflow__in=list(workflows),
        state__in=(Approval.State.APPROVED, Approval.State.REJECTED),
        ended_at__gte=week.start,
        ended_at__lt=week.end,
    ).aggregate(decided=Count("pk"), took=Avg(F("ended_at") - F("asked_at")))
    return Totals(
        **_counted(runs),
        median=_seconds(runs["median"]),
        p95=_seconds(runs["p95"]),
        decided=asked["decided"],
        approval_time=_seconds(asked["took"]),
        manual_steps=sum(work.steps for work in manual.values()),
    )


def _days(workflows: Mapping[int, Workflow], week: Week) -> list[DayTotals]:
    rows = (
        _ended(workflows, week).values(day=TruncDate("finished_at", tzinfo=week.zone)).annotate(**_counts())
    )
    found = {row["day"]: DayTotals(row["day"], **_counted(row)) for row in rows}
    return [found.get(one, DayTotals(one)) for one in week.days]


def _by_workflow(
    workflows: Mapping[int, Workflow], week: Week, manual: Mapping[int, ManualWork]
) -> list[WorkflowTotals]:
    rows: Iterable[Any] = _ended(workflows, week).values("workflow").annotate(**_counts(), **_times())
    found = [
        WorkflowTotals(
            workflow=workflows[row["workflow"]],
            **cast("Any", _counted(row)),
            median=_seconds(row["median"]),
            p95=_seconds(row["p95"]),
            manual=manual.get(row["workflow"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.failed, -one.succeeded, one.workflow.name, one.workflow.pk))


def _compared(
    workflows: Mapping[int, Workflow],
    week: Week,
    manual: Mapping[int, ManualWork],
    manual_before: Mapping[int, ManualWork],
) -> list[WorkflowTotals]:
    last = {one.workflow.pk: one for one in _by_workflow(workflows, week.before, manual_before)}
    return [replace(one, before=last.get(one.workflow.pk)) for one in _by_workflow(workflows, week, manual)]


def _unfinished(workflows: Mapping[int, Workflow], week: Week, now: datetime) -> int:
    """Runs that were begun in the week and had not ended by its end: they count in the week in which they end."""
    until = min(now, week.end)
    begun = Run.objects.filter(workflow__in=list(workflows), created_at__gte=week.start, created_at__lt=until)
    return begun.filter(Q(status__in=ACTIVE_RUN) | Q(finished_at__gte=until)).count()


def _broken_glass(workflows: Mapping[int, Workflow], week: Week) -> QuerySet[Promotion]:
    return Promotion.objects.filter(
        workflow__in=list(workflows), way=Promotion.Way.BREAK_GLASS, at__gte=week.start, at__lt=week.end
    )


def _failures(workflows: Mapping[int, Workflow], week: Week) -> list[FailureGroup]:
    rows = list(
        DeadLetter.objects.filter(
            workflow__in=list(workflows), created_at__gte=week.start, created_at__lt=week.end
        )
        .order_by()
        .values_list("workflow", "fingerprint")
        .annotate(count=Count("pk"), first=Min("created_at"), last=Max("created_at"), message=Max("message"))
    )
    triages = Triage.objects.filter(
        workflow__in={row[0] for row in rows}, fingerprint__in={row[1] for row in rows}
    ).select_related("assignee")
    known = {(triage.workflow_id, triage.fingerprint): triage for triage in triages}
    last = DeadLetter.objects.filter(
        workflow__in={row[0] for row in rows},
        fingerprint__in={row[1] for row in rows},
        created_at__gte=week.before.start,
        created_at__lt=week.start,
    )
    grouped = last.order_by().values_list("workflow", "fingerprint").annotate(count=Count("pk"))
    before = {(pk, fingerprint): count for pk, fingerprint, count in grouped}
    found = []
    for pk, fingerprint, count, first, last, message in rows:
        triage = known.get((pk, fingerprint))
        found.append(
            FailureGroup(
                workflow=workflows[pk],
                fingerprint=fingerprint,
                cause=triage.cause if triage else message,
                count=count,
                first=first,
                last=last,
                is_new=triage is None or triage.first_seen_at >= week.start,
                state=triage.state if triage else Triage.State.NEW,
                assignee=triage.assignee.get_username() if triage and triage.assignee else "",
                before=before.get((pk, fingerprint), 0),
            )
        )
    return sorted(found, key=lambda group: (-group.count, group.workflow.pk, group.fingerprint))


def _noisy(workflows: Mapping[int, Workflow], week: Week) -> list[NoisyTrigger]:
    def counted(span: Week, among: Iterable[int]) -> QuerySet[Any, Any]:
        rows = Decision.objects.filter(workflow__in=list(among), at__gte=span.start, at__lt=span.end)
        return (
            rows.order_by()
            .values_list("workflow", "trigger_node")
            .annotate(asked=Count("pk"), matched=Count("pk", filter=Q(outcome=Decision.Outcome.MATCHED)))
        )

    noisy = counted(week, workflows).filter(asked__gt=F("matched"))
    found = list(noisy.order_by(F("matched") - F("asked"), "workflow", "trigger_node")[:LISTED])
    last = {
        (pk, node): (asked, matched)
        for pk, node, asked, matched in counted(week.before, {row[0] for row in found})
    }
    titles = node_titles({row[0] for row in found})
    return [
        NoisyTrigger(
            workflows[pk], node, titles.get((pk, node), node), asked, matched, *last.get((pk, node), (0, 0))
        )
        for pk, node, asked, matched in found
    ]


def node_titles(workflows: Collection[int]) -> dict[tuple[int, str], str]:
    """What the steps of the live versions are called, by workflow and step."""
    versions = WorkflowVersion.objects.filter(
        pk__in=Workflow.objects.filter(pk__in=workflows).values("active_version")
    )
    return {
        (pk, node["id"]): node["title"]
        for pk, document in (versions.values_list("workflow", "document") if workflows else ())
        for node in document["nodes"]
        if node.get("title")
    }


def _overdue(workflows: Mapping[int, Workflow], week: Week, now: datetime) -> QuerySet[Approval]:
    """Those that wait still, of a week that goes on; of one that is over, those that were left open in it."""
    until = min(now, week.end)
    unanswered = Q(state=Approval.State.PENDING) | Q(ended_at__gte=until)
    late = Q(asked_at__lt=until - OVERDUE) | Q(expires_at__lt=until)
    return Approval.objects.filter(unanswered, late, workflow__in=list(workflows), asked_at__lt=until)
