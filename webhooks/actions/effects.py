from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from automations.engine.effects import Effect


@dataclass(frozen=True, slots=True)
class SendDelivery(Effect):
    """Send something to a destination: an event with its data, or, where there is a text, a message to a chat. With `wait`
    the run goes on when it is known how it ended."""

    kind: ClassVar[str] = "send_delivery"
    destination: str
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    wait: bool = True
    max_attempts: int = 0
    """At most so many attempts; 0: as many as the destination says."""
    retry_safe: bool | None = None
    """Whether a call that may have arrived is tried again by itself; None: as the destination says."""
