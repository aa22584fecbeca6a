"""What a diagnosis is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from automations.models import AuditEntry, Run, Triage, Workflow


class Severity(IntEnum):
    """How bad a finding is; the worst is told first."""

    NOTICE = 1
    WARNING = 2
    BROKEN = 3


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that the workflow uses: of which kind, its row, and the steps that use it (none: the workflow as a whole).
    `address` is its page; what stands `behind` another thing is named by no step."""

    noun: str
    key: str
    name: str
    address: str
    row: Any = field(compare=False)
    nodes: frozenset[str] = frozenset()
    behind: bool = False

    @property
    def pk(self) -> str:
        return str(self.row.pk)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now. `code` is stable; `failure` is what failed, by its own code; `things` are those that it is
    about, and `node` the step."""

    code: str
    severity: Severity
    sentence: str
    since: datetime | None = None
    number: int | None = None
    node: str = ""
    run: int | None = None
    failure_code: str = ""
    fault: str = ""
    retryable: bool = False
    next_attempt_at: datetime | None = None
    fingerprint: str = ""
    things: Sequence[Thing] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """How often a cause was seen since it began (after a week without it), in which run and version it was seen first, and
    which run shows it last, with what that one says of its `failure`. `open` letters wait for somebody."""

    fingerprint: str
    began_at: datetime
    first_run: int
    first_version: int
    last_at: datetime
    last_run: int
    last_ended_failed: bool
    node: str
    failure: Mapping[str, Any]
    runs: int
    open: int
    triage: Triage | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Runs that ended in a span of time."""

    since: datetime
    until: datetime
    succeeded: int
    failed: int

    @property
    def share(self) -> float | None:
        ended = self.succeeded + self.failed
        return round(100 * self.failed / ended, 1) if ended else None


@dataclass(frozen=True, slots=True)
class Times:
    """Since when. `moment` is when the trouble began; None where nothing is wrong that began."""

    moment: datetime | None
    episode: Episode | None
    last_success: Run | None
    success_before: Run | None
    before: Rate
    after: Rate
    buckets: Sequence[Rate]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that people changed, how much it is suspect (0 to 1), and why, in words. `told` says whether the viewer may
    see what it was before and after."""

    entry: AuditEntry
    sentence: str
    why: str
    weight: float
    thing: Thing | None
    told: bool
    address: str


@dataclass(frozen=True, slots=True)
class Similar:
    workflow: Workflow
    fingerprint: str
    total: int
    open: int
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Press:
    """Something to do. `link` is the page with the button, `call` the same over the API as {method, address, body}; `why_not`
    says why the viewer may not, "" where he may."""

    code: str
    label: str
    why: str
    link: str
    why_not: str = ""
    call: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    workflow: Workflow
    now: datetime
    headline: str
    findings: Sequence[Finding]
    times: Times
    changes: Sequence[Change]
    similar: Sequence[Similar]
    presses: Sequence[Press]
    alerts: Sequence[Any]
    run: Run | None = None

    @property
    def state(self) -> str:
        """“broken”, “warning” or “well”: by the worst that was found."""
        worst = max((finding.severity for finding in self.findings), default=Severity.NOTICE)
        return {Severity.BROKEN: "broken", Severity.WARNING: "warning"}.get(worst, "well")
