from __future__ import annotations

from automations.engine.statuses import (
    ACTIVE_RUN,
    ACTIVE_STEP,
    RUN_MOVES,
    TERMINAL_RUN,
    TERMINAL_STEP,
    RunStatus,
    StepStatus,
)


def test_active_and_terminal_partition_the_run_statuses() -> None:
    assert sorted([*ACTIVE_RUN, *TERMINAL_RUN]) == sorted(RunStatus)


def test_active_and_terminal_partition_the_step_statuses() -> None:
    assert sorted([*ACTIVE_STEP, *TERMINAL_STEP]) == sorted(StepStatus)


def test_every_run_status_has_its_moves() -> None:
    assert set(RUN_MOVES) == set(RunStatus)


def test_a_terminal_run_moves_no_more() -> None:
    assert [RUN_MOVES[status] for status in TERMINAL_RUN] == [(), (), ()]


def test_every_active_run_can_be_cancelled() -> None:
    assert all(RunStatus.CANCELLED in RUN_MOVES[status] for status in ACTIVE_RUN)


def test_every_terminal_status_is_reached_from_some_status() -> None:
    reached = {target for targets in RUN_MOVES.values() for target in targets}
    assert set(TERMINAL_RUN) <= reached


def test_no_run_succeeds_without_having_been_running() -> None:
    sources = [status for status, targets in RUN_MOVES.items() if RunStatus.SUCCEEDED in targets]
    assert sources == [RunStatus.RUNNING]
