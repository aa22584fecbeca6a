"""A CSV file as a stream of rows, each with its line; what is wrong with one row never hides the next."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from automations.engine.errors import Problem, quoted
from automations.engine.schemas import listed
from automations.errors import InvalidError

MAX_ROW = 16 * 1024 * 1024
"""Bytes of one row. A cell may hold far less, but one that is too long is refused by its row alone."""
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: the line on which it begins (from 1), the bytes of the file read so far, and its cells by column, or
    the problem that kept them from being read."""

    line: int
    offset: int
    cells: dict[str, str]
    problem: Problem | None = None


def read_csv(file: BinaryIO, *, delimiter: str, columns: Sequence[str]) -> Iterator[CsvRow]:
    """The rows of a CSV file from its beginning, blank ones left out, in bounded memory.

    Raises InvalidError where nothing can be made of the file: it is empty, not UTF-8 text (a byte order mark is
    fine), has a name twice in its header or lacks one of `columns`, opens a quote that is never closed, or holds
    a row of more than 16 MiB.
    """
    lines = _Lines(file)
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW + 1))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header = _header(reader, lines, columns, delimiter)
    while True:
        lines.begin_row()
        line = lines.read + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(line, lines.offset, {}, _malformed(lines, line, error))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = f"The row has {len(cells)} cells, the header {len(header)}."
            hint = "Quote cells that hold the delimiter, and fill up short rows."
            yield CsvRow(line, lines.offset, {}, Problem("wrong-cell-count", "", message, hint))
            continue
        yield CsvRow(line, lines.offset, dict(zip(header, cells, strict=True)))


class _Lines:
    """The lines of the file as text. Counts them, and the bytes of the row that they belong to."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._row_bytes = 0
        self._row_line = 1
        self.read = 0
        self.offset = 0
        self.ended = False

    def begin_row(self) -> None:
        self._row_bytes, self._row_line = 0, self.read + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MAX_ROW + 1)
        if not raw:
            self.ended = True
            raise StopIteration
        self._row_bytes += len(raw)
        if self._row_bytes > MAX_ROW:
            raise unreadable(
                "row-too-large",
                f"The row that begins on line {self._row_line:,} is larger than {MAX_ROW // 1024**2} MiB.",
                "Look for a quote there that is opened and never closed.",
            )
        self.offset += len(raw)
        if self.read == 0:
            raw = raw.removeprefix(BOM)
        self.read += 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise unreadable(
                "not-utf-8",
                f"Line {self.read:,} is not UTF-8 text (byte {error.start + 1} of the line).",
                "Save the file as UTF-8 and import it again.",
            ) from error


def _malformed(lines: _Lines, line: int, error: csv.Error) -> Problem:
    if lines.ended:
        raise unreadable(
            "quote-not-closed",
            f"The row that begins on line {line:,} opens a quote that is never closed.",
            "Close it, or double the quotes that belong to the text.",
        ) from error
    hint = "Double the quotes that belong to the text, and quote the whole cell."
    return Problem("malformed-row", "", f"The row is no CSV: {error}.", hint)


def _header(reader: Iterator[list[str]], lines: _Lines, columns: Sequence[str], delimiter: str) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise InvalidError([_malformed(lines, 1, error)]) from error
    if not any(header):
        raise unreadable("empty-file", "The first line is empty.", "It must name the columns.")
    problems = [
        Problem("repeated-column", "header", f"{quoted(name)} stands twice in the header.", "Rename one.")
        for name in dict.fromkeys(header)
        if name and header.count(name) > 1
    ]
    for name in columns:
        if name not in header:
            hint = f"It names {listed(header)}. Is {quoted(delimiter)} the delimiter?"
            problems.append(
                Problem("missing-column", "header", f"The header has no column {quoted(name)}.", hint)
            )
    if problems:
        raise InvalidError(problems)
    return header


def unreadable(code: str, message: str, hint: str) -> InvalidError:
    """The refusal of a whole file."""
    return InvalidError([Problem(code, "file", message, hint)])
