"""Webhooks in: addresses that other systems post to, what each request is held against, and what came of it."""

from __future__ import annotations
