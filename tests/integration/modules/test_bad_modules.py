"""What is wrong with a module is told with its place, and nothing of it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Module, TriggerSource
from automations.services.modules import create_module, update_module
from automations.services.records import create_record
from tests.integration.modules.conftest import FIELDS

pytestmark = pytest.mark.django_db

STATUS = {"key": "status", "type": "choice", "choices": ["open", "closed"]}
BAD: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"fields": {"subject": "text"}}, [("malformed-fields", "fields")]),
    ({"fields": ["subject"]}, [("malformed-field", "fields[0]")]),
    ({"fields": [{"key": "a", "type": "string"}]}, [("unknown-field-type", "fields[0].type")]),
    ({"fields": [{"key": "a", "type": ["text"]}]}, [("unknown-field-type", "fields[0].type")]),
    ({"fields": [{"key": "a"}]}, [("unknown-field-type", "fields[0].type")]),
    ({"fields": [{"type": "text"}]}, [("bad-field-key", "fields[0].key")]),
    ({"fields": [{"key": "Größe", "type": "text"}]}, [("bad-field-key", "fields[0].key")]),
    ({"fields": [{"key": "a'; --", "type": "text"}]}, [("bad-field-key", "fields[0].key")]),
    ({"fields": [{"key": "__class__", "type": "text"}]}, [("bad-field-key", "fields[0].key")]),
    ({"fields": [{"key": "a" * 64, "type": "text"}]}, [("bad-field-key", "fields[0].key")]),
    (
        {"fields": [{"key": "a", "type": "text"}, STATUS, {"key": "a", "type": "number"}]},
        [("duplicate-field", "fields[2].key")],
    ),
    (
        {"fields": [STATUS, {"key": "limit", "type": "money"}, {"key": "rule", "type": "text"}]},
        [("reserved-field-key", "fields[1].key"), ("reserved-field-key", "fields[2].key")],
    ),
    ({"fields": [{"key": "a", "type": "choice"}]}, [("no-choices", "fields[0].choices")]),
    ({"fields": [{"key": "a", "type": "choice", "choices": []}]}, [("no-choices", "fields[0].choices")]),
    ({"fields": [{"key": "a", "type": "choice", "choices": "ab"}]}, [("bad-choices", "fields[0].choices")]),
    (
        {"fields": [{"key": "a", "type": "choice", "choices": ["x", 1]}]},
        [("bad-choices", "fields[0].choices")],
    ),
    ({"fields": [{"key": "a", "type": "choice", "choices": ["\0"]}]}, [("bad-choices", "fields[0].choices")]),
    (
        {"fields": [STATUS, {"key": "a", "type": "json", "indexed": True}]},
        [("index-not-for-type", "fields[1].indexed")],
    ),
    ({"fields": [STATUS], "title_field": "subject"}, [("unknown-field", "title_field")]),
    ({"fields": [STATUS], "status_field": "state"}, [("unknown-field", "status_field")]),
    ({"fields": [STATUS], "transitions": {"open": ["closed"]}}, [("no-status-field", "transitions")]),
    (
        {
            "fields": [STATUS],
            "status_field": "status",
            "transitions": {"opened": ["closed"], "open": ["gone"]},
        },
        [("unknown-choice", "transitions.opened"), ("unknown-choice", "transitions.open")],
    ),
    (
        {
            "fields": [{"key": "a", "type": "text"}],
            "status_field": "a",
            "transitions": {"open": ["closed"]},
        },
        [("status-without-choices", "status_field")],
    ),
    ({"fields": [STATUS], "zone": "Mars/Olympus"}, [("unknown-zone", "zone")]),
    (
        {"fields": [{"key": "A", "type": "text"}, {"key": "b", "type": "x"}], "title_field": "c"},
        [
            ("bad-field-key", "fields[0].key"),
            ("unknown-field-type", "fields[1].type"),
            ("unknown-field", "title_field"),
        ],
    ),
]


@pytest.mark.parametrize(("given", "expected"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_module_is_told_with_its_places_and_not_stored(
    root: Any, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    before = (Module.objects.count(), TriggerSource.objects.count(), AuditEntry.objects.count())
    with pytest.raises(InvalidError) as refused:
        create_module(key="things", name="Things", actor=root, **given)
    assert [(problem.code, problem.path) for problem in refused.value.problems] == expected
    assert all(problem.message and problem.hint for problem in refused.value.problems)
    assert (Module.objects.count(), TriggerSource.objects.count(), AuditEntry.objects.count()) == before


def test_a_key_that_is_taken_is_a_conflict_and_leaves_the_transaction_usable(
    tickets: Module, root: Any
) -> None:
    with pytest.raises(ConflictError, match="tickets"):
        create_module(key="tickets", name="Again", fields=[STATUS], actor=root)
    assert Module.objects.get(key="tickets").name == "Tickets"


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": [{"key": "subject", "type": "string"}]},
        {"fields": []},
        {
            "fields": [
                {**field, "choices": ["open"]} for field in FIELDS if field["key"] in ("subject", "status")
            ]
        },
        {"transitions": {"open": ["gone"]}},
    ],
    ids=["wrong type", "without the status field", "without a status in use", "unknown status"],
)
def test_a_bad_change_leaves_the_module_as_it_was(
    tickets: Module, root: Any, changes: dict[str, Any]
) -> None:
    before = Module.objects.values().get(pk=tickets.pk)
    with pytest.raises(InvalidError):
        update_module(module=tickets, actor=root, **changes)
    assert Module.objects.values().get(pk=tickets.pk) == before


def test_a_native_module_is_changed_in_code_only(root: Any) -> None:
    with pytest.raises(ConflictError, match="code"):
        update_module(module=Module.objects.get(key="orders"), name="Purchases", actor=root)


def test_a_field_is_not_retyped_over_values_that_do_not_fit(tickets: Module, root: Any) -> None:
    create_record(module=tickets, key="T-1", values={"subject": "four"}, actor=root)
    numeric = [{**field, "type": "number"} if field["key"] == "subject" else field for field in FIELDS]
    with pytest.raises(ConflictError, match="“T-1” holds “four”") as refused:
        update_module(module=tickets, fields=numeric, actor=root)
    assert refused.value.code == "values-do-not-fit"
    create_record(module=tickets, key="T-2", values={"subject": "4", "origin": "5"}, actor=root)
    fitting = [{**field, "type": "number"} if field["key"] == "origin" else field for field in FIELDS]
    update_module(module=tickets, fields=fitting, actor=root)


def test_a_field_that_comes_back_is_checked_against_what_records_still_hold(
    tickets: Module, root: Any
) -> None:
    create_record(module=tickets, key="T-1", values={"subject": "a", "origin": "mail"}, actor=root)
    update_module(module=tickets, fields=[f for f in FIELDS if f["key"] != "origin"], actor=root)
    back = [{**field, "type": "date"} if field["key"] == "origin" else field for field in FIELDS]
    with pytest.raises(ConflictError, match="“mail”"):
        update_module(module=tickets, fields=back, actor=root)
    update_module(module=tickets, fields=FIELDS, actor=root)
