"""Backtests and shadows as work in the background: claimed by lease, done in slices, each slice kept in one transaction.

A slice gives way as soon as events or runs are due, after one page at least, so that neither starves the other. Losing
the process loses no more than its slice: the lease ends, and whoever claims the backtest goes on from its position.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from automations.conf import setting
from automations.engine.comparison import Kind
from automations.engine.documents import Definition, parse_document
from automations.models import Backtest, BacktestAlarm, BacktestDifference, Workflow
from automations.runtime.backtests.following import Following, Range, Source
from automations.runtime.backtests.occasions import Occasion
from automations.runtime.backtests.readers import asked_by, readers_of_range
from automations.runtime.backtests.sides import Compared, Comparison, Side
from automations.runtime.subscriptions import DEFAULT_MAX_ATTEMPTS, definition_of

logger = logging.getLogger(__name__)

PAGE = 200
KEPT_A_KIND = 1_000
"""Differences of each kind whose details are kept; the counts are exact whatever their number."""
MOST_ASSUMED = 10
JOBS = 4
"""How many backtests a process keeps ready."""
READY_SECONDS = 60
"""How long a shadow is kept ready: what it may do, and what modules are, is asked anew then."""
OVER = "It has come to the end of its days."

CLAIM = """
UPDATE automations_backtest SET status = 'running', attempt = attempt + 1, lease_token = %s,
  due_at = clock_timestamp() + make_interval(secs => %s), started_at = COALESCE(started_at, now())
WHERE id = (
  SELECT id FROM automations_backtest WHERE status IN ('queued', 'running') AND due_at <= clock_timestamp()
    AND (%s::bigint IS NULL OR id = %s) ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""
KEEP = """
UPDATE automations_backtest SET read = read + %s, to_read = %s, looked_at = looked_at + %s, same = same + %s,
  newly_selected = newly_selected + %s, no_longer_selected = no_longer_selected + %s,
  other_effect = other_effect + %s, other_branch = other_branch + %s, selected_before = selected_before + %s,
  selected_after = selected_after + %s, assumed = assumed + %s, position = %s, attempt = 0, lease_token = NULL,
  due_at = clock_timestamp() + make_interval(secs => %s), status = CASE WHEN %s THEN 'succeeded' ELSE 'running' END,
  finished_at = CASE WHEN %s THEN now() END,
  ended_why = CASE WHEN %s AND is_shadow AND ended_why = '' THEN %s ELSE ended_why END
WHERE id = (SELECT id FROM automations_backtest WHERE id = %s AND lease_token = %s AND status = 'running'
  FOR UPDATE SKIP LOCKED)
"""
"""Who holds the row ends it, and the slice is for nothing: a worker does not wait for a release to be made."""
FAIL = """
UPDATE automations_backtest SET status = 'failed', failure = %s, lease_token = NULL, due_at = clock_timestamp(), finished_at = now()
WHERE id = %s AND lease_token = %s AND status = 'running'
"""
COUNTED = (Kind.SAME, Kind.NEWLY_SELECTED, Kind.NO_LONGER_SELECTED, Kind.OTHER_EFFECT, Kind.OTHER_BRANCH)


def is_due() -> bool:
    """Whether a backtest waits to be worked on, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM automations_backtest"
            " WHERE status IN ('queued', 'running') AND due_at <= clock_timestamp())"
        )
        return bool(cursor.fetchone()[0])


def work(*, seconds: float, give_way: Callable[[], bool], only: int | None = None) -> bool:
    """Give a slice of at most about `seconds` to the backtest that has waited longest (or to `only`), less when `give_way`
    says so between two pages. Returns whether there was one."""
    backtest = _claim(only)
    if backtest is None:
        return False
    if backtest.attempt > DEFAULT_MAX_ATTEMPTS:
        tried = backtest.attempt - 1
        _fail(
            backtest, f"{tried} attempts ended without a result: the worker died or lost its lease each time."
        )
        return True
    try:
        _slice(backtest, seconds, give_way)
    except _JudgingError as error:
        logger.error("Backtest %s failed", backtest.pk, exc_info=error.__cause__)
        _fail(backtest, str(error))
    return True


class _JudgingError(Exception):
    """The definitions could not be compared on something that happened; the message says on what, and why."""


@dataclass(slots=True)
class _Tally:
    """What one slice came to."""

    read: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    selected_before: int = 0
    selected_after: int = 0
    assumed: int = 0
    differences: list[BacktestDifference] = field(default_factory=list)
    alarms: dict[tuple[int, str, str], BacktestAlarm] = field(default_factory=dict)
    pause: float = 0


class _Job:
    """A backtest made ready: what is read, in which order, and who judges it."""

    to_read: int | None = None

    def __init__(self, backtest: Backtest) -> None:
        workflow = Workflow.objects.select_related("run_as").get(pk=backtest.workflow_id)
        tried, against = backtest.version, backtest.against
        # A draft acts as who will perhaps publish it: who asked.
        publisher = tried.published_by if tried is not None else backtest.requested_by
        after = Side(workflow, _parsed(backtest.document), publisher)
        before = Side(workflow, definition_of(against), against.published_by) if against is not None else None
        self.comparison = Comparison(before, after)
        self.source: Source
        asked, since, until = asked_by(before, after), backtest.since, backtest.until
        self.until = until
        self.good_until = time.monotonic() + READY_SECONDS if backtest.is_shadow else None
        if backtest.is_shadow:
            self.source = Following(asked, workflow, since, until)
        else:
            readers = readers_of_range(asked, workflow, since, until)
            self.source = Range(readers)
            self.to_read = sum(reader.count() for reader in readers)

    def is_good_for(self, backtest: Backtest) -> bool:
        aged = self.good_until is not None and time.monotonic() >= self.good_until
        return self.until == backtest.until and not aged


_jobs: dict[int, _Job] = {}
"""The backtests that this process worked on last: the next slice need not prepare them again."""


def _claim(only: int | None) -> Backtest | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [uuid.uuid4(), setting("AUTOMATIONS_LEASE_SECONDS"), only, only])
        row = cursor.fetchone()
    return Backtest.objects.select_related("version", "against").get(pk=row[0]) if row is not None else None


def _slice(backtest: Backtest, seconds: float, give_way: Callable[[], bool]) -> None:
    """Judge page after page, read-only, and keep what came of them if the lease is still ours."""
    ends = time.monotonic() + seconds
    job = _job(backtest)
    position: dict[str, Any] | None = backtest.position
    tally = _Tally()
    while position is not None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            step = job.source.step(position, PAGE)
            for occasion in _unjudged(tally, backtest, step.page.occasions):
                _count(tally, backtest, occasion, _compared(job.comparison, occasion))
            transaction.set_rollback(True)
        position, tally.pause = step.position, step.pause
        tally.read += step.page.read
        if step.pause or time.monotonic() >= ends or give_way():
            break
    if position is None:
        _jobs.pop(backtest.pk, None)
    _keep(backtest, tally, job.to_read, position)


def _job(backtest: Backtest) -> _Job:
    job = _jobs.get(backtest.pk)
    if job is None or not job.is_good_for(backtest):
        try:
            job = _Job(backtest)
        except Exception as error:
            message = f"It could not be prepared: {type(error).__name__}. The server's log says more."
            raise _JudgingError(message) from error
        _jobs.pop(backtest.pk, None)
        while len(_jobs) >= JOBS:
            del _jobs[next(iter(_jobs))]
        _jobs[backtest.pk] = job
    return job


def _unjudged(tally: _Tally, backtest: Backtest, occasions: Sequence[Occasion]) -> Iterator[Occasion]:
    """The occasions, without alarms that a shadow has judged already."""
    marked = [occasion for occasion in occasions if occasion.mark] if backtest.is_shadow else []
    judged: set[tuple[int, str, str]] = set()
    if marked:
        keys = {occasion.record_key for occasion in marked}
        rows = BacktestAlarm.objects.filter(backtest=backtest, record_key__in=keys)
        judged = set(rows.values_list("module_id", "record_key", "mark"))
    for occasion in occasions:
        if marked and occasion.mark and occasion.module is not None:
            alarm = (occasion.module.pk, occasion.record_key, occasion.mark)
            if alarm in judged or alarm in tally.alarms:
                continue
            tally.alarms[alarm] = BacktestAlarm(
                backtest=backtest, module=occasion.module, record_key=alarm[1], mark=alarm[2]
            )
        yield occasion


def _compared(comparison: Comparison, occasion: Occasion) -> Compared:
    try:
        return comparison.compare(occasion)
    except Exception as error:
        about = (
            f"event {occasion.event_id}" if occasion.event_id else f"{occasion.type} {occasion.record_key}"
        )
        message = (
            f"On {about} of {occasion.at:%Y-%m-%d %H:%M:%S} it could not be judged: {type(error).__name__}."
        )
        raise _JudgingError(f"{message} The server's log says more.") from error


def _count(tally: _Tally, backtest: Backtest, occasion: Occasion, compared: Compared) -> None:
    kind = compared.kind
    tally.counts[kind] += 1
    tally.selected_before += compared.selected_before
    tally.selected_after += compared.selected_after
    tally.assumed += bool(compared.assumed)
    if kind is Kind.SAME or getattr(backtest, kind.value) + tally.counts[kind] > KEPT_A_KIND:
        return
    tally.differences.append(
        BacktestDifference(
            backtest=backtest,
            kind=kind.value,
            event_id=occasion.event_id,
            event_type=occasion.type,
            module=occasion.module,
            record_key=occasion.record_key,
            at=occasion.at,
            before=compared.before,
            after=compared.after,
            assumed=list(compared.assumed)[:MOST_ASSUMED],
        )
    )


def _keep(backtest: Backtest, tally: _Tally, to_read: int | None, position: dict[str, Any] | None) -> None:
    done = position is None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            [
                tally.read,
                to_read,
                tally.counts.total(),
                *(tally.counts[kind] for kind in COUNTED),
                tally.selected_before,
                tally.selected_after,
                tally.assumed,
                json.dumps(position or {}),
                tally.pause,
                done,
                done,
                done,
                OVER,
                backtest.pk,
                backtest.lease_token,
            ],
        )
        if cursor.rowcount:
            BacktestDifference.objects.bulk_create(tally.differences, batch_size=500)
            BacktestAlarm.objects.bulk_create(tally.alarms.values(), batch_size=500)
            if done and backtest.is_shadow:
                BacktestAlarm.objects.filter(backtest=backtest).delete()
        else:
            logger.warning("lease_lost: backtest %s was ended or taken over meanwhile", backtest.pk)


def _fail(backtest: Backtest, message: str) -> None:
    _jobs.pop(backtest.pk, None)
    with connection.cursor() as cursor:
        cursor.execute(FAIL, [message[:500], backtest.pk, backtest.lease_token])


def _parsed(document: Any) -> Definition:
    definition, problems = parse_document(document)
    if definition is None:
        raise ValueError(f"The document does not parse: {problems[0].message}")
    return definition
