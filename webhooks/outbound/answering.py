"""A person's word about a call of which nobody knew whether it arrived: it happened, or it did not. The first stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import F

from automations.engine.errors import Problem
from automations.engine.statuses import ACTIVE_RUN
from automations.errors import ConflictError, InvalidError
from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from automations.services.texts import require_text, require_texts
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import Delivery, UnknownOutcome
from webhooks.outbound.news import tell_run
from webhooks.outbound.redelivery import require_enabled
from webhooks.outbound.sending import MAX_KEPT, announce_failure
from webhooks.secrets.known import KNOWN

Reply = UnknownOutcome.Reply


@transaction.atomic
def answer_unknown(
    *,
    unknown: UnknownOutcome,
    reply: str,
    note: str,
    actor: Any,
    status: int | None = None,
    body: str = "",
) -> UnknownOutcome:
    """Say what has come of a call that may have arrived, and go on from there: “happened” ends the delivery as taken, with
    what the other side answered where that is known; “resend” sends it again at once, under the same id and with the same body;
    “fail” gives it up, so that the run takes its way “failed”. `note` says how the person knows.

    The same answer given twice by one person is one answer. Raises ConflictError when somebody has answered already
    (“already-answered”), and for “resend” where the destination is disabled; InvalidError for what is no answer.
    """
    _require_answer(reply, note, status, body)
    delivery = Delivery.objects.select_for_update(of=("self",), no_key=True).select_related(
        "destination", "workflow", "run"
    )
    held = delivery.annotate(read_at=TransactionNow()).get(pk=unknown.delivery_id)
    found = UnknownOutcome.objects.select_for_update(of=("self",), no_key=True).get(pk=unknown.pk)
    KNOWN.refresh()
    note, body = KNOWN.text(note)[:300], KNOWN.text(body)
    if found.answered_at is not None:
        if (found.person_id, *_said(found)) == (actor.pk, reply, note, status, body):
            return found
        message = f"{found.person_name} has answered already: {Reply(found.reply).label}. That stands."
        raise ConflictError(message, code="already-answered")
    if reply == Reply.RESEND:
        require_enabled(held.destination)
    now: datetime = held.read_at
    found.reply, found.note, found.status, found.body = reply, note, status, body
    found.person, found.person_name, found.answered_at = actor, actor.get_username(), now
    found.save()
    _go_on(held, found, now)
    write_audit(
        actor=actor,
        action="delivery.outcome_told",
        obj=held,
        after={
            "message": held.message_id,
            "destination": held.destination.key,
            "run": held.run_id,
            "attempt": found.attempt,
            "reply": reply,
            "status": status,
        },
        reason=note,
    )
    return found


def _said(found: UnknownOutcome) -> tuple[Any, ...]:
    return found.reply, found.note, found.status, found.body


def _require_answer(reply: str, note: str, status: int | None, body: str) -> None:
    require_texts(UnknownOutcome, reply=reply, note=note)
    require_text(body, "body")
    problems = []
    if not reply:
        message = "Nothing is said."
        problems.append(Problem("missing-value", "reply", message, f"Use {', '.join(Reply.values)}."))
    if not note.strip():
        message = "An answer needs a note."
        problems.append(Problem("missing-value", "note", message, "Say how you know, in a sentence."))
    if status is not None and (
        isinstance(status, bool) or not isinstance(status, int) or not 200 <= status < 300
    ):
        message = "This is no status of a call that happened."
        problems.append(Problem("out-of-range", "status", message, "From 200 to 299, or none."))
    if (status is not None or body) and reply != Reply.HAPPENED:
        message = "What did not happen has no answer."
        problems.append(Problem("unexpected-value", "status", message, "Leave out status and body."))
    if len(body) > MAX_KEPT:
        message = "The answer is too long."
        problems.append(Problem("too-long", "body", message, f"At most {MAX_KEPT:,} characters."))
    if problems:
        raise InvalidError(problems)


def _go_on(held: Delivery, found: UnknownOutcome, now: datetime) -> None:
    """Move the delivery as it was said, and tell the run that waits for it."""
    rows = Delivery.objects.filter(pk=held.pk)
    waits = held.run is not None and held.waits and held.run.status in ACTIVE_RUN
    said = f"{found.person_name} said"
    if found.reply == Reply.RESEND:
        rows.update(
            state=Delivery.State.PENDING, series=F("attempt"), due_at=now, waits=waits, resending=None
        )
        wake_on_commit(TASK)
        said = f"{said} that it did not happen: {found.note} It is sent again, under the same id."
        _tell(held, waits, {"again": True, "said": said}, now, mark=f":told:{found.attempt}")
    elif found.reply == Reply.HAPPENED:
        rows.update(state=Delivery.State.SUCCEEDED, status=found.status, error="", finished_at=now)
        said = f"{said} that it happened: {found.note}"
        news = {"ok": True, "status": found.status, "body": found.body, "said": said}
        _tell(held, waits, news, now)
    else:
        rows.update(state=Delivery.State.FAILED, finished_at=now)
        said = f"{said} that it did not happen, and not to send it again: {found.note}"
        announce_failure(held, error=held.error, message=said, now=now)
        _tell(held, waits, {"ok": False, "message": found.message, "said": said}, now)


def _tell(held: Delivery, waits: bool, news: Mapping[str, Any], now: datetime, *, mark: str = "") -> None:
    if waits and held.run_id is not None:
        tell_run(
            run_id=held.run_id,
            node=held.node,
            delivery=held.pk,
            series=held.series,
            mark=mark,
            news={**news, "attempts": held.attempt},
            now=now,
        )
