"""What runs are found by, brought up to date behind them: in batches, by the ticker, outside of the runs' transactions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from automations import masking
from automations.engine.words import distinct_words
from automations.models import Run, RunText
from automations.runtime import run_reading
from automations.runtime.run_reading import Reading, Said

BATCH = 100
MOST_TOLD = 400
MOST_WORDS = 4_000
"""Words of one run; its first ones count."""
MOST_OF_LOG = MOST_OF_OUTPUTS = 1_000
"""Of those, the room that its log lines and its steps' outputs take at most, and what came in can't take from them."""
READING = 2
"""What is read of a run. A row that was written when less was read (1: no log lines, no outputs) is read again."""
SECONDS = 0.3
"""How long one tick of the ticker may read runs: its other duties wait meanwhile."""
LOCK = 0x72656164
"""The advisory lock's number: "read" in ASCII. Who reads runs shares it, who drops runs holds it alone."""
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
READ_LESS = """
SELECT text.run_id FROM automations_runtext text JOIN automations_run run ON run.id = text.run_id
WHERE text.reading < 2 ORDER BY text.run_id DESC LIMIT %s
"""
"""The newest first: they are looked for more often."""
KEEP = """
INSERT INTO automations_runtext (run_id, workflow_id, correlation_id, told, everything, last_seq, is_final, reading)
SELECT t.run, t.workflow, t.correlation, array_to_tsvector(t.told), array_to_tsvector(t.everything), t.seq, t.final, r.reading
FROM jsonb_to_recordset(%s::jsonb) AS t(run bigint, workflow bigint, correlation uuid, told text[], everything text[], seq int, final bool),
  (SELECT %s AS reading) AS r
ORDER BY t.run
ON CONFLICT (run_id) DO UPDATE SET told = EXCLUDED.told, everything = EXCLUDED.everything,
  last_seq = EXCLUDED.last_seq, is_final = EXCLUDED.is_final,
  reading = EXCLUDED.reading
"""


def catch_up(*, now: datetime, seconds: float | None = SECONDS) -> int:
    """Read what runs are found by, those that have moved first, for at most `seconds` (None: until nothing is left).
    Returns how many were read. Any number of processes may do it at once, and be killed at it."""
    ends = None if seconds is None else time.monotonic() + seconds
    read = 0
    for question, params in (
        (MOVED, [BATCH]),
        (COMMITTED_LATE, [LATE, BATCH]),
        (NEW, [BATCH]),
        (READ_LESS, [BATCH]),
    ):
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


def logs_read_from() -> datetime | None:
    """The moment before which log lines and outputs are not all read yet: that of the newest run that was read before they
    were. None when all are."""
    before = RunText.objects.filter(reading__lt=2).order_by("-pk").values_list("run__created_at", flat=True)
    return before.first()


def _ids(question: str, params: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return [row[0] for row in cursor.fetchall()]


def hold_reading() -> None:
    """Wait until what is being read has been kept, and keep readers waiting until the caller's transaction has ended: of a
    run that goes in it, no text can be left behind."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])


def _read(ids: Sequence[int]) -> None:
    masking.refresh()
    with transaction.atomic():
        _lock("pg_advisory_xact_lock_shared")
        rows = [_row(reading) for reading in run_reading.read(ids)]
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [json.dumps(rows), READING])


def _row(reading: Reading) -> Mapping[str, Any]:
    run = reading.run
    told = _words(reading.told(), MOST_TOLD)
    done = dict.fromkeys(_words(reading.lines(), MOST_OF_LOG) + _words(reading.outputs(), MOST_OF_OUTPUTS))
    done |= dict.fromkeys(told)
    done |= dict.fromkeys(_words(reading.values(), MOST_WORDS - len(done)))
    return {
        "run": run.pk,
        "workflow": run.workflow_id,
        "correlation": str(run.correlation_id),
        "told": told,
        "everything": list(done),
        "seq": run.last_seq,
        "final": run.finished_at is not None,
    }


def _words(said: Iterable[Said], most: int) -> list[str]:
    """The first different words of what is said, once the masks have passed over it."""
    return distinct_words((masking.masked_text(one.text) for one in said), most=most)
