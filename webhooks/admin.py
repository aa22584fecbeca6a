"""The Django admin of webhooks; each half registers its own."""

from __future__ import annotations

from webhooks.inbound import admin as inbound
from webhooks.outbound import admin as outbound
from webhooks.outbound import subscriptions_admin, unknowns_admin

__all__ = ["inbound", "outbound", "subscriptions_admin", "unknowns_admin"]
