"""Runs above the blast radius: parked, asked about, and let go or ended when people have decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from automations.engine.documents import canonical_json, digest_of
from automations.models import NEVER, Approval, Hold, Run
from automations.runtime import announce, places
from automations.runtime.approval_calls import tell_deciders
from automations.runtime.approval_events import asked_event
from automations.runtime.blast_radius import EXPIRES_AFTER, REMIND_EVERY, Held, sentence
from automations.runtime.endings import tell_ended
from automations.runtime.product_events import announce_all
from automations.runtime.queue import wake_on_commit
from automations.runtime.signals import tell_parents

LISTED = 200
"""Records that stand in the question itself; all of them stand in the list of runs."""
ENDED = {
    Hold.State.REJECTED: ("blast-radius-rejected", "The blast radius was not approved"),
    Hold.State.EXPIRED: ("blast-radius-expired", "Nobody approved the blast radius in time"),
}

PARK = """
WITH parked AS (
  UPDATE automations_run SET status = 'waiting', due_at = %s, hold_id = %s, last_seq = 1, attempt = 0,
    lease_token = NULL, started_at = NULL
  WHERE id = ANY(%s) RETURNING id, created_at
)
INSERT INTO automations_logentry (run_id, seq, at, level, node, message)
SELECT id, 1, created_at, 'warning', '', %s FROM parked
"""
RELEASE = """
WITH released AS (
  UPDATE automations_run SET due_at = now(), last_seq = last_seq + 1
  WHERE hold_id = %s AND status = 'waiting' AND started_at IS NULL RETURNING id, last_seq
)
INSERT INTO automations_logentry (run_id, seq, at, level, node, message)
SELECT id, last_seq, %s, 'info', '', %s FROM released RETURNING run_id
"""
END = """
WITH ended AS (
  UPDATE automations_run SET status = 'cancelled', due_at = %s, finished_at = %s, failure_code = %s,
    failure = %s::jsonb, last_seq = last_seq + 1
  WHERE hold_id = %s AND status = 'waiting' AND started_at IS NULL RETURNING id, last_seq
)
INSERT INTO automations_logentry (run_id, seq, at, level, node, message)
SELECT id, last_seq, %s, 'warning', '', %s FROM ended RETURNING run_id
"""


def hold(groups: Sequence[Held], *, now: datetime) -> None:
    """Park the runs of these groups in the transaction that made them, and ask people about each group once. A run that
    was born claimed is claimed no more: nobody has begun it."""
    for group in groups:
        row, made = _open(group, now)
        runs = [verdict.run for verdict in group.verdicts]
        said = f"Held for approval: {sentence(group.excess.to_json())}"
        with connection.cursor() as cursor:
            cursor.execute(PARK, [NEVER, row.pk, runs, said])
        for verdict in group.verdicts:
            verdict.reason = {**verdict.reason, "held": group.excess.to_json()}
        held = Run.objects.filter(hold=row).count() if not made else len(runs)
        row.count = max(held, group.to_come)
        row.save(update_fields=["count"])
        if row.state == Hold.State.PENDING:
            _ask(group, row, now)
        elif row.state == Hold.State.RELEASED:
            _release(row, now, "Let go with the rest of its firing.")
        else:
            _end(row, now, ", and with it the rest of its firing.")


def _open(group: Held, now: datetime) -> tuple[Hold, bool]:
    """The hold of a group, locked: of its firing, or the pending one of the hour."""
    named: dict[str, Any] = {"workflow": group.workflow, "trigger_node": group.node, "firing": group.firing}
    if group.firing == "":
        named |= {"bound": Hold.Bound.HOUR, "state": Hold.State.PENDING}
    return Hold.objects.select_for_update(no_key=True).get_or_create(
        **named,
        defaults={
            "bound": group.excess.bound,
            "cap": group.excess.cap,
            "population": group.excess.population,
            "opened_at": now,
        },
    )


def _ask(group: Held, row: Hold, now: datetime) -> None:
    """The question about a hold; one that is asked already has its figures brought up to date."""
    known = Approval.objects.select_for_update(no_key=True).filter(hold=row).first()
    reach = reach_of(row)
    plan_hash = bound_hash(row, reach)
    if known is not None:
        known.reach, known.plan_hash = reach, plan_hash
        known.title, known.body = _title(row), _body(reach)
        known.save(update_fields=["reach", "plan_hash", "title", "body"])
        return
    first = group.verdicts[0]
    approval = Approval.objects.create(
        kind=Approval.Kind.BLAST_RADIUS,
        hold=row,
        run_id=first.run or 0,
        node=first.subscription.node,
        workflow=group.workflow,
        title=_title(row),
        body=_body(reach),
        requester_id=first.event.actor_id if group.firing else None,
        reach=reach,
        plan_hash=plan_hash,
        asked_at=now,
        expires_at=now + EXPIRES_AFTER,
        remind_every=REMIND_EVERY,
        remind_at=now + REMIND_EVERY,
    )
    tell_deciders(approval, "asked", approval.title, now)
    announce_all([asked_event(approval)])


def reach_of(row: Hold) -> dict[str, Any]:
    """How far a hold reaches: its figures, and the first of the records that it is about."""
    records = Run.objects.filter(hold=row).order_by("pk").values_list("module__key", "record_key")[:LISTED]
    return {
        "bound": row.bound,
        "count": row.count,
        "cap": row.cap,
        "population": row.population,
        "records": [{"module": module, "record": key} for module, key in records],
    }


def bound_hash(row: Hold, reach: dict[str, Any]) -> str:
    """What consent binds to: the runs of a firing; of an hour whatever gathers until it is decided."""
    bound = [row.pk, reach["bound"], reach["cap"]]
    return digest_of(bound if row.bound == Hold.Bound.HOUR else [*bound, reach["count"]])


def _title(row: Hold) -> str:
    runs = f"{row.count} {'run' if row.count == 1 else 'runs'}"
    return f"Start {runs} of “{row.workflow.name}”?"[:200]


def _body(reach: dict[str, Any]) -> str:
    joins = " Runs that come until this is decided join them." if reach["bound"] == Hold.Bound.HOUR else ""
    if reach["bound"] != Hold.Bound.HOUR and len(reach["records"]) < min(reach["count"], LISTED):
        joins = " They start at a rate, once this is approved; as many as match, at most so many."
    return f"They are above the workflow's blast radius: {sentence(reach)}{joins}"


def settle_hold(approval: Approval, verdict: str, *, by: str, reason: str, now: datetime) -> None:
    """Let the held runs go, or end them, in the transaction of the decision."""
    row = Hold.objects.select_for_update(no_key=True).get(approval=approval)
    if row.state != Hold.State.PENDING:
        return
    row.state = {
        "approved": Hold.State.RELEASED,
        "rejected": Hold.State.REJECTED,
        "expired": Hold.State.EXPIRED,
    }[verdict]
    row.ended_at = now
    row.save(update_fields=["state", "ended_at"])
    if row.state == Hold.State.RELEASED:
        _release(row, now, f"Let go by {_with(by, reason)}")
    else:
        _end(row, now, f" by {_with(by, reason)}" if by else ".")


def _with(by: str, reason: str) -> str:
    """“sam.”, or “sam: Too many.”"""
    return f"{by}: {reason.rstrip('.')}." if reason else f"{by}."


def _release(row: Hold, now: datetime, said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [row.pk, now, said])
        runs = [run for (run,) in cursor.fetchall()]
    places.enter(row.workflow, runs, now=now)
    wake_on_commit()
    _announce(runs, row.workflow_id)


def _end(row: Hold, now: datetime, how: str) -> None:
    code, words = ENDED[Hold.State(row.state)]
    message = f"{words}{how}"
    failure = canonical_json({"message": message, "node": "", "fault": "user", "retryable": False})
    with connection.cursor() as cursor:
        cursor.execute(END, [NEVER, now, code, failure, row.pk, now, message])
        runs = [run for (run,) in cursor.fetchall()]
    tell_parents(runs, status="cancelled", message=message, now=now)
    tell_ended(runs, now=now)
    _announce(runs, row.workflow_id)


def _announce(runs: Sequence[int], workflow: int) -> None:
    transaction.on_commit(lambda: announce.announce_runs([(run, workflow) for run in runs]))
