"""Approvals on the side of the runs: asked by a step, settled when people have decided, expired by the ticker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from automations.engine.effects import RequestApproval, StartWorkflow
from automations.engine.outcomes import Failed, Outcome, Succeeded, Wait
from automations.engine.program import VERDICTS
from automations.models import Approval
from automations.runtime.approval_calls import tell_deciders
from automations.runtime.approval_events import decided_event
from automations.runtime.approval_mail import approval_mail
from automations.runtime.foresight import foresee, hash_of
from automations.runtime.holds import settle_hold
from automations.runtime.performers import PERFORMERS, Performer, Plan, start_children
from automations.runtime.product_events import announce_all
from automations.runtime.queue import wake_on_commit
from automations.runtime.signals import signal_parent
from automations.runtime.unit import Unit
from automations.runtime.waits import SETTLERS

WAIT = "approval"
MAX_ROUNDS = 10
"""A question whose answer never fits what would be done ends with the step's failure."""
BATCH = 100


class Asked(NamedTuple):
    """Who is asked, and who of them can answer: has an account, the right to approve, and did not ask himself."""

    named: list[str]
    able: list[str]


class RequestApprovalPerformer(Performer):
    kind = RequestApproval.kind

    def plan(self, effect: RequestApproval, unit: Unit) -> Plan | Failed:
        asked = _asked(effect, unit)
        if len(asked.able) < effect.quorum:
            who = ", ".join(asked.named) or "nobody"
            return Failed(
                "too-few-approvers",
                f"{effect.quorum} must agree, but of those asked ({who}) {len(asked.able)} may: they need the right to"
                " approve on this workflow, and whoever asked can't agree himself.",
            )
        message = f"Ask {', '.join(asked.able)}: {effect.title}"
        verdict = unit.batch.answers.get(unit.node, VERDICTS[0])
        said = f"{message} Taken as {verdict}."
        assumed = Succeeded({"verdict": verdict}, message=said, branch=verdict, assumed=True)
        return Plan(message, detail=asked, assumed=assumed)

    def perform(self, effect: RequestApproval, plan: Plan, unit: Unit) -> Outcome:
        _ask(unit, unit.node, effect, plan.detail, round=1)
        return Wait(WAIT, output={"round": 1}, message=plan.message)


PERFORMERS.register(RequestApproval.kind, RequestApprovalPerformer())


def _asked(effect: RequestApproval, unit: Unit) -> Asked:
    named = list(dict.fromkeys([*effect.users, *unit.people_in(effect.groups)]))
    able = [
        name
        for name in named
        if unit.batch.may_approve(name, unit.workflow)
        and (effect.allow_self or unit.run.actor_id is None or unit.user(name).pk != unit.run.actor_id)
    ]
    return Asked(named, able)


def _ask(unit: Unit, node: str, effect: RequestApproval, asked: Asked, *, round: int) -> None:
    plan = foresee(unit, node)
    now = unit.now
    record = unit.record
    unit.ask(
        Approval(
            run_id=unit.run.id,
            node=node,
            round=round,
            workflow_id=unit.run.workflow_id,
            title=effect.title,
            body=effect.body,
            users=list(effect.users),
            groups=list(effect.groups),
            quorum=effect.quorum,
            allow_self=effect.allow_self,
            form=dict(effect.form),
            requester_id=unit.run.actor_id,
            module=record.module if record is not None else None,
            record_key=record.key if record is not None else "",
            record=dict(record.values) if record is not None else None,
            plan=plan,
            plan_hash=hash_of(plan),
            asked_at=now,
            expires_at=_later(now, effect.expires_after),
            remind_every=timedelta(seconds=effect.remind_every) if effect.remind_every else None,
            remind_at=_later(now, effect.remind_every),
            escalate_at=_later(now, effect.escalate_after),
            escalate_to=list(effect.escalate_to),
        )
    )
    approval = unit.batch.approvals[-1]
    for name in asked.able:
        user, key = unit.user(name), f"approval:{unit.run.id}:{node}:{round}"
        unit.notify(user, key, effect.title, effect.body)
        if user.email:
            unit.email(user, key, f"To decide: {effect.title}", approval_mail(approval, user))


def _later(now: datetime, seconds: float) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds else None


def settle(unit: Unit, node: str, news: Mapping[str, Any]) -> Outcome:
    """What a decision comes to for the step that waited for it.

    Consent is to the plan that was shown: when what would be done now is something else, or the record was changed
    before anybody could agree, the same question is asked anew.
    """
    verdict = str(news.get("verdict"))
    approval = Approval.objects.get(run_id=unit.run.id, node=node, round=news["round"])
    if approval.kind == Approval.Kind.BLAST_RADIUS:
        return _settle_reach(unit, node, approval, news)
    if verdict in ("rejected", "expired"):
        return Succeeded(_output(approval, news), message=_said(approval, news), branch=verdict)
    if verdict == "approved" and hash_of(foresee(unit, node)) == approval.plan_hash:
        return Succeeded(_output(approval, news), message=_said(approval, news), branch="approved")
    if approval.round >= MAX_ROUNDS:
        return Failed("approval-never-settled", f"It was asked {MAX_ROUNDS} times, and changed each time.")
    effect = _again(unit, approval)
    _ask(unit, node, effect, _asked(effect, unit), round=approval.round + 1)
    return Wait(
        WAIT, output={"round": approval.round + 1}, message="What would be done has changed: asked anew."
    )


def _settle_reach(unit: Unit, node: str, approval: Approval, news: Mapping[str, Any]) -> Outcome:
    by, reason = ", ".join(news.get("by", ())), news.get("reason")
    if news["verdict"] == "approved":
        unit.node, reach = node, approval.reach or {}
        effect = StartWorkflow(
            key=f"{unit.journal.key}:{node}",
            workflow=reach["workflow"],
            items=tuple(reach["items"]),
            input=reach["input"],
            wait=reach["wait"],
        )
        return start_children(effect, unit)
    if news["verdict"] == "rejected":
        said = f": {reason}" if reason else ""
        return Failed("blast-radius-rejected", f"The blast radius was not approved by {by}{said}.")
    return Failed("blast-radius-expired", "Nobody approved the blast radius in time.")


def _again(unit: Unit, approval: Approval) -> RequestApproval:
    """The question of an approval, to be put again; its clocks start anew."""

    def seconds(moment: datetime | None) -> float:
        return (moment - approval.asked_at).total_seconds() if moment is not None else 0.0

    return RequestApproval(
        key=f"{unit.journal.key}:{approval.node}",
        title=approval.title,
        body=approval.body,
        users=approval.users,
        groups=approval.groups,
        quorum=approval.quorum,
        allow_self=approval.allow_self,
        expires_after=seconds(approval.expires_at),
        remind_every=approval.remind_every.total_seconds() if approval.remind_every else 0.0,
        escalate_after=seconds(approval.escalate_at),
        escalate_to=approval.escalate_to,
        form=approval.form,
    )


def _output(approval: Approval, news: Mapping[str, Any]) -> dict[str, Any]:
    """What later steps can read: steps.<node>.output.verdict, .by, .reason, .answers."""
    return {
        "verdict": news["verdict"],
        "by": list(news.get("by", ())),
        "reason": news.get("reason", ""),
        "answers": dict(news.get("answers", {})),
        "approval": approval.pk,
        "round": approval.round,
    }


def _said(approval: Approval, news: Mapping[str, Any]) -> str:
    by = ", ".join(news.get("by", ()))
    reason = f": {news['reason']}" if news.get("reason") else ""
    return f"“{approval.title}”: {news['verdict']}{f' by {by}' if by else ''}{reason}."


SETTLERS.register(WAIT, settle)


def tell_run(approval: Approval, news: Mapping[str, Any], now: datetime) -> None:
    """Leave a decision for the run that waits, or for all that are held, and wake a worker when this commits."""
    if approval.state in (Approval.State.APPROVED, Approval.State.REJECTED, Approval.State.EXPIRED):
        announce_all([] if approval.run.clock else [decided_event(approval, news, now)])
    if approval.hold_id is not None:
        by, reason = ", ".join(news.get("by", ())), str(news.get("reason", ""))
        settle_hold(approval, str(news["verdict"]), by=by, reason=reason, now=now)
        return
    signal_parent(
        parent_id=approval.run_id,
        node=approval.node,
        key=f"approval:{approval.pk}:{news['verdict']}",
        outcome={**news, "round": approval.round},
        now=now,
    )
    wake_on_commit()


def attend(*, now: datetime, clock: str = "") -> None:
    """The ticker's duty, and that of a replay on its own clock: expire, escalate and remind what is due."""
    for approval in _due("expires_at", now, clock):
        _expire(approval.pk, now)
    for approval in _due("escalate_at", now, clock):
        _escalate(approval.pk, now)
    for approval in _due("remind_at", now, clock):
        _remind(approval.pk, now)


def _due(moment: str, now: datetime, clock: str) -> list[Approval]:
    waiting = Approval.objects.filter(state=Approval.State.PENDING, run__clock=clock)
    rows = waiting.filter(**{f"{moment}__lte": now})
    return list(rows.only("pk").order_by(moment)[:BATCH])


def _held(pk: int) -> Approval | None:
    """The approval, locked, if it still waits and nobody else has it in hand."""
    return (
        Approval.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("workflow", "run")
        .filter(pk=pk, state=Approval.State.PENDING)
        .first()
    )


@transaction.atomic
def _expire(pk: int, now: datetime) -> None:
    approval = _held(pk)
    if approval is not None:
        expire(approval, now)


def expire(approval: Approval, now: datetime) -> None:
    """End a locked approval for which the time is up."""
    approval.state, approval.ended_at = Approval.State.EXPIRED, now
    approval.note = "Nobody decided in time."
    approval.save(update_fields=["state", "ended_at", "note"])
    tell_run(approval, {"verdict": "expired"}, now)


@transaction.atomic
def _escalate(pk: int, now: datetime) -> None:
    approval = _held(pk)
    if approval is None:
        return
    approval.groups = list(dict.fromkeys([*approval.groups, *approval.escalate_to]))
    approval.escalate_at, approval.escalated_at = None, now
    approval.save(update_fields=["groups", "escalate_at", "escalated_at"])
    tell_deciders(approval, "escalated", f"Escalated to you: {approval.title}", now)


@transaction.atomic
def _remind(pk: int, now: datetime) -> None:
    approval = _held(pk)
    if approval is None:
        return
    assert approval.remind_every is not None
    approval.remind_at = now + approval.remind_every
    approval.save(update_fields=["remind_at"])
    tell_deciders(approval, f"reminder:{now:%Y%m%d%H%M%S}", f"Still waiting for you: {approval.title}", now)
