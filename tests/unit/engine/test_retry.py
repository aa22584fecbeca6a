from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.retry import RetryPolicy, next_delay


def test_a_policy_takes_what_its_config_says_and_has_defaults_for_the_rest() -> None:
    assert RetryPolicy.from_config({}) == RetryPolicy(5, 2.0, 3_600.0)
    config = {"max_attempts": 3, "base_seconds": 1, "cap_seconds": 60}
    assert RetryPolicy.from_config(config) == RetryPolicy(3, 1.0, 60.0)


@pytest.mark.parametrize(
    ("attempt", "nominal"), [(1, 2.0), (2, 4.0), (3, 8.0), (11, 2048.0), (12, 3600.0), (40, 3600.0)]
)
def test_the_delay_doubles_up_to_the_cap(attempt: int, nominal: float) -> None:
    delay = next_delay(RetryPolicy(), attempt, random.Random(7))
    assert 0.8 * nominal <= delay <= 1.2 * nominal


def test_no_two_of_a_thousand_delays_are_equal() -> None:
    rng = random.Random(1)
    delays = [next_delay(RetryPolicy(), 4, rng) for _ in range(1_000)]
    assert len(set(delays)) == 1_000


def test_the_same_seed_gives_the_same_delay() -> None:
    assert next_delay(RetryPolicy(), 2, random.Random("7:a1")) == next_delay(
        RetryPolicy(), 2, random.Random("7:a1")
    )


@given(
    attempt=st.integers(1, 10_000),
    base=st.floats(0, 86_400),
    cap=st.floats(0, 86_400),
    seed=st.integers(0, 2**32),
)
def test_every_delay_lies_within_a_fifth_of_its_nominal_value(
    attempt: int, base: float, cap: float, seed: int
) -> None:
    policy = RetryPolicy(20, base, cap)
    nominal = min(cap, base * 2.0 ** min(attempt - 1, 63))
    assert nominal * 0.8 <= next_delay(policy, attempt, random.Random(seed)) <= nominal * 1.2
