"""Events to runs: every live trigger that listens judges each pending event, and every answer is a row.

One transaction takes a batch of pending events, writes the decisions and the runs, and marks the events; losing
the process anywhere in it leaves the events pending. The run's unique dedupe key makes a repetition harmless.

Who judges may work on what starts: such runs are born claimed, which spares each of them a statement and a commit.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, transaction

from automations.conf import setting
from automations.engine.durations import parse_duration
from automations.engine.rules import Scope
from automations.models import Run
from automations.runtime import blast_radius, endings, holds, places, standstills, subscriptions
from automations.runtime.claims import ClaimedRun
from automations.runtime.pending_events import PendingEvent, read_past, take_pending
from automations.runtime.signals import signal_parent
from automations.runtime.standstills import PutOff, Standing
from automations.runtime.subscriptions import MAX_DEPTH, Subscription
from automations.triggers.common import dedupe_key

MATCHED, DUPLICATE, THROTTLED, PAUSED, LOOP, OUT_OF_SCOPE, BROKEN, STANDSTILL = (
    "matched",
    "duplicate",
    "throttled",
    "paused",
    "loop",
    "out_of_scope",
    "broken",
    "standstill",
)


@dataclass(slots=True)
class Verdict:
    """What one trigger says to one event; `run` is filled in when it starts one."""

    event: PendingEvent
    subscription: Subscription
    outcome: str
    reason: Mapping[str, Any]
    dedupe: str = ""
    run: int | None = None
    failure: str = ""
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many events were judged (0: none is pending), and the runs that this process has claimed by starting them."""

    events: int = 0
    runs: Sequence[ClaimedRun] = ()


def match_due(*, limit: int = 500, take: int = 0) -> Judged:
    """Judge up to `limit` pending events. Of the runs that start the first `take` are claimed for this process.

    If a batch can't be stored, its events are taken one by one, so that one bad event holds up no other; the bad
    one is marked with a `broken` decision by `_judge` where its trigger fails, or stays pending and is logged.
    """
    try:
        return _match_batch(limit, take)
    except DatabaseError:
        if limit == 1:
            raise
        return _match_batch(1, take)


def _match_batch(limit: int, take: int) -> Judged:
    with transaction.atomic():
        standing = standstills.look()
        put_off = _taken_back(standing, limit)
        pending = take_pending(
            limit=limit - len(put_off), now=standing.now, replayed_only=standing.everything is not None
        )
        if not pending and not put_off:
            return Judged()
        subscriptions.refresh()
        verdicts, events = _judge_late(put_off, standing)
        verdicts += [verdict for event in pending for verdict in _verdicts(event, standing)]
        events += pending
        claimed = settle(events, verdicts, take=take) if events else []
        _tell_parents(events, verdicts)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE automations_event SET state = 'matched' WHERE id = ANY(%s)",
                [[event.id for event in pending]],
            )
    return Judged(len(pending) + len(put_off), claimed)


def _taken_back(standing: Standing, limit: int) -> list[PutOff]:
    """The oldest answers that were put off and that nothing puts off any more."""
    workflows = standstills.let_go(standing)
    return standstills.take_back(workflows, limit=limit) if workflows else []


def _judge_late(put_off: Sequence[PutOff], standing: Standing) -> tuple[list[Verdict], list[PendingEvent]]:
    """What the triggers whose answers were put off say now, and to which events. A trigger that is gone since, or does not
    listen any more, says so."""
    if not put_off:
        return [], []
    events = read_past(sorted({one.event for one in put_off}), now=standing.now)
    asked = {(one.event, one.workflow, one.node): one for one in put_off}
    verdicts = []
    for event in events:
        for subscription in _listeners(event):
            if asked.pop((event.id, subscription.workflow.pk, subscription.node), None) is not None:
                verdicts.append(_judge(event, subscription, standing))
    standstills.leave(asked.values(), now=standing.now)
    return verdicts, events


def settle(events: Sequence[PendingEvent], verdicts: Sequence[Verdict], *, take: int = 0) -> list[ClaimedRun]:
    """Let start what the triggers' own rates, what has started before and the blast radius allow, and write down every
    answer, in the caller's transaction. Returns the runs that this process has claimed, at most `take`."""
    now = events[0].database_now
    endings.refuse_unseen(verdicts)
    _throttle(verdicts)
    claimed = _start_runs(verdicts, take)
    excess = blast_radius.find_excess(verdicts, events)
    holds.hold(excess, now=now)
    held = {verdict.run for group in excess for verdict in group.verdicts}
    _take_places(verdicts, held, now=now)
    _write_decisions(verdicts)
    return [run for run in claimed if run.id not in held]


def _verdicts(event: PendingEvent, standing: Standing) -> list[Verdict]:
    return [_judge(event, subscription, standing) for subscription in _listeners(event)]


def _listeners(event: PendingEvent) -> list[Subscription]:
    if event.target is None:
        return subscriptions.listening(event.module_id, event.type)
    meant = event.target
    return subscriptions.addressed(meant["workflow"], meant["node"], meant.get("version"))


def _judge(event: PendingEvent, subscription: Subscription, standing: Standing) -> Verdict:
    workflow = subscription.workflow
    if standing.held and not event.clock:
        own = subscription.module.pk if subscription.module else None
        if (held := standing.over(workflow, own, event.module_id)) is not None:
            return Verdict(event, subscription, STANDSTILL, held.reason())
    if workflow.paused_at is not None:
        return Verdict(
            event,
            subscription,
            PAUSED,
            {"since": workflow.paused_at.isoformat(), "why": workflow.pause_reason},
        )
    return judge_event(event, subscription)


def judge_event(event: PendingEvent, subscription: Subscription) -> Verdict:
    """What a trigger says to an event by itself: its rate, and what has started before, are not looked at."""
    workflow = subscription.workflow
    if subscription.judge is None:
        return Verdict(event, subscription, BROKEN, {"problem": subscription.problem})
    if event.cause_workflow_id == workflow.pk and not subscription.config.get("allow_self"):
        return Verdict(
            event, subscription, OUT_OF_SCOPE, {"why": "The change was made by this workflow itself."}
        )
    scope = Scope(
        record=event.value.get("after"),
        event=event.value,
        now=event.now,
        zone=subscription.zone,
        variables={},
        steps={},
    )
    match = subscription.judge(scope)
    if match.outcome != MATCHED:
        return Verdict(event, subscription, match.outcome, match.reason)
    dedupe = dedupe_key(subscription.config, event.value)
    if event.depth >= MAX_DEPTH:
        why = f"{event.depth} runs stand between this event and its origin; the limit is {MAX_DEPTH}."
        return Verdict(event, subscription, LOOP, {"why": why}, dedupe, failure=why)
    reason = {**match.reason, "why": subscription.simulates} if subscription.simulates else match.reason
    return Verdict(event, subscription, MATCHED, reason, dedupe)


def _throttle(verdicts: Sequence[Verdict]) -> None:
    """Hold verdicts to their trigger's rate: what started before, in the database and in this batch, counts."""
    counts: dict[tuple[int, str], int] = {}
    for verdict in verdicts:
        limit = verdict.subscription.config.get("throttle")
        if verdict.outcome != MATCHED or not limit:
            continue
        identity = (verdict.subscription.workflow.pk, verdict.subscription.node)
        if identity not in counts:
            counts[identity] = Run.objects.filter(
                workflow_id=identity[0],
                trigger_node=identity[1],
                clock=verdict.event.clock,
                created_at__gt=verdict.event.now - parse_duration(limit["per"]),
                retry_of=None,  # people's doing, not the trigger's
            ).count()
        if counts[identity] >= limit["max"]:
            verdict.outcome, verdict.reason = THROTTLED, {"max": limit["max"], "per": limit["per"]}
        else:
            counts[identity] += 1


START = """
INSERT INTO automations_run (id, workflow_id, version_id, event_id, trigger_node, dedupe_key, mode, status, module_id,
    record_key, input, outcome, inconclusive, failure_code, failure, actor_id, parent_id, parent_node, depth,
    correlation_id, clock, as_of, attempt, lease_token, due_at, last_seq, created_at, started_at, finished_at)
SELECT r.id, r.workflow_id, r.version_id, r.event_id, r.trigger_node, r.dedupe_key, r.mode,
    CASE WHEN r.failure <> '' THEN 'failed' WHEN r.token IS NULL THEN 'queued' ELSE 'running' END, r.module_id,
    r.record_key, r.input, '{}', false, CASE WHEN r.failure = '' THEN '' ELSE 'chain-depth-exceeded' END,
    CASE WHEN r.failure = '' THEN '{}' ELSE jsonb_build_object('message', r.failure, 'node', r.trigger_node,
        'fault', 'user', 'retryable', false) END,
    r.actor_id, r.parent_id, r.parent_node, r.depth, r.correlation_id, r.clock, r.as_of,
    CASE WHEN r.token IS NULL THEN 0 ELSE 1 END, r.token,
    CASE WHEN r.token IS NULL THEN now() ELSE now() + make_interval(secs => %s) END, 0,
    COALESCE(r.as_of, now()), CASE WHEN r.token IS NULL THEN NULL ELSE COALESCE(r.as_of, now()) END,
    CASE WHEN r.failure = '' THEN NULL ELSE COALESCE(r.as_of, now()) END
FROM json_to_recordset(%s) AS r (id bigint, workflow_id bigint, version_id bigint, event_id bigint, trigger_node text,
    dedupe_key text, mode text, module_id bigint, record_key text, input jsonb, actor_id bigint, parent_id bigint,
    parent_node text, depth smallint, clock text, as_of timestamptz, failure text, token uuid, correlation_id uuid)
ON CONFLICT (workflow_id, trigger_node, dedupe_key) DO NOTHING
RETURNING id
"""
DECIDE = """
INSERT INTO automations_decision (event_id, workflow_id, version_id, trigger_node, outcome, reason, run_id, at)
SELECT * FROM json_to_recordset(%s) AS d (event_id bigint, workflow_id bigint, version_id bigint, trigger_node text,
    outcome text, reason jsonb, run_id bigint, at timestamptz)
ON CONFLICT (event_id, workflow_id, trigger_node) DO NOTHING
"""


def _take_places(verdicts: Sequence[Verdict], held: Container[int | None], *, now: datetime) -> None:
    """Have those runs take places that start now and whose workflow lets only so many be at work at once."""
    starting = [v for v in verdicts if v.run is not None and not v.failure and v.run not in held]
    if bound := [verdict for verdict in starting if places.is_bound(verdict)]:
        places.take(bound, now=now)


def _start_runs(verdicts: Sequence[Verdict], take: int) -> list[ClaimedRun]:
    """Make the runs; the first `take` that can run are claimed: one attempt, our lease."""
    starting = [verdict for verdict in verdicts if verdict.outcome in (MATCHED, LOOP)]
    if not starting:
        return []
    token = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('automations_run', 'id')) FROM generate_series(1, %s)",
            [len(starting)],
        )
        rows = []
        for verdict, (key,) in zip(starting, cursor.fetchall(), strict=True):
            verdict.run = key
            verdict.correlation = str(verdict.event.correlation or uuid.uuid4())
            rows.append(_run_row(verdict))
        taken = [
            row
            for verdict, row in zip(starting, rows, strict=True)
            if not row["failure"] and not places.is_bound(verdict)
        ][:take]
        for row in taken:
            row["token"] = str(token)
        cursor.execute(START, [setting("AUTOMATIONS_LEASE_SECONDS"), json.dumps(rows)])
        stored = {row[0] for row in cursor.fetchall()}
    claimed = {row["id"] for row in taken} & stored
    runs = [_claimed(verdict, token) for verdict in starting if verdict.run in claimed]
    for verdict in starting:
        if verdict.run not in stored:
            verdict.run = None
            verdict.outcome, verdict.reason = DUPLICATE, {"key": verdict.dedupe}
    return runs


def _run_row(verdict: Verdict) -> dict[str, Any]:
    event, subscription = verdict.event, verdict.subscription
    target = event.target or {}
    return {
        "id": verdict.run,
        "workflow_id": subscription.workflow.pk,
        "version_id": subscription.version_id,
        "event_id": event.id,
        "trigger_node": subscription.node,
        "dedupe_key": verdict.dedupe,
        "mode": subscriptions.mode_of(subscription, event.module_id),
        "module_id": event.module_id,
        "record_key": event.record_key,
        "input": target.get("input", {}),
        "actor_id": event.actor_id,
        "parent_id": target.get("parent"),
        "parent_node": target.get("parent_node", ""),
        "depth": event.depth,
        "clock": event.clock,
        "as_of": event.occurred_at.isoformat() if event.clock else None,
        "failure": verdict.failure,
        "correlation_id": verdict.correlation,
    }


def _claimed(verdict: Verdict, token: uuid.UUID) -> ClaimedRun:
    event, subscription = verdict.event, verdict.subscription
    target = event.target or {}
    assert verdict.run is not None
    return ClaimedRun(
        id=verdict.run,
        workflow_id=subscription.workflow.pk,
        version_id=subscription.version_id,
        event_id=event.id,
        trigger_node=subscription.node,
        mode=subscriptions.mode_of(subscription, event.module_id),
        module_id=event.module_id,
        record_key=event.record_key,
        input=target.get("input", {}),
        actor_id=event.actor_id,
        parent_id=target.get("parent"),
        parent_node=target.get("parent_node", ""),
        depth=event.depth,
        clock=event.clock,
        as_of=event.occurred_at if event.clock else None,
        attempt=1,
        last_seq=0,
        keys_of=None,
        token=token,
        database_now=event.database_now,
        event=event.value,
        correlation=verdict.correlation,
    )


def _write_decisions(verdicts: Sequence[Verdict]) -> None:
    if not verdicts:
        return
    rows = [
        {
            "event_id": verdict.event.id,
            "workflow_id": verdict.subscription.workflow.pk,
            "version_id": verdict.subscription.version_id,
            "trigger_node": verdict.subscription.node,
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "run_id": verdict.run,
            "at": verdict.event.now.isoformat(),
        }
        for verdict in verdicts
    ]
    with connection.cursor() as cursor:
        cursor.execute(DECIDE, [json.dumps(rows)])


def _tell_parents(events: Sequence[PendingEvent], verdicts: Sequence[Verdict]) -> None:
    """A started workflow that does not start (paused, filtered, gone, …) must not leave its caller waiting; one that stands
    still is yet to answer."""
    answers = {verdict.event.id: verdict for verdict in verdicts}
    for event in events:
        target, verdict = event.target or {}, answers.get(event.id)
        if verdict is not None and verdict.outcome == STANDSTILL:
            continue
        if target.get("parent") and (verdict is None or verdict.run is None or verdict.failure):
            signal_parent(
                parent_id=target["parent"],
                node=target["parent_node"],
                key=f"event:{event.id}",
                outcome={
                    "status": "failed",
                    "run": verdict.run if verdict is not None else None,
                    "message": f"Not started: {'gone' if verdict is None else verdict.outcome}.",
                },
                now=event.database_now,
            )
