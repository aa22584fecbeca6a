"""The tables of webhooks; each half keeps its own."""

from __future__ import annotations

from webhooks.inbound.models import Endpoint, EndpointPace, EndpointSecret, Misdirected, Receipt
from webhooks.outbound.models import (
    Attempt,
    Delivery,
    Destination,
    DestinationHeader,
    FingerprintKey,
    Resending,
    SigningKey,
    Subscription,
    UnknownOutcome,
)
from webhooks.secrets.models import Secret

__all__ = [
    "Attempt",
    "Delivery",
    "Destination",
    "DestinationHeader",
    "Endpoint",
    "EndpointPace",
    "EndpointSecret",
    "FingerprintKey",
    "Misdirected",
    "Receipt",
    "Resending",
    "Secret",
    "SigningKey",
    "Subscription",
    "UnknownOutcome",
]
