"""What fails: by cause, since when, and whether it does so still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q

from automations.engine.statuses import RunStatus
from automations.insight.diagnosis.parts import Episode, Finding, Severity, Similar
from automations.insight.diagnosis.scene import Scene
from automations.insight.failures import said_failure
from automations.models import DeadLetter, Mode, Run, Triage
from automations.permissions import visible_workflows

QUIET = timedelta(days=7)
"""A cause that was not seen for so long and is seen again has begun anew."""
LATELY = timedelta(hours=24)
MOST = 10
"""Causes that are looked at, the last seen first."""

EPISODES = """
WITH seen AS (
  SELECT fingerprint, created_at, run_id,
    lag(created_at) OVER (PARTITION BY fingerprint ORDER BY created_at, id) AS before
  FROM automations_deadletter WHERE workflow_id = %(workflow)s AND fingerprint = ANY(%(named)s)
), began AS (
  SELECT fingerprint, max(created_at) AS at FROM seen
  WHERE before IS NULL OR created_at - before > %(quiet)s GROUP BY fingerprint
)
SELECT seen.fingerprint, began.at, min(seen.run_id) FILTER (WHERE seen.created_at = began.at), max(seen.created_at),
  max(seen.run_id), count(*)
FROM seen JOIN began USING (fingerprint) WHERE seen.created_at >= began.at GROUP BY seen.fingerprint, began.at
"""


def read_episodes(scene: Scene, fingerprint: str = "") -> list[Episode]:
    """The causes that were seen lately or have letters that wait, the last seen first; or one cause, however long ago.
    Four queries."""
    letters = DeadLetter.objects.filter(workflow=scene.workflow)
    if fingerprint:
        letters = letters.filter(fingerprint=fingerprint)
    else:
        letters = letters.filter(Q(state=DeadLetter.State.OPEN) | Q(created_at__gte=scene.now - QUIET))
    rows = letters.order_by().values("fingerprint").annotate(last=Max("created_at"))
    rows = rows.annotate(open=Count("pk", filter=Q(state=DeadLetter.State.OPEN))).order_by("-last")[:MOST]
    open_ones = {row["fingerprint"]: row["open"] for row in rows}
    if not open_ones:
        return []
    with connection.cursor() as cursor:
        named: dict[str, Any] = {"workflow": scene.workflow.pk, "named": list(open_ones), "quiet": QUIET}
        cursor.execute(EPISODES, named)
        found = cursor.fetchall()
    runs = _runs({pk for row in found for pk in (row[2], row[4])})
    filed = {
        triage.fingerprint: triage
        for triage in Triage.objects.filter(
            workflow=scene.workflow, fingerprint__in=list(open_ones)
        ).select_related("assignee")
    }
    newest = newest_ended(scene)
    episodes = [
        Episode(
            fingerprint=name,
            began_at=began,
            first_run=first,
            first_version=runs[first].version.number,
            node=str(runs[newest_run].failure.get("node", "")),
            failure=runs[newest_run].failure,
            last_at=last,
            last_run=newest_run,
            last_ended_failed=newest is not None and newest.pk == newest_run,
            runs=count,
            open=open_ones[name],
            triage=filed.get(name),
        )
        for name, began, first, last, newest_run, count in found
    ]
    return sorted(episodes, key=lambda one: one.last_at, reverse=True)


def _runs(pks: set[int]) -> Mapping[int, Run]:
    rows = Run.objects.filter(pk__in=pks).select_related("version").defer("version__document", "input")
    return {run.pk: run for run in rows}


def newest_ended(scene: Scene, mode: str = Mode.EXECUTE) -> Run | None:
    """The newest run that succeeded or failed in this mode, in real time."""
    ended = Run.objects.filter(
        workflow=scene.workflow, mode=mode, clock="", status__in=(RunStatus.SUCCEEDED, RunStatus.FAILED)
    )
    rows = ended.select_related("version").defer("version__document", "input").order_by("-pk")
    return rows.first()


def failing(scene: Scene, episodes: Sequence[Episode]) -> list[Finding]:
    """A finding for each cause that is seen still, or whose letters wait."""
    found = [_of_cause(scene, episode) for episode in episodes]
    return [finding for finding in found if finding is not None]


def _of_cause(scene: Scene, episode: Episode) -> Finding | None:
    """What there is to say of one cause; None when it is over and nothing waits."""
    triage, node = episode.triage, episode.node
    if triage is None:
        return None
    fault, retryable, _ = said_failure(episode.failure)
    told: dict[str, Any] = {
        "number": episode.open,
        "since": episode.began_at,
        "run": episode.last_run,
        "node": node,
        "fingerprint": episode.fingerprint,
        "failure_code": triage.code,
        "fault": fault,
        "retryable": retryable,
        "things": scene.used_by(node) if node else (),
        "link": f"dead-letters/{episode.fingerprint}/",
    }
    settled = triage.state in (Triage.State.FIXED, Triage.State.IGNORED)
    filed = f" ({triage.state})" if settled else ""
    if episode.last_ended_failed or (episode.open and episode.last_at > scene.now - LATELY and not settled):
        step = f"{scene.label(node)} fails" if node else "Runs fail"
        severity = Severity.BROKEN if episode.last_ended_failed else Severity.WARNING
        severity = Severity.NOTICE if triage.state == Triage.State.IGNORED else severity
        return Finding("failing", severity, f"{step}: {triage.cause}{filed}", **told)
    if not episode.open:
        return None
    many = "1 dead letter waits" if episode.open == 1 else f"{episode.open} dead letters wait"
    severity = Severity.NOTICE if settled else Severity.WARNING
    return Finding("dead-letters-wait", severity, f"{many}{filed}: {triage.cause}", **told)


def simulation(scene: Scene) -> list[Finding]:
    """That the newest simulated run failed, where the workflow only simulates: such runs leave no dead letters."""
    if scene.workflow.mode != Mode.SIMULATE:
        return []
    newest = newest_ended(scene, Mode.SIMULATE)
    if newest is None or newest.status != RunStatus.FAILED:
        return []
    return [failure_of(scene, newest, "simulation-fails", Severity.WARNING)]


def failure_of(scene: Scene, run: Run, code: str, severity: Severity) -> Finding:
    """What one run that failed says of it."""
    fault, retryable, message = said_failure(run.failure)
    node = str(run.failure.get("node", ""))
    step = f"{scene.label(node)} failed" if node else "The run failed"
    return Finding(
        code,
        severity,
        f"{step}: {message}",
        since=run.finished_at,
        node=node,
        run=run.pk,
        failure_code=run.failure_code,
        fault=fault,
        retryable=retryable,
        things=scene.used_by(node) if node else (),
        link=f"runs/{run.pk}/",
    )


def read_similar(scene: Scene, fingerprints: Sequence[str]) -> list[Similar]:
    """Where else the same causes were seen, in workflows that the viewer may see. One query."""
    if not fingerprints:
        return []
    seen = visible_workflows(scene.actor).exclude(pk=scene.workflow.pk)
    rows = (
        DeadLetter.objects.filter(fingerprint__in=fingerprints, workflow__in=seen.values("pk"))
        .order_by()
        .values("workflow", "fingerprint")
        .annotate(
            total=Count("pk"), open=Count("pk", filter=Q(state=DeadLetter.State.OPEN)), last=Max("created_at")
        )
        .order_by("-last")[:MOST]
    )
    found = list(rows)
    workflows = seen.in_bulk([row["workflow"] for row in found])
    return [
        Similar(workflows[row["workflow"]], row["fingerprint"], row["total"], row["open"], row["last"])
        for row in found
    ]
