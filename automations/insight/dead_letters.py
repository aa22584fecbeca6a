"""Dead letters by their cause: how many, since when, in which workflows, and what changed just before.

Every reading takes the same number of queries however many there are. Nothing is counted that the actor may not see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from automations import permissions
from automations.models import AuditEntry, DeadLetter, Triage

DAYS = 14
MOST = 200
"""Causes in one answer, the last seen first."""
BEFORE = timedelta(days=7)
CHANGES = 12
URGENCY = (Triage.State.NEW, Triage.State.LOOKING, Triage.State.FIXED, Triage.State.IGNORED)
"""A cause that stands differently in several workflows is told as what is to be done first."""

MAY_BREAK = (
    *(
        "workflow.published",
        "workflow.promoted",
        "workflow.rolled_back",
        "workflow.demoted",
        "workflow.glass_broken",
        "workflow.updated",
    ),
    *("workflow.paused", "workflow.resumed", "workflow.restored", "workflow.breaker_closed"),
    *("policy.revised", "policy.updated", "module.updated"),
    *("modepolicy.set", "modepolicy.lifted", "modepolicy.ended", "standstill.set", "standstill.lifted"),
    *("destination.created", "destination.updated", "destination.disabled", "destination.enabled"),
    *("destination.key_rotated", "secret.updated", "secret.value_set", "secret.value_taken_back"),
    "secret.deleted",
    *("endpoint.changed", "endpoint.secret_ended", "endpoint.address_renewed"),
)
"""What a workflow can begin to fail after."""
RIGHTS = (".shared", ".unshared")


@dataclass(frozen=True, slots=True)
class Found:
    """One cause in the letters that an actor may see: `triages` has one for each of its workflows, and `days` counts the
    letters of the last days, oldest first and without a gap."""

    fingerprint: str
    cause: str
    code: str
    kind: str
    state: str
    total: int
    open: int
    redriven: int
    discarded: int
    first_seen_at: datetime
    last_seen_at: datetime
    triages: Sequence[Triage]
    days: Sequence[tuple[date, int]]


def visible_letters(actor: Any) -> QuerySet[DeadLetter]:
    return DeadLetter.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))


def read_causes(
    actor: Any,
    *,
    now: datetime,
    fingerprint: str = "",
    workflow: int | None = None,
    code: str = "",
    only_open: bool = False,
    state: str = "",
    assignee: str | None = None,
) -> tuple[list[Found], int]:
    """Causes, the last seen first, at most MOST of them, and how many there are in all. `assignee` is a user's name, "" for
    those that nobody has taken."""
    letters = visible_letters(actor)
    if fingerprint:
        letters = letters.filter(fingerprint=fingerprint)
    if workflow is not None:
        letters = letters.filter(workflow=workflow)
    if code:
        letters = letters.filter(code=code)
    filed = _filed(letters, state, assignee)
    if filed is not None:
        letters = letters.filter(fingerprint__in=filed)
    groups = letters.order_by().values("fingerprint")
    rows = groups.annotate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state=DeadLetter.State.OPEN)),
        redriven=Count("pk", filter=Q(state=DeadLetter.State.REDRIVEN)),
        discarded=Count("pk", filter=Q(state=DeadLetter.State.DISCARDED)),
        first=Min("created_at"),
        last=Max("created_at"),
        workflows=ArrayAgg("workflow_id", distinct=True),
    ).order_by("-last")
    if only_open:
        rows = rows.filter(open__gt=0)
    found = list(rows[:MOST])
    total = len(found) if len(found) < MOST else rows.count()
    names = [row["fingerprint"] for row in found]
    triages = _triages(names, {pk for row in found for pk in row["workflows"]}, letters)
    days = _days(letters.filter(fingerprint__in=names), now)
    return [_found(row, triages, days, now) for row in found], total


def _filed(letters: QuerySet[DeadLetter], state: str, assignee: str | None) -> QuerySet[Any] | None:
    """The fingerprints that stand so, in the workflows of these letters; None when all do."""
    if not state and assignee is None:
        return None
    rows = Triage.objects.filter(workflow__in=letters.order_by().values("workflow"))
    if state:
        rows = rows.filter(state=state)
    if assignee is not None:
        rows = rows.filter(assignee__username=assignee) if assignee else rows.filter(assignee=None)
    return rows.values("fingerprint")


def _triages(
    fingerprints: Sequence[str], workflows: Iterable[int], letters: QuerySet[DeadLetter]
) -> Mapping[str, list[Triage]]:
    """By cause, how it stands in each workflow, with how many letters are `open` there."""
    rows = Triage.objects.filter(fingerprint__in=fingerprints, workflow__in=list(workflows))
    held = letters.filter(fingerprint__in=fingerprints, state=DeadLetter.State.OPEN).order_by()
    counts = held.values_list("fingerprint", "workflow").annotate(number=Count("pk"))
    waiting = {(fingerprint, workflow): number for fingerprint, workflow, number in counts}
    found: dict[str, list[Triage]] = defaultdict(list)
    for row in (
        rows.select_related("workflow__owner", "assignee", "fixed_in")
        .defer("fixed_in__document")
        .order_by("workflow__name")
    ):
        row.open = waiting.get((row.fingerprint, row.workflow_id), 0)  # type: ignore[attr-defined]
        found[row.fingerprint].append(row)
    return found


def _days(letters: QuerySet[DeadLetter], now: datetime) -> Mapping[str, Mapping[date, int]]:
    since = now - timedelta(days=DAYS + 1)
    rows = (
        letters.filter(created_at__gte=since).order_by().values_list("fingerprint", TruncDate("created_at"))
    )
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for fingerprint, day, number in rows.annotate(number=Count("pk")):
        found[fingerprint][day] = number
    return found


def _found(
    row: Mapping[str, Any],
    triages: Mapping[str, list[Triage]],
    days: Mapping[str, Mapping[date, int]],
    now: datetime,
) -> Found:
    fingerprint = row["fingerprint"]
    filed = [triage for triage in triages[fingerprint] if triage.workflow_id in row["workflows"]]
    today = timezone.localdate(now)
    counts = days.get(fingerprint, {})
    return Found(
        fingerprint=fingerprint,
        cause=filed[0].cause,
        code=filed[0].code,
        kind=filed[0].kind,
        state=min((triage.state for triage in filed), key=[str(state) for state in URGENCY].index),
        total=row["total"],
        open=row["open"],
        redriven=row["redriven"],
        discarded=row["discarded"],
        first_seen_at=min(row["first"], *(triage.first_seen_at for triage in filed)),
        last_seen_at=row["last"],
        triages=filed,
        days=[
            (day, counts.get(day, 0))
            for day in (today - timedelta(days=ago) for ago in reversed(range(DAYS)))
        ],
    )


def may_break() -> Q:
    """Entries of the trail that a workflow can begin to fail after."""
    what = Q(action__in=MAY_BREAK)
    for ending in RIGHTS:
        what |= Q(action__endswith=ending)
    return what


def changes_before(actor: Any, *, workflows: Sequence[int], moment: datetime) -> list[AuditEntry]:
    """What people changed in the days before a moment that these workflows can have begun to fail after, newest first:
    of workflows only these, and of policies, destinations, modules and rights whatever the actor may see."""
    what = may_break()
    about = Q(object_type="workflow", object_id__in=[str(pk) for pk in workflows]) | ~Q(
        object_type="workflow"
    )
    entries = permissions.visible_audit(actor).filter(what, about, at__lte=moment, at__gt=moment - BEFORE)
    return list(entries.select_related("seal").order_by("-id")[:CHANGES])
