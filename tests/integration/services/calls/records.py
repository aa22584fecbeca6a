"""How the services of modules and records are called, and of what is read into them."""

from __future__ import annotations

from automations.models import Module
from automations.services import csv_rows, import_mappings, modules, record_imports, records, sources, texts

from ..world import FIELDS, MAPPING, NOW
from .shapes import READS, Audited, Call, Traced

HISTORY = Traced(
    ("event", "record", "recordchange"), "the record's history and the event name who changed it to what"
)

CALLS: tuple[Call, ...] = (
    Call(csv_rows.read_csv, lambda w: {"file": w.file(), "delimiter": ",", "columns": ["Number"]}, READS),
    Call(csv_rows.unreadable, lambda w: {"code": "c", "message": "m", "hint": "h"}, READS),
    Call(import_mappings.read_mapping, lambda w: {"text": MAPPING, "module": w.tickets}, READS),
    Call(
        import_mappings.parse_mapping,
        lambda w: {"document": {"key": "Number", "columns": {"Title": "title"}}, "module": w.tickets},
        READS,
    ),
    Call(
        modules.create_module,
        lambda w: {
            "key": "parcels",
            "name": "Parcels",
            "fields": FIELDS,
            "actor": w.bob,
            "title_field": "title",
            "status_field": "state",
            "transitions": {"open": ["closed"]},
            "team": "Sales",
            "zone": "Europe/Berlin",
        },
        Audited("module.created"),
    ),
    Call(
        modules.update_module,
        lambda w: {
            "module": w.tickets,
            "actor": w.bob,
            "name": "Cases",
            "fields": [*FIELDS, {"key": "more", "type": "text"}],
            "transitions": {"open": ["closed"]},
        },
        Audited("module.updated", "module"),
    ),
    Call(
        record_imports.import_records,
        lambda w: {
            "module": w.tickets,
            "mapping": w.mapping(),
            "file": w.file(),
            "actor": w.bob,
            "at": NOW,
        },
        Audited("records.imported", "module"),
    ),
    Call(
        records.parse_values,
        lambda w: {"module": w.tickets, "raw": {"title": "x"}, "creating": True},
        READS,
    ),
    Call(records.key_problems, lambda w: {"key": "T9"}, READS),
    Call(
        records.create_record,
        lambda w: {
            "module": w.tickets,
            "key": "T9",
            "values": {"title": "Nine", "amount": 9, "extra": {"a": 1}},
            "actor": w.bob,
            "idempotency_key": "nine",
        },
        HISTORY,
    ),
    Call(
        records.update_record,
        lambda w: {
            "module": w.tickets,
            "key": "T1",
            "values": {"title": "Anew"},
            "actor": w.bob,
            "idempotency_key": "anew",
        },
        HISTORY,
    ),
    Call(
        records.comment_record,
        lambda w: {"module": w.tickets, "key": "T1", "text": "Hello", "actor": w.bob},
        Traced(("recordcomment",), "a comment names its author"),
    ),
    Call(
        records.import_rows,
        lambda w: {"module": w.tickets, "rows": [("T1", {"title": "Anew"})], "actor": w.bob},
        Audited("records.imported", "module"),
    ),
    Call(
        sources.create_source,
        lambda w: {
            "key": "till",
            "name": "Till",
            "actor": w.bob,
            "contract": {"type": "object"},
            "module": w.tickets,
        },
        Audited("source.created"),
    ),
    Call(
        sources.send_event,
        lambda w: {
            "source": w.source,
            "data": {"order": "O-1"},
            "actor": w.bob,
            "record_key": "T1",
            "idempotency_key": "O-1",
        },
        Traced(("event",), "an event names who sent it"),
    ),
    Call(texts.text_problems, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_texts, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_text, lambda w: {"value": "x", "path": "seen"}, READS),
    Call(texts.require_object, lambda w: {"value": {}, "path": "data"}, READS),
    Call(texts.slug_problems, lambda w: {"path": "key", "text": "x"}, READS),
)
