"""How much work by hand runs have made unnecessary, counted from what people did before, never typed in.

Evidence for a workflow is how often people changed, on one record, the very fields that its runs change now, in the
four weeks before it was first let act. Where nobody did, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from automations.engine.weeks import Week

EVIDENCE = timedelta(days=28)

SQL = """
WITH made AS (
  SELECT r.workflow_id, c.module_id, c.field, c.record_key, c.version
    FROM automations_run r
    JOIN automations_recordchange c ON c.run_id = r.id
   WHERE r.finished_at >= %(start)s AND r.finished_at < %(end)s AND r.mode = 'execute'
     AND r.workflow_id = ANY(%(workflows)s) AND c.undo_id IS NULL
), done AS (
  SELECT workflow_id, count(DISTINCT (module_id, record_key)) AS records,
         count(DISTINCT (module_id, record_key, version)) AS edits
    FROM made GROUP BY workflow_id
), began AS (
  SELECT workflow_id, min(at) AS at FROM automations_promotion
   WHERE workflow_id = ANY(%(workflows)s) GROUP BY workflow_id
), hand AS (
  SELECT f.workflow_id, count(DISTINCT (c.module_id, c.record_key)) AS records,
         count(DISTINCT (c.module_id, c.record_key, c.version)) AS edits
    FROM (SELECT DISTINCT workflow_id, module_id, field FROM made) f
    JOIN began b ON b.workflow_id = f.workflow_id
    JOIN automations_recordchange c ON c.module_id = f.module_id AND c.field = f.field
   WHERE c.run_id IS NULL AND c.undo_id IS NULL AND c.actor_id IS NOT NULL
     AND c.at >= b.at - %(evidence)s AND c.at < b.at
   GROUP BY f.workflow_id
)
SELECT done.workflow_id, done.records, done.edits, coalesce(hand.records, 0), coalesce(hand.edits, 0)
  FROM done LEFT JOIN hand ON hand.workflow_id = done.workflow_id
"""


@dataclass(frozen=True, slots=True)
class ManualWork:
    """Of one workflow in one week: records and edits of its runs, and of people before it acted."""

    records: int
    edits: int
    records_before: int
    edits_before: int

    @property
    def steps(self) -> int:
        """Edits by hand that its records would have cost, at most as many as its runs made."""
        if self.records_before == 0:
            return 0
        return min(self.edits, round(self.records * self.edits_before / self.records_before))


def read_manual_work(workflows: Collection[int], week: Week) -> dict[int, ManualWork]:
    """By workflow, for those whose runs changed records."""
    span: dict[str, Any] = {
        "start": week.start,
        "end": week.end,
        "workflows": list(workflows),
        "evidence": EVIDENCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, span)
        return {row[0]: ManualWork(*row[1:]) for row in cursor.fetchall()}
