from __future__ import annotations

import time
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.progress import DownloadColumn

from automations.management.progress import progress_bar
from automations.models import AuditEntry, Event, Module, Record, RecordChange
from automations.services.import_mappings import parse_mapping
from automations.services.record_imports import import_records
from automations.services.records import update_record
from config.demo.models import Order
from tests.integration.modules.conftest import MAPPING, Import, csv_of, values_of

pytestmark = pytest.mark.django_db

THREE = csv_of(
    'T-1,Printer,New,"1.234,50",01.03.2026 09:30',
    "T-2,Phone,,?,",
    "T-3,Screen,Done,7,29.03.2026 03:30",
)


def test_rows_become_records_by_the_mapping(run_import: Import) -> None:
    answer = run_import(THREE)
    assert (answer.code, answer.counts) == (0, {"created": 3})
    assert values_of(["T-1", "T-2", "T-3"]) == [
        {
            "subject": "Printer",
            "status": "open",
            "amount": "1234.50",
            "opened_at": "2026-03-01T08:30:00.000000Z",
        },
        {"subject": "Phone", "status": "open"},
        {
            "subject": "Screen",
            "status": "closed",
            "amount": "7",
            "opened_at": "2026-03-29T01:30:00.000000Z",
        },
    ]


def test_every_change_is_an_event_with_history_and_one_audit_entry_a_batch(
    run_import: Import, root: Any
) -> None:
    run_import(THREE, "--actor", "root")
    assert list(Event.objects.order_by("pk").values_list("type", "record_key")) == [
        ("record.created", key) for key in ("T-1", "T-2", "T-3")
    ]
    run_import(csv_of("T-1,Printer on fire,Done,?,"))
    last = Event.objects.order_by("pk").last()
    assert last is not None
    assert (last.type, last.snapshot["changed"]) == ("record.updated", ["subject", "status"])
    assert set(RecordChange.objects.filter(record_key="T-1", actor=root).values_list("field", flat=True)) == {
        "subject",
        "status",
        "amount",
        "opened_at",
    }
    entries = AuditEntry.objects.filter(action="records.imported").order_by("pk")
    assert [(entry.actor_name, entry.after) for entry in entries] == [
        ("root", {"created": 3}),
        ("system", {"updated": 1}),
    ]


def test_a_second_import_changes_nothing_and_says_so(run_import: Import) -> None:
    run_import(THREE)
    events, audits = Event.objects.count(), AuditEntry.objects.count()
    answer = run_import(THREE)
    assert (answer.code, answer.counts) == (0, {"unchanged": 3})
    assert (Event.objects.count(), AuditEntry.objects.count()) == (events, audits)
    assert set(Record.objects.values_list("version", flat=True)) == {1}


def test_an_empty_cell_leaves_an_existing_value_alone_and_a_default_is_for_new_records(
    run_import: Import, tickets: Module, root: Any
) -> None:
    run_import(csv_of("T-1,Printer,,5,"))
    update_record(module=tickets, key="T-1", values={"status": "waiting"}, actor=root)
    answer = run_import(csv_of("T-1,Printer,,,"))
    assert answer.counts == {"unchanged": 1}
    assert values_of("T-1") == {"subject": "Printer", "status": "waiting", "amount": "5"}


def test_a_column_that_clears_empties_the_field(run_import: Import) -> None:
    run_import(csv_of("T-1,Printer,,5,"))
    mapping = {"key": "Number", "columns": {"Amount": {"field": "amount", "clear": True}}}
    assert run_import(csv_of("T-1,,,,"), mapping=mapping).counts == {"updated": 1}
    assert values_of("T-1")["amount"] is None
    assert run_import(csv_of("T-1,,,,"), mapping=mapping).counts == {"unchanged": 1}


def test_a_dry_run_counts_and_refuses_but_writes_nothing(run_import: Import) -> None:
    run_import(csv_of("T-1,Printer,Done,,", "T-2,Phone,,,"))
    events, audits = Event.objects.count(), AuditEntry.objects.count()
    answer = run_import(
        csv_of("T-1,Printer,New,,", "T-2,Phone,,9,", "T-3,Screen,,x,", "T-4,Mouse,,,"), "--dry-run"
    )
    assert (answer.code, answer.counts) == (1, {"created": 1, "updated": 1, "refused": 2})
    assert [(row["line"], row["code"]) for row in answer.refused] == [
        (4, "wrong-value-type"),
        (2, "transition-not-allowed"),
    ]
    assert answer.lines[-1]["dry_run"] is True
    assert (Record.objects.count(), Event.objects.count(), AuditEntry.objects.count()) == (2, events, audits)
    assert values_of("T-2") == {"subject": "Phone", "status": "open"}


def test_bad_rows_are_told_with_line_column_value_and_cure_while_good_ones_are_kept(
    run_import: Import,
) -> None:
    answer = run_import(
        csv_of(
            "T-1,Printer,New,5,",
            "T-2,Phone,Opened,five,",
            ",Nobody,New,,",
            "T-4,,New,,",
            "T-5,Screen,New,,31.02.2026 10:00",
        )
    )
    assert (answer.code, answer.counts) == (1, {"created": 1, "refused": 4})
    told = [(row["line"], row["key"], row["column"], row["value"], row["code"]) for row in answer.refused]
    assert told == [
        (3, "T-2", "State", "Opened", "unknown-choice"),
        (3, "T-2", "Amount", "five", "wrong-value-type"),
        (4, "", "Number", "", "missing-key"),
        (6, "T-5", "Opened", "31.02.2026 10:00", "wrong-value-type"),
        (5, "T-4", "Subject", "", "missing-value"),
    ]
    assert "Did you mean “open”?" in answer.refused[0]["hint"]
    assert all(row["message"] and row["hint"] for row in answer.refused)
    assert list(Record.objects.values_list("key", flat=True)) == ["T-1"]


def test_people_read_the_same_in_plain_words(run_import: Import) -> None:
    answer = run_import(csv_of("T-1,[red]Printer,Opened,,", "T-2,Phone,,,"), plain=True)
    assert answer.code == 1
    assert answer.out == "1 created, 0 updated, 0 unchanged, 1 refused, 0 merged.\n"
    assert answer.err == (
        "line 2, column “State”: “Opened” is not among the choices. (it is “Opened”) Did you mean “open”?\n"
    )


def test_rows_that_the_module_forbids_are_refused_alone(run_import: Import) -> None:
    run_import(csv_of("T-1,Printer,Done,,", "T-2,Phone,New,,"))
    answer = run_import(csv_of("T-1,Printer,New,,", "T-2,Phone,Done,,"))
    assert (answer.code, answer.counts) == (1, {"updated": 1, "refused": 1})
    assert answer.refused[0]["code"] == "transition-not-allowed"
    assert (answer.refused[0]["column"], answer.refused[0]["line"]) == ("State", 2)


def test_a_read_only_field_is_filled_once_and_then_only_confirmed(run_import: Import) -> None:
    mapping = {"key": "Number", "columns": {"Subject": "subject", "State": "origin"}}
    assert run_import(csv_of("T-1,Printer,mail,,"), mapping=mapping).counts == {"created": 1}
    assert run_import(csv_of("T-1,Printer,mail,,"), mapping=mapping).counts == {"unchanged": 1}
    answer = run_import(csv_of("T-1,Printer,phone,,"), mapping=mapping)
    assert (answer.code, answer.refused[0]["code"]) == (1, "read-only-field")
    assert values_of("T-1")["origin"] == "mail"


def test_rows_with_one_key_are_one_record_and_the_later_row_wins(run_import: Import) -> None:
    twice = csv_of("T-1,Printer,New,5,", "T-2,Phone,,,", "T-1,Printer on fire,Done,,", "T-1,Smoke,Nonsense,,")
    answer = run_import(twice)
    assert (answer.code, answer.counts) == (1, {"created": 2, "merged": 1, "refused": 1})
    assert values_of("T-1") == {"subject": "Printer on fire", "status": "closed", "amount": "5"}
    assert run_import(twice).counts == {"unchanged": 2, "merged": 1, "refused": 1}


def test_lists_json_booleans_dates_and_people_are_read(run_import: Import) -> None:
    mapping = {
        "key": "Number",
        "zone": "America/New_York",
        "delimiter": ";",
        "columns": {
            "Subject": "subject",
            "Tags": {"field": "tags", "separator": "|"},
            "Payload": "payload",
            "VIP": {"field": "vip", "values": {"yes": True, "no": False}},
            "Due": {"field": "due_on", "format": "%m/%d/%y"},
            "Opened": "opened_at",
            "Owner": "owner",
        },
    }
    content = csv_of(
        'T-1;Printer;a | b||;"{""customer"": {""level"": 3}}";yes;03/29/26;2026-03-01T12:00;alice',
        header="Number;Subject;Tags;Payload;VIP;Due;Opened;Owner",
    )
    assert run_import(content, mapping=mapping).counts == {"created": 1}
    assert values_of("T-1") == {
        "subject": "Printer",
        "tags": ["a", "b"],
        "payload": {"customer": {"level": 3}},
        "vip": True,
        "due_on": "2026-03-29",
        "opened_at": "2026-03-01T17:00:00.000000Z",
        "owner": "alice",
    }


ORDERS = {
    "key": "No",
    "columns": {"Customer": "customer", "Amount": "amount", "Status": "status", "Owner": "owner"},
}


def test_a_native_model_is_imported_through_its_own_save(run_import: Import, alice: Any) -> None:
    content = csv_of("O-1,Ada,12.5,draft,alice", "O-2,Bo,1,paid,", header="No,Customer,Amount,Status,Owner")
    assert run_import(content, mapping=ORDERS, module="orders").counts == {"created": 2}
    order = Order.objects.get(number="O-1")
    assert (order.customer, str(order.amount), order.owner) == ("Ada", "12.50", alice)
    assert Event.objects.filter(module__key="orders").count() == 2
    assert run_import(content, mapping=ORDERS, module="orders").counts == {"unchanged": 2}
    assert Event.objects.filter(module__key="orders").count() == 2


def test_what_a_native_model_does_not_take_is_refused_alone(run_import: Import, alice: Any) -> None:
    content = csv_of(
        "O-1,Ada,1,draft,nobody",
        f"O-2,{'x' * 121},1,draft,",
        "O-3,Bo,1.234,draft,",
        f"{'O' * 41},Cy,1,draft,",
        "O-5,Dee,1,draft,alice",
        header="No,Customer,Amount,Status,Owner",
    )
    answer = run_import(content, mapping=ORDERS, module="orders")
    assert (answer.code, answer.counts) == (1, {"created": 1, "refused": 4})
    assert [(row["line"], row["column"]) for row in answer.refused] == [
        (2, "Owner"),
        (3, "Customer"),
        (4, "Amount"),
        (5, ""),
    ]
    assert "There is no user “nobody”" in answer.refused[0]["message"]
    assert list(Order.objects.values_list("number", flat=True)) == ["O-5"]


@pytest.mark.parametrize("watched", [True, False])
def test_progress_is_shown_on_a_terminal_only(watched: bool) -> None:
    out = StringIO()
    with progress_bar(Console(file=out, force_terminal=watched), DownloadColumn()) as bar:
        bar.update(bar.add_task("Import", total=10), completed=10)
    assert ("Import" in out.getvalue()) == watched


class PowerCutError(Exception):
    """The process ends here."""


@pytest.mark.django_db(transaction=True)
def test_an_import_that_breaks_off_keeps_whole_batches_and_a_second_one_completes_it(tickets: Module) -> None:
    mapping = parse_mapping(MAPPING, tickets)
    content = csv_of(*(f"T-{n},Subject {n},New,{n}," for n in range(1_700))).encode()

    def cut(done: int) -> None:
        if done > len(content) * 1.5:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        import_records(
            module=tickets,
            mapping=mapping,
            file=BytesIO(content),
            actor=None,
            at=datetime.now(UTC),
            on_progress=cut,
        )
    kept = Record.objects.count()
    assert kept == Event.objects.count() == 1_000
    result = import_records(
        module=tickets, mapping=mapping, file=BytesIO(content), actor=None, at=datetime.now(UTC)
    )
    assert (result.unchanged, result.created) == (kept, 700)
    assert Record.objects.count() == Event.objects.count() == 1_700


def test_ten_thousand_rows_are_imported_in_reasonable_time(run_import: Import) -> None:
    content = csv_of(*(f"T-{n},Subject {n},New,{n},01.03.2026 09:30" for n in range(10_000)))
    started = time.perf_counter()
    assert run_import(content).counts == {"created": 10_000}
    created = time.perf_counter() - started
    started = time.perf_counter()
    assert run_import(content).counts == {"unchanged": 10_000}
    unchanged = time.perf_counter() - started
    assert created < 60
    assert unchanged < 30
