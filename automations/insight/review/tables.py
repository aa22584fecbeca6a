"""A review as tables of texts: the same on paper, in mail, in HTML and in CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automations.insight.review.facts import spoken

Facts = Mapping[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Table:
    """`wide` names the columns, from 0, that hold sentences. `empty` is what stands where there are no rows."""

    key: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    wide: Sequence[int] = (0,)
    empty: str = ""
    numbers: Sequence[int] = field(default=())


def tables_of(facts: Facts) -> list[Table]:
    """All that a review counts, each figure beside that of the week before."""
    return [
        make(facts)
        for make in (_figures, _days, _slowest, _failures, _manual, _noisy, _overdue, _glass, _asked)
    ]


def as_csv(facts: Facts) -> str:
    """One row for each cell: table, row, column, value. A text that a spreadsheet would take for a formula is quoted."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("table", "row", "column", "value"))
    for table in tables_of(facts):
        for row in table.rows:
            for head, cell in zip(table.heads[1:], row[1:], strict=True):
                writer.writerow(_harmless(text) for text in (table.title, row[0], head, cell))
    return written.getvalue()


def day(moment: str | None) -> str:
    return "–" if moment is None else moment[:16].replace("T", " ")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _rate(share: float | None) -> str:
    """Never rounded up to 100 %."""
    return "–" if share is None else f"{int(share * 10) / 10:.1f} %"


def _was(now: str, before: str) -> str:
    return f"{now} ({before})"


def _named(row: Facts) -> str:
    return str(row["workflow"]["name"])


def _figures(facts: Facts) -> Table:
    now, before = facts["now"], facts["before"]
    step = f"Hours less, at {facts['minutes_per_step']} minutes a step"

    def row(name: str, key: str, write: Any = lambda count: f"{count:,}") -> list[str]:
        return [name, write(now[key]), write(before[key])]

    return Table(
        "figures",
        "In figures",
        ("", "This week", "Week before"),
        (
            row("Runs that ended", "ended"),
            row("Succeeded", "succeeded"),
            row("Failed", "failed"),
            row("Cancelled", "cancelled"),
            row("Success rate", "success_rate", _rate),
            row("Median duration", "median", spoken),
            row("95 % within", "p95", spoken),
            row("Steps by hand less", "manual_steps"),
            row(step, "manual_hours", lambda hours: f"{hours:.1f}"),
            row("Approvals decided", "decided"),
            row("Question to answer", "approval_time", spoken),
            ["Overdue approvals", f"{len(facts['overdue']):,}", f"{facts['overdue_before']:,}"],
            [
                "Promoted past the gate",
                f"{len(facts['broken_glass']):,}",
                f"{facts['broken_glass_before']:,}",
            ],
        ),
        numbers=(1, 2),
    )


def _days(facts: Facts) -> Table:
    rows = [
        [row["day"], *(f"{row[name]:,}" for name in ("succeeded", "failed", "cancelled"))]
        for row in facts["days"]
    ]
    return Table("days", "Runs by day", ("Day", "Succeeded", "Failed", "Cancelled"), rows, numbers=(1, 2, 3))


def _slowest(facts: Facts) -> Table:
    rows = []
    for row in facts["slowest"]:
        last = row["before"] or {"median": None, "p95": None, "succeeded": 0, "failed": 0}
        times = [_was(spoken(row[name]), spoken(last[name])) for name in ("median", "p95")]
        counts = [_was(f"{row[name]:,}", f"{last[name]:,}") for name in ("succeeded", "failed")]
        rows.append([_named(row), *times, *counts])
    heads = ("Workflow", "Median (before)", "95 % within (before)", "Succeeded (before)", "Failed (before)")
    return Table("slowest", "Slowest", heads, rows, empty="No run was timed.", numbers=(1, 2, 3, 4))


def _failures(facts: Facts) -> Table:
    rows = [
        [
            row["cause"] + (" (new)" if row["is_new"] else ""),
            _named(row),
            _was(f"{row['count']:,}", f"{row['before']:,}"),
            row["state"],
            row["assignee"] or "nobody",
            row["owner"] or "nobody",
        ]
        for row in facts["failures"]
    ]
    heads = ("Cause", "Workflow", "Count (before)", "Triage", "Who looks", "Owner")
    return Table("failures", "Failures by cause", heads, rows, (0, 1), "Nothing gave up.", (2,))


def _manual(facts: Facts) -> Table:
    minutes = facts["minutes_per_step"]
    rows = [
        [
            _named(row),
            _was(f"{row['manual_steps']:,}", f"{row['before']['manual_steps'] if row['before'] else 0:,}"),
            f"{row['manual_steps'] * minutes / 60:.1f}",
            f"{row['records_changed']:,}",
            f"{row['edits_before']:,} edits on {row['records_before']:,} records"
            if row["records_before"]
            else "nobody did",
        ]
        for row in facts["workflows"]
        if row["records_changed"]
    ]
    heads = ("Workflow", "Steps less (before)", "Hours less", "Records changed", "By hand before")
    empty = "No run has changed a record in execute."
    return Table("manual", "Work by hand that runs made unnecessary", heads, rows, (0,), empty, (1, 2, 3))


def _noisy(facts: Facts) -> Table:
    rows = [
        [
            _named(row),
            row["title"],
            _was(f"{row['asked']:,}", f"{row['asked_before']:,}"),
            _was(f"{row['matched']:,}", f"{row['matched_before']:,}"),
        ]
        for row in facts["noisy"]
    ]
    heads = ("Workflow", "Trigger", "Events (before)", "Started runs (before)")
    empty = "Every trigger started a run for every event."
    return Table("noisy", "Noisy triggers", heads, rows, (0, 1), empty, (2, 3))


def _overdue(facts: Facts) -> Table:
    rows = [[row["title"], _named(row), day(row["asked_at"])] for row in facts["overdue"]]
    return Table("overdue", "Overdue approvals", ("Question", "Workflow", "Asked"), rows, (0, 1), "None.")


def _glass(facts: Facts) -> Table:
    rows = [
        [_named(row), str(row["version"]), row["by"], row["reason"], day(row["at"]), day(row["settled_at"])]
        for row in facts["broken_glass"]
    ]
    heads = ("Workflow", "Version", "By", "Reason", "When", "Settled")
    return Table("glass", "Broken glass", heads, rows, (0, 3), "Nobody promoted past the gate.")


def _asked(facts: Facts) -> Table:
    rows = [[row["title"], row["facts"], row["suggestion"]] for row in facts.get("questions", ())]
    heads = ("To decide", "Facts", "Suggestion")
    return Table("questions", "To decide", heads, rows, (0, 1, 2), "Nothing asks for a decision.")
