"""What the promotion gate looks at: facts about one version, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """How far a second person's consent has come; `given_by` is "" while it is asked for."""

    asked_by: str
    given_by: str = ""


@dataclass(frozen=True, slots=True)
class ShadowFacts:
    """What came of the shadow of this very definition beside version `against`: of `judged` live events, `agreed` come to
    the same; `until` is None while it goes on."""

    judged: int
    agreed: int
    newly_selected: int
    no_longer_selected: int
    other: int
    against: int
    since: datetime
    until: datetime | None = None
    hours: float = 0.0
    """Over how long it has judged all that came."""


@dataclass(frozen=True, slots=True)
class ShadowDemand:
    """What a policy asks of a shadow: `events` judged over `hours`, of a hundred of them `agreement` answered alike. `said`
    is who asks for it, and why."""

    events: int
    hours: int
    agreement: Decimal
    said: str


@dataclass(frozen=True, slots=True)
class SimulatedFacts:
    """What the version has done with live events in simulate, since it was published, how its shadow and its last backtest
    came out: of `compared` past events, `agreed` come to the same ways and effects as with version `against`."""

    runs: int = 0
    failed: int = 0
    inconclusive: int = 0
    compared: int = 0
    agreed: int = 0
    against: int = 0
    shadow: ShadowFacts | None = None


@dataclass(frozen=True, slots=True)
class StartFact:
    """A workflow that the version starts: at which `version` of it, None where it is not pinned; `newer` is the live one
    where that is another. `trouble` says why it can't be started, `simulates` why it only simulates when it is."""

    name: str
    version: int | None = None
    newer: int | None = None
    trouble: str = ""
    simulates: str = ""


@dataclass(frozen=True, slots=True)
class OutsideFact:
    """A thing outside that the version uses: a destination. `pinned` is whether the version keeps what it was; `changes`
    tells what of it changed since, `lasting` whether that asks for a new version."""

    kind: str
    name: str
    changes: Sequence[str] = ()
    lasting: bool = False
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What bounds the workflow, whichever version is live: `now` as people say it, and `changes` of it since the version
    was published."""

    now: Sequence[str] = ()
    changes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate looks at. Names are those that people know: of scenarios, steps, persons.

    `denied` is what the identity that the runs act as may not do among the live candidates; None where that was not
    looked at. `forbidden` is the sentence of a policy that lets nothing act, "" where there is none.
    """

    version: int
    errors: Sequence[str] = ()
    scenarios: int = 0
    positive_passed: int = 0
    negative_passed: int = 0
    limited_passed: int = 0
    failing: Sequence[str] = ()
    earlier: int | None = None
    first_release_by: str = ""
    sensitive: Sequence[str] = ()
    four_eyes_demanded: str = ""
    consent: ConsentFact | None = None
    forbidden: str = ""
    simulated: SimulatedFacts = SimulatedFacts()
    denied: Sequence[str] | None = None
    starts: Sequence[StartFact] = ()
    limits: LimitFacts = LimitFacts()
    outside: Sequence[OutsideFact] = ()
    shadow_demanded: ShadowDemand | None = None
