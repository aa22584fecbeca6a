"""The Django admin of webhooks; each half registers its own."""

from __future__ import annotations

from webhooks.inbound import admin as inbound
from webhooks.outbound import admin as outbound

__all__ = ["inbound", "outbound"]
