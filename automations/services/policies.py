from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from automations.engine.rules import validate_rule
from automations.errors import ConflictError, InvalidError
from automations.models import Module, Policy, PolicyRevision
from automations.modules.schema import facts_of
from automations.services.audit import write_audit
from automations.services.texts import require_texts


@transaction.atomic
def create_policy(
    *, key: str, name: str, module: Module, rule: Any, actor: Any, description: str = ""
) -> Policy:
    """A named rule with its first revision. Raises InvalidError for the texts and the rule, ConflictError for a key
    in use."""
    require_texts(Policy, key=key, name=name, description=description)
    _check(module, rule)
    try:
        with transaction.atomic():
            policy = Policy.objects.create(
                key=key, name=name, module=module, owner=actor, description=description
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a policy with the key “{key}”. Choose another.") from error
    _add_revision(policy, rule, actor)
    write_audit(actor=actor, action="policy.created", obj=policy, after={"key": key, "rule": rule})
    return policy


@transaction.atomic
def publish_policy_revision(*, policy: Policy, rule: Any, actor: Any) -> PolicyRevision:
    """A new wording. Versions keep the revision that they pinned; drafts use this one from now on."""
    policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    _check(policy.module, rule)
    newest = policy.revisions.first()
    if newest is not None and newest.rule == rule:
        raise ConflictError("This is the wording of the newest revision already.", code="nothing-to-publish")
    revision = _add_revision(policy, rule, actor)
    write_audit(
        actor=actor,
        action="policy.revised",
        obj=policy,
        before={"rule": newest.rule if newest else None},
        after={"number": revision.number, "rule": rule},
    )
    return revision


def _check(module: Module, rule: Any) -> None:
    problems = validate_rule(rule, facts_of(module).schema, path="rule", allow_event=False)
    if problems:
        raise InvalidError(problems)


def _add_revision(policy: Policy, rule: Any, actor: Any) -> PolicyRevision:
    number = (policy.revisions.aggregate(newest=Max("number"))["newest"] or 0) + 1
    return PolicyRevision.objects.create(
        policy=policy, number=number, rule=rule, published_by=actor, published_at=timezone.now()
    )
