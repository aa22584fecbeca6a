"""What follows from an attempt, told by a fake clock and thrown dice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from webhooks.outbound.claims import room_of
from webhooks.outbound.schedule import (
    SCHEDULE,
    Result,
    break_seconds,
    is_to_be_disabled,
    judge,
    seconds_of,
)

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def judged(
    status: int | None = 500,
    *,
    tried: int = 1,
    refusals: bool = False,
    safe: bool = True,
    roll: float = 0.5,
    **result: object,
):
    return judge(
        Result(status=status, **result),  # type: ignore[arg-type]
        tried=tried,
        max_attempts=10,
        retry_refusals=refusals,
        retry_safe=safe,
        now=NOW,
        roll=roll,
    )


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    assert sum(SCHEDULE) == timedelta(hours=75, minutes=35, seconds=5).total_seconds()
    assert len(SCHEDULE) == 10


@pytest.mark.parametrize("tried", range(1, 10))
def test_the_next_attempt_is_within_a_fifth_of_the_schedule(tried: int) -> None:
    rolls = [random.random() for _ in range(1_000)]
    waits = [judged(tried=tried, roll=roll).wait for roll in rolls]
    assert all(wait is not None and 0.8 * SCHEDULE[tried] <= wait <= 1.2 * SCHEDULE[tried] for wait in waits)
    assert len(set(waits)) == len(set(rolls))


def test_after_the_tenth_attempt_it_is_given_up() -> None:
    assert judged(tried=9).wait is not None
    last = judged(tried=10)
    assert (last.succeeded, last.wait, last.error) == (False, None, "status-500")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_taken(status: int) -> None:
    assert judged(status).succeeded


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert judged(status).wait is not None


@pytest.mark.parametrize("status", [300, 301, 302, 307, 400, 401, 404, 422])
def test_other_refusals_are_tried_again_only_where_it_is_wished(status: int) -> None:
    assert judged(status).wait is None
    assert judged(status, refusals=True).wait is not None


def test_a_redirect_says_that_it_is_not_followed() -> None:
    assert judged(302).error == "redirect"


def test_410_ends_it_and_the_destination() -> None:
    gone = judged(410, refusals=True)
    assert (gone.wait, gone.gone) == (None, True)


def test_no_answer_is_tried_again_but_not_what_the_guard_refuses() -> None:
    assert judged(None, error="timeout").wait is not None
    refused = judge(
        Result(error="forbidden-address", refused=True),
        tried=1,
        max_attempts=10,
        retry_refusals=True,
        retry_safe=False,
        now=NOW,
        roll=0.5,
    )
    assert (refused.wait, refused.review) == (None, False)


@pytest.mark.parametrize("status", [502, 504, None])
@pytest.mark.parametrize("tried", [1, 10])
def test_what_may_have_arrived_is_repeated_only_where_that_is_safe(status: int | None, tried: int) -> None:
    unknown: dict[str, object] = {} if status else {"error": "timeout", "unknown": True}
    safe = judged(status, tried=tried, **unknown)
    assert (safe.review, safe.unknown, safe.wait is not None) == (False, True, tried == 1)
    asked = judged(status, tried=tried, safe=False, refusals=True, **unknown)
    assert (asked.review, asked.unknown, asked.wait) == (True, True, None)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_receiver_that_says_no_is_taken_at_its_word(status: int) -> None:
    known = judged(status, safe=False)
    assert (known.review, known.unknown, known.wait is not None) == (False, False, True)


def test_a_call_that_never_went_out_is_made_again_wherever_it_goes() -> None:
    assert judged(None, safe=False, error="connection-failed").wait is not None


@pytest.mark.parametrize(
    ("text", "tried", "low", "high"),
    [
        ("30", 1, 30, 30),
        ("1", 1, 4, 6),
        ("-1", 1, 4, 6),
        ("garbage", 1, 4, 6),
        ("", 1, 4, 6),
        (str(10 * 365 * 86_400), 1, 3_600, 3_600),
        (str(10 * 365 * 86_400), 5, 36_000, 36_000),
        ("Sun, 29 Mar 2026 12:10:00 GMT", 1, 600, 600),
        ("Sun, 29 Mar 2020 12:10:00 GMT", 1, 4, 6),
        ("9" * 400, 1, 3_600, 3_600),
        ("٣٠", 1, 4, 6),
    ],
)
def test_retry_after_is_heard_within_limits(text: str, tried: int, low: float, high: float) -> None:
    for roll in (0.0, 0.5, 0.999):
        wait = judged(429, tried=tried, roll=roll, retry_after=text).wait
        assert wait is not None
        assert low <= wait <= high


def test_nonsense_in_retry_after_means_nothing() -> None:
    for text in ("nan", "1e9", "30.5", "Thu, 99 Foo 2026", "0x10"):
        assert seconds_of(text, NOW) is None


def test_the_circuit_opens_after_five_failures_and_for_longer_each_time() -> None:
    assert [break_seconds(count) for count in range(5)] == [0] * 5
    spans = [break_seconds(count) for count in range(5, 30)]
    assert spans[0] == 30
    assert max(spans) == 600
    assert all(later >= earlier for earlier, later in pairwise(spans))


def test_one_that_keeps_failing_is_tried_with_one_call() -> None:
    bears = {"concurrency": 4, "rate": 600}
    assert room_of(**bears, flying=1, used=0, failures=0) == 3
    assert room_of(**bears, flying=0, used=0, failures=5) == 1
    assert room_of(**bears, flying=1, used=0, failures=5) == 0
    assert room_of(**bears, flying=0, used=598, failures=0) == 2
    assert room_of(**bears, flying=9, used=700, failures=0) == 0


def test_five_days_of_failures_are_enough() -> None:
    assert not is_to_be_disabled(failing_since=NOW - timedelta(days=4, hours=23), now=NOW)
    assert is_to_be_disabled(failing_since=NOW - timedelta(days=5), now=NOW)
