"""What is past its time is dropped: runs with their steps, log lines and letters, and the events that only they came from.

Small batches, each a transaction that locks only rows that have ended and skips those that somebody else holds, so that no
writer waits; killed at any moment, it goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from automations.conf import setting
from automations.engine.statuses import ACTIVE_RUN
from automations.models import (
    PACED_UNFINISHED,
    Approval,
    Breaker,
    DeadLetter,
    Decision,
    Event,
    LogEntry,
    Redrive,
    RedriveItem,
    Retention,
    Run,
    RunText,
    RunUndo,
    Step,
    Swept,
    Workflow,
)
from automations.registry import Registry
from automations.runtime import large_values, leftovers, run_texts

BATCH = 200
MOST_COUNTED = 10_000
A_TICK = 1_000
"""Runs that one tick drops at most: the ticker has other duties."""
_ACTIVE = [status.value for status in ACTIVE_RUN]

NEEDED: Registry[Callable[[Sequence[int]], set[int]]] = Registry("what needs runs")
"""What other apps still need: given ids of runs, those of them that may not go yet."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long a workflow's runs are kept; `days` is 0 for ever, `held` forbids to drop anything."""

    workflow: Workflow
    days: int
    held: bool

    def before(self, now: datetime) -> datetime | None:
        """Runs that ended before are past their time; None: none are."""
        return None if self.held or self.days == 0 else now - timedelta(days=self.days)


def is_held(row: Retention | None, now: datetime) -> bool:
    """Whether there is a legal hold now."""
    return bool(row and row.held_at and (row.hold_until is None or row.hold_until > now))


def terms(*, now: datetime, workflow: str = "") -> list[Term]:
    """Of each workflow, or of the one with that key."""
    rows = Workflow.objects.select_related("retention").order_by("key")
    if workflow:
        rows = rows.filter(key=workflow)
    return [_term(row, now) for row in rows]


def _term(workflow: Workflow, now: datetime) -> Term:
    row = getattr(workflow, "retention", None)
    own = row.days if row is not None else None
    return Term(workflow, setting("AUTOMATIONS_RUNS_KEPT_DAYS") if own is None else own, is_held(row, now))


def past_their_time(term: Term, *, now: datetime) -> QuerySet[Run]:
    """The runs of a workflow that may go: ended long enough ago, and nothing that goes on needs them."""
    before = term.before(now)
    runs = Run.objects.filter(workflow=term.workflow)
    if before is None:
        return runs.none()
    # A family of runs goes together: none before the last of its next of kin is past its time.
    young = Q(finished_at__isnull=True) | Q(finished_at__gte=before)
    this = OuterRef("pk")
    return (
        runs.filter(finished_at__lt=before)
        # Their row is the memory that something was started once; another could start it again.
        .exclude(Q(dedupe_key__startswith="key:") | Q(dedupe_key__startswith="record:"))
        .exclude(Exists(Run.objects.filter(young, parent=this)))
        .exclude(Exists(Run.objects.filter(young, retry_of=this)))
        .exclude(Exists(Run.objects.filter(young, pk=OuterRef("parent"))))
        .exclude(Exists(Run.objects.filter(young, pk=OuterRef("retry_of"))))
        .exclude(Exists(Run.objects.filter(hold=OuterRef("hold"), status__in=_ACTIVE)))
        .exclude(Exists(DeadLetter.objects.filter(run=this, state=DeadLetter.State.OPEN)))
        .exclude(Exists(Approval.objects.filter(run=this, state=Approval.State.PENDING)))
        .exclude(Exists(RunUndo.objects.filter(run=this, at__gte=before)))
        .exclude(Exists(Breaker.objects.exclude(state=Breaker.State.CLOSED).filter(canary=this)))
        .exclude(Exists(RedriveItem.objects.filter(run=this, redrive__in=_unfinished_redrives())))
    )


def _unfinished_redrives() -> QuerySet[Redrive]:
    return Redrive.objects.filter(status__in=PACED_UNFINISHED)


def drop_batch(term: Term, *, now: datetime, most: int = BATCH) -> int:
    """Drop at most so many of a workflow's runs, and what is only theirs. Returns how many; 0: none is left that may go.
    A hold that was set meanwhile is obeyed: it is read again, under the lock that setting one takes."""
    with transaction.atomic():
        row = Retention.objects.select_for_update(of=("self",)).filter(workflow=term.workflow).first()
        if is_held(row, now):
            return 0
        found = past_their_time(term, now=now).order_by("finished_at", "pk")
        locked = list(
            found.select_for_update(of=("self",), skip_locked=True).values_list("pk", "event_id")[:most]
        )
        ids = {run for run, _ in locked}
        for _, needed in NEEDED.items():
            ids -= needed(sorted(ids))
        if not ids:
            return 0
        run_texts.hold_reading()
        steps = Step.objects.filter(run__in=ids)
        large = set(steps.filter(large__isnull=False).values_list("large", flat=True))
        for part in (Step, LogEntry, RunText):
            part._default_manager.filter(run__in=ids).delete()
        Run.objects.filter(pk__in=ids).delete()
        large |= _drop_events({event for run, event in locked if event and run in ids}, term.workflow)
        _count(term.workflow, runs=len(ids), values=large_values.drop_unused(large), now=now)
    return len(ids)


def _count(workflow: Workflow, *, runs: int, values: int, now: datetime) -> None:
    Retention.objects.get_or_create(workflow=workflow)
    Retention.objects.filter(workflow=workflow).update(dropped=F("dropped") + runs, dropped_at=now)
    for kind, count in ((Swept.Kind.RUNS, runs), (Swept.Kind.VALUES, values)):
        Swept.objects.get_or_create(kind=kind)
        Swept.objects.filter(kind=kind).update(dropped=F("dropped") + count)


def _drop_events(events: set[int], workflow: Workflow) -> set[str]:
    """Those that no run is left of, and that no other workflow has judged, or this one is yet to. Returns the large values that they referred to."""
    this = OuterRef("pk")
    others = Decision.objects.filter(
        ~Q(workflow=workflow) | Q(outcome=Decision.Outcome.STANDSTILL), event=this
    )
    gone = Event.objects.filter(pk__in=events, state=Event.State.MATCHED).exclude(
        Q(Exists(Run.objects.filter(event=this))) | Q(Exists(others))
    )
    found = dict(gone.values_list("pk", "large"))
    Decision.objects.filter(event__in=found).delete()
    Event.objects.filter(pk__in=found).delete()
    return {large for large in found.values() if large is not None}


def sweep(*, now: datetime) -> int:
    """Drop a little of what is past its time, of each workflow in turn. Returns how many runs."""
    leftovers.sweep(now=now)
    ends, forgotten, done = _anything_to_do(now)
    _forget_done(done, runs=ends)
    if forgotten:
        with transaction.atomic():
            large_values.drop_forgotten(now=now)
    if not ends:
        return 0
    dropped = 0
    for term in terms(now=now):
        while dropped < A_TICK and (count := drop_batch(term, now=now)):
            dropped += count
    if dropped < A_TICK:
        _note_done(now)
    return dropped


def _note_done(now: datetime) -> None:
    """Nothing is left that may go; noted once a minute."""
    Swept.objects.get_or_create(kind=Swept.Kind.RUNS)
    stale = Q(done_at__isnull=True) | Q(done_at__lt=now - timedelta(minutes=1))
    Swept.objects.filter(stale, kind=Swept.Kind.RUNS).update(done_at=now)


def foresee(workflow: Workflow, days: int | None, *, now: datetime) -> int:
    """How many of a workflow's runs would go now if they were kept for so many days (None: as the settings say); counted up to
    MOST_COUNTED."""
    kept = setting("AUTOMATIONS_RUNS_KEPT_DAYS") if days is None else days
    found = past_their_time(Term(workflow, kept, held=False), now=now)
    return found.order_by()[:MOST_COUNTED].count()


def _anything_to_do(now: datetime) -> tuple[bool, bool, list[str]]:
    """Whether any workflow's runs are kept for a time only, whether any large value has not been looked at for long, and of
    which kinds the sweep has come to an end: asked each tick, so by a query that costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM automations_retention WHERE days IS NOT NULL),"
            " EXISTS (SELECT 1 FROM automations_largevalue WHERE touched_at < %s),"
            " ARRAY(SELECT kind::text FROM automations_swept WHERE done_at IS NOT NULL)",
            [now - large_values.LOOKED_AT_AGAIN],
        )
        ends, forgotten, done = cursor.fetchone()
    return bool(setting("AUTOMATIONS_RUNS_KEPT_DAYS")) or ends, forgotten, done


def _forget_done(done: Sequence[str], *, runs: bool) -> None:
    """Of what is kept for ever now nothing says any more how far its sweep is."""
    swept = leftovers.kinds_swept() | ({Swept.Kind.RUNS} if runs else set())
    if over := set(done) - swept:
        Swept.objects.filter(kind__in=over).update(done_at=None)
