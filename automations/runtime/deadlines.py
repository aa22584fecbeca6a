"""Deadlines: one alarm for each deadline trigger and record, moved with the record, fired once per due value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from automations.models import Deadline, TriggerSource
from automations.modules.adapter import RecordState, adapter_for
from automations.runtime import intake, subscriptions
from automations.runtime.subscriptions import Subscription
from automations.triggers.deadline.kind import due_at

ACTIVATION_LOCK = 0x616C61726D
"""The advisory lock's number: "alarm" in ASCII."""

UPSERT = """
INSERT INTO automations_deadline (workflow_id, trigger_node, module_id, record_key, due_at, clock, fired_for)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[],
    %s::timestamptz[])
ON CONFLICT (workflow_id, trigger_node, module_id, record_key)
DO UPDATE SET due_at = excluded.due_at, clock = excluded.clock
WHERE automations_deadline.due_at <> excluded.due_at OR automations_deadline.clock <> excluded.clock
"""


def move(states: Sequence[tuple[RecordState, str]]) -> None:
    """Set the alarms of these (record, clock) to what their date fields now say, in the caller's transaction."""
    if not states:
        return
    _lock("pg_advisory_xact_lock_shared")
    subscriptions.refresh()
    rows: list[tuple[Subscription, RecordState, str, datetime]] = []
    gone: list[tuple[Subscription, RecordState]] = []
    for state, clock in states:
        for subscription in subscriptions.deadlines_of(state.module.pk):
            due = due_at(subscription.config, state.values, subscription.zone)
            if due is None:
                gone.append((subscription, state))
            else:
                rows.append((subscription, state, clock, due))
    _upsert(rows, fired_before=None)
    _delete(gone)


DELETE = """
DELETE FROM automations_deadline USING unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[])
  AS gone (workflow_id, trigger_node, module_id, record_key)
WHERE automations_deadline.workflow_id = gone.workflow_id AND automations_deadline.trigger_node = gone.trigger_node
  AND automations_deadline.module_id = gone.module_id AND automations_deadline.record_key = gone.record_key
"""


def _delete(rows: Sequence[tuple[Subscription, RecordState]]) -> None:
    """Drop the alarms of records that have no date any more."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            DELETE,
            [
                [subscription.workflow.pk for subscription, _ in rows],
                [subscription.node for subscription, _ in rows],
                [state.module.pk for _, state in rows],
                [state.key for _, state in rows],
            ],
        )


def drop(states: Sequence[RecordState]) -> None:
    """Take away the alarms of records that are being deleted."""
    by_module: dict[int, list[str]] = {}
    for state in states:
        by_module.setdefault(state.module.pk, []).append(state.key)
    for module_id, keys in by_module.items():
        Deadline.objects.filter(module_id=module_id, record_key__in=keys).delete()


def hold_writers() -> None:
    """Wait until the transactions that write records have ended, and keep new ones waiting until the caller's has.

    A record that somebody writes while a deadline trigger goes live gets its alarm from `set_up`, which sees it then,
    or from its own `move`, which then sees the trigger; without this it could fall between the two.
    """
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [ACTIVATION_LOCK])


def set_up(subscription: Subscription, *, now: datetime, clock: str = "") -> int:
    """Give every existing record of the trigger's module its alarm; moments already past count as fired, so that
    a new SLA does not flood people with old breaches. Returns how many were set."""
    assert subscription.module is not None
    adapter = adapter_for(subscription.module)
    rows: list[tuple[Subscription, RecordState, str, datetime]] = []
    count = 0
    for state in adapter.iterate():
        due = due_at(subscription.config, state.values, subscription.zone)
        if due is not None:
            rows.append((subscription, state, clock, due))
        if len(rows) >= 5_000:
            _upsert(rows, fired_before=now)
            count += len(rows)
            rows = []
    _upsert(rows, fired_before=now)
    return count + len(rows)


def _upsert(
    rows: Sequence[tuple[Subscription, RecordState, str, datetime]], *, fired_before: datetime | None
) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            [
                [subscription.workflow.pk for subscription, *_ in rows],
                [subscription.node for subscription, *_ in rows],
                [state.module.pk for _, state, *_ in rows],
                [state.key for _, state, *_ in rows],
                [due for *_, due in rows],
                [clock for *_, clock, _ in rows],
                [due if fired_before is not None and due < fired_before else None for *_, due in rows],
            ],
        )


def fire_due(*, now: datetime, clock: str = "", limit: int = 500) -> int:
    """Turn the alarms that are due into events, each with the record as it is at this moment.

    An alarm is marked and its event accepted in one transaction; the event's key is the due value, so that even
    a second ticker can't fire it twice. Returns how many fired.
    """
    with transaction.atomic():
        due = list(
            Deadline.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("module")
            .filter(clock=clock, due_at__lte=now)
            .extra(where=["fired_for IS DISTINCT FROM due_at"])
            .order_by("due_at", "id")[:limit]
        )
        if not due:
            return 0
        events = list(_events(due, now))
        intake.accept(events)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE automations_deadline SET fired_for = due_at WHERE id = ANY(%s)",
                [[row.pk for row in due]],
            )
    return len(due)


def _events(due: Iterable[Deadline], now: datetime) -> Iterable[intake.NewEvent]:
    source = deadline_source()
    due = list(due)
    sizes = Counter((row.workflow_id, row.trigger_node) for row in due)
    states: dict[tuple[int, str], RecordState] = {}
    for module in {row.module_id: row.module for row in due}.values():
        keys = sorted({row.record_key for row in due if row.module_id == module.pk})
        for key, state in adapter_for(module).load(keys, lock=False).items():
            states[(module.pk, key)] = state
    for row in due:
        found = states.get((row.module_id, row.record_key))
        if found is None:
            continue
        yield intake.NewEvent(
            source=source,
            type="deadline",
            occurred_at=row.due_at if row.clock else now,
            module=row.module,
            record_key=row.record_key,
            data={"due_at": row.due_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
            after=dict(found.values),
            idempotency_key=f"{row.pk}:{row.due_at.isoformat()}",
            clock=row.clock,
            target={
                "workflow": row.workflow_id,
                "node": row.trigger_node,
                "firing": f"deadline:{now:%Y-%m-%dT%H:%M}",
                "size": sizes[row.workflow_id, row.trigger_node],
            },
        )


def deadline_source() -> TriggerSource:
    source, _ = TriggerSource.objects.get_or_create(
        key="deadline", defaults={"kind": TriggerSource.Kind.DEADLINE, "name": "Deadlines"}
    )
    return source
