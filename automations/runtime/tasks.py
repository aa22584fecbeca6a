"""What a queue message makes a worker do. The paths of these functions stand in queue rows: never rename them."""

from __future__ import annotations

from automations.runtime import drain as draining
from automations.runtime import supervisor


def drain() -> None:
    """Do all work that is due, or as much as fits the time slice."""
    draining.drain_slice()


def stamp(cluster: str) -> None:
    """Prove that a worker of this cluster takes tasks."""
    supervisor.stamp_process(cluster, role="worker")
