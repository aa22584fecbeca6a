"""Importing a CSV file into a module: good rows are kept, bad ones told, and a second time changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from automations.engine.errors import EngineError, Problem, quoted
from automations.models import Module
from automations.services.csv_rows import CsvRow, read_csv
from automations.services.import_mappings import ImportMapping
from automations.services.records import RowOutcome, import_rows, key_problems

BATCH = 500
"""Rows that are written in one transaction. More would save little and hold locks longer."""

NOT_TAKEN = (DataError, IntegrityError, ValidationError, ArithmeticError, ValueError)
"""What a database or a host's own `save()` raises for values that it does not take."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Why a row was left out: the line on which it begins, the column ("" for the row as a whole) and its cell."""

    line: int
    key: str
    column: str
    value: str
    problem: Problem


@dataclass(slots=True)
class ImportResult:
    """How many rows came to what. `merged` rows went into a later row with the same key, which counts."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    merged: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused + self.merged


OnRefused = Callable[[RefusedRow], None]
OnProgress = Callable[[int], None]
"""Told how many bytes of work are done, out of twice the size of the file: it is checked first, then imported."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    offset: int
    key: str
    values: dict[str, Any]


@dataclass(slots=True)
class _Import:
    """What the two passes share. `last` is the line of the last good row of each key."""

    module: Module
    mapping: ImportMapping
    file: BinaryIO
    on_refused: OnRefused
    result: ImportResult = field(default_factory=ImportResult)
    last: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[CsvRow, _Row | None, list[RefusedRow]]]:
        mapping = self.mapping
        wanted = [mapping.key, *(column.column for column in mapping.columns)]
        for row in read_csv(self.file, delimiter=mapping.delimiter, columns=wanted):
            yield row, *_parsed(row, mapping)

    def refuse(self, reasons: Sequence[RefusedRow]) -> None:
        self.result.refused += 1
        for reason in reasons:
            self.on_refused(reason)


def import_records(
    *,
    module: Module,
    mapping: ImportMapping,
    file: BinaryIO,
    actor: Any,
    at: datetime,
    dry_run: bool = False,
    on_refused: OnRefused = lambda _: None,
    on_progress: OnProgress = lambda _: None,
) -> ImportResult:
    """Create and update the records of a CSV file, each change an event, and say what became of the rows.

    The file is read twice: first every row is checked, so that a file that can't be read changes nothing (raises
    InvalidError), then the good rows are written in batches of 500, each a transaction of its own. A run that was
    broken off has therefore kept whole batches, and a second one completes it. A row says nothing about a field
    whose cell is empty: a new record gets the default, an existing one keeps its value. Rows with the same key
    are one record, the later row winning cell by cell; that is why a second import finds nothing to change.
    """
    state = _Import(module, mapping, file, on_refused)
    size = 0
    for row, good, reasons in state.rows():
        size = row.offset
        if good is None:
            state.refuse(reasons)
        else:
            state.last[good.key] = good.line
        on_progress(row.offset)
    rows = _merged(state)
    while batch := list(islice(rows, BATCH)):
        _write(state, batch, actor=actor, at=at, dry_run=dry_run)
        on_progress(size + batch[-1].offset)
    on_progress(2 * size)
    return state.result


def _parsed(row: CsvRow, mapping: ImportMapping) -> tuple[_Row | None, list[RefusedRow]]:
    """The row's canonical values, or all that is wrong with it."""
    if row.problem is not None:
        return None, [RefusedRow(row.line, "", "", "", row.problem)]
    key = row.cells[mapping.key].strip()
    reasons = [
        RefusedRow(row.line, key, mapping.key, row.cells[mapping.key], problem)
        for problem in ([] if key else [_NO_KEY]) or key_problems(key)
    ]
    values: dict[str, Any] = {}
    for column in mapping.columns:
        cell = row.cells[column.column]
        if column.says_nothing(cell):
            if column.clear:
                values[column.spec.key] = None
            continue
        try:
            values[column.spec.key] = column.value_of(cell)
        except EngineError as error:
            problem = Problem(error.code, column.spec.key, error.message, error.hint)
            reasons.append(RefusedRow(row.line, key, column.column, cell, problem))
    return (None, reasons) if reasons else (_Row(row.line, row.offset, key, values), [])


_NO_KEY = Problem("missing-key", "key", "The row has no key.", "Fill the cell, or remove the row.")


def _merged(state: _Import) -> Iterator[_Row]:
    """The good rows, one for each key: where its last row stands, with what the earlier ones said."""
    earlier: dict[str, dict[str, Any]] = {}
    for _, row, _ in state.rows():
        if row is None:
            continue
        if row.line != state.last.get(row.key):
            earlier.setdefault(row.key, {}).update(row.values)
            state.result.merged += 1
        else:
            yield _Row(row.line, row.offset, row.key, {**earlier.pop(row.key, {}), **row.values})


def _write(state: _Import, rows: Sequence[_Row], *, actor: Any, at: datetime, dry_run: bool) -> None:
    """One batch, in one transaction."""
    with transaction.atomic():
        outcomes = _outcomes(state, rows, actor=actor, at=at, dry_run=dry_run)
    columns = {column.spec.key: column for column in state.mapping.columns}
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.result != "refused":
            setattr(state.result, outcome.result, getattr(state.result, outcome.result) + 1)
            continue
        reasons = []
        for problem in outcome.problems:
            column = columns.get(problem.path)
            value = row.values.get(problem.path)
            name = state.mapping.key if problem.path == "key" else column.column if column else ""
            reasons.append(RefusedRow(row.line, row.key, name, "" if value is None else str(value), problem))
        state.refuse(reasons)


def _outcomes(
    state: _Import, rows: Sequence[_Row], *, actor: Any, at: datetime, dry_run: bool
) -> list[RowOutcome]:
    """Write the rows; where the database or a host's model does not take some, halve until those are alone."""
    try:
        # A savepoint, because what follows a refusal is written in the same transaction.
        with transaction.atomic():
            return import_rows(
                module=state.module,
                rows=[(row.key, row.values) for row in rows],
                actor=actor,
                defaults=state.mapping.defaults,
                at=at,
                dry_run=dry_run,
            )
    except NOT_TAKEN as error:
        if len(rows) == 1:
            reason = quoted((str(error) or type(error).__name__).splitlines()[0], 200)
            message = f"{state.module.name} do not take the row: {reason}"
            problem = Problem("not-taken", "", message, "Correct its values.")
            return [RowOutcome(rows[0].key, "refused", (problem,))]
    middle = len(rows) // 2
    return [
        outcome
        for half in (rows[:middle], rows[middle:])
        for outcome in _outcomes(state, half, actor=actor, at=at, dry_run=dry_run)
    ]
