from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.durations import format_duration, parse_duration
from automations.engine.errors import DurationError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT4H", timedelta(hours=4)),
        ("P2D", timedelta(days=2)),
        ("P1DT2H30M", timedelta(days=1, hours=2, minutes=30)),
        ("P1W", timedelta(weeks=1)),
        ("PT90S", timedelta(seconds=90)),
        ("PT0S", timedelta(0)),
        ("P999999W", timedelta(weeks=999_999)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "4 hours",
        "P1Y",
        "P1M",
        "PT1.5H",
        "-PT1H",
        "PT4H\n",
        "PT1234567S",
        "P٣D",
        "pt4h",
        None,
        4,
        [],
    ],
)
def test_anything_else_is_refused_with_an_example(text: Any) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert (caught.value.code, "PT4H" in caught.value.hint) == ("bad-duration", True)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=9), "P9D"),
        (timedelta(hours=4), "PT4H"),
        (timedelta(days=1, hours=2, minutes=30, seconds=5), "P1DT2H30M5S"),
    ],
)
def test_a_duration_is_written_as_shortly_as_it_can_be(length: timedelta, text: str) -> None:
    assert format_duration(length) == text


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_back(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length)) == length


def test_a_negative_length_is_not_written() -> None:
    with pytest.raises(DurationError):
        format_duration(timedelta(seconds=-1))
