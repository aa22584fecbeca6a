"""What a run has done and what `decide` makes of it, as values: the journal, what the run can see, the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.effects import Effect
from automations.engine.outcomes import Change, Stop
from automations.engine.statuses import RunStatus, StepStatus

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a step is parked; `until` None means until a signal comes."""

    kind: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class StepState:
    """All that is known about one step of a run."""

    node: str
    status: StepStatus
    branches: tuple[str, ...] = ()
    attempt: int = 0
    output: Mapping[str, Any] | None = None
    changes: tuple[Change, ...] = ()
    error: Mapping[str, Any] | None = None
    wait: Waiting | None = None
    assumed: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """All that a run has done, as a value. `key` names the run in effect keys and seeds its jitter."""

    key: str
    trigger: str
    steps: Mapping[str, StepState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the run can see: its event, its record as it is now, the variables it was started with."""

    event: Mapping[str, Any] | None = None
    record: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    zone: ZoneInfo = UTC
    assume_changed: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    level: str
    node: str
    message: str
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of one call. With `effect` set, `status` is running and the caller owes its outcome."""

    journal: Journal
    status: RunStatus
    effect: tuple[str, Effect] | None
    changed: tuple[str, ...]
    logs: tuple[LogLine, ...]
    wake_at: datetime | None = None
    failure: Mapping[str, Any] | None = None
    stop: Stop | None = None
    inconclusive: bool = False
