"""What runs are found by, brought up to date behind them: in batches, by the ticker, outside of the runs' transactions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from automations import masking
from automations.engine.words import distinct_words, texts_in
from automations.models import Run, RunText, Step, WorkflowVersion

BATCH = 500
MOST_TOLD = 400
MOST_WORDS = 4_000
"""Words of one run; its first ones count."""
SECONDS = 0.3
"""How long one tick of the ticker may read runs: its other duties wait meanwhile."""
LATE = 5_000
"""Ids are given before the commit: among so many of the newest, one that was committed late is looked for again."""

NEW = "SELECT id FROM automations_run WHERE id > (SELECT COALESCE(max(run_id), 0) FROM automations_runtext) ORDER BY id LIMIT %s"
COMMITTED_LATE = """
SELECT run.id FROM automations_run run
WHERE run.id BETWEEN (SELECT COALESCE(max(run_id), 0) FROM automations_runtext) - %s
  AND (SELECT COALESCE(max(run_id), 0) FROM automations_runtext)
  AND NOT EXISTS (SELECT 1 FROM automations_runtext text WHERE text.run_id = run.id)
LIMIT %s
"""
MOVED = """
SELECT text.run_id FROM automations_runtext text JOIN automations_run run ON run.id = text.run_id
WHERE NOT text.is_final AND (run.last_seq <> text.last_seq OR run.finished_at IS NOT NULL) LIMIT %s
"""
KEEP = """
INSERT INTO automations_runtext (run_id, workflow_id, correlation_id, told, everything, last_seq, is_final)
SELECT t.run, t.workflow, t.correlation, array_to_tsvector(t.told), array_to_tsvector(t.everything), t.seq, t.final
FROM jsonb_to_recordset(%s::jsonb) AS t(run bigint, workflow bigint, correlation uuid, told text[], everything text[], seq int, final bool)
ORDER BY t.run
ON CONFLICT (run_id) DO UPDATE SET told = EXCLUDED.told, everything = EXCLUDED.everything,
  last_seq = EXCLUDED.last_seq, is_final = EXCLUDED.is_final
"""


def catch_up(*, now: datetime, seconds: float | None = SECONDS) -> int:
    """Read what runs are found by, those that have moved first, for at most `seconds` (None: until nothing is left).
    Returns how many were read. Any number of processes may do it at once, and be killed at it."""
    ends = None if seconds is None else time.monotonic() + seconds
    read = 0
    for question, params in ((MOVED, [BATCH]), (COMMITTED_LATE, [LATE, BATCH]), (NEW, [BATCH])):
        while ids := _ids(question, params):
            _read(ids)
            read += len(ids)
            if ends is not None and time.monotonic() >= ends:
                break
    return read


def read_up_to(*, now: datetime) -> datetime:
    """The moment up to which runs are found: `now`, or when the first was made that is not read yet."""
    newest = RunText.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    unread = Run.objects.filter(pk__gt=newest, clock="").order_by("pk").values_list("created_at", flat=True)
    return unread.first() or now


def _ids(question: str, params: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return [row[0] for row in cursor.fetchall()]


def _read(ids: Sequence[int]) -> None:
    masking.refresh()
    runs = Run.objects.filter(pk__in=ids).select_related("event__large")
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(run__in=ids).only("run_id", "node", "status", "error", "changes"):
        steps.setdefault(step.run_id, []).append(step)
    rows = [_row(run, steps.get(run.pk, ())) for run in runs]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [json.dumps(rows)])


def _row(run: Run, steps: Sequence[Step]) -> Mapping[str, Any]:
    titles = _titles(run.version_id)
    done = [step for step in steps if step.status != "skipped"]
    told = [run.record_key, run.failure_code, str(run.failure.get("message", ""))]
    for step in done:
        told.append(titles.get(step.node, step.node))
        if step.error:
            told += [str(step.error.get("code", "")), str(step.error.get("message", ""))]
    values = [*texts_in(run.input), *texts_in(run.outcome)]
    if run.event is not None:
        values += texts_in(run.event.value)
    for step in done:
        values += (text for change in step.changes for text in _said(change))
    told = [masking.masked_text(text) for text in told]
    words = distinct_words(told, most=MOST_TOLD)
    everything = distinct_words((*told, *(masking.masked_text(text) for text in values)), most=MOST_WORDS)
    return {
        "run": run.pk,
        "workflow": run.workflow_id,
        "correlation": str(run.correlation_id),
        "told": words,
        "everything": everything,
        "seq": run.last_seq,
        "final": run.finished_at is not None,
    }


def _said(change: Mapping[str, Any]) -> Iterable[str]:
    """The texts of one change: whose it is, what was, what is."""
    return texts_in([change.get("record"), change.get("before"), change.get("after")])


@lru_cache(maxsize=500)
def _titles(version: int) -> Mapping[str, str]:
    """What the steps of a version are called; a version never changes."""
    document = WorkflowVersion.objects.values_list("document", flat=True).get(pk=version)
    return {str(node["id"]): str(node.get("title") or node["id"]) for node in document.get("nodes", ())}
