"""Mode policies: what an admin demands of the workflows on a module, or of all. The runtime obeys at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.models import ActiveTrigger, AuditEntry, ModePolicy, Module, Workflow
from automations.runtime.mode_policies import hold_actions
from automations.runtime.subscriptions import bump_activation
from automations.services.audit import write_audit
from automations.services.texts import require_texts

DEMANDED: Mapping[str, Any] = {"min_events": 100, "min_hours": 24, "min_agreement": Decimal("99.0")}
"""What a shadow has to come to where nothing else is said."""
BOUNDS: Mapping[str, tuple[Any, int]] = {
    "min_events": (1, 1_000_000),
    "min_hours": (0, 24 * 90),
    "min_agreement": (Decimal("0.1"), 100),
}
AFTER: Mapping[str, str] = {
    ModePolicy.Rule.SIMULATE_ONLY: "Each workflow follows its own mode again.",
    ModePolicy.Rule.FOUR_EYES: "Only sensitive actions take a second person again.",
    ModePolicy.Rule.SHADOW: "No shadow is asked for any more.",
}


@transaction.atomic
def set_mode_policy(
    *,
    rule: str,
    module: Module | None,
    reason: str,
    actor: Any,
    ends_at: datetime | None = None,
    **shadow: Any,
) -> ModePolicy:
    """Demand something of every workflow on the module, or of all, until it is lifted or, with `ends_at`, until then.
    “simulate_only” binds what runs now, too: when this returns, nothing acts there any more. “shadow” takes `min_events`,
    `min_hours` and `min_agreement`, or what DEMANDED says.

    Raises InvalidError with its problems, ConflictError when it is demanded already.
    """
    require_texts(ModePolicy, rule=rule, reason=reason)
    now = timezone.now()
    demanded = _demanded(rule, shadow, ends_at, now)
    hold_actions()
    try:
        with transaction.atomic():
            policy = ModePolicy.objects.create(
                module=module,
                rule=rule,
                reason=reason,
                set_by=actor,
                set_by_name=actor.get_username(),
                set_at=now,
                ends_at=ends_at,
                **demanded,
            )
    except IntegrityError as error:
        raise ConflictError("This is demanded already.", code="already-demanded") from error
    bump_activation()
    write_audit(actor=actor, action="modepolicy.set", obj=policy, after=_told(policy), reason=reason)
    return policy


@transaction.atomic
def lift_mode_policy(*, policy: ModePolicy, reason: str, actor: Any) -> None:
    """Demand it no longer: what simulated acts again where its workflow is in execute, and runs that were held back go
    on. Raises ConflictError when it was lifted already."""
    require_texts(AuditEntry, reason=reason)
    told = _told(policy)
    write_audit(actor=actor, action="modepolicy.lifted", obj=policy, before=told, reason=reason)
    if not ModePolicy.objects.filter(pk=policy.pk).delete()[0]:
        raise ConflictError("This is not demanded any more.", code="already-lifted")
    bump_activation()


def end_due_mode_policies(*, now: datetime, actor: Any = None) -> tuple[ModePolicy, ...]:
    """End those whose end has come, each by itself and with what holds afterwards in the trail; gives those that it ended.
    Who lifts one at the same moment is the one who ended it."""
    ended = []
    for policy in ModePolicy.objects.filter(ends_at__lte=now).select_related("module"):
        after = governs_after(policies=[policy])[policy.pk]
        with transaction.atomic():
            if not ModePolicy.objects.filter(pk=policy.pk).delete()[0]:
                continue
            bump_activation()
            write_audit(
                actor=actor,
                action="modepolicy.ended",
                obj=policy,
                before=_told(policy),
                after={"holds": after},
            )
        ended.append(policy)
    return tuple(ended)


def governs_after(
    *, policies: Sequence[ModePolicy], among: QuerySet[ModePolicy] | None = None
) -> dict[int, str]:
    """What holds when each of these has ended, by its id, as a sentence that names the others of its rule that go on to
    hold; of `among` where not everybody may see all. One query, and none for none."""
    if not policies:
        return {}
    rows = list((ModePolicy.objects.all() if among is None else among).select_related("module"))
    return {policy.pk: _after(policy, rows) for policy in policies}


def _after(policy: ModePolicy, rows: Sequence[ModePolicy]) -> str:
    staying = [
        row
        for row in rows
        if row.pk != policy.pk
        and row.rule == policy.rule
        and (row.module_id is None or policy.module_id is None)
        and (row.ends_at is None or policy.ends_at is None or row.ends_at > policy.ends_at)
    ]
    if any(row.module_id is None for row in staying):
        return "The same goes on to hold for everything."
    names = ", ".join(sorted(str(row.module) for row in staying))
    return AFTER[policy.rule] + (f" For {names} the same goes on to hold." if names else "")


def policies_binding(workflow: Workflow) -> QuerySet[ModePolicy]:
    """What is demanded of a workflow, newest first: of all, of its module, and, where nothing may act, of a module that
    one of its live triggers is about."""
    watched = ActiveTrigger.objects.filter(workflow=workflow, module__isnull=False).values("module")
    named = Q(module=None) | Q(module=workflow.module_id)
    nothing_acts = Q(rule=ModePolicy.Rule.SIMULATE_ONLY, module__in=watched)
    return ModePolicy.objects.filter(named | nothing_acts).select_related("module").order_by("-pk")


def workflows_bound(
    *, policies: Sequence[ModePolicy], workflows: QuerySet[Workflow]
) -> dict[int, list[Workflow]]:
    """Which of these workflows each policy binds, by the policy's id; by name. Two queries, however many there are."""
    watched: dict[int, set[int | None]] = defaultdict(set)
    for workflow_id, module_id in ActiveTrigger.objects.filter(module__isnull=False).values_list(
        "workflow", "module"
    ):
        watched[workflow_id].add(module_id)
    rows = list(workflows.order_by("name", "pk"))
    return {
        policy.pk: [
            row
            for row in rows
            if policy.module_id is None
            or policy.module_id == row.module_id
            or (policy.rule == ModePolicy.Rule.SIMULATE_ONLY and policy.module_id in watched[row.pk])
        ]
        for policy in policies
    }


def _demanded(rule: str, given: Mapping[str, Any], ends_at: object, now: datetime) -> dict[str, Any]:
    """What a shadow has to come to, checked. Raises InvalidError."""
    problems = []
    if ends_at is not None and not (isinstance(ends_at, datetime) and ends_at.tzinfo and ends_at > now):
        message = "A policy can't end at what is past, or is no moment with a zone."
        problems.append(Problem("bad-end", "ends_at", message, "Name a moment to come, or none."))
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        low, high = BOUNDS.get(name, (1, 0))
        if rule != ModePolicy.Rule.SHADOW or name not in BOUNDS:
            hint = "Leave it out, or choose the rule “shadow”."
            problems.append(Problem("not-for-rule", name, f"“{name}” is for shadows only.", hint))
        elif isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
            problems.append(
                Problem("out-of-range", name, "This is out of range.", f"From {low} to {high:,}.")
            )
    if problems:
        raise InvalidError(problems)
    return {**DEMANDED, **given} if rule == ModePolicy.Rule.SHADOW else {}


def _told(policy: ModePolicy) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": policy.rule, "module": policy.module.key if policy.module else None}
    if policy.ends_at is not None:
        told["ends_at"] = policy.ends_at.isoformat()
    return {**told, "demand": policy.demand} if policy.demand else told
