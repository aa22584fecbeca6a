"""The tables of calls to others: where they go, what is sent, every attempt of it."""

from __future__ import annotations

from webhooks.outbound.models.delivery import Attempt, Delivery
from webhooks.outbound.models.destination import (
    Destination,
    DestinationHeader,
    FingerprintKey,
    SigningKey,
)

__all__ = [
    "Attempt",
    "Delivery",
    "Destination",
    "DestinationHeader",
    "FingerprintKey",
    "SigningKey",
]
