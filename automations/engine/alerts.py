"""Alert rules: what is measured, and what follows from a measurement. Decisions over numbers that somebody else has read.

An episode begins when a value has been out of bounds for long enough and ends when it is back at a lower bound and, where
runs fail, a run has succeeded since: that nothing runs any more is no recovery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class AlertKind(StrEnum):
    FAILURES = "failures"
    RATIO = "failure_ratio"
    SILENCE = "silence"
    DEAD_LETTERS = "dead_letters"
    OVERDUE = "approvals_overdue"
    UNKNOWN = "needs_review"
    QUEUE_LAG = "queue_lag"
    NOISY = "noisy_trigger"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What people need to know of a kind: its title; what its bounds count; what it says of one, and of more; what its
    window means, "" where it has none; whether it is about the whole installation; and whether a workflow that is out of
    bounds may be kept from acting."""

    title: str
    unit: str
    one: str
    more: str
    window: str = ""
    of_everything: bool = False
    breaks: bool = False


FACTS: dict[AlertKind, KindFacts] = {
    AlertKind.FAILURES: KindFacts(
        "Runs fail",
        "failed runs",
        "{n} run failed in {window}",
        "{n} runs failed in {window}",
        "counted in",
        breaks=True,
    ),
    AlertKind.RATIO: KindFacts(
        "A large part of the runs fails",
        "per cent that fail",
        "{n} % of the runs in {window} failed",
        "{n} % of the runs in {window} failed",
        "counted in",
        breaks=True,
    ),
    AlertKind.SILENCE: KindFacts(
        "No run succeeds",
        "minutes",
        "no run has succeeded for {n} minute",
        "no run has succeeded for {n} minutes",
    ),
    AlertKind.DEAD_LETTERS: KindFacts(
        "Dead letters pile up",
        "open dead letters",
        "{n} dead letter is open",
        "{n} dead letters are open",
    ),
    AlertKind.OVERDUE: KindFacts(
        "Questions wait for too long",
        "questions",
        "{n} question has waited for more than {window}",
        "{n} questions have waited for more than {window}",
        "unanswered for",
    ),
    AlertKind.UNKNOWN: KindFacts(
        "Steps need review",
        "steps",
        "{n} step that began more than {window} ago needs review",
        "{n} steps that began more than {window} ago need review",
        "waiting for",
    ),
    AlertKind.QUEUE_LAG: KindFacts(
        "Work is late",
        "seconds",
        "due work has waited for {n} second",
        "due work has waited for {n} seconds",
        of_everything=True,
    ),
    AlertKind.NOISY: KindFacts(
        "A trigger starts too many runs",
        "runs",
        "one trigger started {n} run in {window}",
        "one trigger started {n} runs in {window}",
        "counted in",
        breaks=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Raise at `raise_at` or more, once it has been so for `hold`; over at `clear_at` or less. A ratio of fewer than
    `least` runs says nothing."""

    raise_at: float
    clear_at: float
    hold: timedelta = timedelta(0)
    least: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement. `of` is how many it was taken over; `healthy` whether the newest that ended had succeeded."""

    value: float
    of: int = 0
    healthy: bool = True


class Phase(StrEnum):
    """How an episode stands: out of bounds, but not yet for long enough; raised; over."""

    PENDING = "pending"
    RAISED = "raised"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Episode:
    """What is known of an episode that is not over: since when it has been out of bounds, whether somebody was told, and
    when; who has taken note and until when it is to keep quiet."""

    phase: Phase
    since: datetime
    told_at: datetime | None = None
    acknowledged: bool = False
    snoozed_until: datetime | None = None


class Move(StrEnum):
    """What follows: nothing; begin to watch; forget what was watched; raise; keep up with the value; say it again, because
    a snooze is over; end."""

    NOTHING = "nothing"
    WATCH = "watch"
    FORGET = "forget"
    RAISE = "raise"
    KEEP = "keep"
    REPEAT = "repeat"
    RESOLVE = "resolve"


def is_out(bounds: Bounds, reading: Reading) -> bool:
    """Whether a measurement is out of bounds, so that an episode can begin."""
    return reading.of >= bounds.least and reading.value >= bounds.raise_at


def is_over(bounds: Bounds, reading: Reading) -> bool:
    """Whether an episode has ended by this measurement."""
    return reading.healthy and reading.value <= bounds.clear_at


def judge(bounds: Bounds, reading: Reading, episode: Episode | None, *, now: datetime) -> Move:
    """What follows from one measurement for the episode that goes on, if any."""
    if episode is None:
        if not is_out(bounds, reading):
            return Move.NOTHING
        return Move.WATCH if bounds.hold else Move.RAISE
    if episode.phase is Phase.PENDING:
        if not is_out(bounds, reading):
            return Move.FORGET
        return Move.RAISE if now - episode.since >= bounds.hold else Move.NOTHING
    if is_over(bounds, reading):
        return Move.RESOLVE
    if _has_slept_enough(episode, now):
        return Move.REPEAT
    return Move.KEEP


def _has_slept_enough(episode: Episode, now: datetime) -> bool:
    """Whether it was snoozed, that is over, and nobody was told since or has taken note."""
    until = episode.snoozed_until
    if until is None or until > now or episode.acknowledged:
        return False
    return episode.told_at is None or episode.told_at < until


def said(kind: AlertKind, value: float, window: timedelta) -> str:
    """A measurement as a part of a sentence: “3 runs failed in 15 minutes”."""
    number = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
    words = FACTS[kind].one if value == 1 else FACTS[kind].more
    return words.format(n=number, window=plain_duration(window))


def plain_duration(length: timedelta) -> str:
    """“15 minutes”, “1 day”: in the largest unit that measures it whole."""
    seconds = int(length.total_seconds())
    size, unit = next(
        ((size, unit) for size, unit in _UNITS if seconds % size == 0 and seconds >= size), (1, "second")
    )
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
