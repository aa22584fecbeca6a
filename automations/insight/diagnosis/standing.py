"""What is wrong beside failures: it is kept from acting, nothing comes, people don't answer, work is late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from automations.engine.crowding import crowding_of
from automations.engine.outcomes import NEEDS_REVIEW
from automations.engine.statuses import RunStatus
from automations.insight.diagnosis.parts import Finding, Severity
from automations.insight.diagnosis.scene import Scene, thing_of
from automations.insight.readiness import ALIVE_WITHIN, ROLES
from automations.models import (
    ActiveTrigger,
    Approval,
    Breaker,
    Decision,
    Hold,
    Mode,
    Place,
    ProcessStamp,
    Run,
    Step,
)
from automations.runtime.identity import Acting, publishers_of
from automations.runtime.mode_policies import read_simulate_only

OVERDUE = timedelta(hours=24)
LATE = timedelta(seconds=60)
"""Due work that nobody has begun for so long is late."""
LONG_PARKED = timedelta(hours=1)
LOOKED_AT = 500
"""Decisions, the newest first."""
ENOUGH = 10
"""Events that came and started nothing: fewer say nothing."""
GAPS = 5
"""So many times the usual time between events is a silence."""
LEAST_SILENCE = timedelta(hours=24)

BROKEN, WARNING, NOTICE = Severity.BROKEN, Severity.WARNING, Severity.NOTICE


def kept_from_acting(scene: Scene) -> Iterator[Finding]:
    """Archived, never published, paused, taken back by a breaker, standing still with everything, held by a policy."""
    workflow = scene.workflow
    settings = f"workflows/{workflow.pk}/settings/"
    if workflow.archived_at is not None:
        yield Finding("archived", BROKEN, "It is archived.", since=workflow.archived_at, link=settings)
    if scene.version is None:
        yield Finding(
            "not-live", WARNING, "No version of it was published.", link=f"workflows/{workflow.pk}/"
        )
    if workflow.paused_at is not None:
        why = f": {workflow.pause_reason}" if workflow.pause_reason else "."
        yield Finding("paused", BROKEN, f"It is paused{why}", since=workflow.paused_at, link=settings)
    breaker = Breaker.objects.filter(workflow=workflow, closed_at=None).first()
    if breaker is not None:
        yield Finding(
            "breaker-open",
            BROKEN,
            f"It was taken back to simulate by itself: {breaker.reason}",
            since=breaker.tripped_at,
            link=f"workflows/{workflow.pk}/",
        )
    elif workflow.mode == Mode.SIMULATE and scene.version is not None:
        yield Finding(
            "simulates",
            NOTICE,
            "It only simulates: nothing that it says is done.",
            link=f"workflows/{workflow.pk}/promote/",
        )
    if scene.held is not None:
        yield Finding(
            "standstill",
            BROKEN,
            scene.held.sentence,
            since=scene.held.standstill.starts_at,
            link="alerts/",
        )
    modules = [int(thing.pk) for thing in scene.things if thing.noun == "module"]
    if workflow.mode == Mode.EXECUTE and read_simulate_only().covers(workflow.module_id, *modules):
        yield Finding(
            "may-not-act",
            BROKEN,
            "A policy lets nothing act here, so that it only simulates.",
            link="mode-policies/",
        )


def lacking_rights(scene: Scene) -> Iterator[Finding]:
    """That there is nobody to act as, or that who it acts as has lost a right that a step needs."""
    workflow, version = scene.workflow, scene.version
    if version is None:
        return
    acting = Acting(publishers_of([version.pk]) if workflow.run_as is None else {})
    who = acting.identity(workflow, version.pk)
    settings = f"workflows/{workflow.pk}/settings/"
    if who is None or not who.is_active:
        sentence = (
            "It runs as nobody: who published the live version is gone."
            if who is None
            else f"{who}, as whom it runs, has no active account any more."
        )
        yield Finding("identity-gone", BROKEN, sentence, link=settings)
        return
    for need in scene.needs:
        why = acting.why_not(workflow, version.pk, need.right, need.thing)
        if why:
            thing = thing_of(need.thing, frozenset((need.node.id,)))
            yield Finding(
                "identity-lacks-right",
                BROKEN,
                f"{why[:-1]}, and “{need.node.label}” does.",
                node=need.node.id,
                failure_code="permission-denied",
                things=(thing,),
                link=thing.address or settings,
            )


def arrivals(scene: Scene) -> Iterator[Finding]:
    """Triggers that can't be served, to which nothing comes, or whose rules let nothing through."""
    workflow = scene.workflow
    for trigger in ActiveTrigger.objects.filter(workflow=workflow).exclude(problem=""):
        yield Finding(
            "trigger-broken",
            BROKEN,
            f"The trigger {scene.label(trigger.node)} can't be served: {trigger.problem}",
            node=trigger.node,
            link=f"workflows/{workflow.pk}/",
        )
    if scene.version is None or not _waits_for_events(scene):
        return
    rows = Decision.objects.filter(workflow=workflow).order_by("-pk").values_list("at", "outcome")
    seen = list(rows[:LOOKED_AT])
    link = f"decisions/?workflow={workflow.pk}"
    if not seen:
        age = scene.now - scene.version.published_at
        yield Finding(
            "nothing-arrives",
            WARNING if age > LEAST_SILENCE else NOTICE,
            f"No event has come to its triggers since version {scene.version.number} was published.",
            since=scene.version.published_at,
            link=link,
        )
        return
    last = seen[0][0]
    usual = (last - seen[-1][0]) / max(1, len(seen) - 1)
    if len(seen) > 1 and scene.now - last > max(LEAST_SILENCE, GAPS * usual):
        yield Finding(
            "nothing-arrives",
            WARNING,
            "No event comes to its triggers any more.",
            since=last,
            link=link,
        )
    yield from _filtered(seen, link)


def _waits_for_events(scene: Scene) -> bool:
    kinds = {node.type for node in scene.nodes.values() if node.family == "trigger" and not node.disabled}
    return bool(kinds - {"trigger.manual"})


WORDS = {
    "filtered": "the trigger's rule lets none through",
    "out_of_scope": "they are about records that it does not look at",
    "duplicate": "it takes them for ones that it has seen",
    "throttled": "they are more than the trigger's rate allows",
    "paused": "it is paused",
    "loop": "they would lead back to itself",
    "broken": "the trigger can't be judged",
}


def _filtered(seen: Sequence[tuple[datetime, str]], link: str) -> Iterator[Finding]:
    """That of the newest events, and enough of them, none has started a run."""
    outcomes: Counter[str] = Counter()
    since = seen[0][0]
    for at, outcome in seen:
        if outcome == Decision.Outcome.MATCHED:
            break
        outcomes[outcome] += 1
        since = at
    if outcomes.total() < ENOUGH or set(outcomes) == {"paused"}:
        return
    commonest = outcomes.most_common(1)[0][0]
    more = "at least " if outcomes.total() == LOOKED_AT else ""
    yield Finding(
        "nothing-matches",
        WARNING,
        f"Of the last {more}{outcomes.total()} events none has started a run: {WORDS[commonest]}.",
        since=since,
        number=outcomes.total(),
        link=link,
    )


def waiting_for_people(scene: Scene) -> Iterator[Finding]:
    """Questions that nobody answers, and runs that the blast radius holds."""
    workflow, now = scene.workflow, scene.now
    late = Q(asked_at__lt=now - OVERDUE) | Q(expires_at__lt=now)
    asked = Approval.objects.filter(
        late, workflow=workflow, state=Approval.State.PENDING, kind=Approval.Kind.STEP
    ).aggregate(number=Count("pk"), since=Min("asked_at"), first=Min("pk"))
    if asked["number"]:
        many = "1 question is" if asked["number"] == 1 else f"{asked['number']} questions are"
        yield Finding(
            "approvals-overdue",
            WARNING,
            f"{many} overdue, and the runs that asked wait.",
            since=asked["since"],
            number=asked["number"],
            link=f"approvals/{asked['first']}/" if asked["number"] == 1 else "approvals/",
        )
    unknown = Step.objects.filter(run__workflow=workflow, wait__kind=NEEDS_REVIEW).aggregate(
        number=Count("pk"), since=Min("started_at"), first=Min("run")
    )
    if unknown["number"]:
        many = "1 run needs" if unknown["number"] == 1 else f"{unknown['number']} runs need"
        yield Finding(
            "needs-review",
            WARNING,
            f"{many} review: nobody knows whether a call happened, and somebody has to say.",
            since=unknown["since"],
            number=unknown["number"],
            run=unknown["first"],
            link=f"runs/{unknown['first']}/"
            if unknown["number"] == 1
            else f"runs/?workflow={workflow.pk}&needs_review=true",
        )
    for hold in Hold.objects.filter(workflow=workflow, state=Hold.State.PENDING).select_related("approval"):
        approval = getattr(hold, "approval", None)
        yield Finding(
            "held",
            BROKEN,
            f"The blast radius holds {hold.count} runs until people agree.",
            since=hold.opened_at,
            number=hold.count,
            link=f"approvals/{approval.pk}/" if approval is not None else "approvals/",
        )


def waiting_for_places(scene: Scene) -> Iterator[Finding]:
    """Runs that are parked because as many are at work as the workflow's settings let be, and who has been at work for
    the longest."""
    workflow, now = scene.workflow, scene.now
    if crowding_of(workflow.limits) is None:
        return
    places = Place.objects.filter(workflow=workflow, run__finished_at=None)
    parked = places.filter(number=None).aggregate(number=Count("pk"), since=Min("since"), first=Min("run"))
    if not parked["number"]:
        return
    many = "1 run waits" if parked["number"] == 1 else f"{parked['number']} runs wait"
    holder = places.filter(number__isnull=False).order_by("since", "run_id").first()
    oldest = (
        f"; run {holder.run_id} has held one since {holder.since:%Y-%m-%d %H:%M} UTC"
        if holder is not None
        else ""
    )
    yield Finding(
        "places-taken",
        WARNING if parked["since"] < now - LONG_PARKED else NOTICE,
        f"{many} for a place, because only {workflow.limits['at_once']} may be at work at once{oldest}.",
        since=parked["since"],
        number=parked["number"],
        run=holder.run_id if holder is not None else parked["first"],
        link=f"runs/{holder.run_id}/" if holder is not None else f"workflows/{workflow.pk}/settings/",
    )


def late_work(scene: Scene) -> Iterator[Finding]:
    """Runs that are due and that nobody begins, and processes that are not there."""
    now = scene.now
    due = Run.objects.filter(
        workflow=scene.workflow,
        status__in=(RunStatus.QUEUED, RunStatus.WAITING),
        due_at__lt=now - LATE,
        clock="",
    ).aggregate(number=Count("pk"), since=Min("due_at"))
    if due["number"]:
        many = "1 run is" if due["number"] == 1 else f"{due['number']} runs are"
        yield Finding(
            "work-late",
            BROKEN,
            f"{many} due, and nobody works on them.",
            since=due["since"],
            number=due["number"],
            link=f"runs/?workflow={scene.workflow.pk}&status=queued",
        )
    stamps = dict(ProcessStamp.objects.order_by().values_list("role").annotate(last=Max("stamped_at")))
    for role, command in ROLES.items():
        last = stamps.get(role)
        if last is None or last < now - ALIVE_WITHIN:
            yield Finding(
                f"no-{role}",
                BROKEN,
                f"No {role} is alive. Start `manage.py {command}`.",
                since=last,
                failure_code="engine",
                fault="engine",
            )
