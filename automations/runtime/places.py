"""Places: how many runs of a workflow are at work at once, where it has a limit.

Runs that act in real time take a place when they start and hold it until they end; without one they are parked. Simulated
runs and replays take none: their waits are over at once. A lock for each workflow orders who asks, and the uniqueness of a
place is the last word. Workflows without a limit cost nothing: nothing here is asked for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.functions import TransactionNow
from django.db import connection, transaction
from django.db.models import Count

from automations.engine.crowding import Crowding, WhenFull, crowding_of, sentence
from automations.models import NEVER, Event, Mode, Place, Run, Workflow
from automations.models.event import whole_snapshot
from automations.runtime.announce import announce_runs
from automations.runtime.cancelling import cancel
from automations.runtime.queue import wake_on_commit
from automations.runtime.subscriptions import mode_of

if TYPE_CHECKING:
    from automations.runtime.matching import Verdict

LOCK = 0x706C6163 << 32
"""The advisory locks' numbers: "plac" in ASCII, and the workflow's."""
NO_PLACE = "no_place"

ENDED = """
DELETE FROM automations_place place USING automations_run run
WHERE place.workflow_id = %s AND run.id = place.run_id AND run.finished_at IS NOT NULL AND {which}
RETURNING place.key
"""
GIVE = """
WITH wanted AS (
  SELECT DISTINCT key FROM automations_place WHERE workflow_id = %(workflow)s AND number IS NULL AND {which}
), held AS (
  SELECT wanted.key, count(place.id) AS count FROM wanted LEFT JOIN automations_place place
    ON place.workflow_id = %(workflow)s AND place.key = wanted.key AND place.number IS NOT NULL GROUP BY wanted.key
), free AS (
  SELECT held.key, n AS number, row_number() OVER (PARTITION BY held.key ORDER BY n) AS rank
  FROM held CROSS JOIN generate_series(1, %(at_once)s) n
  WHERE NOT EXISTS (SELECT 1 FROM automations_place place
    WHERE place.workflow_id = %(workflow)s AND place.key = held.key AND place.number = n)
), next AS (
  SELECT held.key, oldest.id, oldest.rank FROM held CROSS JOIN LATERAL (
    SELECT place.id, row_number() OVER (ORDER BY place.run_id) AS rank
    FROM automations_place place JOIN automations_run run ON run.id = place.run_id
    WHERE place.workflow_id = %(workflow)s AND place.key = held.key AND place.number IS NULL
      AND run.finished_at IS NULL
    ORDER BY place.run_id LIMIT %(at_once)s
  ) oldest WHERE oldest.rank <= %(at_once)s - held.count
)
UPDATE automations_place place SET number = free.number, since = now()
FROM next JOIN free ON free.key = next.key AND free.rank = next.rank WHERE place.id = next.id
RETURNING place.run_id
"""
LEFT = """
SELECT DISTINCT place.workflow_id FROM automations_place place JOIN automations_run run ON run.id = place.run_id
WHERE place.number IS NOT NULL AND run.finished_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that asks for a place, and with which others it shares the places."""

    run: int
    key: str
    about: str


def is_bound(verdict: Verdict) -> bool:
    """Whether what this verdict starts needs a place."""
    return (
        "at_once" in verdict.subscription.workflow.limits
        and not verdict.event.clock
        and mode_of(verdict.subscription, verdict.event.module_id) == Mode.EXECUTE
    )


def take(verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """Give the runs that these verdicts have just started, all of which need one, a place each, or do with them what their
    workflow says for when there is none. Nobody has claimed or seen them yet."""
    groups: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.subscription.workflow.pk].append(verdict)
    for pk in sorted(groups):
        workflow = groups[pk][0].subscription.workflow
        crowding = crowding_of(workflow.limits)
        assert crowding is not None
        entries = {
            verdict.run: Entry(verdict.run, *crowding.group(verdict.event.value))
            for verdict in groups[pk]
            if verdict.run is not None
        }
        left = _enter(pk, crowding, list(entries.values()), now)
        if not left:
            continue
        if crowding.when_full is WhenFull.CANCEL_OLDEST:
            left = _cancel_oldest(
                workflow, crowding, [entry for entry in entries.values() if entry.run in left], now
            )
        taken = _taken(pk, {entries[run].key for run in left})
        for verdict in groups[pk]:
            if verdict.run in left:
                entry = entries[verdict.run]
                _without(verdict, crowding, sentence(crowding, taken.get(entry.key, 0), entry.about))
        if crowding.when_full is WhenFull.SKIP:
            _drop(left)


def _drop(runs: set[int]) -> None:
    """Take back runs that nobody has seen: rows alone, since nothing names them."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM automations_place WHERE run_id = ANY(%s)", [list(runs)])
        cursor.execute("DELETE FROM automations_run WHERE id = ANY(%s)", [list(runs)])


def _without(verdict: Verdict, crowding: Crowding, why: str) -> None:
    """Say in the decision what became of a run that has no place."""
    if crowding.when_full is WhenFull.SKIP:
        verdict.run = None
        verdict.outcome, verdict.reason = NO_PLACE, {"why": f"{why}, and the limit says to skip."}
    else:
        verdict.reason = {**verdict.reason, "waits": f"It waits for a place: {why}."}


def enter(workflow: Workflow, runs: Sequence[int], *, now: datetime) -> None:
    """Have runs that people let go or start again take a place each where the workflow has a limit, in their transaction;
    whatever it says for when there is none, these wait."""
    crowding = crowding_of(workflow.limits)
    if crowding is None or not runs:
        return
    rows = Run.objects.filter(pk__in=runs, mode=Mode.EXECUTE, clock="", place=None).order_by("pk")
    events = dict(Event.objects.filter(runs__in=rows).values_list("pk", whole_snapshot()))
    entries = [
        Entry(pk, *crowding.group(_event(event, events))) for pk, event in rows.values_list("pk", "event_id")
    ]
    if entries:
        _enter(workflow.pk, crowding, entries, now)


def _event(pk: int | None, snapshots: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return {"id": pk, **snapshots[pk]} if pk is not None and pk in snapshots else None


def _enter(workflow: int, crowding: Crowding, entries: Sequence[Entry], now: datetime) -> set[int]:
    """Let runs that are due ask for a place behind those that wait already. Returns those without one: they are parked."""
    _lock(workflow)
    Place.objects.bulk_create(
        Place(run_id=entry.run, workflow_id=workflow, key=entry.key, about=entry.about, since=now)
        for entry in entries
    )
    keys = {entry.key for entry in entries} | _forget_ended(workflow)
    given = _give(workflow, crowding.at_once, keys)
    runs = {entry.run for entry in entries}
    _let_go(given - runs)
    left = runs - given
    Run.objects.filter(pk__in=left).update(status="queued", due_at=NEVER)
    return left


def _cancel_oldest(
    workflow: Workflow, crowding: Crowding, entries: Sequence[Entry], now: datetime
) -> set[int]:
    """Give each of these the place of the run that has held one for longest, which is cancelled. Returns those that still
    have none: older ones wait before them."""
    left: set[int] = set()
    for entry in entries:
        held = Place.objects.filter(workflow=workflow, key=entry.key, number__isnull=False)
        oldest = held.order_by("run_id").first()
        if oldest is None:  # what is at work has just ended, and its place went to one that waited for longer
            left.add(entry.run)
            continue
        message = f"Cancelled: run {entry.run} took its place, because {sentence(crowding, held.count(), entry.about)}."
        if cancel(
            oldest.run_id,
            code="place-taken",
            message=message,
            said=message,
            asked="Its run was cancelled.",
            now=now,
        ):
            _announce([oldest.run_id], workflow.pk)
        number = oldest.number
        oldest.delete()
        Place.objects.filter(run_id=entry.run).update(number=number, since=now)
        _let_go({entry.run})
    return left


def give_due() -> int:
    """Give the places of runs that have ended to those that wait for longest. Returns how many runs may go on."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT)
        workflows = sorted(row[0] for row in cursor.fetchall())
    return sum(settle(workflow, everything=False) for workflow in workflows)


def settle(workflow_id: int, *, everything: bool = True) -> int:
    """Bring the places of a workflow in line with its limit and with which of its runs have ended: of all that waits,
    which takes a look at each, or of what is freed now. Returns how many runs may go on. Idempotent."""
    with transaction.atomic():
        _lock(workflow_id)
        limits = Workflow.objects.values_list("limits", flat=True).get(pk=workflow_id)
        crowding = crowding_of(limits)
        freed = _forget_ended(workflow_id, waiting=everything)
        if crowding is None:
            rows = Place.objects.filter(workflow_id=workflow_id)
            given = set(rows.filter(number=None).values_list("run_id", flat=True))
            rows.delete()
        else:
            given = _give(workflow_id, crowding.at_once, None if everything else freed)
        _let_go(given)
    return len(given)


def settle_all(now: datetime) -> int:
    """What the ticker does, so that a place is given whoever died before it could be. Returns how many runs may go on."""
    waiting = Place.objects.filter(number=None).values_list("workflow_id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(LEFT)
        ended = {row[0] for row in cursor.fetchall()}
    return sum(settle(workflow) for workflow in sorted({*waiting.order_by().distinct(), *ended}))


def _lock(workflow: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK | (workflow & 0xFFFFFFFF)])


def _forget_ended(workflow: int, *, waiting: bool = False) -> set[str]:
    """Free the places of runs that have ended; returns the keys among which one was held."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED.format(which="place.number IS NOT NULL"), [workflow])
        freed = {row[0] for row in cursor.fetchall()}
        if waiting:
            cursor.execute(ENDED.format(which="place.number IS NULL"), [workflow])
    return freed


def _give(workflow: int, at_once: int, keys: Iterable[str] | None) -> set[int]:
    """Number those that wait, oldest first, as far as places are free. Returns their runs."""
    wanted: dict[str, Any] = {"workflow": workflow, "at_once": at_once, "keys": list(keys or ())}
    with connection.cursor() as cursor:
        cursor.execute(GIVE.format(which="true" if keys is None else "key = ANY(%(keys)s)"), wanted)
        return {row[0] for row in cursor.fetchall()}


def _let_go(runs: set[int]) -> None:
    """Make runs due that were parked for want of a place: nobody has begun them."""
    if runs and Run.objects.filter(pk__in=runs, status="queued", due_at=NEVER).update(
        due_at=TransactionNow()
    ):
        wake_on_commit()


def _taken(workflow: int, keys: set[str]) -> dict[str, int]:
    rows = Place.objects.filter(workflow_id=workflow, key__in=keys, number__isnull=False)
    return dict(rows.values_list("key").annotate(count=Count("pk")).order_by())


def _announce(runs: Sequence[int], workflow: int) -> None:
    transaction.on_commit(lambda: announce_runs([(run, workflow) for run in runs]))
