"""The network edge: webhooks in and out. It registers itself with automations, which does not know it."""

from __future__ import annotations
