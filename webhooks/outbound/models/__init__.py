"""The tables of calls to others: where they go, what is sent, every attempt of it."""

from __future__ import annotations

from webhooks.outbound.models.delivery import OPEN_STATES, Attempt, Delivery
from webhooks.outbound.models.destination import (
    Destination,
    DestinationHeader,
    FingerprintKey,
    SigningKey,
)
from webhooks.outbound.models.resending import Resending
from webhooks.outbound.models.subscription import Subscription

__all__ = [
    "OPEN_STATES",
    "Attempt",
    "Delivery",
    "Destination",
    "DestinationHeader",
    "FingerprintKey",
    "Resending",
    "SigningKey",
    "Subscription",
]
