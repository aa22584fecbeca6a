"""`manage.py demo_incidents` and the files that people feed it: bad ones change nothing, good ones change it once."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from config.demo.incident_log import COLUMNS, _generated
from tests.acceptance.test_incidents import ROOT, assert_counts, demo
from tests.postgres_plugin import own_database

Rows = list[list[str]]
SHIFTING = {"django_q_ormq", "automations_processstamp"}
"""Hints that come and go, and signs of life: not what a replay leaves behind."""


def migrated(name: str) -> dict[str, str]:
    """The environment of a process with an empty, migrated database."""
    environment = {**os.environ, "DATABASE_URL": own_database(name), "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture(scope="module")
def shared() -> dict[str, str]:
    """One empty database for all refusals: none of them may change it."""
    return migrated("refusals")


def made_up(incidents: int) -> Rows:
    """A log, the header first."""
    return [COLUMNS, *_generated(random.Random(7), incidents)]


def save(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


def rows_by_table(environment: dict[str, str]) -> dict[str, int]:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        counts = {}
        for (table,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall():
            count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            counts[table] = count.fetchall()[0][0]
    return {table: count for table, count in counts.items() if table not in SHIFTING}


def assert_refused(environment: dict[str, str], file: Path, *fragments: str) -> None:
    """One sentence that names the file, code 2, and a database as it was."""
    before = rows_by_table(environment)
    outcome = demo(environment, str(file), "--json")
    assert outcome.returncode == 2, outcome.stderr
    assert outcome.stdout == ""
    assert len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr
    for fragment in (str(file), *fragments):
        assert fragment in outcome.stderr
    assert rows_by_table(environment) == before
    assert before["automations_workflow"] == before["automations_record"] == before["automations_event"] == 0


def with_cell(column: str, value: str, line: int = 3) -> Callable[[], Rows]:
    def rows() -> Rows:
        made = made_up(2)
        made[line - 1][COLUMNS.index(column)] = value
        return made

    return rows


BAD_ROWS = {
    "a column is missing": (lambda: [row[:-1] for row in made_up(2)], "lacks the column closed_at"),
    "columns are missing": (
        lambda: [row[2:] for row in made_up(2)],
        "lacks the columns number, incident_state in its first line",
    ),
    "no header": (lambda: made_up(2)[1:], "lacks the columns number, "),
    "no rows": (lambda: made_up(0), "has no rows"),
    "a cell too few": (
        lambda: [*made_up(2)[:4], made_up(2)[4][:-1]],
        f"line 5: {len(COLUMNS) - 1} cells, but the header has {len(COLUMNS)}.",
    ),
    "a cell too many": (lambda: [*made_up(2)[:2], [*made_up(2)[2], "x"]], f"line 3: {len(COLUMNS) + 1} cells"),
    "no date": (with_cell("opened_at", "yesterday"), "line 3: “opened_at” is “yesterday”; it must be a time"),
    "a date of another form": (with_cell("sys_updated_at", "2016-02-29 06:10"), "line 3: “sys_updated_at” is"),
    "a day that never was": (with_cell("opened_at", "30-02-2016 06:10"), "line 3: “opened_at” is"),
    "the first year": (with_cell("sys_updated_at", "01-01-0001 00:00"), "line 3: “sys_updated_at” is"),
    "the last year": (with_cell("opened_at", "31-12-9999 23:59"), "line 3: “opened_at” is"),
    "no number": (with_cell("sys_mod_count", "many"), "line 3: “sys_mod_count” is “many”; it must be a whole"),
    "an endless number": (with_cell("reopen_count", "9" * 5_000), "line 3: “reopen_count” is “9999"),
    "no flag": (with_cell("made_sla", "maybe"), "line 3: “made_sla” is “maybe”; it must be TRUE, FALSE or “?”."),
    "no incident": (with_cell("number", "?"), "line 3: “number” must have a value."),
    "no time": (with_cell("sys_updated_at", ""), "line 3: “sys_updated_at” must have a value."),
    "a key too long": (with_cell("number", "I" * 121), "line 3: “number” is longer than 120 characters."),
    "a text too long": (with_cell("location", "x" * 65_537), "line 3: “location” is longer than 65,536"),
    "a cell too long": (with_cell("location", "x" * 200_000), "line 3: field larger than field limit"),
    "a fault below good lines": (with_cell("closed_at", "soon", line=9), "line 9: “closed_at” is “soon”"),
    "a fault below a cell of two lines": (
        lambda: [row if n != 2 else with_cell("location", "two\nlines")()[2] for n, row in enumerate(with_cell("closed_at", "soon", 5)())],
        "line 6: “closed_at” is “soon”",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "fragment"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_log_with_a_fault_is_refused_whole(
    shared: dict[str, str], tmp_path: Path, rows: Callable[[], Rows], fragment: str
) -> None:
    assert_refused(shared, save(tmp_path / "log.csv", rows()), fragment)


BAD_FILES = {
    "empty": (b"", "is empty. Its first line must be number,"),
    "an empty line": (b"\n\n", "is empty. Its first line must be number,"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xd8" + bytes(range(256)), "is not UTF-8 text"),
    "zeros": (b"number,incident_state\x00\x00", "holds a NUL"),
    "another encoding": ("number,Priorität\n".encode("latin-1"), "is not UTF-8 text"),
    "a quote that never ends": (
        (",".join(COLUMNS) + '\n"INC1,New').encode(),
        "line 2: unexpected end of data",
    ),
    "a broken header": (b'"number"x,incident_state\n', "line 1: "),
    "another kind of text": (
        b'{"incidents": []}\n',
        f"number, incident_state, active, reassignment_count, reopen_count and {len(COLUMNS) - 5} more in its",
    ),
}


@pytest.mark.parametrize(("content", "fragment"), BAD_FILES.values(), ids=BAD_FILES)
def test_file_that_is_no_log_is_refused(
    shared: dict[str, str], tmp_path: Path, content: bytes, fragment: str
) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(content)
    assert_refused(shared, file, fragment)


def test_file_that_is_not_there_is_named(shared: dict[str, str], tmp_path: Path) -> None:
    assert_refused(shared, tmp_path / "missing.csv", "can't be read: No such file or directory.")


def test_folder_in_place_of_a_file_is_named(shared: dict[str, str], tmp_path: Path) -> None:
    assert_refused(shared, tmp_path, "can't be read: Is a directory.")


@pytest.mark.parametrize(
    "words",
    [
        ["demo_incidents"],
        ["watch", "1"],
        ["watch", "1", "--no-follow", "--json"],
        ["import_records", "tickets", "log.csv", "--mapping", "mapping.json"],
    ],
)
def test_database_that_does_not_answer_is_told_in_two_lines(words: list[str]) -> None:
    away = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"}
    outcome = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=away,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.returncode == 2
    first, second = outcome.stderr.splitlines()
    assert first.startswith("The database does not answer: ")
    assert second == "Start it (`make run` does), or set DATABASE_URL."


@pytest.mark.parametrize("words", [["diagnose", "x"], ["automations_ticker"], ["automations_demo"]])
def test_database_without_tables_is_told_in_two_lines(words: list[str]) -> None:
    bare = {**os.environ, "LOG_LEVEL": "ERROR"}
    bare["DATABASE_URL"] = own_database("bare")
    outcome = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=bare,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.returncode == 2, outcome.stderr
    first, second = outcome.stderr.splitlines()
    assert first.startswith("The database is not set up: relation ")
    assert second == "Run `manage.py migrate`, then this again."


def test_one_is_counted_as_one() -> None:
    from config.demo.management.commands.demo_incidents import _counted

    assert [_counted(number, "record") for number in (0, 1, 2)] == ["0 records", "1 record", "2 records"]


def test_good_log_ends_with_one_json_line_whose_halves_agree_and_a_second_replay_changes_nothing(
    tmp_path: Path,
) -> None:
    environment = migrated("inputs")
    file = save(tmp_path / "log.csv", made_up(12))
    first = demo(environment, str(file), "--json")
    assert first.returncode == 0, first.stderr
    *table, last = first.stdout.splitlines()
    assert table
    result = json.loads(last)
    assert_counts(result, file)
    before = rows_by_table(environment)
    second = demo(environment, str(file), "--json")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout.splitlines()[-1]) == result
    assert rows_by_table(environment) == before


def test_spreadsheet_habits_do_no_harm(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, columns in another order with one more, cells with commas, quotes, line
    breaks and the separators that only Unicode knows, a blank last line."""
    environment = migrated("inputs")
    rows = made_up(4)
    rows[1][COLUMNS.index("location")] = 'Hall 3, "north"\nside\u2028\x85\x1c'
    file = save(tmp_path / "log.csv", [["more", *reversed(row)] for row in rows])
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes() + b"\r\n")
    outcome = demo(environment, str(file), "--json")
    assert outcome.returncode == 0, outcome.stderr
    plain = save(tmp_path / "plain.csv", rows)
    assert_counts(json.loads(outcome.stdout.splitlines()[-1]), plain)
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        found = connection.execute(
            "SELECT DISTINCT after #>> '{}' FROM automations_recordchange WHERE field = 'location' AND record_key = %s",
            [rows[1][0]],
        ).fetchall()
    assert (rows[1][COLUMNS.index("location")],) in found


def test_without_a_file_the_generated_log_gives_the_counts_of_plain_csv_code(tmp_path: Path) -> None:
    outcome = demo(migrated("inputs"), "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert_counts(json.loads(outcome.stdout.splitlines()[-1]), save(tmp_path / "log.csv", made_up(120)))


def test_terminated_replay_leaves_no_worker_behind_and_the_next_one_ends_it(tmp_path: Path) -> None:
    environment = migrated("inputs")
    file = save(tmp_path / "log.csv", made_up(25))
    command = [sys.executable, "manage.py", "demo_incidents", str(file)]
    replay = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        half = "SELECT count(*) > 20 FROM automations_event e JOIN automations_module m ON m.id = e.module_id"
        until = time.monotonic() + 60
        while connection.execute(f"{half} WHERE m.key LIKE '%%execute'").fetchone() != (True,):
            assert time.monotonic() < until
            assert replay.poll() is None
            time.sleep(0.02)
    started = psutil.Process(replay.pid).children(recursive=True)
    assert started
    replay.send_signal(signal.SIGTERM)
    assert replay.wait(45) == 143
    assert psutil.wait_procs(started, timeout=5)[1] == []
    outcome = demo(environment, str(file), "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert_counts(json.loads(outcome.stdout.splitlines()[-1]), file)
