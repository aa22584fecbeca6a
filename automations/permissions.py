"""Every "may this actor …?", over django-guardian: a right counts on the object or, granted model-wide, on all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from guardian.shortcuts import get_objects_for_user, get_perms, get_users_with_perms

from automations.errors import ForbiddenError, NotFoundError
from automations.grants import (
    MODELS,
    RIGHTS,
    ROLES,
    SETTING_RIGHTS,
    THING_RIGHTS,
    WORKFLOW_RIGHTS,
    RoleHolder,
    Shared,
    codename,
    noun_of,
    set_rights,
)
from automations.models import (
    AuditEntry,
    Backfill,
    Consent,
    Decision,
    Event,
    Module,
    Policy,
    Redrive,
    RedriveItem,
    Run,
    TriggerSource,
    Workflow,
)

_READ = ("view_module", "view_policy")
_WORK = (*_READ, "use_module", "use_policy", "add_event")

ROLES_EVERYWHERE: dict[str, tuple[str, ...]] = {
    "Viewer": _READ,
    "Operator": _WORK,
    "Builder": (*_WORK, "add_workflow", "add_policy"),
    "Publisher": (*_WORK, "add_workflow", "add_policy"),
    "Approver": _READ,
}
"""What the seeded roles may on all modules and policies; take it away in the admin to share them one by one."""


def seed_roles() -> None:
    """Make the role groups that are not there yet; the Admin role holds its rights on everything.

    A group that exists is left as it is, so that what an admin took away stays away.
    """
    ours = Permission.objects.filter(content_type__app_label="automations")
    for name in ROLES:
        group, created = Group.objects.get_or_create(name=name)
        if created:
            wide = ROLES_EVERYWHERE.get(name)
            group.permissions.add(*(ours if wide is None else ours.filter(codename__in=wide)))


def share(workflow: Workflow, role: str) -> None:
    """Give a role its rights on one workflow."""
    set_rights(workflow, Group.objects.get(name=role), ROLES[role])


def may_share(actor: Any, thing: Shared) -> bool:
    """Whether the actor decides who else may do what with a thing: its owner, an admin, whoever may publish the
    workflow or change the module or the policy."""
    if may_do_all(actor) or getattr(thing, "owner_id", None) == actor.pk:
        return True
    return holds(actor, "publish" if isinstance(thing, Workflow) else "change", thing)


def changeable_settings(actor: Any, workflow: Workflow) -> tuple[str, ...]:
    """The settings of the workflow that the actor may change."""
    if not may(actor, "edit", workflow):
        return ()
    has = {"edit": True, "publish": may(actor, "publish", workflow), "share": may_share(actor, workflow)}
    return tuple(name for name, right in SETTING_RIGHTS.items() if has[right])


def grant_owner(workflow: Workflow, user: Any) -> None:
    """Give a workflow's owner every right on it."""
    set_rights(workflow, user, WORKFLOW_RIGHTS)


def may_do_all(person: Any) -> bool:
    """Whether nothing limits somebody: a superuser, or who holds the role Admin."""
    if isinstance(person, RoleHolder):
        return str(person) == "The role Admin"
    return bool(person.is_superuser or person.groups.filter(name="Admin").exists())


def may_break_glass(actor: Any) -> bool:
    """Whether somebody may promote past the gate."""
    return may_do_all(actor)


def may_set_mode_policies(actor: Any) -> bool:
    return may_do_all(actor)


def admins() -> QuerySet[Any]:
    """The active people whom nothing limits."""
    people = get_user_model().objects.filter(Q(is_superuser=True) | Q(groups__name="Admin"), is_active=True)
    return people.distinct()


def people_with(right: str, workflow: Workflow) -> list[Any]:
    """The active people who have a right on a workflow, by name."""
    users = get_user_model()
    code = codename(right).partition(".")[2]
    everywhere = users.objects.with_perm(
        codename(right), backend="django.contrib.auth.backends.ModelBackend", include_superusers=True
    )
    here = get_users_with_perms(workflow, only_with_perms_in=[code], with_group_users=True)
    found = {user.pk: user for user in (*everywhere, *here) if user.is_active}
    return sorted(found.values(), key=lambda user: str(user.get_username()))


def why_not_consent(actor: Any, consent: Consent) -> str:
    """Why the actor can't agree to a version as its second person, as a sentence; "" when he can."""
    if not may(actor, "promote", consent.workflow):
        return f"You lack the right “promote” on “{consent.workflow.name}”."
    if consent.asked_by_id == actor.pk:
        return "You have asked for it yourself, so somebody else has to agree."
    if consent.version.published_by_id == actor.pk:
        return "You have published this version, so somebody else has to agree."
    return ""


def may_withdraw_consent(actor: Any, consent: Consent) -> bool:
    """Whether somebody has asked or agreed, and can take it back while the version does not act."""
    return actor.pk in (consent.asked_by_id, consent.given_by_id) and consent.workflow.promotion_id is None


SIGHTS: dict[str, Callable[[Any], QuerySet[Any]]] = {}
"""How things of other apps are seen, where it takes more to know than a right on them: by the name of their kind."""


def holds(actor: Any, right: str, thing: Shared) -> bool:
    """Whether the actor has a right (“view”, “use”, …) on something, or on all of its kind. Who may use a module or a
    policy may see it."""
    noun = noun_of(thing)
    if right == "view" and noun in SIGHTS:
        return SIGHTS[noun](actor).filter(pk=thing.pk).exists()
    name = codename(right, noun)
    if actor.has_perm(name) or actor.has_perm(name, thing):
        return True
    return right == "view" and noun != "workflow" and holds(actor, "use", thing)


def may(actor: Any, right: str, workflow: Workflow) -> bool:
    """Whether the actor has this right (one of WORKFLOW_RIGHTS) on the workflow."""
    return holds(actor, right, workflow)


def rights_on(actor: Any, workflow: Workflow) -> frozenset[str]:
    """All the rights that the actor has on the workflow, in as many queries as one of them takes."""
    here = set(get_perms(actor, workflow))
    return frozenset(
        right
        for right in WORKFLOW_RIGHTS
        if codename(right).partition(".")[2] in here or actor.has_perm(codename(right))
    )


def require(actor: Any, right: str, workflow: Workflow) -> None:
    """Raise NotFoundError when the actor may not see the workflow, ForbiddenError when the right is missing."""
    if not may(actor, "view", workflow):
        raise NotFoundError("There is no such workflow.")
    if told := why_not(actor, right, workflow):
        raise ForbiddenError(told)


def why_not(actor: Any, right: str, workflow: Workflow) -> str:
    """Why the actor lacks a right on a workflow that he sees, as a sentence; "" when he has it."""
    if may(actor, right, workflow):
        return ""
    owner = workflow.owner or "An admin"
    return (
        f"You lack the right “{right.replace('_', ' ')}” on “{workflow.name}”. {owner} can share it with you."
    )


def may_create_workflow(actor: Any) -> bool:
    return bool(actor.has_perm("automations.add_workflow"))


def builds_workflows(actor: Any) -> bool:
    """Whether the actor makes workflows or may edit one."""
    return may_create_workflow(actor) or workflows_with(actor, "edit").exists()


def may_retry_some(actor: Any) -> bool:
    """Whether there is a workflow whose runs the actor may retry."""
    return workflows_with(actor, "retry").exists()


def may_manage_modules(actor: Any) -> bool:
    """Whether the actor makes modules, and changes all of them."""
    return bool(actor.has_perm("automations.change_module"))


def may_change_module(actor: Any, module: Module) -> bool:
    return holds(actor, "change", module)


def may_use_module(actor: Any, module: Module) -> bool:
    """Whether the actor may see and change the module's records."""
    return holds(actor, "use", module)


def may_view_module(actor: Any, module: Module) -> bool:
    return holds(actor, "view", module)


def may_create_policy(actor: Any) -> bool:
    return bool(actor.has_perm("automations.add_policy") or actor.has_perm("automations.change_policy"))


def may_change_policy(actor: Any, policy: Policy) -> bool:
    """Whether the actor may describe, revise and archive the policy."""
    return holds(actor, "change", policy)


def require_policy_change(actor: Any, policy: Policy) -> None:
    """Raise ForbiddenError when the actor, who sees the policy, may not change it."""
    if not may_change_policy(actor, policy):
        raise ForbiddenError(
            f"You lack the right “change” on “{policy.name}”."
            f" {policy.owner or 'An admin'} can share it with you."
        )


def grant_thing_owner(thing: Shared, user: Any) -> None:
    """Give the owner of a thing of any kind every right on it."""
    set_rights(thing, user, RIGHTS[noun_of(thing)])


def may_add(actor: Any, noun: str) -> bool:
    """Whether the actor may make things of a kind (a name of `grants.MODELS`)."""
    return bool(actor.has_perm(codename("add", noun))) or may_do_all(actor)


def kinds_to_make(actor: Any) -> list[str]:
    """The kinds of things that the actor may make, by name."""
    everything = may_do_all(actor)
    return sorted(noun for noun in MODELS if everything or actor.has_perm(codename("add", noun)))


def things_with(actor: Any, noun: str, *rights: str) -> QuerySet[Any]:
    """The things of a kind on which the actor holds any of these rights, on them or on all."""
    rows = MODELS[noun]._default_manager.all()
    names = [codename(right, noun) for right in rights]
    return get_objects_for_user(actor, names, rows, any_perm=True, accept_global_perms=True)


def things_seen(actor: Any, noun: str) -> QuerySet[Any]:
    """The things of a kind that the actor may see."""
    return SIGHTS[noun](actor) if noun in SIGHTS else things_with(actor, noun, *RIGHTS[noun])


def require_right(actor: Any, right: str, thing: Shared) -> None:
    """Raise ForbiddenError when the actor, who sees the thing, lacks the right."""
    if not holds(actor, right, thing):
        owner = getattr(thing, "owner", None) or "An admin"
        raise ForbiddenError(f"You lack the right “{right}” on “{thing}”. {owner} can share it with you.")


def may_send_events(actor: Any) -> bool:
    return bool(actor.has_perm("automations.add_event"))


def workflows_with(actor: Any, right: str) -> QuerySet[Workflow]:
    """The workflows on which the actor has a right (one of WORKFLOW_RIGHTS)."""
    return get_objects_for_user(actor, codename(right), Workflow.objects.all(), accept_global_perms=True)


def undoable_workflows(actor: Any) -> QuerySet[Workflow]:
    """The workflows whose runs the actor may undo: it is the right to retry, and takes seeing what they changed."""
    seen = workflows_with(actor, "view_payloads").values("pk")
    return workflows_with(actor, "retry").filter(pk__in=seen)


def visible_workflows(actor: Any) -> QuerySet[Workflow]:
    return workflows_with(actor, "view")


def visible_modules(actor: Any) -> QuerySet[Module]:
    return things_with(actor, "module", "view", "use")


def visible_policies(actor: Any) -> QuerySet[Policy]:
    return _policies_with(actor, *THING_RIGHTS)


def usable_policies(actor: Any) -> QuerySet[Policy]:
    """The policies that the actor may name in a workflow that goes live."""
    return _policies_with(actor, "use", "change")


def changeable_policies(actor: Any) -> QuerySet[Policy]:
    return _policies_with(actor, "change")


def _policies_with(actor: Any, *rights: str) -> QuerySet[Policy]:
    return things_with(actor, "policy", *rights)


def visible_runs(actor: Any) -> QuerySet[Run]:
    """Runs of workflows that the actor may see."""
    return Run.objects.filter(workflow__in=visible_workflows(actor).values("pk"))


def visible_events(actor: Any) -> QuerySet[Event]:
    """Events about modules that the actor may see, or judged by workflows that the actor may see; webhooks about no module
    by who sends events and so sees where they come in."""
    judged = visible_decisions(actor).filter(
        event_id=OuterRef("pk")
    )  # probed row by row, so that a page is cheap
    seen = Q(module__in=visible_modules(actor).values("pk")) | Q(Exists(judged)) | Q(actor=actor)
    if may_send_events(actor):
        seen |= Q(module=None, source__kind=TriggerSource.Kind.WEBHOOK)
    return Event.objects.filter(seen)


def sees_where_it_came_in(actor: Any, event: Event) -> bool:
    """Whether it is a webhook about no module, which is seen by who may send events."""
    is_one = event.module_id is None and event.source.kind == TriggerSource.Kind.WEBHOOK
    return is_one and may_send_events(actor)


def visible_decisions(actor: Any) -> QuerySet[Decision]:
    return Decision.objects.filter(workflow__in=visible_workflows(actor).values("pk"))


def may_see_audit(actor: Any) -> bool:
    """Whether the actor may see the whole trail, whatever it is about."""
    return bool(actor.has_perm("automations.view_auditentry"))


def visible_audit(actor: Any) -> QuerySet[AuditEntry]:
    """The whole trail for those who may see it; else what the actor did and what concerns workflows in sight."""
    if may_see_audit(actor):
        return AuditEntry.objects.all()
    seen = visible_workflows(actor).annotate(text=Cast("pk", CharField())).values("text")
    return AuditEntry.objects.filter(Q(actor=actor) | Q(object_type="workflow", object_id__in=seen))


def visible_redrives(actor: Any) -> QuerySet[Redrive]:
    """Redrives all of whose runs are of workflows that the actor may see."""
    return Redrive.objects.filter(~Exists(_items_outside(visible_workflows(actor))))


def redrives_with_hidden_payloads(redrives: Iterable[Redrive], actor: Any) -> QuerySet[Redrive, int]:
    """The ids of those of the redrives of whose runs the actor may not see all payloads."""
    hidden = Exists(_items_outside(workflows_with(actor, "view_payloads")))
    ids = [redrive.pk for redrive in redrives]
    return Redrive.objects.filter(hidden, pk__in=ids).values_list("pk", flat=True)


def may_cancel_redrive(actor: Any, redrive: Redrive) -> bool:
    """Whoever asked for it, and who may retry every one of its runs."""
    if redrive.requested_by_id == actor.pk:
        return True
    others = _items_outside(workflows_with(actor, "retry"))
    return Redrive.objects.filter(~Exists(others), pk=redrive.pk).exists()


def visible_backfills(actor: Any) -> QuerySet[Backfill]:
    """Backfills of workflows that the actor may see."""
    return Backfill.objects.filter(workflow__in=visible_workflows(actor).values("pk"))


def may_cancel_backfill(actor: Any, backfill: Backfill) -> bool:
    """Whoever asked for it, and who may start runs of its workflow."""
    return backfill.requested_by_id == actor.pk or may(actor, "run", backfill.workflow)


def _items_outside(workflows: QuerySet[Workflow]) -> QuerySet[RedriveItem]:
    rows = RedriveItem.objects.filter(redrive=OuterRef("pk"))
    return rows.exclude(run__workflow__in=workflows.values("pk"))


def retryable_runs(actor: Any) -> QuerySet[Run]:
    """Runs of workflows that the actor sees and whose runs he may retry."""
    return visible_runs(actor).filter(workflow__in=workflows_with(actor, "retry").values("pk"))
