"""What a run is told of webhooks: the receipt of the request that started it, and the deliveries of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automations.insight.related import RELATED, Related
from automations.models import Event, Run, TriggerSource
from webhooks.inbound.models import Receipt
from webhooks.outbound.rights import visible_deliveries
from webhooks.permissions import visible_endpoints

MOST = 20
"""Deliveries of one run that are told, the newest."""


def _receipt(actor: Any, run: Run) -> Iterator[Related]:
    """Three queries, for a run that a webhook has started."""
    if run.event_id is None:
        return
    events = Event.objects.filter(pk=run.event_id, source__kind=TriggerSource.Kind.WEBHOOK)
    event = events.only("occurred_at", "source").first()
    if event is None:
        return
    endpoint = visible_endpoints(actor).filter(source=event.source_id).first()
    if endpoint is None:
        return
    # Both are written at one moment, by which receipts are indexed. An old one is gone.
    receipts = Receipt.objects.filter(endpoint=endpoint, event=event, received_at=event.occurred_at)
    receipt = receipts.order_by("pk").values_list("pk", flat=True).first()
    asked = f"?receipt={receipt}" if receipt is not None else ""
    state = f"receipt {receipt}" if receipt is not None else ""
    yield Related("receipt", "", endpoint.name, state, f"webhooks/endpoints/{endpoint.key}/{asked}")


def _deliveries(actor: Any, run: Run) -> Iterator[Related]:
    """One query."""
    rows = visible_deliveries(actor).filter(run=run).select_related("destination").order_by("-pk")[:MOST]
    for row in rows.only("node", "state", "destination__name"):
        name, link = row.destination.name, f"webhooks/deliveries/{row.pk}/"
        yield Related("delivery", row.node, name, row.get_state_display().lower(), link)


def _related(actor: Any, run: Run) -> list[Related]:
    return [*_receipt(actor, run), *_deliveries(actor, run)]


def register() -> None:
    RELATED.register("webhooks", _related)
