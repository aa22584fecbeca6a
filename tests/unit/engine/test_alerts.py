"""Episodes of alerts: when one begins, when it is told, and what counts as over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automations.engine.alerts import (
    FACTS,
    AlertKind,
    Bounds,
    Episode,
    Move,
    Phase,
    Reading,
    judge,
    plain_duration,
    said,
)

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOUNDS = Bounds(raise_at=3, clear_at=1)
PATIENT = Bounds(raise_at=3, clear_at=1, hold=5 * MINUTE)
RATIO = Bounds(raise_at=50, clear_at=10, least=4)
OUT, BETWEEN, IN = Reading(3, 3), Reading(2, 3), Reading(1, 3)
STILL_FAILING = Reading(0, 0, healthy=False)


def raised(**changes: object) -> Episode:
    return Episode(Phase.RAISED, NOW - 10 * MINUTE, NOW - 10 * MINUTE, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bounds", "reading", "episode", "move"),
    [
        (BOUNDS, BETWEEN, None, Move.NOTHING),
        (BOUNDS, OUT, None, Move.RAISE),
        (PATIENT, OUT, None, Move.WATCH),
        (PATIENT, OUT, Episode(Phase.PENDING, NOW - 4 * MINUTE), Move.NOTHING),
        (PATIENT, OUT, Episode(Phase.PENDING, NOW - 5 * MINUTE), Move.RAISE),
        (PATIENT, BETWEEN, Episode(Phase.PENDING, NOW - 5 * MINUTE), Move.FORGET),
        (BOUNDS, OUT, raised(), Move.KEEP),
        (BOUNDS, BETWEEN, raised(), Move.KEEP),
        (BOUNDS, IN, raised(), Move.RESOLVE),
        (BOUNDS, STILL_FAILING, raised(), Move.KEEP),
        (RATIO, Reading(100, 3), None, Move.NOTHING),
        (RATIO, Reading(50, 4), None, Move.RAISE),
    ],
)
def test_episode_moves_by_its_measurement(
    bounds: Bounds, reading: Reading, episode: Episode | None, move: Move
) -> None:
    assert judge(bounds, reading, episode, now=NOW) is move


@pytest.mark.parametrize(
    ("changes", "move"),
    [
        ({"snoozed_until": NOW + MINUTE}, Move.KEEP),
        ({"snoozed_until": NOW}, Move.REPEAT),
        ({"snoozed_until": NOW, "acknowledged": True}, Move.KEEP),
        ({"snoozed_until": NOW - 11 * MINUTE}, Move.KEEP),
    ],
)
def test_what_goes_on_when_a_snooze_is_over_is_told_once_more(changes: dict[str, object], move: Move) -> None:
    assert judge(BOUNDS, OUT, raised(**changes), now=NOW) is move


def test_what_nobody_was_told_of_is_told_when_its_snooze_is_over() -> None:
    silent = Episode(Phase.RAISED, NOW - MINUTE, None, snoozed_until=NOW)
    assert judge(BOUNDS, OUT, silent, now=NOW) is Move.REPEAT


def test_a_value_that_swings_between_its_bounds_is_one_episode() -> None:
    episode, moves = None, []
    for value in (2, 3, 2, 3, 2, 4, 1, 2, 3):
        move = judge(BOUNDS, Reading(value, value), episode, now=NOW)
        moves.append(move)
        episode = raised() if move in (Move.RAISE, Move.KEEP) else None
    assert moves.count(Move.RAISE) == 2
    assert moves.count(Move.RESOLVE) == 1


def test_a_measurement_is_said_as_people_say_it() -> None:
    quarter = 15 * MINUTE
    assert said(AlertKind.FAILURES, 1, quarter) == "1 run failed in 15 minutes"
    assert said(AlertKind.FAILURES, 3, quarter) == "3 runs failed in 15 minutes"
    assert said(AlertKind.RATIO, 33.333, timedelta(days=1)) == "33.3 % of the runs in 1 day failed"
    assert said(AlertKind.UNKNOWN, 2, quarter) == "2 steps that began more than 15 minutes ago need review"
    assert said(AlertKind.SILENCE, 90, quarter) == "no run has succeeded for 90 minutes"
    for kind in AlertKind:
        assert "{" not in said(kind, 2, quarter)
        assert FACTS[kind].title


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=7), "7 days"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_a_length_is_said_in_its_largest_whole_unit(length: timedelta, text: str) -> None:
    assert plain_duration(length) == text
