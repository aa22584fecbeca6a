"""What the incident workflows must come to, counted with plain csv code that shares nothing with the product."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

NETWORK = {"Category 26", "Category 45", "Category 53"}
HARDWARE = {"Category 9", "Category 32", "Category 37", "Category 42"}
URGENT = {"1 - Critical", "2 - High"}


def expected(path: Path) -> dict[str, Any]:
    """{events, records, route, urgent, missed} of a log."""
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    incidents: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        incidents[row["number"]].append(row)
    route: Counter[str] = Counter()
    urgent = missed = 0
    for history in incidents.values():
        history.sort(key=lambda row: (_time(row["sys_updated_at"]), int(row["sys_mod_count"])))
        category = history[0]["category"]
        route["network" if category in NETWORK else "hardware" if category in HARDWARE else "otherwise"] += 1
        due = _time(history[0]["opened_at"]) + timedelta(hours=4)
        first_seen = _time(history[0]["sys_updated_at"])
        then = [row for row in history if _time(row["sys_updated_at"]) <= max(due, first_seen)][-1]
        urgent += then["priority"] in URGENT and then["incident_state"] not in ("Resolved", "Closed")
        for before, after in pairwise(history):
            closed = before["incident_state"] != "Closed" and after["incident_state"] == "Closed"
            missed += closed and after["made_sla"] == "FALSE"
    return {
        "events": len(rows),
        "records": len(incidents),
        "route": dict(route),
        "urgent": urgent,
        "missed": missed,
    }


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M")
