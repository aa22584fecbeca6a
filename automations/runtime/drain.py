"""Doing all that is due: judge events, work on what they start, claim other runs, again, until nothing is left; then backtests."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db import connection

from automations.conf import setting
from automations.runtime import places, queue, saving, standstills
from automations.runtime.backtests import work as backtests
from automations.runtime.claims import ClaimedRun, claim
from automations.runtime.execute import execute
from automations.runtime.matching import match_due
from automations.runtime.subscriptions import DEFAULT_MAX_ATTEMPTS

BACKTEST_SECONDS = 0.5
"""How long a backtest is worked on at a time, where nothing else is due."""


def drain_slice() -> None:
    """Work until nothing is due or the time slice ends; then leave a hint for whoever comes next."""
    if drain(seconds=setting("AUTOMATIONS_SLICE_SECONDS")):
        queue.wake()


def drain(*, seconds: float | None = None) -> bool:
    """Do due work for at most `seconds` (None: until nothing is due). Returns whether work may be left."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while drain_once() or _backtest():
        if deadline is not None and time.monotonic() >= deadline:
            _backtest()  # where there is never a pause, it still gets one page in each slice
            return True
    return False


def _backtest() -> bool:
    """Go on with a backtest until runs or events are due. Returns whether there was one."""
    return backtests.work(seconds=BACKTEST_SECONDS, give_way=work_is_due)


def drain_once() -> int:
    """One round: a batch of events and a batch of runs. Returns how much was found (0: nothing is due)."""
    size = setting("AUTOMATIONS_BATCH_SIZE")
    judged = match_due(limit=size, take=size)
    found = judged.events + places.give_due()
    _work(judged.runs)
    for suspects, limit in ((True, 1), (False, size)):
        runs = claim(limit=limit, suspects=suspects)
        found += len(runs)
        _work(runs)
    return found


def _work(runs: Sequence[ClaimedRun]) -> None:
    spent = [run for run in runs if run.attempt > DEFAULT_MAX_ATTEMPTS]
    for run in spent:
        saving.give_up(
            run,
            code="attempts-spent",
            attempts=DEFAULT_MAX_ATTEMPTS,  # later claims only find that they are spent, and may be killed at that
            message=f"{DEFAULT_MAX_ATTEMPTS} attempts ended without a result: the worker died or lost its lease each time.",
        )
    rest = [run for run in runs if run.attempt <= DEFAULT_MAX_ATTEMPTS]
    if rest:
        execute(rest)


def work_is_due() -> bool:
    """Whether any event can be judged or any run is due, by the database's clock."""
    standing = standstills.look()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM automations_event WHERE state = 'pending' AND (clock <> '' OR NOT %s))"
            " OR EXISTS (SELECT 1 FROM automations_run"
            "  WHERE status IN ('queued', 'waiting', 'running') AND due_at <= now())",
            [standing.everything is not None],
        )
        return bool(cursor.fetchone()[0]) or bool(standstills.let_go(standing))
