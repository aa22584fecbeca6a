"""What people do with the questions that runs ask them: decide, or put somebody else in their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import approval_rights, permissions
from automations.engine.errors import Problem
from automations.engine.schemas import check_config
from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.models import Approval, ApprovalDecision, ApprovalDelegation, ApprovalRemark, Notification
from automations.modules.adapter import adapter_for
from automations.runtime import announce, approvals
from automations.services.audit import write_audit
from automations.services.texts import require_object, require_texts

MAX_REMARK = 2_000
APPROVE, REJECT = ApprovalDecision.Verdict.APPROVE, ApprovalDecision.Verdict.REJECT


def decide_approval(
    *,
    approval: Approval,
    actor: Any,
    verdict: str,
    plan_hash: str,
    reason: str = "",
    answers: Mapping[str, Any] | None = None,
    by_link: bool = False,
    at: datetime | None = None,
) -> ApprovalDecision:
    """Say yes or no to a question, as it was shown: `plan_hash` names what the person saw. `at` is the moment in a
    replay.

    The same answer given twice is one decision. Raises ForbiddenError for who may not decide; ConflictError when
    it has ended, when another answer was given before, when what is shown is no longer what would be done
    (“plan-changed”), and when the record was changed since it was asked (“record-changed”: it is then asked anew);
    InvalidError for a rejection without a reason and for answers that don't fit the form.
    """
    require_texts(ApprovalDecision, verdict=verdict, reason=reason, plan_hash=plan_hash)
    require_object({} if answers is None else answers, "answers")
    now = timezone.now() if at is None else at
    refusal: ConflictError | None = None
    with transaction.atomic():
        held = _held(approval)
        before = held.decisions.filter(person=actor).first()
        if before is not None:
            if before.verdict == verdict:
                return before
            raise ConflictError(
                f"You have decided already: {before.verdict}. That stands.", code="already-decided"
            )
        refusal = _ended(held, now) or _moved_on(held, plan_hash, now)
        if refusal is None:
            why = approval_rights.why_not_decide(actor, held)
            if why:
                raise ForbiddenError(why)
            _check_answer(held, verdict, reason, answers or {})
            decision = _note(held, actor, verdict, reason, answers or {}, by_link, now)
    announce.announce_runs([(approval.run_id, approval.workflow_id)])
    if refusal is not None:
        raise refusal
    return decision


def delegate_approval(*, approval: Approval, actor: Any, receiver: Any, reason: str = "") -> None:
    """Put somebody else in one's place for this question. Raises ForbiddenError when the actor can't decide it,
    InvalidError when the receiver could not, ConflictError when it has ended."""
    require_texts(ApprovalDelegation, reason=reason)
    with transaction.atomic():
        held = _held(approval)
        if held.state != Approval.State.PENDING:
            raise _over(held)
        why = approval_rights.why_not_decide(actor, held)
        if why:
            raise ForbiddenError(why)
        problem = ""
        if receiver == actor:
            problem = "That is yourself."
        elif not permissions.may(receiver, "approve", held.workflow):
            problem = f"{receiver.get_username()} lacks the right “approve” on “{held.workflow.name}”."
        elif not held.allow_self and held.requester_id == receiver.pk:
            problem = f"{receiver.get_username()} has started this, and can't agree himself."
        if problem:
            raise InvalidError([Problem("bad-delegate", "receiver", problem, "Choose somebody else.")])
        now = timezone.now()
        ApprovalDelegation.objects.create(
            approval=held, giver=actor, receiver=receiver, reason=reason, at=now
        )
        Notification.objects.bulk_create(
            [
                Notification(
                    user=receiver,
                    key=f"approval:{held.pk}:from:{actor.pk}",
                    title=f"{actor.get_username()} asks you to decide: {held.title}"[:200],
                    body=reason or held.body,
                    run_id=held.run_id,
                    created_at=now,
                )
            ],
            ignore_conflicts=True,
        )
        write_audit(
            actor=actor,
            action="approval.delegated",
            obj=held,
            after={"receiver": receiver.get_username()},
            reason=reason,
        )


@transaction.atomic
def remark_on_approval(*, approval: Approval, actor: Any, text: str) -> ApprovalRemark:
    """Ask something about a question, or answer; it decides nothing. Whoever started it, the workflow's owner and those
    who have spoken before are told, and those who can still decide when one of the others answers.

    Raises ForbiddenError for who may not, ConflictError when it has ended, InvalidError for the text.
    """
    require_texts(ApprovalRemark, text=text)
    if len(text) > MAX_REMARK:
        message = f"A question has at most {MAX_REMARK:,} characters."
        raise InvalidError([Problem("too-long", "text", message, "Shorten it.")])
    held = _held(approval)
    if held.state != Approval.State.PENDING:
        raise _over(held)
    why = approval_rights.why_not_remark(actor, held)
    if why:
        raise ForbiddenError(why)
    now = timezone.now()
    remark = ApprovalRemark.objects.create(
        approval=held, person=actor, person_name=actor.get_username(), text=text, at=now
    )
    told = {row.person_id for row in held.remarks.all()} | {held.requester_id, held.workflow.owner_id}
    if approval_rights.why_not_decide(actor, held):
        told |= {person.pk for person in approval_rights.deciders_of(held)}
    Notification.objects.bulk_create(
        [
            Notification(
                user_id=person,
                key=f"approval:{held.pk}:remark:{remark.pk}",
                title=f"{actor.get_username()} on “{held.title}”"[:200],
                body=text,
                run_id=held.run_id,
                created_at=now,
            )
            for person in told
            if person is not None and person != actor.pk
        ],
        ignore_conflicts=True,
    )
    write_audit(actor=actor, action="approval.remarked", obj=held, after={"remark": remark.pk})
    return remark


def changed_since(approval: Approval) -> list[dict[str, Any]]:
    """[{field, asked, now}] of what the record has become since the question was asked; a record that is gone has
    become nothing."""
    if approval.module is None or approval.record is None:
        return []
    state = adapter_for(approval.module).load([approval.record_key], lock=False).get(approval.record_key)
    now = dict(state.values) if state is not None else {}
    return [
        {"field": key, "asked": approval.record.get(key), "now": now.get(key)}
        for key in dict.fromkeys([*approval.record, *now])
        if approval.record.get(key) != now.get(key)
    ]


def _held(approval: Approval) -> Approval:
    """The row, locked: decisions about one question come one after the other."""
    return (
        Approval.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workflow", "module", "run")
        .get(pk=approval.pk)
    )


def _over(held: Approval) -> ConflictError:
    by = ", ".join(held.decisions.values_list("person_name", flat=True))
    said = f"This was {held.state} already{f' by {by}' if by else ''}."
    return ConflictError(f"{said} {held.note}".strip(), code=f"already-{held.state}")


def _ended(held: Approval, now: datetime) -> ConflictError | None:
    """Why nothing can be decided any more; a question whose time is up ends here and now."""
    if held.state != Approval.State.PENDING:
        return _over(held)
    if held.expires_at is not None and held.expires_at <= now:
        approvals.expire(held, now)
        return _over(held)
    return None


def _moved_on(held: Approval, plan_hash: str, now: datetime) -> ConflictError | None:
    """Why this is not what the person saw. A record that was changed has the question put anew."""
    if plan_hash != held.plan_hash:
        return ConflictError(
            "What would be done has changed since you looked. Look again, then decide.", code="plan-changed"
        )
    changes = changed_since(held)
    if not changes:
        return None
    held.state, held.ended_at = Approval.State.CANCELLED, now
    held.note = "The record was changed before it was decided."
    held.save(update_fields=["state", "ended_at", "note"])
    approvals.tell_run(held, {"verdict": "changed"}, now)
    said = ", ".join(f"{change['field']} {change['asked']} → {change['now']}" for change in changes[:5])
    return ConflictError(
        f"The record was changed since this was asked ({said}). It is asked anew with what it is now.",
        code="record-changed",
    )


def _check_answer(held: Approval, verdict: str, reason: str, answers: Mapping[str, Any]) -> None:
    if verdict == REJECT and not reason.strip():
        message = "A rejection needs a reason."
        raise InvalidError([Problem("missing-value", "reason", message, "Say why, in a sentence.")])
    problems = check_config(dict(answers), held.form, "answers") if verdict == APPROVE and held.form else []
    if problems:
        raise InvalidError(problems)


def _note(
    held: Approval,
    actor: Any,
    verdict: str,
    reason: str,
    answers: Mapping[str, Any],
    by_link: bool,
    now: datetime,
) -> ApprovalDecision:
    decision = ApprovalDecision.objects.create(
        approval=held,
        person=actor,
        person_name=actor.get_username(),
        verdict=verdict,
        reason=reason,
        answers=dict(answers) if verdict == APPROVE else {},
        plan_hash=held.plan_hash,
        by_link=by_link,
        at=now,
    )
    made = list(held.decisions.all())
    agreed = [row for row in made if row.verdict == APPROVE]
    ended = "rejected" if verdict == REJECT else "approved" if len(agreed) >= held.quorum else ""
    write_audit(
        actor=actor,
        action="approval.rejected" if verdict == REJECT else "approval.approved",
        obj=held,
        after={
            "run": held.run_id,
            "title": held.title,
            "plan": held.plan_hash,
            "agreed": len(agreed),
            "of": held.quorum,
            "by_link": by_link,
        },
        reason=reason,
    )
    if ended:
        held.state, held.ended_at, held.note = ended, now, reason
        held.save(update_fields=["state", "ended_at", "note"])
        by = [row.person_name for row in made if (row.verdict == REJECT) is (ended == "rejected")]
        given = {key: value for row in agreed for key, value in row.answers.items()}
        approvals.tell_run(held, {"verdict": ended, "by": by, "reason": reason, "answers": given}, now)
    return decision
