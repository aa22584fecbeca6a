"""Since when: the rate of failures before and after, the last run that succeeded, and the bars between."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from automations.engine.statuses import RunStatus
from automations.insight.diagnosis.parts import Episode, Rate, Times
from automations.insight.diagnosis.scene import Scene
from automations.models import Mode, Run

BEFORE = 12
"""Spans that are shown before it began; as many after, or until now."""
LEAST, MOST = timedelta(minutes=5), timedelta(days=1)
USUAL = timedelta(days=7)
"""What is looked at where nothing began."""

COUNTS = """
SELECT floor(extract(epoch FROM finished_at - %(since)s) / %(span)s)::int, count(*) FILTER (WHERE status = 'succeeded'),
  count(*) FILTER (WHERE status = 'failed')
FROM automations_run
WHERE workflow_id = %(workflow)s AND finished_at >= %(since)s AND finished_at <= %(until)s
  AND status IN ('succeeded', 'failed') AND mode = %(mode)s AND clock = ''
GROUP BY 1
"""


def read_times(scene: Scene, moment: datetime | None, episode: Episode | None) -> Times:
    """Three queries; two where nothing began."""
    anchor = moment or scene.now - USUAL
    span = max(LEAST, min(MOST, (scene.now - anchor) / BEFORE), (scene.now - anchor) / 60)
    since = anchor - BEFORE * span
    mode = scene.workflow.mode if scene.workflow.mode == Mode.EXECUTE or episode is None else Mode.EXECUTE
    with connection.cursor() as cursor:
        cursor.execute(
            COUNTS,
            {
                "workflow": scene.workflow.pk,
                "since": since,
                "until": scene.now,
                "span": span.total_seconds(),
                "mode": mode,
            },
        )
        counted = {number: (succeeded, failed) for number, succeeded, failed in cursor.fetchall()}
    number = max(BEFORE + 1, int((scene.now - since) / span) + 1)
    buckets = [
        Rate(since + n * span, min(scene.now, since + (n + 1) * span), *counted.get(n, (0, 0)))
        for n in range(number)
    ]
    return Times(
        moment=moment,
        episode=episode,
        last_success=_success(scene, mode, scene.now),
        success_before=_success(scene, mode, moment) if moment is not None else None,
        before=_sum(buckets[:BEFORE]),
        after=_sum(buckets[BEFORE:]),
        buckets=buckets,
    )


def _sum(buckets: list[Rate]) -> Rate:
    return Rate(
        buckets[0].since,
        buckets[-1].until,
        sum(one.succeeded for one in buckets),
        sum(one.failed for one in buckets),
    )


def _success(scene: Scene, mode: str, until: datetime) -> Run | None:
    """The newest run that had succeeded by then."""
    rows = Run.objects.filter(
        workflow=scene.workflow, status=RunStatus.SUCCEEDED, mode=mode, clock="", finished_at__lte=until
    )
    return rows.select_related("version").defer("version__document", "input").order_by("-pk").first()
