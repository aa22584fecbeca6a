"""A step that would start more runs than its workflow's blast radius asks those who may approve there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations import approval_rights
from automations.engine.documents import digest_of
from automations.engine.effects import StartWorkflow
from automations.engine.outcomes import Outcome, Wait
from automations.models import Approval
from automations.runtime.approval_mail import approval_mail
from automations.runtime.blast_radius import EXPIRES_AFTER, REMIND_EVERY

if TYPE_CHECKING:
    from automations.runtime.unit import Unit


def ask_about_reach(unit: Unit, effect: StartWorkflow) -> Outcome:
    """Put a step that would start more runs than its workflow's blast radius to those who may approve there."""
    now, count, cap = unit.run.database_now, len(effect.items), unit.blast_radius
    reach = {
        "bound": "children",
        "count": count,
        "cap": cap,
        "population": None,
        "workflow": effect.workflow,
        "items": list(effect.items),
        "input": dict(effect.input),
        "wait": effect.wait,
    }
    approval = Approval(
        kind=Approval.Kind.BLAST_RADIUS,
        run_id=unit.run.id,
        node=unit.node,
        workflow=unit.workflow,
        title=f"Start “{effect.workflow}” {count} times?"[:200],
        body=f"That is above the blast radius of “{unit.workflow.name}”: {count} runs at once; {cap} are allowed.",
        requester_id=unit.run.actor_id,
        reach=reach,
        plan_hash=digest_of(reach),
        asked_at=now,
        expires_at=now + EXPIRES_AFTER,
        remind_every=REMIND_EVERY,
        remind_at=now + REMIND_EVERY,
    )
    unit.ask(approval)
    for user in approval_rights.approvers_of(unit.workflow):
        if user.pk == unit.run.actor_id:
            continue
        key = f"approval:{unit.run.id}:{unit.node}:1"
        unit.notify(user, key, approval.title, approval.body)
        if user.email:
            unit.email(user, key, f"To decide: {approval.title}", approval_mail(approval, user))
    return Wait("approval", output={"round": 1}, message=f"Held for approval: {approval.body}")
