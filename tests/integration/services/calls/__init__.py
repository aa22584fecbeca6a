"""How each public function of `automations/services` is called, and what it leaves behind.

A new function belongs into the file of its subject: either it says what it writes in the trail, or why it writes
nothing there.
"""

from __future__ import annotations

from . import alerts, backfills, people, policies, records, releases, reviews, runs, scenarios, workflows
from .shapes import Audited, Call, Reads, Traced

CALLS: tuple[Call, ...] = (
    *alerts.CALLS,
    *backfills.CALLS,
    *people.CALLS,
    *policies.CALLS,
    *records.CALLS,
    *releases.CALLS,
    *reviews.CALLS,
    *runs.CALLS,
    *scenarios.CALLS,
    *workflows.CALLS,
)

BY_NAME = {call.name: call for call in CALLS}

__all__ = ["BY_NAME", "CALLS", "Audited", "Call", "Reads", "Traced"]
