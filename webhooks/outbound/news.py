"""What a delivery tells the run that waits for it, and what the run makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automations.engine.outcomes import NEEDS_REVIEW, Failed, Outcome, Succeeded, Wait
from automations.runtime.queue import wake_on_commit
from automations.runtime.signals import signal_parent
from automations.runtime.unit import Unit
from webhooks.outbound.models import Delivery

WAIT = "delivery"


def tell_run(
    *,
    run_id: int,
    node: str,
    delivery: int,
    series: int,
    now: datetime,
    news: Mapping[str, Any],
    mark: str = "",
) -> None:
    """Leave the end of a delivery for the run that waits, once for each series, or, under a `mark`, what else there is to
    know of it; and wake a worker on commit."""
    signal_parent(
        parent_id=run_id,
        node=node,
        key=f"delivery:{delivery}:{series}{mark}",
        outcome={**news, "delivery": delivery},
        now=now,
    )
    wake_on_commit()


def news_of(delivery: Delivery) -> dict[str, Any]:
    """What a delivery that was taken has to tell, from its rows."""
    newest = delivery.attempts.first()
    return {
        "ok": delivery.state == Delivery.State.SUCCEEDED,
        "delivery": delivery.pk,
        "status": delivery.status,
        "attempts": delivery.attempt,
        "body": newest.response_body if newest is not None else "",
    }


def settle(unit: Unit, node: str, news: Mapping[str, Any]) -> Outcome:
    """The step's outcome: what the receiver answered, or why nobody took it, or what it waits for now."""
    attempts, said = news.get("attempts", 0), str(news.get("said", ""))
    if news.get("asked"):
        return Wait(NEEDS_REVIEW, message=asked_line(attempts, str(news.get("message", ""))))
    if news.get("again"):
        return Wait(WAIT, message=said)
    if not news.get("ok"):
        times = f"{attempts} attempt{'s' if attempts != 1 else ''}"
        return Failed("delivery-failed", said or f"Given up after {times}: {news.get('message', '')}")
    return Succeeded(
        {
            "delivery": news["delivery"],
            "status": news["status"],
            "attempts": attempts,
            "body": _read(str(news.get("body", ""))),
        },
        message=said or f"Answered {news['status']}, attempt {attempts}.",
    )


def asked_line(attempt: int, message: str) -> str:
    """What a run's log says when it waits for a person's word."""
    return (
        f"Needs review: nobody knows whether attempt {attempt} arrived. {message} It is not sent again until somebody says"
        " whether it happened."
    )


def _read(text: str) -> Any:
    """An answer's body as JSON where it is an object or a list of it, else as the text that it is."""
    try:
        value = json.loads(text, parse_constant=_refuse) if text[:1] in ("{", "[") else text
    except (ValueError, RecursionError):
        return text
    return value


def _refuse(name: str) -> Any:
    raise ValueError(name)
