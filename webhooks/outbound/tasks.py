"""What a queue message makes a worker do. The path of this function stands in queue rows: never rename it."""

from __future__ import annotations

from webhooks.outbound import lane


def deliver() -> None:
    """Send the deliveries that are due, or as many as fit the time slice."""
    lane.deliver_slice()
