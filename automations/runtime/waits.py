"""What the news that a waiting step was left comes to, by the kind of its wait. Whoever makes a step wait for something of
its own registers here how the news of it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automations.engine.outcomes import Outcome
from automations.registry import Registry
from automations.runtime.unit import Unit

Settle = Callable[[Unit, str, Mapping[str, Any]], Outcome]
"""(the run, the node that waits, the newest news) to the step's outcome, in the transaction of the run's progress."""

SETTLERS: Registry[Settle] = Registry("wait")
