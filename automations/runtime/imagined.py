"""Events that nobody stored: what an alarm or a slot of the calendar would have brought, to be judged as if it had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automations.engine.fields import datetime_text
from automations.runtime.pending_events import PendingEvent
from automations.runtime.subscriptions import Subscription


def imagined_event(
    number: int,
    kind: str,
    at: datetime,
    subscription: Subscription,
    data: dict[str, Any],
    *,
    record: str = "",
    after: Mapping[str, Any] | None = None,
) -> PendingEvent:
    """An event for one trigger; its id is `number` below 0, so that it is no row's."""
    module = subscription.module
    value = {
        "id": -number,
        "type": kind,
        "module": module.key if module else None,
        "record": record or None,
        "occurred_at": datetime_text(at),
        "data": data,
        "before": None,
        "after": after,
        "changed": [],
        "actor": None,
    }
    return PendingEvent(
        id=-number,
        type=kind,
        module_id=module.pk if module else None,
        record_key=record,
        value=value,
        occurred_at=at,
        clock="",
        actor_id=None,
        cause_workflow_id=None,
        depth=0,
        target=None,
        database_now=at,
    )
