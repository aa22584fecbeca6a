"""An incident log as CSV: read and checked as a whole before anything is done with it, or generated."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from automations.engine.fields import MAX_TEXT

COLUMNS = [
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
]
TIMES = ("opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at")
FLAGS = ("active", "made_sla", "knowledge", "u_priority_confirmation")
COUNTS = ("reassignment_count", "reopen_count", "sys_mod_count")
NEEDED = ("number", "incident_state", "opened_at", "sys_updated_at", "sys_mod_count", "made_sla")
TIME_FORMAT = "%d-%m-%Y %H:%M"
UNKNOWN = ("?", "")
MOST_NAMED = 5
LONGEST_NUMBER = 120
"""Incidents become records, and no record's key is longer."""


class LogError(Exception):
    """The log can't be used; the message says where and why. Nothing has been done with it."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One audit row: which incident, the how-many-th row of it (from 0), when, and its fields by column."""

    incident: str
    ordinal: int
    at: datetime
    values: Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class IncidentLog:
    """All rows in the order of their times, and a digest that names the log."""

    rows: list[LogRow]
    digest: str


def read_log(path: Path) -> IncidentLog:
    """Read and check a whole file. Raises LogError for a missing file, a wrong header or a bad row."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LogError(f"{path} can't be read: {error.strerror}.") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LogError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    if "\0" in text:
        raise LogError(f"{path} is not text: it holds a NUL (character {text.index(chr(0))}).")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = ((reader.line_num, cells) for cells in reader if cells)
    try:
        return _parse(lines, str(path), hashlib.sha256(raw).hexdigest()[:8])
    except csv.Error as error:
        raise LogError(f"{path}, line {reader.line_num}: {error}.") from error


def generate_log(seed: int = 7, incidents: int = 120) -> IncidentLog:
    """A made-up log of the same shape, the same for the same seed."""
    text = list(_generated(random.Random(seed), incidents))
    digest = hashlib.sha256("\n".join(",".join(row) for row in text).encode()).hexdigest()[:8]
    return _parse(enumerate([COLUMNS, *text], 1), "the generated log", digest)


def _parse(lines: Iterator[tuple[int, list[str]]], name: str, digest: str) -> IncidentLog:
    """From (line number, cells), the header first."""
    found = list(_checked(lines, name))
    if not found:
        raise LogError(f"{name} has no rows below its first line.")
    found.sort(key=lambda row: row[:3])
    ordinals: dict[str, int] = {}
    rows = []
    for at, _, _, incident, values in found:
        ordinals[incident] = ordinals.get(incident, -1) + 1
        rows.append(LogRow(incident, ordinals[incident], at, values))
    return IncidentLog(rows, digest)


def _checked(
    lines: Iterator[tuple[int, list[str]]], name: str
) -> Iterator[tuple[datetime, int, int, str, dict[str, str | int | bool | None]]]:
    """(time, how-many-th change, line, incident, values) of each row."""
    _, header = next(lines, (0, None))
    if header is None:
        raise LogError(f"{name} is empty. Its first line must be {','.join(COLUMNS[:4])},…")
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise LogError(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''}"
            f" {', '.join(missing[:MOST_NAMED])}{more} in its first line."
        )
    for line, cells in lines:
        if len(cells) != len(header):
            raise LogError(f"{name}, line {line}: {len(cells)} cells, but the header has {len(header)}.")
        raw = dict(zip(header, cells, strict=True))
        values = {column: _value(name, line, column, raw[column]) for column in COLUMNS}
        for column in NEEDED:
            if values[column] is None:
                raise LogError(f"{name}, line {line}: “{column}” must have a value.")
        if len(raw["number"]) > LONGEST_NUMBER:
            raise LogError(f"{name}, line {line}: “number” is longer than {LONGEST_NUMBER} characters.")
        at = datetime.strptime(raw["sys_updated_at"], TIME_FORMAT).replace(tzinfo=UTC)
        yield at, int(raw["sys_mod_count"]), line, raw["number"], values


def _value(name: str, line: int, column: str, raw: str) -> str | int | bool | None:
    if raw in UNKNOWN:
        return None
    try:
        if column in TIMES:
            at = datetime.strptime(raw, TIME_FORMAT).replace(tzinfo=UTC)
            if not 1971 <= at.year <= 2999:  # the replay reckons with hours before and after
                raise ValueError(raw)
            return at.strftime("%Y-%m-%dT%H:%M:00Z")
        if column in COUNTS:
            return _count(raw)
    except ValueError:
        wanted = "a time such as 29-02-2016 06:10" if column in TIMES else "a whole number"
        raise LogError(
            f"{name}, line {line}: “{column}” is “{raw[:40]}”; it must be {wanted} or “?”."
        ) from None
    if column in FLAGS:
        if raw.upper() not in ("TRUE", "FALSE"):
            raise LogError(f"{name}, line {line}: “{column}” is “{raw[:40]}”; it must be TRUE, FALSE or “?”.")
        return raw.upper() == "TRUE"
    if len(raw) > MAX_TEXT:
        raise LogError(f"{name}, line {line}: “{column}” is longer than {MAX_TEXT:,} characters.")
    return raw


def _count(raw: str) -> int:
    if len(raw) > 18:
        raise ValueError(raw)
    return int(raw)


def _generated(dice: random.Random, incidents: int) -> Iterator[list[str]]:
    """Rows of incidents that are opened, worked on, resolved and closed, with times that interleave."""
    start = datetime(2016, 2, 29, 6, 0, tzinfo=UTC)
    for index in range(incidents):
        opened = start + timedelta(minutes=dice.randrange(0, 60 * 24 * 10))
        priority = dice.choices(("1 - Critical", "2 - High", "3 - Moderate", "4 - Low"), (1, 2, 6, 1))[0]
        made_sla = True
        values = dict.fromkeys(COLUMNS, "?") | {
            "number": f"INC{index:07d}",
            "opened_at": opened.strftime(TIME_FORMAT),
            "opened_by": f"Opened by {dice.randrange(1, 200)}",
            "caller_id": f"Caller {dice.randrange(1, 5000)}",
            "contact_type": "Phone",
            "location": f"Location {dice.randrange(1, 250)}",
            "category": dice.choice(
                ["?", *(f"Category {n}" for n in (9, 20, 23, 24, 26, 32, 37, 42, 45, 46, 53, 55))]
            ),
            "priority": priority,
            "assignment_group": f"Group {dice.randrange(1, 80)}",
            "knowledge": dice.choice(("TRUE", "FALSE")),
            "u_priority_confirmation": "FALSE",
            "notify": "Do Not Notify",
            "reassignment_count": "0",
            "reopen_count": "0",
        }
        at = opened + timedelta(minutes=dice.randrange(0, 30))
        states = ["New", *["Active", "Awaiting User Info"] * dice.randrange(0, 4), "Resolved", "Closed"]
        for count, state in enumerate(states):
            if dice.random() < 0.15 and state != "New":
                made_sla = False
            yield [
                (
                    values
                    | {
                        "incident_state": state,
                        "active": "FALSE" if state == "Closed" else "TRUE",
                        "sys_mod_count": str(count),
                        "made_sla": "TRUE" if made_sla else "FALSE",
                        "sys_updated_at": at.strftime(TIME_FORMAT),
                        "closed_at": at.strftime(TIME_FORMAT) if state == "Closed" else "?",
                    }
                )[column]
                for column in COLUMNS
            ]
            at += timedelta(minutes=dice.randrange(1, 60 * 20))
