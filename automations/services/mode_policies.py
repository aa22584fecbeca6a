"""Mode policies: what an admin demands of the workflows on a module, or of all. The runtime obeys at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automations.errors import ConflictError
from automations.models import ActiveTrigger, AuditEntry, ModePolicy, Module, Workflow
from automations.runtime.mode_policies import hold_actions
from automations.runtime.subscriptions import bump_activation
from automations.services.audit import write_audit
from automations.services.texts import require_texts


@transaction.atomic
def set_mode_policy(*, rule: str, module: Module | None, reason: str, actor: Any) -> ModePolicy:
    """Demand something of every workflow on the module, or of all. “simulate_only” binds what runs now, too: when this
    returns, nothing acts there any more.

    Raises InvalidError for the rule and the reason, ConflictError when it is demanded already.
    """
    require_texts(ModePolicy, rule=rule, reason=reason)
    hold_actions()
    try:
        with transaction.atomic():
            policy = ModePolicy.objects.create(
                module=module,
                rule=rule,
                reason=reason,
                set_by=actor,
                set_by_name=actor.get_username(),
                set_at=timezone.now(),
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


def _told(policy: ModePolicy) -> dict[str, Any]:
    return {"rule": policy.rule, "module": policy.module.key if policy.module else None}
