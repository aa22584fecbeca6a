"""How many runs of a workflow may be at work at once, of what, and what becomes of one more."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from automations.engine.documents import canonical_json

MOST = 1_000


class WhenFull(StrEnum):
    """What becomes of a run for which there is no place."""

    QUEUE = "queue"
    SKIP = "skip"
    CANCEL_OLDEST = "cancel_oldest"


@dataclass(frozen=True, slots=True)
class Crowding:
    """`at_once` runs may be at work at the same time: of the workflow or, with `per`, of each value at that path of
    the event."""

    at_once: int
    per: str = ""
    when_full: WhenFull = WhenFull.QUEUE

    def group(self, event: Mapping[str, Any] | None) -> tuple[str, str]:
        """The key under which runs share the places, and what it stands for, to read. Events without the value are a
        group of their own: a limit that lets through what it can't tell apart would be none."""
        if not self.per:
            return "", ""
        value = value_at(self.per, event)
        told = value if isinstance(value, str) else canonical_json(value)
        return hashlib.sha256(canonical_json(value).encode()).hexdigest(), f"{self.per} = {told}"[:120]


def crowding_of(limits: Mapping[str, Any]) -> Crowding | None:
    """The limit that a workflow's settings name, if they name one."""
    if "at_once" not in limits:
        return None
    return Crowding(
        at_once=int(limits["at_once"]),
        per=str(limits.get("at_once_per", "")),
        when_full=WhenFull(limits.get("when_full", WhenFull.QUEUE)),
    )


def value_at(path: str, event: Mapping[str, Any] | None) -> Any:
    """What an event has at a path such as event.data.id; None where it has nothing there."""
    value: Any = {"event": event}
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def sentence(crowding: Crowding, taken: int, about: str) -> str:
    """“3 of 3 places are taken (event.record = T-1)”."""
    places = (
        "1 of 1 place is taken"
        if crowding.at_once == taken == 1
        else f"{taken} of {crowding.at_once} places are taken"
    )
    return f"{places} ({about})" if about else places
