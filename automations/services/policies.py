"""The policy library: named rules, their owners, their revisions. Versions pin a revision; drafts use the newest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem, quoted
from automations.engine.rule_places import form_digest
from automations.engine.rules import validate_rule
from automations.errors import ConflictError, InvalidError
from automations.models import Module, Policy, PolicyRevision
from automations.modules.schema import facts_of
from automations.services.audit import write_audit
from automations.services.policy_impact import require_seen
from automations.services.texts import require_texts

RESERVED = ("duplicates", "new")
"""Keys that would be addresses of something else."""
CHANGEABLE = ("name", "description", "owner")


@transaction.atomic
def create_policy(
    *, key: str, name: str, module: Module, rule: Any, actor: Any, description: str = ""
) -> Policy:
    """A named rule with its first revision, owned by the actor, who gets every right on it. Raises InvalidError for the
    texts and the rule, ConflictError for a key in use."""
    require_texts(Policy, key=key, name=name, description=description)
    if key in RESERVED:
        message = f"“{key}” can't be a policy's key."
        raise InvalidError([Problem("reserved-key", "key", message, "Choose another.")])
    require_rule(module, rule)
    try:
        with transaction.atomic():
            policy = Policy.objects.create(
                key=key, name=name, module=module, owner=actor, description=description
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a policy with the key “{key}”. Choose another.") from error
    _add_revision(policy, rule, actor)
    if actor is not None:
        permissions.grant_thing_owner(policy, actor)
    write_audit(actor=actor, action="policy.created", obj=policy, after={"key": key, "rule": rule})
    return policy


@transaction.atomic
def update_policy(*, policy: Policy, changes: Mapping[str, Any], actor: Any) -> Policy:
    """Change name, description or owner; a new owner gets every right on it. Raises InvalidError for the texts, for an
    owner who is nobody, and for a name that is none of these."""
    if not isinstance(changes, Mapping):
        message = "Changes are an object by field."
        raise InvalidError([Problem("wrong-value-type", "changes", message, 'Send {"name": "…"}.')])
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        message = f"{quoted(unknown[0])} of a policy can't be changed."
        raise InvalidError([Problem("read-only-field", unknown[0], message, "Make another policy.")])
    require_texts(Policy, **{name: value for name, value in changes.items() if name != "owner"})
    if not isinstance(changes.get("owner"), get_user_model() | None):
        message = f"{quoted(changes['owner'])} is no person."
        raise InvalidError([Problem("wrong-value-type", "owner", message, "Name one, or nobody.")])
    policy = Policy.objects.select_for_update(of=("self",), no_key=True).get(pk=policy.pk)
    before = {name: _plain(getattr(policy, name)) for name in changes}
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.save(update_fields=list(changes))
    if changes.get("owner") is not None:
        permissions.grant_thing_owner(policy, changes["owner"])
    after = {name: _plain(value) for name, value in changes.items()}
    write_audit(actor=actor, action="policy.updated", obj=policy, before=before, after=after)
    return policy


@transaction.atomic
def publish_policy_revision(*, policy: Policy, rule: Any, seen: str, actor: Any) -> PolicyRevision:
    """A new wording. Versions keep the revision that they pinned; drafts use this one from now on.

    `seen` is the token of `policy_impact.measure_impact` for this very rule, asked by this very person since the newest
    revision. Raises InvalidError for the rule and for a token that is no text, ConflictError where nothing would
    change, where the policy is archived and where the impact was not seen.
    """
    policy = Policy.objects.select_for_update(of=("self",), no_key=True).get(pk=policy.pk)
    if policy.archived_at is not None:
        raise ConflictError(f"“{policy.name}” is archived. Restore it first.", code="archived")
    require_rule(policy.module, rule)
    newest = policy.revisions.first()
    if newest is not None and newest.rule == rule:
        raise ConflictError("This is the wording of the newest revision already.", code="nothing-to-publish")
    impact = require_seen(policy=policy, rule=rule, newest=newest, token=seen, actor=actor)
    revision = _add_revision(policy, rule, actor)
    write_audit(
        actor=actor,
        action="policy.revised",
        obj=policy,
        before={"rule": newest.rule if newest else None},
        after={"number": revision.number, "rule": rule, "impact": impact},
    )
    return revision


@transaction.atomic
def archive_policy(*, policy: Policy, actor: Any, reason: str = "") -> Policy:
    """Keep a policy from being offered and revised; what uses it goes on. Raises ConflictError when it is archived."""
    changed = Policy.objects.filter(pk=policy.pk, archived_at=None).update(archived_at=timezone.now())
    if not changed:
        raise ConflictError(f"“{policy.name}” is archived already.", code="archived")
    return _audited(policy, "policy.archived", actor, reason)


@transaction.atomic
def restore_policy(*, policy: Policy, actor: Any, reason: str = "") -> Policy:
    """Offer an archived policy again. Raises ConflictError when it is not archived."""
    changed = Policy.objects.filter(pk=policy.pk).exclude(archived_at=None).update(archived_at=None)
    if not changed:
        raise ConflictError(f"“{policy.name}” is not archived.", code="not-archived")
    return _audited(policy, "policy.restored", actor, reason)


def require_rule(module: Module, rule: Any) -> None:
    """Raises InvalidError for what can't be the rule of a policy about this module's records."""
    problems = validate_rule(rule, facts_of(module).schema, path="rule", allow_event=False)
    if problems:
        raise InvalidError(problems)


def _audited(policy: Policy, action: str, actor: Any, reason: str) -> Policy:
    policy.refresh_from_db()
    write_audit(actor=actor, action=action, obj=policy, after={"key": policy.key}, reason=reason)
    return policy


def _add_revision(policy: Policy, rule: Any, actor: Any) -> PolicyRevision:
    number = (policy.revisions.aggregate(newest=Max("number"))["newest"] or 0) + 1
    return PolicyRevision.objects.create(
        policy=policy,
        number=number,
        rule=rule,
        form=form_digest(rule),
        published_by=actor,
        published_at=timezone.now(),
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else value.get_username()
