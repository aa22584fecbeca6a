"""When to try again: exponential backoff with jitter, as a value and a function."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JITTER = (0.8, 1.2)
_MOST_DOUBLINGS = 63
"""Beyond any cap already, and well within a float."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `max_attempts` tries in all; the delay doubles from `base_seconds` up to `cap_seconds`."""

    max_attempts: int = 5
    base_seconds: float = 2.0
    cap_seconds: float = 3_600.0

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> RetryPolicy:
        """A policy from a validated {"max_attempts", "base_seconds", "cap_seconds"}; what is absent has its
        default."""
        default = cls()
        return cls(
            max_attempts=int(config.get("max_attempts", default.max_attempts)),
            base_seconds=float(config.get("base_seconds", default.base_seconds)),
            cap_seconds=float(config.get("cap_seconds", default.cap_seconds)),
        )


def next_delay(policy: RetryPolicy, attempt: int, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): min(cap, base * 2^(attempt-1)), times a
    factor between 0.8 and 1.2 drawn from `rng`."""
    doublings = min(attempt - 1, _MOST_DOUBLINGS)
    return min(policy.cap_seconds, policy.base_seconds * 2.0**doublings) * rng.uniform(*JITTER)
