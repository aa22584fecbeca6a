"""Sending what is due: a lane of work of its own, so that a slow receiver keeps no run waiting.

One process at a time sends (or as many as the settings say), many calls at once; only its main thread knows the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from automations.conf import setting as engine_setting
from automations.engine.statuses import ACTIVE_RUN
from automations.models import Run
from automations.runtime import queue
from automations.runtime.lanes import Lane
from webhooks.conf import setting
from webhooks.outbound.claims import Claimed, claim, is_due
from webhooks.outbound.composing import Composed, compose, destinations, secrets_of
from webhooks.outbound.dialling import Resolve, look_up
from webhooks.outbound.models import Delivery
from webhooks.outbound.reviews import LOST, hold_lost, write_loss
from webhooks.outbound.schedule import Result
from webhooks.outbound.sending import Came, record, send
from webhooks.secrets.known import KNOWN
from webhooks.secrets.models import Secret
from webhooks.secrets.upkeep import note_use

TASK = "webhooks.outbound.tasks.deliver"
SLOT = 0x77656268
"""The first half of the advisory locks of those who send: "webh" in ASCII."""

LANE = Lane(TASK, is_due)


def deliver_slice() -> None:
    """Send for about a time slice, if nobody else does; then leave a hint for whoever comes next."""
    with _slot() as free:
        if free:
            deliver(seconds=engine_setting("AUTOMATIONS_SLICE_SECONDS"))
    if free and is_due():
        queue.wake(TASK)


@contextmanager
def _slot() -> Iterator[bool]:
    """One of the places of those who send, for as long as this lasts; it dies with the connection."""
    taken = next(
        (slot for slot in range(setting("WEBHOOKS_SENDERS")) if _lock("pg_try_advisory_lock", slot)), None
    )
    try:
        yield taken is not None
    finally:
        if taken is not None:
            _lock("pg_advisory_unlock", taken)


def _lock(function: str, slot: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [SLOT, slot])
        return bool(cursor.fetchone()[0])


def deliver(*, seconds: float | None = None, resolve: Resolve = look_up) -> int:
    """Send due deliveries, claiming more for at most `seconds` (None: until nothing is due). Returns how many attempts
    were made."""
    ends = None if seconds is None else time.monotonic() + seconds
    at_once, made = setting("WEBHOOKS_CALLS_AT_ONCE"), 0
    flying: dict[Future[Came], tuple[Claimed, float]] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="webhooks-call") as pool:
        while True:
            over = ends is not None and time.monotonic() >= ends
            claimed = [] if over else claim(limit=at_once - len(flying))
            for one, composed in _composed(claimed):
                flying[pool.submit(send, composed, resolve=resolve)] = (one, time.monotonic())
            made += len(claimed)
            if not flying:
                if claimed:
                    continue  # all of them ended without a call
                return made
            done, _ = wait(flying, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                one, began = flying.pop(future)
                record(one, future.result(), took=timedelta(seconds=time.monotonic() - began))


def _composed(claimed: Sequence[Claimed]) -> Iterator[tuple[Claimed, Composed]]:
    """The calls to be made; what can't be called, or is wanted no more, is ended here."""
    if not claimed:
        return
    KNOWN.refresh()
    there = destinations(one.destination_id for one in claimed)
    unwanted = _unwanted(claimed)
    used: dict[int, Secret] = {}
    now = claimed[0].claimed_at
    for one in claimed:
        now = one.claimed_at
        if one.was_lost and not one.retry_safe:
            hold_lost(one, now=now)
            continue
        if one.was_lost:
            write_loss(one, now=now, next_at=now)
        if one.id in unwanted:
            _cancel(one, now)
        elif one.tried > one.max_attempts:
            result = Result(error=LOST, message="Every worker that tried it was lost.", refused=True)
            record(one, Came(result))
        elif isinstance(composed := compose(one, there[one.destination_id], now=now), Result):
            record(one, Came(composed))
        else:
            used |= {secret.pk: secret for secret in secrets_of(there[one.destination_id])}
            yield one, composed
    note_use(used.values(), now=now)


def _unwanted(claimed: Sequence[Claimed]) -> set[int]:
    """The deliveries whose run waits for them no more: it was cancelled, or has failed elsewhere."""
    waiting = {one.run_id for one in claimed if one.waits and one.run_id is not None}
    if not waiting:
        return set()
    active = set(Run.objects.filter(pk__in=waiting, status__in=ACTIVE_RUN).values_list("pk", flat=True))
    return {one.id for one in claimed if one.waits and one.run_id not in active}


@transaction.atomic
def _cancel(claimed: Claimed, now: datetime) -> None:
    rows = Delivery.objects.filter(pk=claimed.id, lease_token=claimed.token, state=Delivery.State.SENDING)
    rows.update(
        state=Delivery.State.CANCELLED,
        lease_token=None,
        attempt=claimed.attempt - 1,
        error="run-ended",
        finished_at=now,
    )
