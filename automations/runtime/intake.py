"""The door: every event, from whatever source, is accepted here, once for each idempotency key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from automations.engine.documents import canonical_json
from automations.logs import correlation
from automations.models import Event, Module, TriggerSource
from automations.runtime import contracts, large_values, queue


class PayloadRefusedError(Exception):
    """The payload breaks its source's contract; `path` and `message` say where and how."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'data'}: {message}")
        self.path = path
        self.message = message


class KeyReusedError(Exception):
    """An idempotency key came again with another body; the first event stands.

    The message leaves the key out: its sender knows it, and what is stored may hold a prefix of our own.
    """

    def __init__(self, first: int) -> None:
        super().__init__(f"This key was used for another event (#{first}). Send a new key.")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What a source hands in. `data`, `before` and `after` are JSON; `changed` lists field keys."""

    source: TriggerSource
    type: str
    occurred_at: datetime
    module: Module | None = None
    record_key: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    changed: Sequence[str] = ()
    actor_id: int | None = None
    actor_name: str = ""
    idempotency_key: str | None = None
    clock: str = ""
    cause_run_id: int | None = None
    cause_workflow_id: int | None = None
    depth: int = 0
    target: Mapping[str, Any] | None = None
    correlation: UUID | None = None
    """What it has in common with what it came from; else the request's that is being answered."""
    id: int | None = None
    """Drawn from the table's sequence by a caller who has to know it beforehand; else drawn when it is stored."""

    def snapshot(self) -> dict[str, Any]:
        """The event as rules see it (its id is added when it is read)."""
        return {
            "type": self.type,
            "module": self.module.key if self.module else None,
            "record": self.record_key or None,
            "occurred_at": self.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "data": self.data,
            "before": self.before,
            "after": self.after,
            "changed": list(self.changed),
            "actor": self.actor_name or None,
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    event_id: int
    duplicate: bool


def accept(events: Sequence[NewEvent], *, wake: bool = True, savepoint: bool = True) -> list[Accepted]:
    """Store events in the caller's transaction and wake the workers when it commits.

    Answers in the order given; an event whose idempotency key its source has seen is answered with the first
    one's id and `duplicate`. Raises PayloadRefusedError for a payload that breaks its source's contract (counted
    on the source) and KeyReusedError for a known key with another body; then nothing of the call is stored. Without a
    `savepoint`, which costs two round trips, the caller's transaction is then undone as a whole.
    """
    if not events:
        return []
    for event in events:
        _check_contract(event)
    with transaction.atomic(savepoint=savepoint):
        accepted = _insert(events)
        if wake:
            queue.wake_on_commit()
    return accepted


def _check_contract(event: NewEvent) -> None:
    if not event.source.contract:
        return
    broken = contracts.first_violation(event.source.contract, dict(event.data))
    if broken is not None:
        TriggerSource.objects.filter(pk=event.source.pk).update(rejected_count=F("rejected_count") + 1)
        raise PayloadRefusedError(*broken)


def _request_hash(event: NewEvent) -> str:
    target = event.target
    if target is not None:  # what fires together, and at which version, is not a part of what is sent
        target = {key: value for key, value in target.items() if key not in ("firing", "size", "version")}
    return _hash(event.type, event.record_key, event.data, target)


def _hash(kind: str, record_key: str, data: Mapping[str, Any], target: Mapping[str, Any] | None) -> str:
    return hashlib.sha256(canonical_json([kind, record_key, data, target]).encode()).hexdigest()


INSERT = """
INSERT INTO automations_event (id, source_id, type, module_id, record_key, snapshot, large_id, idempotency_key, request_hash,
    state, occurred_at, received_at, clock, actor_id, cause_run_id, cause_workflow_id, depth, target,
    correlation_id)
SELECT e.id, e.source_id, e.type, e.module_id, e.record_key, e.snapshot, e.large_id, e.idempotency_key, e.request_hash,
    'pending', e.occurred_at, clock_timestamp(), e.clock, e.actor_id, e.cause_run_id, e.cause_workflow_id, e.depth,
    e.target, e.correlation_id
FROM json_to_recordset(%s) AS e (id bigint, source_id bigint, type text, module_id bigint, record_key text,
    snapshot jsonb, large_id text, idempotency_key text, request_hash text, occurred_at timestamptz, clock text, actor_id bigint,
    cause_run_id bigint, cause_workflow_id bigint, depth smallint, target jsonb, correlation_id uuid)
ON CONFLICT (source_id, idempotency_key) DO NOTHING
RETURNING id
"""


def _insert(events: Sequence[NewEvent]) -> list[Accepted]:
    request = correlation()
    with connection.cursor() as cursor:
        ids = _ids(cursor, events)
        hashes = [_request_hash(event) if event.idempotency_key is not None else "" for event in events]
        rows = [_row(*entry, request) for entry in zip(ids, events, hashes, strict=True)]
        keeper = large_values.Keeper()
        large: dict[int, str] = {}
        cursor.execute(INSERT, [_written(rows, keeper, large)])
        stored = {row[0] for row in cursor.fetchall()}
        keeper.keep({value for key, value in large.items() if key in stored})
    if len(stored) == len(events):
        return [Accepted(key, duplicate=False) for key in ids]
    return [
        Accepted(key, duplicate=False) if key in stored else _first(event, digest)
        for key, event, digest in zip(ids, events, hashes, strict=True)
    ]


def _written(rows: Sequence[dict[str, Any]], keeper: large_values.Keeper, large: dict[int, str]) -> str:
    """The rows as JSON; what is too large for its row is left to the keeper, and noted in `large` by the event's id."""
    texts = []
    for row in rows:
        text = json.dumps(row)
        key = keeper.take(row["snapshot"], len(text))
        if key is not None:
            large[row["id"]] = key
            text = json.dumps({**row, "snapshot": None, "large_id": key})
        texts.append(text)
    return f"[{','.join(texts)}]"


def _ids(cursor: Any, events: Sequence[NewEvent]) -> list[int]:
    undrawn = sum(event.id is None for event in events)
    drawn: list[int] = []
    if undrawn:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('automations_event', 'id')) FROM generate_series(1, %s)",
            [undrawn],
        )
        drawn = [row[0] for row in cursor.fetchall()]
    fresh = iter(drawn)
    return [next(fresh) if event.id is None else event.id for event in events]


def _row(key: int, event: NewEvent, digest: str, request: UUID | None) -> dict[str, Any]:
    return {
        "id": key,
        "source_id": event.source.pk,
        "type": event.type,
        "module_id": event.module.pk if event.module else None,
        "record_key": event.record_key,
        "snapshot": event.snapshot(),
        "large_id": None,
        "idempotency_key": event.idempotency_key,
        "request_hash": digest,
        "occurred_at": event.occurred_at.isoformat(),
        "clock": event.clock,
        "actor_id": event.actor_id,
        "cause_run_id": event.cause_run_id,
        "cause_workflow_id": event.cause_workflow_id,
        "depth": event.depth,
        "target": event.target,
        "correlation_id": str(correlation) if (correlation := event.correlation or request) else None,
    }


def _first(event: NewEvent, digest: str) -> Accepted:
    first = Event.objects.only("id", "request_hash").get(
        source_id=event.source.pk, idempotency_key=event.idempotency_key
    )
    if first.request_hash != digest:
        raise KeyReusedError(first.pk)
    return Accepted(first.pk, duplicate=True)


def seen_before(
    module: Module, idempotency_key: str | None, *, kind: str, record_key: str, data: Mapping[str, Any]
) -> int | None:
    """The id of the event that this module's source accepted under the key, or None. Raises KeyReusedError when that
    event was of another type, record or data."""
    if idempotency_key is None:
        return None
    sources = TriggerSource.objects.filter(key=f"module:{module.key}")
    first = (
        Event.objects.only("id", "request_hash")
        .filter(source__in=sources, idempotency_key=idempotency_key)
        .first()
    )
    if first is None:
        return None
    if first.request_hash != _hash(kind, record_key, data, None):
        raise KeyReusedError(first.pk)
    return first.pk
