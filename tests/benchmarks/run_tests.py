"""run-test over 100,000 live records, beside the same question asked of PostgreSQL by hand."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.setting import Figure, median, milliseconds, timed

RECORDS = 100_000
ROUNDS = 15

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "priority", "type": "choice", "choices": ["low", "normal", "high", "urgent"], "indexed": True},
    {"key": "state", "type": "choice", "choices": ["new", "open", "closed"], "indexed": True},
    {"key": "amount", "type": "money", "indexed": True},
]
RULE = {
    "all": [
        {"field": "priority", "op": "eq", "value": "urgent"},
        {"field": "state", "op": "in", "value": ["new", "open"]},
        {"field": "amount", "op": "gt", "value": "900"},
    ]
}
BY_HAND = (
    """
SELECT count(*) FROM automations_record WHERE module_id = %(module)s AND data->>'priority' = 'urgent'
  AND data->>'state' IN ('new', 'open') AND (data->>'amount')::numeric > 900
""",
    """
SELECT id, key, data, version FROM automations_record WHERE module_id = %(module)s AND data->>'priority' = 'urgent'
  AND data->>'state' IN ('new', 'open') AND (data->>'amount')::numeric > 900 ORDER BY id DESC LIMIT 50
""",
)


def measure(world: Any) -> list[Figure]:
    from zoneinfo import ZoneInfo

    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.utils import timezone

    from automations.engine.rules import compile_rule
    from automations.modules.adapter import adapter_for
    from automations.modules.schema import facts_of
    from automations.modules.sql import SqlContext
    from automations.services.run_tests import RunTestRequest, run_test
    from automations.testing import chain, make_module, make_workflow, node

    module = make_module("cases", FIELDS)
    world.query(
        "INSERT INTO automations_record (module_id, key, data, version, created_at, updated_at)"
        " SELECT %s, 'C' || n, jsonb_build_object('title', 'Case ' || n,"
        " 'priority', (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n %% 4],"
        " 'state', (ARRAY['new', 'open', 'closed'])[1 + n %% 3], 'amount', ((n * 7919) %% 1000)::text), 1, now(), now()"
        " FROM generate_series(1, %s) n RETURNING 1",
        module.pk,
        RECORDS,
    )
    world.query("SELECT 1 FROM (SELECT 1) one")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE automations_record")
    trigger = node("t1", "trigger.record", module="cases", on=["updated"], filter=RULE)
    workflow = make_workflow(
        "cases",
        chain(trigger, node("a1", "action.update_fields", values={"state": "closed"})),
        owner=get_user_model().objects.get(username="alice"),
    )
    answers: list[dict[str, Any]] = []

    def whole() -> None:
        answers.append(run_test(workflow=workflow, request=RunTestRequest(records="live", limit=50)))

    facts = facts_of(module)
    adapter = adapter_for(module)

    def selection() -> tuple[int, int]:
        context = SqlContext(now=timezone.now(), zone=ZoneInfo("UTC"))
        rows = adapter.queryset(compile_rule(RULE, facts.schema).tree, context=context)
        return rows.count(), len(adapter.page(rows, 50))

    def by_hand() -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND[0], {"module": module.pk})
            total = cursor.fetchone()[0]
            cursor.execute(BY_HAND[1], {"module": module.pk})
            return total, len(cursor.fetchall())

    if selection() != by_hand():
        raise RuntimeError(
            f"The selection {selection()} is not what the hand-written query finds: {by_hand()}."
        )
    hand, ours, all_of_it = (median(timed(call, ROUNDS)) for call in (by_hand, selection, whole))
    total, shown = answers[-1]["candidates"]["total"], answers[-1]["candidates"]["shown"]
    if (total, shown) != by_hand():
        raise RuntimeError(f"run-test says {total} and {shown}.")
    return [
        Figure(
            f"candidates of a three-leaf rule among {RECORDS:,} records ({total:,} match): count and first 50, declared indexes",
            milliseconds(ours),
            "≤ 1.5 × the hand-written query",
            f"{ours / hand:.2f} × the same in hand-written SQL without the indexes' help ({milliseconds(hand)})",
        ),
        Figure(
            "the whole run-test of it: validation, selection, and the graph walked for the 50 with every change shown",
            milliseconds(all_of_it),
            "≤ 150 ms",
        ),
    ]
