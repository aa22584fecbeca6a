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


def expected_of_changes(path: Path, hours: int, reassigned: int) -> dict[str, dict[str, int]]:
    """What other settings would have done with a log: the alarm after `hours` in place of 4, and reviews only of incidents
    that were reassigned so often. An alarm says the priority and state; another of these is another effect."""
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    incidents: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        incidents[row["number"]].append(row)
    alarm: Counter[str] = Counter()
    review: Counter[str] = Counter()
    for history in incidents.values():
        history.sort(key=lambda row: (_time(row["sys_updated_at"]), int(row["sys_mod_count"])))
        told = []
        for after in (4, hours):
            due = max(
                _time(history[0]["opened_at"]) + timedelta(hours=after), _time(history[0]["sys_updated_at"])
            )
            then = [row for row in history if _time(row["sys_updated_at"]) <= due][-1]
            urgent = then["priority"] in URGENT and then["incident_state"] not in ("Resolved", "Closed")
            told.append((then["priority"], then["incident_state"]) if urgent else None)
        was, now = told
        if (was is None) != (now is None):
            alarm["newly_selected" if was is None else "no_longer_selected"] += 1
        else:
            alarm["same" if was == now else "other_effect"] += 1
        for before, after in pairwise(history):
            closed = before["incident_state"] != "Closed" and after["incident_state"] == "Closed"
            dropped = (
                closed and after["made_sla"] == "FALSE" and int(after["reassignment_count"]) < reassigned
            )
            review["no_longer_selected" if dropped else "same"] += 1
    return {"alarm": dict(alarm), "review": dict(review)}


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M")
