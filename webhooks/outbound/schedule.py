"""What follows from an attempt: done, again at what time, or given up; and how a destination that keeps failing is spared.
Pure: results and times in, decisions out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SCHEDULE = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds before each attempt, as Standard Webhooks publishes them; each ±20 %."""
JITTER = 0.2
RETRY_AFTER_CAP = 3_600
"""Seconds that a receiver may put off the next attempt by, beyond twice the schedule's own delay."""
TRIED_AGAIN = frozenset((408, 425, 429))
GONE = 410
UNHEARD = frozenset((502, 504))
"""What a gateway answers that has heard nothing of the receiver behind it."""

BREAKS_AFTER = 5
"""Failures in a row, of whatever deliveries, after which the circuit of a destination opens."""
BREAK_SECONDS, BREAK_CAP = 30, 600
WARN_AFTER = 4
DISABLE_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt went: an answer's status, or why there was none."""

    status: int | None = None
    error: str = ""
    message: str = ""
    retry_after: str = ""
    refused: bool = False
    """The guard, or a secret's own rule, said no: it will say so again."""
    unknown: bool = False
    """The request went out, or may have, and no answer came back."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`wait` is the seconds until the next attempt, None where there is none. `unknown`: it may have arrived all the same;
    `review`: so a person has to say whether it did."""

    succeeded: bool
    error: str = ""
    message: str = ""
    wait: float | None = None
    gone: bool = False
    unknown: bool = False
    review: bool = False


def judge(
    result: Result,
    *,
    tried: int,
    max_attempts: int,
    retry_refusals: bool,
    retry_safe: bool,
    now: datetime,
    roll: float,
) -> Judgement:
    """What follows from attempt number `tried` of a series; `roll` in [0, 1) is the dice of the jitter. Where a repeat is not
    safe, none follows by itself from an attempt that may have arrived."""
    if result.status is not None and 200 <= result.status < 300:
        return Judgement(True)
    error, message = _said(result)
    if result.status == GONE:
        return Judgement(False, error, message, gone=True)
    unknown = result.unknown or result.status in UNHEARD
    if unknown and not retry_safe:
        return Judgement(False, error, message, unknown=True, review=True)
    if tried >= min(max_attempts, len(SCHEDULE)) or not _again(result, retry_refusals):
        return Judgement(False, error, message, unknown=unknown)
    delay = SCHEDULE[tried] * (1 - JITTER + 2 * JITTER * roll)
    wait = put_off(delay, SCHEDULE[tried], result.retry_after, now)
    return Judgement(False, error, message, wait, unknown=unknown)


def put_off(delay: float, base: float, retry_after: str, now: datetime) -> float:
    """The delay, or the longer one that the receiver asks for: at most an hour, or twice the schedule's own."""
    asked = seconds_of(retry_after, now)
    if asked is None:
        return delay
    return max(delay, min(asked, max(2 * base, RETRY_AFTER_CAP)))


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """What a Retry-After header means, in seconds from now; None for what means nothing."""
    text = retry_after.strip()[:64]
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _again(result: Result, retry_refusals: bool) -> bool:
    if result.refused:
        return False
    if result.status is None or result.status >= 500 or result.status in TRIED_AGAIN:
        return True
    return retry_refusals  # a redirect, and every other 4xx


def _said(result: Result) -> tuple[str, str]:
    if result.status is None:
        return result.error, result.message
    if 300 <= result.status < 400:
        return "redirect", f"The answer was a redirect ({result.status}), which is never followed."
    return f"status-{result.status}", f"The answer was {result.status}."


def break_seconds(failures: int) -> float:
    """How long nothing is sent to a destination after so many failures in a row; then one call tries."""
    over = failures - BREAKS_AFTER
    return 0 if over < 0 else min(BREAK_SECONDS * 2.0 ** min(over, 10), BREAK_CAP)


def is_to_be_disabled(*, failing_since: datetime, now: datetime) -> bool:
    """Whether a destination has failed for long enough, without a success in between, to be given up."""
    return now - failing_since >= DISABLE_AFTER
