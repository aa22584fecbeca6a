"""How far a workflow may reach at once: what is above waits for people, it does not fail.

Three bounds: runs of one firing, their share of the records that the trigger is about, and runs an hour. A firing is
what one cause starts at once: the records that a person selects, the alarms of one trigger that ring together, the
items of one “start workflow” step (those are held at the step, see `runtime.approvals`). Runs in simulate and in
replays are not held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Sum

from automations.engine.rules import compile_rule
from automations.models import Hold, Mode, StartCount, Workflow
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime.subscriptions import mode_of

if TYPE_CHECKING:
    from automations.runtime.matching import Verdict
    from automations.runtime.pending_events import PendingEvent
    from automations.runtime.subscriptions import Subscription

DEFAULT_BLAST_RADIUS = 100
SHARE_FLOOR = 5
"""So few records are not held for being a large share: one of two tickets is half of them."""
SLOT_MINUTES = 5
EXPIRES_AFTER = timedelta(hours=24)
"""What nobody has approved by then does not start."""
REMIND_EVERY = timedelta(hours=4)

Firing = tuple[int, str, str]
"""(workflow id, trigger node, name)"""


@dataclass(frozen=True, slots=True)
class Excess:
    """Why work is above a bound."""

    bound: str
    count: int
    cap: int
    population: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {"bound": self.bound, "count": self.count, "cap": self.cap, "population": self.population}


@dataclass(slots=True)
class Held:
    """Runs of one hold to be made or joined."""

    excess: Excess
    workflow: Workflow
    node: str
    firing: str
    verdicts: list[Verdict]
    to_come: int = 0
    """Of a firing whose events come at a rate: how many there will be, so that people are asked once about all."""


def cap_of(workflow: Workflow) -> int:
    """How many runs one firing may start."""
    return int(workflow.limits.get("blast_radius", DEFAULT_BLAST_RADIUS))


def find_excess(verdicts: Sequence[Verdict], events: Sequence[PendingEvent]) -> list[Held]:
    """The started runs of a batch that are above their workflow's bounds, grouped as people will be asked.

    No query where nothing fires together and no workflow has a budget; else a few for the whole batch. A simulated run is
    not held: its decision says that it would have been.
    """
    started = [
        verdict
        for verdict in verdicts
        if verdict.run is not None and not verdict.failure and not verdict.event.clock
    ]
    held = _large_firings(started, Counter(firing_of(event) for event in events))
    taken = {id(verdict) for group in held for verdict in group.verdicts}
    real = [verdict for verdict in started if _acts(verdict)]
    return held + _over_budget([verdict for verdict in real if id(verdict) not in taken])


def _acts(verdict: Verdict) -> bool:
    """Whether what it starts would act: in execute, where no policy lets nothing act."""
    return mode_of(verdict.subscription, verdict.event.module_id) == Mode.EXECUTE


def firing_of(event: PendingEvent) -> Firing | None:
    """The firing that an event is part of, if it is part of one."""
    target = event.target or {}
    return (target["workflow"], target["node"], target["firing"]) if target.get("firing") else None


def _large_firings(started: Sequence[Verdict], here: Mapping[Firing | None, int]) -> list[Held]:
    groups: dict[Firing, list[Verdict]] = defaultdict(list)
    for verdict in started:
        firing = firing_of(verdict.event)
        if firing is not None:
            groups[firing].append(verdict)
    if not groups:
        return []
    known = _known(groups)
    held = []
    for firing, group in groups.items():
        subscription = group[0].subscription
        excess = known.get(firing) or _excess_of(subscription, group, here[firing])
        if excess is None:
            continue
        if not _acts(group[0]):
            for verdict in group:
                verdict.reason = {**verdict.reason, "would_hold": excess.to_json()}
            continue
        meant = group[0].event.target or {}
        to_come = int(meant["size"]) if meant.get("paced") else 0
        held.append(Held(excess, subscription.workflow, subscription.node, firing[2], group, to_come))
    return held


def _known(groups: Iterable[Firing]) -> dict[Firing, Excess]:
    """Firings of which an earlier batch was held: the rest of them joins it."""
    rows = Hold.objects.filter(firing__in={name for _, _, name in groups})
    return {
        (row.workflow_id, row.trigger_node, row.firing): Excess(row.bound, row.count, row.cap, row.population)
        for row in rows
    }


def _excess_of(subscription: Subscription, group: Sequence[Verdict], here: int) -> Excess | None:
    """Of a firing whose events all stand in this batch, those count that started a run; of one that is cut in two by
    the border of a batch all that were announced count, because nobody knows yet how many of them match."""
    announced = int((group[0].event.target or {}).get("size", 0))
    return excess_of_firing(subscription, len(group) if here >= announced else announced, group[0].event.now)


def excess_of_firing(subscription: Subscription, count: int, now: datetime) -> Excess | None:
    """Why so many runs of one firing are too many, if they are."""
    workflow = subscription.workflow
    cap = cap_of(workflow)
    if count > cap:
        return Excess(Hold.Bound.FIRING, count, cap)
    share = workflow.limits.get("share")
    if share is None or count < SHARE_FLOOR or subscription.module is None:
        return None
    population = _population(subscription, now)
    if count * 100 > int(share) * population:
        return Excess(Hold.Bound.SHARE, count, int(share), population)
    return None


def foresee_excess(subscription: Subscription, count: int, now: datetime) -> Excess | None:
    """What would hold a firing of so many runs, if all of them match and it began now; a simulated one is not held."""
    excess = excess_of_firing(subscription, count, now)
    cap = subscription.workflow.limits.get("runs_per_hour")
    if excess is not None or cap is None:
        return excess
    since = now - timedelta(hours=1)
    begun = StartCount.objects.filter(workflow=subscription.workflow, slot__gt=since).aggregate(
        all=Sum("started")
    )
    beyond = count - max(0, int(cap) - (begun["all"] or 0))
    return Excess(Hold.Bound.HOUR, beyond, int(cap)) if beyond > 0 else None


def _population(subscription: Subscription, now: datetime) -> int:
    """The records that the trigger is about: all of the module, or those in its scope."""
    assert subscription.module is not None
    scope = subscription.config.get("scope")
    tree = compile_rule(scope, facts_of(subscription.module).schema).tree if scope else None
    context = SqlContext(now=now, zone=subscription.zone)
    return adapter_for(subscription.module).queryset(tree, context=context).count()


def _over_budget(started: Sequence[Verdict]) -> list[Held]:
    """The runs beyond what their workflow may start an hour; those that are within it are counted."""
    groups: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in started:
        if verdict.subscription.workflow.limits.get("runs_per_hour") is not None:
            groups[verdict.subscription.workflow.pk].append(verdict)
    if not groups:
        return []
    now = started[0].event.database_now
    slot = now.replace(minute=now.minute - now.minute % SLOT_MINUTES, second=0, microsecond=0)
    _take_slots(sorted(groups), slot)
    begun = dict(
        StartCount.objects.filter(workflow__in=groups, slot__gt=now - timedelta(hours=1))
        .values_list("workflow")
        .annotate(all=Sum("started"))
    )
    held = []
    counts: dict[int, int] = {}
    for pk, group in groups.items():
        workflow = group[0].subscription.workflow
        cap = int(workflow.limits["runs_per_hour"])
        free = max(0, cap - begun.get(pk, 0))
        counts[pk] = min(free, len(group))
        beyond = group[free:]
        if beyond:
            held.append(Held(Excess(Hold.Bound.HOUR, len(beyond), cap), workflow, "", "", beyond))
    _count(counts, slot)
    return held


def _take_slots(workflows: Sequence[int], slot: datetime) -> None:
    """Hold the counters of these workflows until the batch is stored, so that two matchers share one budget."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO automations_startcount (workflow_id, slot, started) SELECT id, %s, 0"
            " FROM unnest(%s::bigint[]) AS w (id) ORDER BY id"
            " ON CONFLICT (workflow_id, slot) DO UPDATE SET started = automations_startcount.started",
            [slot, list(workflows)],
        )


def _count(counts: Mapping[int, int], slot: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE automations_startcount SET started = started + w.more"
            " FROM unnest(%s::bigint[], %s::int[]) AS w (id, more)"
            " WHERE workflow_id = w.id AND slot = %s",
            [list(counts), list(counts.values()), slot],
        )


def sentence(excess: Mapping[str, Any]) -> str:
    """“240 runs at once; 100 are allowed.”"""
    count, cap = excess["count"], excess["cap"]
    if excess["bound"] == Hold.Bound.HOUR:
        return f"{cap} runs an hour are allowed, and as many have started."
    if excess["bound"] == Hold.Bound.SHARE:
        return f"{count} of {excess['population']} records at once; {cap} % of those that the trigger is about are allowed."
    return f"{count} runs at once; {cap} are allowed."
