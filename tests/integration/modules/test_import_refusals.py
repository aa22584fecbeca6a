"""Files and mappings that can't be used, and hostile rows among good ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from automations.models import Event, Record
from tests.integration.modules.conftest import HEADER, MAPPING, Import, csv_of, values_of

pytestmark = pytest.mark.django_db

GOOD = "T-1,Printer,New,5,"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "empty-file", "empty"),
        (b"\xef\xbb\xbf", "empty-file", "empty"),
        (csv_of(GOOD, header="Number,Subject,State,Amount,Number"), "repeated-column", "“Number”"),
        (csv_of("T-1,Printer,New,5", header="Number,Subject,State,Amount"), "missing-column", "“Opened”"),
        (csv_of(GOOD).replace(",", ";"), "missing-column", "delimiter"),
        (csv_of(GOOD, "T-2,Größe,,,").encode("latin-1"), "not-utf-8", "Line 3"),
        (csv_of(GOOD).encode("utf-16"), "not-utf-8", "Line 1"),
        (csv_of(GOOD, 'T-2,"never closed,,,'), "quote-not-closed", "line 3"),
        (csv_of(GOOD, f'T-2,"{"x" * 17 * 1024 * 1024}",,,'), "row-too-large", "line 3"),
    ],
)
def test_a_file_that_can_not_be_read_imports_nothing(
    run_import: Import, content: str | bytes, code: str, said: str
) -> None:
    answer = run_import(content)
    assert answer.code == 2
    assert answer.lines[0]["code"] == code
    assert said in answer.lines[0]["message"] + answer.lines[0]["hint"]
    assert (Record.objects.count(), Event.objects.count()) == (0, 0)


def test_a_missing_file_and_an_unknown_module_or_actor_are_named(run_import: Import, tmp_path: Path) -> None:
    assert run_import(csv_of(GOOD), module="tikkets").lines[0] | {"message": ""} == {
        "type": "problem",
        "code": "unknown-module",
        "message": "",
        "hint": "Did you mean “tickets”?",
        "path": "module",
    }
    assert run_import(csv_of(GOOD), "--actor", "nobody").lines[0]["code"] == "unknown-user"
    with pytest.raises(SystemExit) as end:
        call_command("import_records", "tickets", "nowhere.csv", "--mapping", str(tmp_path / "mapping.json"))
    assert end.value.code == 2
    with pytest.raises(SystemExit) as end:
        call_command("import_records", "tickets", str(tmp_path / "rows.csv"), "--mapping", "nowhere.json")
    assert end.value.code == 2
    assert Record.objects.count() == 0


def altered(**changes: Any) -> dict[str, Any]:
    return {**MAPPING, **changes}


def column(**settings: Any) -> dict[str, Any]:
    return altered(columns={"Subject": settings})


@pytest.mark.parametrize(
    ("mapping", "code", "path"),
    [
        ("{", "malformed-json", "mapping"),
        ("[" * 100_000, "malformed-json", "mapping"),
        ("[]", "wrong-config-type", "mapping"),
        ('{"key": "Number", "columns": {"A": "subject", "A": "status"}}', "repeated-name", "mapping"),
        ({"columns": {"Subject": "subject"}}, "missing-config", "mapping.key"),
        ({"key": "Number"}, "missing-config", "mapping.columns"),
        (altered(columns={}), "config-wrong-size", "mapping.columns"),
        (altered(colums={}), "unknown-config", "mapping.colums"),
        (altered(delimiter=", "), "config-not-a-choice", "mapping.delimiter"),
        (altered(zone="Mars/Olympus"), "unknown-zone", "mapping.zone"),
        (altered(zone="Europe"), "unknown-zone", "mapping.zone"),
        (altered(zone="../../etc/passwd"), "unknown-zone", "mapping.zone"),
        (altered(defaults={"stauts": "open"}), "unknown-field", "mapping.defaults.stauts"),
        (altered(defaults={"status": "opened"}), "unknown-choice", "mapping.defaults.status"),
        (altered(columns={"Subject": "subjekt"}), "unknown-field", "mapping.columns.Subject"),
        (altered(columns={"Subject": 7}), "config-fits-no-form", "mapping.columns.Subject"),
        (
            altered(columns={"Subject": "subject", "State": "subject"}),
            "field-mapped-twice",
            "mapping.columns.State",
        ),
        (
            column(field="status", values={"New": "opened"}),
            "unknown-choice",
            "mapping.columns.Subject.values.New",
        ),
        (column(field="due_on", format="%d.%m"), "bad-format", "mapping.columns.Subject.format"),
        (column(field="due_on", format="today"), "bad-format", "mapping.columns.Subject.format"),
        (column(field="subject", format="%d"), "setting-not-for-type", "mapping.columns.Subject.format"),
        (column(field="due_on", zone="UTC"), "setting-not-for-type", "mapping.columns.Subject.zone"),
        (column(field="vip", separator="|"), "setting-not-for-type", "mapping.columns.Subject.separator"),
        (column(field="vip", decimal=","), "setting-not-for-type", "mapping.columns.Subject.decimal"),
        (column(field="status", clear=True), "clear-with-default", "mapping.columns.Subject.clear"),
    ],
)
def test_a_broken_mapping_is_named_with_its_place_and_imports_nothing(
    run_import: Import, mapping: Any, code: str, path: str
) -> None:
    answer = run_import(csv_of(GOOD), mapping=mapping)
    assert answer.code == 2
    assert (answer.lines[0]["code"], answer.lines[0]["path"]) == (code, path), answer.out
    assert Record.objects.count() == 0


def test_every_problem_of_a_mapping_is_told_at_once(run_import: Import) -> None:
    mapping = altered(zone="Mars", columns={"Subject": "subjekt", "State": "stat"})
    answer = run_import(csv_of(GOOD), mapping=mapping, plain=True)
    assert answer.code == 2
    assert [line.split(":")[0] for line in answer.err.splitlines()] == [
        "mapping.zone",
        "mapping.columns.Subject",
        "mapping.columns.State",
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("T-2,Pho\0ne,,,", "wrong-value-type"),
        ("T\0-2,Phone,,,", "bad-key"),
        (f"{'T' * 121},Phone,,,", "bad-key"),
        (f'T-2,"{"x" * 10_000_000}",,,', "wrong-value-type"),
        (f"T-2,{'x' * 10_000_000},,,", "wrong-value-type"),
        ("T-2,Phone,,", "wrong-cell-count"),
        ("T-2,Phone,,,,", "wrong-cell-count"),
        ("T-2,Phone", "wrong-cell-count"),
        ('T-2,"Phone" 5,,,', "malformed-row"),
        ("T-2,Phone,,1e999,", "wrong-value-type"),
        ("T-2,Phone,,NaN,", "wrong-value-type"),
        (f"T-2,Phone,,{'9' * 500},", "wrong-value-type"),
        ("T-2,Phone,,,31.12.0000 10:00", "wrong-value-type"),
    ],
    ids=lambda value: value[:24].replace("\0", "NUL"),
)
def test_a_hostile_row_is_refused_and_its_neighbours_are_kept(
    run_import: Import, row: str, code: str
) -> None:
    answer = run_import(csv_of(GOOD, row, "T-3,Screen,New,7,"))
    assert (answer.code, answer.counts) == (1, {"created": 2, "refused": 1})
    assert (answer.refused[0]["line"], answer.refused[0]["code"]) == (3, code)
    assert len(answer.out) < 3_000
    assert sorted(Record.objects.values_list("key", flat=True)) == ["T-1", "T-3"]


def test_lines_are_those_of_the_file_though_cells_hold_line_ends(run_import: Import) -> None:
    content = csv_of('T-1,"a\nb\nc",,,', "", " , ,,,", "T-2,Phone,,x,").replace("\n", "\r\n")
    answer = run_import(content)
    assert answer.counts == {"created": 1, "refused": 1}
    assert answer.refused[0]["line"] == 7
    assert values_of("T-1")["subject"] == "a\r\nb\r\nc"


def test_a_byte_order_mark_is_no_part_of_the_first_name(run_import: Import) -> None:
    assert run_import(b"\xef\xbb\xbf" + csv_of(GOOD).encode()).counts == {"created": 1}


def test_formulas_and_markup_are_kept_as_text(run_import: Import) -> None:
    texts = ['=HYPERLINK("http://x";"y")', "+1+1", "@SUM(A1)", "-2", "<script>", "  padded  ", "1e3", "null"]
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    run_import(csv_of(*(f"T-{n},{text},,," for n, text in enumerate(quoted))))
    assert [values_of(f"T-{n}")["subject"] for n in range(len(texts))] == texts


def test_what_a_terminal_would_act_on_is_not_sent_to_it(run_import: Import) -> None:
    answer = run_import(csv_of("T-1,Printer,\x1b[2J[bold]x,,"), plain=True)
    assert answer.code == 1
    assert "\x1b" not in answer.err
    assert "[bold]x" in answer.err


def test_a_header_alone_imports_nothing_and_is_no_fault(run_import: Import) -> None:
    answer = run_import(HEADER)
    assert (answer.code, answer.counts) == (0, {})
    assert json.loads(answer.out)["rows"] == 0


@pytest.mark.parametrize(
    ("cell", "fits"),
    [
        ('{"a": 1}', True),
        ("[1, 2]", True),
        ("{", False),
        ("NaN", False),
        ('"\\u0000"', False),
        ("[" * 5_000, False),
        ("1" * 5_000, False),
    ],
    ids=lambda value: str(value)[:12],
)
def test_json_cells_hold_sound_json_only(run_import: Import, cell: str, fits: bool) -> None:
    mapping = {"key": "Number", "columns": {"Subject": "subject", "State": "payload"}}
    quoted = '"' + cell.replace('"', '""') + '"'
    answer = run_import(csv_of(f"T-1,Printer,{quoted},,"), mapping=mapping)
    assert answer.code == (0 if fits else 1), answer
