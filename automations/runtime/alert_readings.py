"""What alert rules measure: one statement for all rules of a kind, over what ended lately and what is open now.

Nothing is asked rule by rule or workflow by workflow. What is replayed and what only simulates is not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from automations.engine.alerts import AlertKind, Reading
from automations.models import Mode, Workflow
from automations.runtime.standstills import Standing, read_ended, read_standing

Place = tuple[int, int | None, str]
"""A rule, a workflow (None: everything), and the trigger where the rule is about one ("" where not)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading, and the newest run that failed in it, if any."""

    reading: Reading
    run: int | None = None


_COVERED = """
  (r.workflow_id = w.id OR r.workflow_id IS NULL AND (r.team = '' OR r.team = w.team) AND (NOT r.fallback
    OR NOT EXISTS (SELECT 1 FROM automations_alertrule o WHERE o.kind IN ('failures', 'failure_ratio') AND o.enabled
      AND NOT o.fallback AND (o.workflow_id = w.id OR o.workflow_id IS NULL AND (o.team = '' OR o.team = w.team)))))
  AND w.archived_at IS NULL AND r.enabled
"""
_ENDED = (
    """
SELECT r.id, w.id, '', c.failed, c.ended, c.newest, r.kind
FROM (SELECT DISTINCT window_seconds FROM automations_alertrule WHERE enabled AND kind = ANY(%(kinds)s)) span
CROSS JOIN LATERAL (
  SELECT workflow_id, count(*) FILTER (WHERE status = 'failed') AS failed, count(*) AS ended,
    max(id) FILTER (WHERE status = 'failed') AS newest
  FROM automations_run WHERE finished_at > %(now)s - make_interval(secs => span.window_seconds)
    AND finished_at <= %(now)s AND status IN ('succeeded', 'failed') AND mode = 'execute' AND clock = ''
  GROUP BY workflow_id
) c
JOIN automations_workflow w ON w.id = c.workflow_id
JOIN automations_alertrule r ON r.window_seconds = span.window_seconds AND r.kind = ANY(%(kinds)s) AND
"""
    + _COVERED
)
_NOISY = (
    """
SELECT r.id, w.id, c.trigger_node, c.started, c.started, NULL, r.kind
FROM (SELECT DISTINCT window_seconds FROM automations_alertrule WHERE enabled AND kind = 'noisy_trigger') span
CROSS JOIN LATERAL (
  SELECT workflow_id, trigger_node, count(*) AS started FROM automations_run
  WHERE (finished_at > %(now)s - make_interval(secs => span.window_seconds) OR status IN ('queued', 'running', 'waiting'))
    AND created_at > %(now)s - make_interval(secs => span.window_seconds) AND clock = '' AND retry_of_id IS NULL
    AND mode = 'execute'
  GROUP BY workflow_id, trigger_node
) c
JOIN automations_workflow w ON w.id = c.workflow_id
JOIN automations_alertrule r ON r.window_seconds = span.window_seconds AND r.kind = 'noisy_trigger' AND
"""
    + _COVERED
)
_SILENT = (
    """
SELECT r.id, w.id, '', extract(epoch FROM %(now)s - greatest(last.at, p.at, r.made_at, resumed.at, still.at)) / 60, 1, NULL, r.kind
FROM automations_alertrule r
JOIN automations_workflow w ON w.mode = 'execute' AND w.paused_at IS NULL AND """
    + _COVERED
    + """
JOIN automations_promotion p ON p.id = w.promotion_id
LEFT JOIN LATERAL (
  SELECT finished_at AS at FROM automations_run WHERE workflow_id = w.id AND status = 'succeeded' AND mode = 'execute'
    AND clock = '' ORDER BY id DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
  SELECT at FROM automations_auditentry WHERE object_type = 'workflow' AND object_id = w.id::text
    AND action = 'workflow.resumed' ORDER BY id DESC LIMIT 1
) resumed ON true
LEFT JOIN json_to_recordset(%(stood)s) AS still (workflow bigint, at timestamptz) ON still.workflow = w.id
WHERE r.kind = 'silence' AND w.id <> ALL(%(held)s)
"""
)
_DEAD = (
    """
SELECT r.id, w.id, '', c.open, c.open, c.newest, r.kind
FROM (
  SELECT workflow_id, count(*) AS open, max(run_id) AS newest FROM automations_deadletter WHERE state = 'open'
  GROUP BY workflow_id
) c
JOIN automations_workflow w ON w.id = c.workflow_id
JOIN automations_alertrule r ON r.kind = 'dead_letters' AND """
    + _COVERED
)
_OVERDUE = (
    """
SELECT r.id, w.id, '', count(*), count(*), NULL, r.kind
FROM automations_approval a
JOIN automations_workflow w ON w.id = a.workflow_id
JOIN automations_alertrule r ON r.kind = 'approvals_overdue'
  AND a.asked_at <= %(now)s - make_interval(secs => r.window_seconds) AND """
    + _COVERED
    + """
WHERE a.state = 'pending' GROUP BY r.id, w.id
"""
)
_UNKNOWN = (
    """
SELECT r.id, w.id, '', count(*), count(*), NULL, r.kind
FROM automations_step s
JOIN automations_run run ON run.id = s.run_id AND run.mode = 'execute' AND run.clock = ''
JOIN automations_workflow w ON w.id = run.workflow_id
JOIN automations_alertrule r ON r.kind = 'needs_review'
  AND s.started_at <= %(now)s - make_interval(secs => r.window_seconds) AND """
    + _COVERED
    + """
WHERE (s.wait -> 'kind') = '"needs_review"'::jsonb GROUP BY r.id, w.id
"""
)
_LAG = """
SELECT r.id, NULL, '', extract(epoch FROM %(now)s - least(
    (SELECT min(due_at) FROM automations_run WHERE status IN ('queued', 'waiting') AND due_at <= %(now)s AND clock = ''),
    (SELECT min(received_at) FROM automations_event WHERE state = 'pending' AND clock = '' AND NOT %(all_held)s),
    %(now)s)),
  1, NULL, r.kind
FROM automations_alertrule r WHERE r.kind = 'queue_lag' AND r.enabled
"""
_STATEMENTS: Mapping[frozenset[AlertKind], str] = {
    frozenset((AlertKind.FAILURES, AlertKind.RATIO)): _ENDED,
    frozenset((AlertKind.NOISY,)): _NOISY,
    frozenset((AlertKind.SILENCE,)): _SILENT,
    frozenset((AlertKind.DEAD_LETTERS,)): _DEAD,
    frozenset((AlertKind.OVERDUE,)): _OVERDUE,
    frozenset((AlertKind.UNKNOWN,)): _UNKNOWN,
    frozenset((AlertKind.QUEUE_LAG,)): _LAG,
}
_HEALTH = """
SELECT w.id FROM unnest(%s::bigint[]) AS w (id) JOIN LATERAL (
  SELECT status FROM automations_run WHERE workflow_id = w.id AND mode = 'execute' AND clock = ''
    AND status IN ('succeeded', 'failed') ORDER BY finished_at DESC, id DESC LIMIT 1
) last ON last.status = 'failed'
"""


def measure(kinds: Iterable[AlertKind], *, now: datetime) -> dict[Place, Measured]:
    """What the rules of these kinds measure now: one query for each family of kinds. A place that is not in the answer
    measures nothing out of the ordinary."""
    wanted, measured = set(kinds), {}
    asks = wanted & {AlertKind.SILENCE, AlertKind.QUEUE_LAG}
    standing = read_standing(now=now) if asks else Standing(now)
    for family, statement in _STATEMENTS.items():
        if not family & wanted:
            continue
        given = {"now": now, "kinds": [kind.value for kind in family], **_stillness(family, standing)}
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            for rule, workflow, node, value, of, run, kind in cursor.fetchall():
                number = 100.0 * value / of if kind == AlertKind.RATIO else float(value)
                measured[rule, workflow, node] = Measured(Reading(number, of), run)
    return measured


def _stillness(family: frozenset[AlertKind], standing: Standing) -> dict[str, Any]:
    """What a family has to know of standstills: whether all is held, or which workflows are, and until when they were."""
    if AlertKind.QUEUE_LAG in family:
        return {"all_held": standing.everything is not None}
    if AlertKind.SILENCE not in family:
        return {}
    acting = Workflow.objects.filter(mode=Mode.EXECUTE, archived_at=None).only("team", "module")
    stood = [
        {"workflow": pk, "at": held.until.isoformat()}
        for pk, held in read_ended(now=standing.now).among(acting).items()
        if held.until is not None
    ]
    return {"held": list(standing.among(acting)), "stood": json.dumps(stood)}


def failing_last(workflows: Iterable[int]) -> set[int]:
    """Those of the workflows whose newest run that ended had failed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, [list(workflows)])
        return {pk for (pk,) in cursor.fetchall()}


def failures_between(workflow: int, since: datetime, until: datetime) -> int:
    """How many runs of the workflow that acted have failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM automations_run WHERE workflow_id = %s AND finished_at > %s AND finished_at <= %s"
            " AND status = 'failed' AND mode = 'execute' AND clock = ''",
            [workflow, since, until],
        )
        return int(cursor.fetchone()[0])
