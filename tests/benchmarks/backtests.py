"""A backtest of 100,000 events through a graph of four nodes, in one process, beside the bare reading of the same events."""

from __future__ import annotations

import time
from typing import Any

import psutil

from tests.benchmarks.setting import Figure

EVENTS = 100_000
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "priority", "type": "choice", "choices": ["low", "normal", "high", "urgent"]},
    {"key": "state", "type": "choice", "choices": ["new", "open", "closed"]},
    {"key": "amount", "type": "money"},
    {"key": "owner", "type": "text"},
]
FILL = """
INSERT INTO automations_event (source_id, type, module_id, record_key, snapshot, request_hash, state, occurred_at,
    received_at, clock, depth)
SELECT %s, 'record.updated', %s, 'K' || n, jsonb_build_object('type', 'record.updated', 'module', 'claims',
    'record', 'K' || n, 'occurred_at', '2026-03-01T00:00:00.000000Z', 'data', '{}'::jsonb, 'changed', '["state"]'::jsonb,
    'actor', NULL, 'before', v || '{"state": "new"}', 'after', v), '', 'matched', now() - n * interval '1 second',
    now() - n * interval '1 second', '', 0
FROM generate_series(1, %s) n, LATERAL (SELECT jsonb_build_object('title', 'Claim ' || n,
    'priority', (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n %% 4],
    'state', (ARRAY['new', 'open', 'closed'])[1 + n %% 3], 'amount', ((n * 7919) %% 1000)::text) v) made
"""


def document(limit: str) -> dict[str, Any]:
    from automations.testing import edge, node

    def is_(field: str, op: str, value: str) -> dict[str, Any]:
        return {"field": field, "op": op, "value": value}

    return {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="claims", on=["updated"]),
            node(
                "c1",
                "condition.if",
                rule={"any": [is_("priority", "eq", "urgent"), is_("priority", "eq", "high")]},
            ),
            node("c2", "condition.if", rule=is_("amount", "gt", limit)),
            node("a1", "action.update_fields", values={"owner": "second line"}),
        ],
        "edges": [edge("t1", "c1"), edge("c1", "c2", "true"), edge("c2", "a1", "true")],
    }


def measure(world: Any) -> list[Figure]:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from automations.models import Event
    from automations.runtime.writes import module_source
    from automations.services.backtests import start_backtest, work_on
    from automations.services.drafts import save_draft
    from automations.testing import make_module, make_workflow

    alice = get_user_model().objects.get(username="alice")
    module = make_module("claims", FIELDS)
    workflow = make_workflow("claims", document("500"), owner=alice, module=module)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [module_source(module).pk, module.pk, EVENTS])
        cursor.execute("ANALYZE automations_event")
    save_draft(workflow=workflow, document=document("400"), revision=None, actor=alice)
    memory = psutil.Process().memory_info
    tenth = work_on(start_backtest(workflow=workflow, actor=alice, days=1), watch=lambda _: None)
    before = memory().rss
    began = time.perf_counter()
    done = work_on(start_backtest(workflow=workflow, actor=alice, days=7), watch=lambda _: None)
    seconds = time.perf_counter() - began
    grown = (memory().rss - before) / 2**20
    # Half of the events are urgent or high, and of these one in ten lies between the two limits.
    expected = sum(n % 4 >= 2 and 400 < (n * 7919) % 1000 <= 500 for n in range(1, EVENTS + 1))
    if (done.looked_at, done.newly_selected, done.same) != (EVENTS, expected, EVENTS - expected):
        raise RuntimeError(
            f"The backtest counts {done.looked_at}, {done.newly_selected}; expected {expected}."
        )
    began = time.perf_counter()
    rows = Event.objects.filter(module=module).order_by("id").values_list("id", "snapshot")
    read = sum(1 for _ in rows.iterator(chunk_size=2_000))
    reading = time.perf_counter() - began
    return [
        Figure(
            f"backtest of {done.looked_at:,} events, four nodes, {done.newly_selected:,} answered differently",
            f"{done.looked_at / seconds:,.0f} events/s a process",
            "≥ 10,000 events/s",
            f"bare reading of the same rows: {read / reading:,.0f}/s",
        ),
        Figure(
            f"memory that it takes more than one of {tenth.looked_at:,} events before it",
            f"{grown:+.0f} MiB",
            "flat",
        ),
    ]
