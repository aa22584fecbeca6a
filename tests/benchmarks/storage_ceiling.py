"""What storing a run costs at the least: claim, four steps and four log lines by COPY, finish. No engine, no rules.

The share of this ceiling that the product reaches is the figure that other machines can be compared by.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import psycopg

TABLES = """
DROP TABLE IF EXISTS ceiling_log, ceiling_step, ceiling_run;
CREATE TABLE ceiling_run (id bigserial PRIMARY KEY, status text NOT NULL, token uuid, due_at timestamptz NOT NULL,
  finished_at timestamptz);
CREATE INDEX ON ceiling_run (due_at, id) WHERE status IN ('queued', 'running');
CREATE TABLE ceiling_step (id bigserial PRIMARY KEY, run_id bigint NOT NULL, node text NOT NULL, status text NOT NULL,
  output jsonb, at timestamptz NOT NULL, UNIQUE (run_id, node));
CREATE TABLE ceiling_log (id bigserial PRIMARY KEY, run_id bigint NOT NULL, seq int NOT NULL, message text NOT NULL,
  at timestamptz NOT NULL, UNIQUE (run_id, seq));
"""
CLAIM = """
UPDATE ceiling_run SET status = 'running', token = %s, due_at = now() + interval '60 s' WHERE id IN (
  SELECT id FROM ceiling_run WHERE status IN ('queued', 'running') AND due_at <= now()
  ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id
"""
NODES = ("t1", "c1", "a1", "a2")


def runs_per_second(url: str, runs: int, batch: int) -> float:
    """Runs stored a second by one connection, `batch` of them in a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        connection.execute(
            "INSERT INTO ceiling_run (status, due_at) SELECT 'queued', now() FROM generate_series(1, %s)",
            [runs],
        )
        began = time.perf_counter()
        while True:
            token = uuid.uuid4()
            claimed = [row[0] for row in connection.execute(CLAIM, [token, batch]).fetchall()]
            if not claimed:
                return runs / (time.perf_counter() - began)
            _finish(connection, claimed, token)


def _finish(connection: psycopg.Connection[tuple[object, ...]], claimed: list[int], token: uuid.UUID) -> None:
    now = datetime.now(UTC)
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy("COPY ceiling_step (run_id, node, status, output, at) FROM STDIN") as copy:
            for run in claimed:
                for node in NODES:
                    copy.write_row((run, node, "succeeded", '{"ok": true}', now))
        with cursor.copy("COPY ceiling_log (run_id, seq, message, at) FROM STDIN") as copy:
            for run in claimed:
                for seq in range(1, 5):
                    copy.write_row((run, seq, "A line about what was done.", now))
        cursor.execute(
            "UPDATE ceiling_run SET status = 'succeeded', finished_at = now() WHERE id = ANY(%s) AND token = %s",
            [claimed, token],
        )
