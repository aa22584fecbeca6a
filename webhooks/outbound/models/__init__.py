"""The tables of calls to others: where they go, what is sent, every attempt of it."""

from __future__ import annotations

from webhooks.outbound.models.delivery import OPEN_STATES, UNFINISHED, Attempt, Delivery
from webhooks.outbound.models.destination import (
    Destination,
    DestinationHeader,
    FingerprintKey,
    SigningKey,
)
from webhooks.outbound.models.resending import Resending
from webhooks.outbound.models.subscription import Subscription
from webhooks.outbound.models.unknown import UnknownOutcome

__all__ = [
    "OPEN_STATES",
    "UNFINISHED",
    "Attempt",
    "Delivery",
    "Destination",
    "DestinationHeader",
    "FingerprintKey",
    "Resending",
    "SigningKey",
    "Subscription",
    "UnknownOutcome",
]
