"""The questions that the engine's own rows give rise to. Each kind takes a query or two, however many workflows there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Q, Subquery

from automations.engine.alerts import AlertKind
from automations.insight.review.facts import spoken
from automations.insight.review.questions import LOOKED_BACK, QUESTIONS, Question, Scope
from automations.models import (
    AlertRule,
    Approval,
    Breaker,
    DeadLetter,
    Hold,
    Mode,
    Run,
    Triage,
    Workflow,
)
from automations.runtime.blast_radius import cap_of

OFTEN = 5
"""So many times a gate has to be granted before it is asked about."""
NEAR = 0.8
"""From this share of a bound on it was a near miss."""
ASKED, STARTED = 100, 0.05
"""A trigger is asked about that was asked so often and started a run for no more than this share."""
TRIAGE_WITHIN = timedelta(days=3)
NAMED = 10

HOURS = """
SELECT workflow_id, max(began) FROM (
  SELECT workflow_id, sum(started) OVER (PARTITION BY workflow_id ORDER BY slot
         RANGE BETWEEN '55 minutes' PRECEDING AND CURRENT ROW) AS began
    FROM automations_startcount WHERE workflow_id = ANY(%(workflows)s) AND slot >= %(start)s AND slot < %(end)s
) hours GROUP BY workflow_id
"""
FIRINGS = """
SELECT workflow_id, max(began) FROM (
  SELECT d.workflow_id, count(*) AS began
    FROM automations_decision d
    JOIN automations_event e ON e.id = d.event_id
    JOIN automations_run r ON r.id = d.run_id AND r.mode = 'execute'
   WHERE d.workflow_id = ANY(%(workflows)s) AND d.at >= %(start)s AND d.at < %(end)s AND e.target ? 'firing'
   GROUP BY d.workflow_id, d.trigger_node, e.target->>'firing'
) firings GROUP BY workflow_id
"""


def _acting(scope: Scope) -> list[Workflow]:
    return sorted(
        (one for one in scope.workflows.values() if one.mode == Mode.EXECUTE and one.archived_at is None),
        key=lambda one: (one.name, one.pk),
    )


def always_granted(scope: Scope) -> Iterator[Question]:
    """Gates that nobody has closed for weeks: either they are not needed, or nobody looks."""
    until = scope.week.end
    gates = (
        Approval.objects.filter(
            workflow__in=list(scope.workflows),
            kind=Approval.Kind.STEP,
            ended_at__gte=until - LOOKED_BACK,
            ended_at__lt=until,
        )
        .exclude(state=Approval.State.CANCELLED)
        .order_by()
        .values("workflow", "node")
        .annotate(
            granted=Count("pk", filter=Q(state=Approval.State.APPROVED)),
            others=Count("pk", filter=~Q(state=Approval.State.APPROVED)),
            title=Max("title"),
            took=Avg(F("ended_at") - F("asked_at")),
        )
        .filter(granted__gte=OFTEN, others=0)
        .order_by("-granted", "workflow", "node")
    )
    for gate in gates:
        workflow = scope.workflows[gate["workflow"]]
        took = spoken(gate["took"].total_seconds())
        yield Question(
            f"always-granted:{workflow.pk}:{gate['node']}",
            f"“{workflow.name}” asks “{gate['title']}”",
            f"All {gate['granted']} answers of the last four weeks were yes, on average after {took}.",
            "Ask only above a bound, or drop the gate; keep it if somebody really looks each time.",
            f"workflows/{workflow.pk}/",
            "Design",
            workflow,
        )


def idle(scope: Scope) -> Iterator[Question]:
    """Workflows that may act and that nothing has started for weeks."""
    since = scope.now - LOOKED_BACK
    newest = Run.objects.filter(workflow=OuterRef("pk")).order_by("-id").values("created_at")[:1]
    rows = (
        Workflow.objects.filter(pk__in=[one.pk for one in _acting(scope)], promotion__at__lt=since)
        .annotate(newest=Subquery(newest))
        .filter(Q(newest=None) | Q(newest__lt=since))
        .order_by("name", "pk")
    )
    for row in rows:
        last = f"No run has begun since {row.newest:%Y-%m-%d}." if row.newest else "No run has ever begun."
        yield Question(
            f"idle:{row.pk}",
            f"“{row.name}” acts, and nothing starts it",
            last,
            "Look at what its trigger answers; archive it if it is not needed any more.",
            f"decisions/?workflow={row.pk}",
            "Decisions",
            row,
        )


def near_misses(scope: Scope) -> Iterator[Question]:
    """Workflows that came close to a bound of how far they reach, or had runs held by one."""
    acting = _acting(scope)
    start, end = scope.week.start, scope.week.end
    span: dict[str, Any] = {"workflows": [one.pk for one in acting], "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(HOURS, span)
        hours = {pk: int(began) for pk, began in cursor.fetchall()}
        cursor.execute(FIRINGS, span)
        firings = dict(cursor.fetchall())
    held = Hold.objects.filter(workflow__in=acting, opened_at__gte=start, opened_at__lt=end)
    holds = dict(held.order_by().values_list("workflow").annotate(Count("pk")))
    for one in acting:
        said = []
        budget = one.limits.get("runs_per_hour")
        for began, cap, unit in (
            (hours.get(one.pk, 0), budget, "runs in an hour"),
            (firings.get(one.pk, 0), cap_of(one), "records at once"),
        ):
            if cap and NEAR * cap <= began <= cap:
                said.append(f"{began:,} of {cap:,} {unit}")
        if count := holds.get(one.pk, 0):
            said.append(f"{count} {'time' if count == 1 else 'times'} above a bound, where people were asked")
        if said:
            yield Question(
                f"near-miss:{one.pk}",
                f"“{one.name}” came close to how far it may reach",
                f"{'; '.join(said)}.",
                "Raise the bound if this is its normal week, or narrow what it starts on.",
                f"workflows/{one.pk}/settings/",
                "Settings",
                one,
            )


def unowned(scope: Scope) -> Iterator[Question]:
    """Workflows that act and that nobody owns."""
    yield from _of_many(
        "unowned",
        [one for one in _acting(scope) if one.owner is None or not one.owner.is_active],
        ("acts, and nobody owns it", "act, and nobody owns them"),
        "Name an owner: he is told when it fails.",
    )


def unwatched(scope: Scope) -> Iterator[Question]:
    """Workflows that act and whose failures only the rule watches that is there for all."""
    rules = AlertRule.objects.filter(
        enabled=True, fallback=False, kind__in=[AlertKind.FAILURES, AlertKind.RATIO]
    ).values_list("workflow", "team")
    watched = set(rules)
    if (None, "") in watched:
        return
    yield from _of_many(
        "unwatched",
        [
            one
            for one in _acting(scope)
            if not any(pk == one.pk or (pk is None and team == one.team) for pk, team in watched)
        ],
        ("has no alert rule of its own", "have no alert rule of their own"),
        "Say how many failures are too many; until then each failure is told.",
    )


def _of_many(
    key: str, found: Sequence[Workflow], words: tuple[str, str], suggestion: str
) -> Iterator[Question]:
    if not found:
        return
    names = ", ".join(f"“{one.name}”" for one in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    count = f"{len(found)} workflow{'' if len(found) == 1 else 's'}"
    one = found[0]
    address = f"workflows/{one.pk}/settings/" if key == "unowned" else "alerts/"
    yield Question(
        key,
        f"{count} {words[0] if len(found) == 1 else words[1]}",
        f"{names}{more}.",
        suggestion,
        address,
        "Settings" if key == "unowned" else "Alerts",
        one if len(found) == 1 else None,
    )


def noisy(scope: Scope) -> Iterator[Question]:
    """Triggers that are asked about much and start almost nothing."""
    for one in scope.review.noisy:
        if one.asked >= ASKED and one.matched <= STARTED * one.asked:
            yield Question(
                f"noisy:{one.workflow.pk}:{one.node}",
                f"The trigger “{one.title}” of “{one.workflow.name}” is noisy",
                f"It was asked about {one.asked:,} events and started a run for {one.matched:,}.",
                "Narrow what it listens to, so that it is not asked in vain.",
                f"decisions/?workflow={one.workflow.pk}",
                "Decisions",
                one.workflow,
            )


def demoted(scope: Scope) -> Iterator[Question]:
    """Workflows that a breaker has taken back to simulate, in the week or until now."""
    rows = Breaker.objects.filter(
        Q(closed_at=None) | Q(tripped_at__gte=scope.week.start, tripped_at__lt=scope.week.end),
        workflow__in=list(scope.workflows),
    ).order_by("-tripped_at")
    times: dict[int, list[Breaker]] = defaultdict(list)
    for row in rows:
        times[row.workflow_id].append(row)
    for pk, broke in times.items():
        workflow, newest = scope.workflows[pk], broke[0]
        often = f" That happened {len(broke)} times." if len(broke) > 1 else ""
        stands = "It still only simulates." if newest.closed_at is None else "It acts again."
        yield Question(
            f"demoted:{pk}",
            f"“{workflow.name}” was taken back to simulate",
            f"On {newest.tripped_at:%Y-%m-%d}: {newest.reason} {stands}{often}",
            "Mend what went wrong and let one run act, or take it out of execute for good.",
            f"workflows/{pk}/",
            "Workflow",
            workflow,
        )


def overdue_triage(scope: Scope) -> Iterator[Question]:
    """Causes of failure that nobody has looked at for days, with letters that are still open."""
    waiting = DeadLetter.objects.filter(
        workflow=OuterRef("workflow"), fingerprint=OuterRef("fingerprint"), state=DeadLetter.State.OPEN
    )
    rows: Iterable[Triage] = Triage.objects.filter(
        Exists(waiting),
        workflow__in=list(scope.workflows),
        state=Triage.State.NEW,
        first_seen_at__lt=scope.now - TRIAGE_WITHIN,
    ).order_by("first_seen_at", "pk")
    for row in rows:
        workflow = scope.workflows[row.workflow_id]
        yield Question(
            f"triage:{workflow.pk}:{row.fingerprint}",
            f"Nobody has looked at a failure of “{workflow.name}”",
            f"First seen on {row.first_seen_at:%Y-%m-%d}: {row.cause[:200]}",
            "Say who looks at it, and whether it is mended.",
            f"dead-letters/{row.fingerprint}/",
            "Dead letters",
            workflow,
        )


for _name, _ask in (
    ("always-granted", always_granted),
    ("idle", idle),
    ("near-miss", near_misses),
    ("unowned", unowned),
    ("unwatched", unwatched),
    ("noisy", noisy),
    ("demoted", demoted),
    ("triage", overdue_triage),
):
    QUESTIONS.register(_name, _ask)
