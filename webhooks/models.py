"""The tables of webhooks; each half keeps its own."""

from __future__ import annotations

from webhooks.inbound.models import Endpoint, EndpointSecret, Receipt

__all__ = ["Endpoint", "EndpointSecret", "Receipt"]
