"""One attempt: called without a database, recorded in one transaction under the lease."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction

from automations import tracing
from automations.runtime.product_events import announce
from webhooks.conf import allowed_addresses, limits
from webhooks.outbound import health
from webhooks.outbound.claims import Claimed, span_of_attempt
from webhooks.outbound.composing import Composed
from webhooks.outbound.dialling import Answer, CallError, Limits, Resolve, call, look_up
from webhooks.outbound.models import Attempt, Delivery, Destination
from webhooks.outbound.news import tell_run
from webhooks.outbound.reviews import Doubt, ask
from webhooks.outbound.schedule import Judgement, Result, judge
from webhooks.secrets.known import KNOWN

logger = logging.getLogger("automations.deliveries")

MAX_KEPT = 20_000
"""Characters of an answer that are kept, after it was masked."""

Roll = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a call: the result that is judged, and what of the answer may be kept, masked and cut; `sent` are the
    headers that it went out with, likewise."""

    result: Result
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    cut: bool = False
    sent: dict[str, str] = field(default_factory=dict)


def send(composed: Composed, *, resolve: Resolve = look_up) -> Came:
    """Make the call. Never raises for what a peer does; touches no database, so that many can be made at once."""
    sent = {name: KNOWN.text(value) for name, value in composed.shown.items()}
    try:
        answer = call(
            "POST",
            composed.addressee,
            headers=composed.headers,
            body=composed.body,
            allowed=allowed_addresses(),
            limits=_within(composed.seconds),
            resolve=resolve,
        )
    except CallError as error:
        message = KNOWN.text(error.message)
        result = Result(error=error.code, message=message, refused=error.refused, unknown=error.unknown)
        # Where no address was dialled, nothing went out.
        return Came(result, address=error.address, sent=sent if error.address else {})
    body, cut = kept_body(answer)
    headers = {name: KNOWN.text(value) for name, value in answer.headers.items()}
    result = Result(status=answer.status, retry_after=answer.headers.get("retry-after", ""))
    return Came(result, answer.address, headers, body, cut, sent)


def _within(seconds: float) -> Limits:
    """The project's limits, or the destination's own where that is shorter."""
    given = limits()
    total = min(given.total_seconds, seconds)
    return Limits(connect_seconds=min(given.connect_seconds, total), total_seconds=total)


def kept_body(answer: Answer) -> tuple[str, bool]:
    """What is kept of an answer's body: text, masked, then cut. Where it was cut on the wire, so much of its end is left
    out that no beginning of a secret stays there."""
    text = answer.body.decode("utf-8", "replace").replace("\0", "\ufffd")
    if answer.cut:
        text = text[: -KNOWN.longest or None]
    text = KNOWN.text(text)
    return text[:MAX_KEPT], answer.cut or len(text) > MAX_KEPT


def record(
    claimed: Claimed,
    came: Came,
    *,
    took: timedelta = timedelta(0),
    now: datetime | None = None,
    roll: Roll = random.random,
) -> bool:
    """Write down how an attempt went and what follows, if the lease is still ours. Returns whether it was. `now` is the
    database's time where nothing is said."""
    with transaction.atomic():
        destination = Destination.objects.select_for_update(no_key=True).get(pk=claimed.destination_id)
        held_at = _held(claimed)
        if held_at is None:
            return False
        now = now or held_at
        judgement = _judged(claimed, came.result, destination, now, roll())
        next_at = now + timedelta(seconds=judgement.wait) if judgement.wait is not None else None
        _write(claimed, came, judgement, started_at=now - took, now=now, next_at=next_at)
        health.note(destination, judgement, tried=claimed.tried, now=now)
    _say(claimed, judgement)
    _trace(claimed, came, judgement, now - took, now)
    return True


def _trace(claimed: Claimed, came: Came, judgement: Judgement, began: datetime, ended: datetime) -> None:
    """A span for each attempt, below that of its run."""
    if claimed.correlation is None or not tracing.is_traced(claimed.correlation):
        return
    facts: dict[str, str | int] = {
        "automations.delivery": claimed.id,
        "automations.destination": claimed.destination_id,
        "automations.attempt": claimed.attempt,
    }
    if came.result.status is not None:
        facts["http.response.status_code"] = came.result.status
    span = tracing.Span(
        "delivery",
        span_of_attempt(claimed),
        began,
        ended,
        kind="CLIENT",
        parent=tracing.span_of("run", claimed.run_id),
        facts=facts,
        error="" if judgement.succeeded else judgement.error,
    )
    tracing.tell(claimed.correlation, span)


def _say(claimed: Claimed, judgement: Judgement) -> None:
    """A line of the log for each attempt."""
    how = "succeeded" if judgement.succeeded else judgement.error
    told = {
        "delivery": claimed.id,
        "destination": claimed.destination_id,
        "run": claimed.run_id,
        "correlation_id": claimed.correlation,
        "status": how,
    }
    logger.info("Delivery %s, attempt %s: %s", claimed.message_id, claimed.attempt, how, extra=told)


def _held(claimed: Claimed) -> datetime | None:
    """Lock the delivery, if the lease is still ours; gives the database's time."""
    rows = Delivery.objects.select_for_update(no_key=True).annotate(read_at=TransactionNow())
    held = rows.filter(pk=claimed.id, state=Delivery.State.SENDING, lease_token=claimed.token)
    return held.values_list("read_at", flat=True).first()


def _judged(
    claimed: Claimed, result: Result, destination: Destination, now: datetime, roll: float
) -> Judgement:
    judgement = judge(
        result,
        tried=claimed.tried,
        max_attempts=claimed.max_attempts,
        retry_refusals=claimed.retry_refusals,
        retry_safe=claimed.retry_safe,
        now=now,
        roll=roll,
    )
    if judgement.wait is not None and destination.state == Destination.State.DISABLED:
        return replace(judgement, wait=None)
    return judgement


def _write(
    claimed: Claimed,
    came: Came,
    judgement: Judgement,
    *,
    started_at: datetime,
    now: datetime,
    next_at: datetime | None,
) -> None:
    Attempt.objects.create(
        delivery_id=claimed.id,
        number=claimed.attempt,
        started_at=started_at,
        finished_at=now,
        address=came.address,
        status=came.result.status,
        error=judgement.error,
        message=judgement.message[:500],
        request_headers=came.sent,
        response_headers=came.headers,
        response_body=came.body,
        response_cut=came.cut,
        unknown=judgement.unknown,
        next_attempt_at=next_at,
    )
    if judgement.review:
        Delivery.objects.filter(pk=claimed.id).update(status=came.result.status)
        ask(Doubt(claimed.id, claimed.attempt, judgement.error, judgement.message), now=now)
        return
    again = judgement.wait is not None
    ended = Delivery.State.SUCCEEDED if judgement.succeeded else Delivery.State.FAILED
    Delivery.objects.filter(pk=claimed.id).update(
        state=Delivery.State.PENDING if again else ended,
        due_at=next_at or now,
        lease_token=None,
        status=came.result.status,
        error=judgement.error,
        finished_at=None if again else now,
    )
    if not again and not judgement.succeeded and claimed.run_id is not None:
        delivery = Delivery.objects.select_related("destination").get(pk=claimed.id)
        announce_failure(delivery, error=judgement.error, message=judgement.message, now=now)
    if not again and claimed.waits and claimed.run_id is not None:
        tell_run(
            run_id=claimed.run_id,
            node=claimed.node,
            delivery=claimed.id,
            series=claimed.series,
            now=now,
            news={
                "ok": judgement.succeeded,
                "status": came.result.status,
                "attempts": claimed.attempt,
                "error": judgement.error,
                "message": judgement.message,
                "body": came.body,
            },
        )


def announce_failure(delivery: Delivery, *, error: str, message: str, now: datetime) -> None:
    """A step's delivery was given up. Of one that tells of an event nothing is told: it would be told of for ever."""
    announce(
        "delivery.failed",
        workflow=delivery.workflow_id,
        subject=("delivery", delivery.pk),
        facts={
            "destination": delivery.destination.key,
            "run": delivery.run_id,
            "node": delivery.node,
            "status": delivery.status,
            "error": error,
            "attempts": delivery.attempt,
        },
        now=now,
        private={"message": message},
        address=f"webhooks/deliveries/{delivery.pk}/",
    )
