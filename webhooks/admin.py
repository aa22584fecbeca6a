"""The Django admin of webhooks; each half registers its own."""

from __future__ import annotations

from webhooks.inbound import admin as inbound

__all__ = ["inbound"]
