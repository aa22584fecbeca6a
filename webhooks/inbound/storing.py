"""Judged requests to rows and answers: one transaction for many requests, none answered before it has committed.

An accepted request is a receipt and an event, or neither. Who comes second with the same id, in this batch or in
another process, waits for the first one's row and is told of it.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, FilteredRelation, Q

from automations.logs import correlation_of
from automations.models import Event, Module, TriggerSource
from automations.modules.adapter import adapter_for
from automations.runtime import intake
from automations.services.audit import write_audit
from webhooks.inbound.judging import Judgement, Verdict, judge
from webhooks.inbound.limits import Limits
from webhooks.inbound.models import Endpoint, EndpointSecret, Receipt
from webhooks.inbound.requests import Incoming, Reply, accepted, hash_of, refusal

CONFLICT = refusal(409, "webhook-id-reused", "This id was used for another body. The first one stands.")

MAX_ID = 190
"""Characters of a sender's id that an event's key has room for; of longer ones it holds the hash."""


def answer(batch: Sequence[Incoming], *, now: datetime, limits: Limits, wake: bool = True) -> list[Reply]:
    """Judge the requests and store what came of them, in one transaction; answers in the order given.

    Wakes the workers when it commits, unless the caller does, who can answer first. Raises DatabaseError, and then nothing of the batch is stored.
    """
    with transaction.atomic():
        endpoints, secrets = _load(batch, now)
        judged = []
        for incoming in batch:
            endpoint = endpoints.get(incoming.token_hash)
            found = judge(incoming, endpoint, secrets.get(endpoint.pk, ()) if endpoint else (), now=now)
            judged.append(found)
        limits.apply(judged)
        _store(judged, now, wake=wake)
    return [found.reply or refusal(500, "internal-error", "") for found in judged]


def _load(
    batch: Sequence[Incoming], now: datetime
) -> tuple[dict[str, Endpoint], dict[int, list[EndpointSecret]]]:
    """The endpoints that the batch is for, by token hash, and the secrets of each that count, newest first. One query
    whatever is found, so that how long it takes tells nobody which addresses are none; those switched off are none."""
    wanted = {incoming.token_hash for incoming in batch}
    endpoints: dict[str, Endpoint] = {}
    secrets: dict[int, list[EndpointSecret]] = {}
    counting = Q(secrets__expires_at=None) | Q(secrets__expires_at__gt=now)
    rows = Endpoint.objects.filter(token_hash__in=wanted, is_enabled=True).select_related("source__module")
    rows = rows.annotate(
        counting=FilteredRelation("secrets", condition=counting),
        secret_id=F("counting__id"),
        secret_text=F("counting__secret"),
        secret_hint=F("counting__hint"),
    )
    for row in rows.order_by("-counting__id"):
        endpoint = endpoints.setdefault(row.token_hash, row)
        if row.secret_id is not None:
            secret = EndpointSecret(
                id=row.secret_id, endpoint=endpoint, secret=row.secret_text, hint=row.secret_hint
            )
            secrets.setdefault(endpoint.pk, []).append(secret)
    return endpoints, secrets


def _store(judged: Sequence[Judgement], now: datetime, *, wake: bool) -> None:
    fresh = _without_known_events([found for found in judged if found.reply is None])
    # In one order everywhere, so that two processes that hold each other's ids never wait for each other.
    fresh.sort(key=lambda found: (_endpoint(found).pk, found.webhook_id))
    claimed, repeated = _claim(fresh, now)
    _settle(repeated)
    _make_events(claimed, now, wake=wake)
    _count([found for found in judged if found.endpoint and found.verdict != Verdict.ACCEPTED], now)
    _count_misdirected([found.incoming for found in judged if found.endpoint is None], now)


def _endpoint(found: Judgement) -> Endpoint:
    """Whom a judgement is about that was not answered “not found”."""
    if found.endpoint is None:
        raise ValueError("This request is for no endpoint.")
    return found.endpoint


def _idempotency_key(found: Judgement) -> str | None:
    """By what the event is known to have happened; None where nothing says."""
    if found.dedupe:
        return f"key:{found.dedupe}"
    if len(found.webhook_id) > MAX_ID:
        return f"id:sha256:{hash_of(found.webhook_id.encode())}"
    return f"id:{found.webhook_id}" if found.webhook_id else None


def _without_known_events(judged: Sequence[Judgement]) -> list[Judgement]:
    """Those whose dedupe key names nothing that has happened; the others are repetitions, whatever else they say."""
    keyed = [found for found in judged if found.dedupe]
    if not keyed:
        return list(judged)
    known = {
        (source, key): event
        for source, key, event in Event.objects.filter(
            source__in={_endpoint(found).source_id for found in keyed},
            idempotency_key__in={_idempotency_key(found) for found in keyed},
        ).values_list("source_id", "idempotency_key", "id")
    }
    fresh = []
    for found in judged:
        event = known.get((_endpoint(found).source_id, _idempotency_key(found))) if found.dedupe else None
        if event is None:
            fresh.append(found)
        else:
            _repeat(found, None, f"“{found.dedupe}” has happened: event #{event}.")
    return fresh


def _repeat(found: Judgement, delivery: int | None, detail: str) -> None:
    found.verdict, found.detail = Verdict.DUPLICATE, detail
    found.reply = accepted(status=200, delivery=delivery, duplicate=True)


CLAIM = """
WITH input AS MATERIALIZED (
    SELECT r.*, nextval(pg_get_serial_sequence('webhooks_receipt', 'id')) AS id,
        nextval(pg_get_serial_sequence('automations_event', 'id')) AS event_id
    FROM json_to_recordset(%s) AS r (place int, endpoint_id bigint, webhook_id text, body_hash text, body_bytes int,
        sender text, secret_hint text, took_ms float8, at timestamptz)
), stored AS (
    INSERT INTO webhooks_receipt (id, event_id, endpoint_id, verdict, status, webhook_id, body_hash, body_bytes, detail,
        sender, secret_hint, count, took_ms, received_at, last_at)
    SELECT id, event_id, endpoint_id, 'accepted', 202, webhook_id, body_hash, body_bytes, '', sender::inet, secret_hint,
        1, took_ms, at, at
    FROM input ORDER BY place
    ON CONFLICT (endpoint_id, webhook_id) WHERE verdict = 'accepted' AND NOT (webhook_id = '') DO NOTHING
    RETURNING id
)
SELECT place, id, event_id FROM input JOIN stored USING (id)
"""


def _claim(fresh: Sequence[Judgement], now: datetime) -> tuple[list[Judgement], list[Judgement]]:
    """Give each a receipt and the number of its event, unless its id has a receipt: those that got theirs, and the
    others."""
    if not fresh:
        return [], []
    with connection.cursor() as cursor:
        rows = [{"place": place, **_facts(found, now)} for place, found in enumerate(fresh)]
        cursor.execute(CLAIM, [json.dumps(rows)])
        for place, receipt, event in cursor.fetchall():
            fresh[place].receipt, fresh[place].event = receipt, event
    return [found for found in fresh if found.receipt], [found for found in fresh if not found.receipt]


def _facts(found: Judgement, now: datetime) -> dict[str, Any]:
    incoming = found.incoming
    return {
        "endpoint_id": _endpoint(found).pk,
        "webhook_id": found.webhook_id,
        "body_hash": incoming.body_hash,
        "body_bytes": len(incoming.body or b""),
        "sender": address_of(incoming.sender),
        "secret_hint": found.secret_hint,
        "took_ms": (time.monotonic() - incoming.started) * 1000,
        "at": now.isoformat(),
    }


@lru_cache(maxsize=1024)
def address_of(sender: str) -> str | None:
    """The sender's address as the database takes it; None for what is none, such as that of a local socket."""
    try:
        return str(ipaddress.ip_address(sender.partition("%")[0]))
    except ValueError:
        return None


def _settle(repeated: Sequence[Judgement]) -> None:
    """Tell those whose id was taken of the first one: the same body is a repetition, another a conflict."""
    if not repeated:
        return
    firsts = {
        (row.endpoint_id, row.webhook_id): row
        for row in Receipt.objects.filter(
            verdict=Verdict.ACCEPTED,
            endpoint__in={_endpoint(found).pk for found in repeated},
            webhook_id__in={found.webhook_id for found in repeated},
        ).only("endpoint_id", "webhook_id", "body_hash")
    }
    for found in repeated:
        first = firsts[_endpoint(found).pk, found.webhook_id]
        if first.body_hash == found.incoming.body_hash:
            _repeat(found, first.pk, f"A repetition of delivery #{first.pk}.")
        else:
            _conflict(found, f"Delivery #{first.pk} had the same id and another body.")


def _conflict(found: Judgement, detail: str) -> None:
    found.verdict, found.detail, found.reply = Verdict.CONFLICT, detail, CONFLICT


def _make_events(claimed: Sequence[Judgement], now: datetime, *, wake: bool) -> None:
    """Hand the events over.

    Raises intake.KeyReusedError where one of several is known, by a key that outlives the receipts, with another
    body; alone, such a request gives its receipt back and is a repetition (of a dedupe key) or a conflict.
    """
    if not claimed:
        return
    states = _record_states(claimed)
    events = [_event(found, states, now) for found in claimed]
    try:
        # A savepoint costs two round trips; several are undone as a whole.
        with transaction.atomic() if len(claimed) == 1 else nullcontext():
            stored = intake.accept(events, wake=wake, savepoint=False)
    except intake.KeyReusedError as error:
        if len(claimed) > 1:
            raise
        found = claimed[0]
        Receipt.objects.filter(pk=found.receipt).delete()
        (_repeat(found, None, str(error)) if found.dedupe else _conflict(found, str(error)))
        return
    for found, event in zip(claimed, stored, strict=True):
        found.reply = accepted(
            status=200 if event.duplicate else 202, delivery=found.receipt, duplicate=event.duplicate
        )
        if event.duplicate:
            Receipt.objects.filter(pk=found.receipt).update(event_id=event.event_id)


def _event(found: Judgement, states: Mapping[tuple[int, str], Any], now: datetime) -> intake.NewEvent:
    source = _endpoint(found).source
    after = states.get((source.module.pk, found.record_key)) if source.module and found.record_key else None
    return intake.NewEvent(
        source=source,
        type=found.type,
        occurred_at=now,
        module=source.module,
        record_key=found.record_key,
        data=found.data,
        after=after,
        idempotency_key=_idempotency_key(found),
        correlation=correlation_of(named) if (named := found.incoming.request_id) else None,
        id=found.event,
    )


def _record_states(claimed: Sequence[Judgement]) -> dict[tuple[int, str], Any]:
    """The records that the requests name, as they are now; one query for each module."""
    wanted: dict[Module, set[str]] = {}
    for found in claimed:
        module = _endpoint(found).source.module
        if module is not None and found.record_key:
            wanted.setdefault(module, set()).add(found.record_key)
    return {
        (module.pk, key): dict(state.values)
        for module, keys in wanted.items()
        for key, state in adapter_for(module).load(sorted(keys), lock=False).items()
    }


COUNT = """
INSERT INTO webhooks_receipt AS r (endpoint_id, bundle, verdict, status, webhook_id, body_hash, body_bytes, detail,
    sender, secret_hint, count, took_ms, received_at, last_at)
SELECT n.endpoint_id, n.bundle, n.verdict, n.status, n.webhook_id, n.body_hash, n.body_bytes, n.detail, n.sender::inet,
    n.secret_hint, n.count, n.took_ms, n.at, n.at
FROM json_to_recordset(%s) AS n (endpoint_id bigint, bundle text, verdict text, status int, webhook_id text,
    body_hash text, body_bytes int, detail text, sender text, secret_hint text, count bigint, took_ms float8,
    at timestamptz)
ON CONFLICT (endpoint_id, bundle) WHERE bundle IS NOT NULL DO UPDATE SET count = r.count + EXCLUDED.count,
    last_at = EXCLUDED.last_at, detail = EXCLUDED.detail, sender = EXCLUDED.sender, status = EXCLUDED.status,
    webhook_id = EXCLUDED.webhook_id, body_hash = EXCLUDED.body_hash, body_bytes = EXCLUDED.body_bytes,
    secret_hint = EXCLUDED.secret_hint, took_ms = EXCLUDED.took_ms
RETURNING r.endpoint_id, r.bundle, xmax = 0
"""


def _count(others: Sequence[Judgement], now: datetime) -> None:
    """Write down what was not accepted: a row for each kind and minute, and for each delivery that is repeated."""
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    first: dict[tuple[int, str], Judgement] = {}
    for found in others:
        place = (_endpoint(found).pk, _bundle(found, now))
        first.setdefault(place, found)
        rows[place] = {
            **_facts(found, now),
            "bundle": place[1],
            "verdict": found.verdict,
            "status": found.reply.status if found.reply else 500,
            "detail": found.detail[:300].replace("\0", ""),
            "count": rows[place]["count"] + 1 if place in rows else 1,
        }
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [json.dumps([rows[place] for place in sorted(rows)])])
        new = {(endpoint, bundle) for endpoint, bundle, made in cursor.fetchall() if made}
    for place in sorted(new):
        if first[place].verdict == Verdict.CONFLICT:
            _tell_of_conflict(first[place])
    for found in others:
        if found.verdict == Verdict.CONTRACT:
            source = TriggerSource.objects.filter(pk=_endpoint(found).source_id)
            source.update(rejected_count=F("rejected_count") + 1)


MISDIRECTED = """
INSERT INTO webhooks_misdirected AS m (minute, count, sender) VALUES (date_trunc('minute', %s::timestamptz), %s, %s)
ON CONFLICT (minute) DO UPDATE SET count = m.count + EXCLUDED.count, sender = EXCLUDED.sender
"""


def _count_misdirected(strangers: Sequence[Incoming], now: datetime) -> None:
    """A row for each minute, and as much work as a refusal of a known address is."""
    if strangers:
        with connection.cursor() as cursor:
            cursor.execute(MISDIRECTED, [now, len(strangers), address_of(strangers[-1].sender)])


def _bundle(found: Judgement, now: datetime) -> str:
    if found.verdict in (Verdict.DUPLICATE, Verdict.CONFLICT):
        return f"{found.verdict}:{found.webhook_id}"
    return f"{found.verdict}:{int(now.timestamp()) // 60}"


def _tell_of_conflict(found: Judgement) -> None:
    """A real sender never does this, so it stands in the trail, once for each id."""
    write_audit(
        actor=None,
        action="endpoint.id_reused",
        obj=_endpoint(found),
        after={"webhook_id": found.webhook_id, "detail": found.detail, "sender": found.incoming.sender},
    )
