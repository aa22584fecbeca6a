"""After the commit: a NOTIFY that names what changed. It is a hint to look; the rows are the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

CHANNEL = "automations_live"
MOST_IDS = 400


def announce_runs(runs: Iterable[tuple[int, int]]) -> None:
    """Tell listeners that these (run id, workflow id) have news.

    Sent outside the executing transaction, so that listeners' queue never holds up a commit. Payloads have an
    upper bound in PostgreSQL (8,000 bytes): a large batch is announced in pieces.
    """
    pairs = list(runs)
    with connection.cursor() as cursor:
        for start in range(0, len(pairs), MOST_IDS):
            piece = pairs[start : start + MOST_IDS]
            payload = json.dumps(
                {"runs": [run for run, _ in piece], "workflows": sorted({flow for _, flow in piece})},
                separators=(",", ":"),
            )
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
