"""A review in the mail and as a page that needs nothing else. What people wrote is data there, never markup."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string

from automations.insight.review.tables import Table, day, tables_of

Facts = Mapping[str, Any]
MAILED = ("figures", "failures", "slowest", "overdue", "questions")
"""The tables that stand in a mail."""
MOST = 10
"""Rows of a table in a mail."""
ALT = {"days": "Runs by day, as in the table below", "slowest": "Slowest workflows, as in the table below"}


def as_html(facts: Facts, *, link: str) -> str:
    """The mail for programs that show more than text. Nothing is loaded by it."""
    given = {
        "it": facts,
        "title": title_of(facts),
        "span": span_of(facts),
        "tables": _mailed(facts),
        "link": link,
    }
    return render_to_string("automations/review_mail.html", given)


def as_text(facts: Facts, *, link: str) -> str:
    """The same as plain text."""
    parts = [title_of(facts), span_of(facts), facts["headline"]]
    for table in _mailed(facts):
        parts.append("\n".join((table.title.upper(), *(_line(table, row) for row in table.rows))))
    parts.append(
        f"Read, answer and sign it here: {link}" if link else "Read, answer and sign it in Automations."
    )
    return "\n\n".join(parts)


def as_page(facts: Facts, charts: Mapping[str, str], notes: Mapping[str, Any] | None = None) -> str:
    """All of it as one page to print or to keep, with the charts (SVG by name) in it. `notes` is what people have added."""
    pictures = {name: b64encode(svg.encode()).decode() for name, svg in charts.items()}
    tables = [
        {
            "table": table,
            "picture": pictures.get(table.key, "") if table.rows else "",
            "alt": ALT.get(table.key, ""),
        }
        for table in tables_of(facts)
    ]
    given = {
        "it": facts,
        "title": title_of(facts),
        "span": span_of(facts),
        "tables": tables,
        "notes": notes or {},
    }
    return render_to_string("automations/review.html", given)


def title_of(facts: Facts) -> str:
    whose = f", team {facts['team']}" if facts["team"] else ""
    return f"Weekly review {facts['week']}{whose}"


def span_of(facts: Facts) -> str:
    """“2026-11-23 00:00 to 2026-11-30 00:00, Europe/Vienna; figures as of 2026-11-30 08:00 UTC.”"""
    said = f"{day(facts['starts'])} to {day(facts['ends'])}, {facts['zone']}; figures as of {day(facts['as_of'])} UTC."
    if count := facts["unfinished"]:
        runs = "1 run that was begun in it had" if count == 1 else f"{count:,} runs that were begun in it had"
        said += f" {runs} not ended by its end, and will count in the week in which they end."
    return said


def _mailed(facts: Facts) -> list[Table]:
    """The tables of a mail, each of a length that is read; an empty one is left out."""
    found = []
    for table in tables_of(facts):
        if table.key not in MAILED or not table.rows:
            continue
        more = 0 if table.key == "figures" else len(table.rows) - MOST
        if more > 0:
            last = [f"and {more} more", *("" for _ in table.heads[1:])]
            table = replace(table, rows=[*table.rows[:MOST], last])
        found.append(table)
    return found


def _line(table: Table, row: Any) -> str:
    rest = ", ".join(
        f"{head[0].lower()}{head[1:]}: {cell}"
        for head, cell in zip(table.heads[1:], row[1:], strict=True)
        if cell
    )
    return f"- {' '.join(row[0].split())}{': ' if rest else ''}{' '.join(rest.split())}"
