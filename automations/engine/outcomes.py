"""What the work of a step came to: data that `decide` takes in, never an exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

NEEDS_REVIEW = "needs_review"
"""The kind of wait of a step whose outcome outside nobody knows: a person says whether it happened."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one record, before and after; in simulate a plan, in execute a fact."""

    module: str
    record: str
    field: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        return {
            "module": self.module,
            "record": self.record,
            "field": self.field,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The step is done. `record` is the run's own record after it, where the step changed that record; `branch` is
    the way out that it takes, "" the plain one."""

    output: Mapping[str, Any] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    record: Mapping[str, Any] | None = None
    message: str = ""
    assumed: bool = False
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The step did not work. `retry_after` seconds overrides the policy's own delay when it is longer."""

    code: str
    message: str
    retryable: bool = False
    fault: Literal["user", "engine"] = "user"
    retry_after: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "fault": self.fault, "retryable": self.retryable}


@dataclass(frozen=True, slots=True)
class Wait:
    """The step waits: until a time, or (with `until` None) for a signal that names it. Uses up no attempt."""

    kind: str
    until: datetime | None = None
    output: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """The run ends here, on purpose, whatever else was still open."""

    status: Literal["succeeded", "failed", "cancelled"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Simulate only: this effect has no plan, so that nobody can say what would happen."""

    message: str


Outcome = Succeeded | Failed | Wait | Stop | Unplanned
