"""Releases: promote through the gate or past it, take back, roll back. Nothing else lets a version act."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem
from automations.errors import ConflictError, GateClosedError, InvalidError, NotFoundError
from automations.models import Mode, Promotion, Workflow, WorkflowVersion
from automations.models.promotion import GREEN, MIN_REASON
from automations.runtime.messages import tell
from automations.runtime.subscriptions import definition_of
from automations.services.audit import write_audit
from automations.services.gate import Gate, read_gate
from automations.services.identities import require_permitted
from automations.services.live import live_facts, lock_workflow, make_live, set_promotion
from automations.services.texts import require_texts
from automations.services.versions import require_valid


@transaction.atomic
def promote_workflow(*, workflow: Workflow, actor: Any, reason: str = "") -> Workflow:
    """Let the live version act: simulate to execute, through the gate.

    Raises ConflictError when there is none or it acts already, GateClosedError with the lines that are open, InvalidError
    when whom it acts as may not do what it does.
    """
    require_texts(Promotion, reason=reason)
    workflow = lock_workflow(workflow)
    gate = _gate_to_pass(workflow)
    if not gate.is_green:
        raise GateClosedError(gate.problems)
    _require_able(workflow, gate.version)
    before = live_facts(workflow)
    set_promotion(workflow, _promotion(workflow, gate, Promotion.Way.GATE, actor, reason))
    after = {**live_facts(workflow), "gate": gate.to_json()}
    write_audit(
        actor=actor, action="workflow.promoted", obj=workflow, before=before, after=after, reason=reason
    )
    return workflow


@transaction.atomic
def break_glass(*, workflow: Workflow, actor: Any, reason: str) -> Workflow:
    """Let the live version act although the gate is closed. Loud: an audit action of its own, a message to the owner and
    every admin, and an alarm that stays until the gate is green or the version no longer acts.

    Raises InvalidError for a reason of less than MIN_REASON characters and for a version that does not validate,
    ConflictError when there is none, it acts already, a policy lets nothing act, or the gate is open anyway.
    """
    require_texts(Promotion, reason=reason)
    if len(reason.strip()) < MIN_REASON:
        message = f"Breaking the glass needs a reason of at least {MIN_REASON} characters."
        raise InvalidError([Problem("reason-too-short", "reason", message, "Say what can't wait, and why.")])
    workflow = lock_workflow(workflow)
    gate = _gate_to_pass(workflow)
    if gate.is_green:
        raise ConflictError("The gate is open. Promote without breaking the glass.", code="gate-open")
    forbidden = next((line for line in gate.lines if line.key == "mode-policy" and line.is_open), None)
    if forbidden is not None:
        raise ConflictError(forbidden.sentence, code="execute-forbidden")
    _require_able(workflow, gate.version)
    before = live_facts(workflow)
    promotion = _promotion(workflow, gate, Promotion.Way.BREAK_GLASS, actor, reason.strip())
    set_promotion(workflow, promotion)
    _tell_loudly(workflow, promotion, gate, actor)
    after = {**live_facts(workflow), "gate": gate.to_json()}
    write_audit(
        actor=actor, action="workflow.glass_broken", obj=workflow, before=before, after=after, reason=reason
    )
    return workflow


@transaction.atomic
def demote_workflow(*, workflow: Workflow, actor: Any, reason: str = "") -> Workflow:
    """Let the live version only simulate again. Raises ConflictError when it does already."""
    workflow = lock_workflow(workflow)
    if workflow.mode == Mode.SIMULATE:
        raise ConflictError(f"“{workflow.name}” is in simulate already.", code="already-simulating")
    before = live_facts(workflow)
    set_promotion(workflow, None)
    write_audit(
        actor=actor,
        action="workflow.demoted",
        obj=workflow,
        before=before,
        after=live_facts(workflow),
        reason=reason,
    )
    return workflow


@transaction.atomic
def rollback_workflow(*, workflow: Workflow, number: int, reason: str, actor: Any) -> WorkflowVersion:
    """Make an earlier version the live one again, in the workflow's mode. Effects of newer runs are not undone.

    Raises NotFoundError for a number that was never published, ConflictError when it is live and, in execute, when it
    has never acted (“never-executed”), InvalidError when it no longer validates.
    """
    workflow = lock_workflow(workflow)
    version = WorkflowVersion.objects.filter(workflow=workflow, number=number).first()
    if version is None:
        raise NotFoundError(f"“{workflow.name}” has no version {number}.")
    if workflow.active_version_id == version.pk:
        raise ConflictError(f"Version {number} is the live one.", code="already-live")
    _require_able(workflow, version)
    before = live_facts(workflow)
    promotion = (
        promoted_again(
            workflow=workflow, version=version, actor=actor, reason=f"Rolled back to: {reason}"[:300]
        )
        if workflow.mode == Mode.EXECUTE
        else None
    )
    make_live(workflow, version, promotion=promotion)
    write_audit(
        actor=actor,
        action="workflow.rolled_back",
        obj=workflow,
        before=before,
        after=live_facts(workflow),
        reason=reason,
    )
    return version


def _gate_to_pass(workflow: Workflow) -> Gate:
    if workflow.active_version is None:
        raise ConflictError("Publish a version first.", code="nothing-published")
    if workflow.archived_at is not None:
        raise ConflictError(f"“{workflow.name}” is archived.", code="archived")
    if workflow.mode == Mode.EXECUTE:
        raise ConflictError(f"“{workflow.name}” is in execute already.", code="already-executing")
    return read_gate(workflow=workflow)


def _require_able(workflow: Workflow, version: WorkflowVersion) -> None:
    """The version is valid, and whom it acts as may do what it does, today."""
    definition = definition_of(version)
    require_valid(workflow, definition)
    require_permitted(workflow, definition, publisher=version.published_by)


def promoted_again(*, workflow: Workflow, version: WorkflowVersion, actor: Any, reason: str) -> Promotion:
    """What lets a version act that has acted before: the way it came then, with its alarm if the gate never was green."""
    require_texts(Promotion, reason=reason)
    earlier = Promotion.objects.filter(workflow=workflow, version=version).first()
    if earlier is None:
        message = (
            f"Version {version.number} has never acted, so that no gate has let it. Take the workflow back to simulate,"
            " roll back, then promote it."
        )
        raise ConflictError(message, code="never-executed")
    loud = earlier.way == Promotion.Way.BREAK_GLASS and earlier.settled_why != GREEN
    return Promotion.objects.create(
        workflow=workflow,
        version=version,
        way=Promotion.Way.BREAK_GLASS if loud else Promotion.Way.GATE,
        promoted_by=actor,
        promoted_by_name=_name(actor),
        reason=reason,
        gate=earlier.gate,
        at=timezone.now(),
    )


def _promotion(workflow: Workflow, gate: Gate, way: Promotion.Way, actor: Any, reason: str) -> Promotion:
    return Promotion.objects.create(
        workflow=workflow,
        version=gate.version,
        way=way,
        promoted_by=actor,
        promoted_by_name=_name(actor),
        reason=reason,
        gate=gate.to_json(),
        at=timezone.now(),
    )


def _tell_loudly(workflow: Workflow, promotion: Promotion, gate: Gate, actor: Any) -> None:
    people = {user.pk: user for user in permissions.admins()}
    if workflow.owner is not None and workflow.owner.is_active:
        people[workflow.owner.pk] = workflow.owner
    people.pop(getattr(actor, "pk", None), None)  # who breaks it knows
    left_open = "\n".join(f"  {problem.message}" for problem in gate.problems)
    tell(
        people.values(),
        key=f"glass:{promotion.pk}",
        title=f"{_name(actor)} has promoted “{workflow.name}” past the gate",
        body=f"Reason: {promotion.reason}\n\nOpen at the gate:\n{left_open}",
        address=f"workflows/{workflow.pk}/promote/",
        now=promotion.at,
    )


def _name(actor: Any) -> str:
    return str(actor.get_username()) if actor is not None else "system"
