"""Who holds which right on what: the rows that django-guardian and Django's own permissions keep, read and written.
Other apps add what of theirs is shared like this with `add_kind`.

What follows from them for a question of somebody is `permissions`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Model, Q, QuerySet
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import assign_perm, remove_perm
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from automations.models import Module, Policy, Workflow
from automations.registry import DuplicateKeyError

WORKFLOW_RIGHTS = (
    "view",
    "edit",
    "run_test",
    "run",
    "publish",
    "promote",
    "rollback",
    "approve",
    "retry",
    "view_payloads",
)

_VIEW = ("view",)
_OPERATE = (*_VIEW, "run", "retry", "view_payloads", "run_test")
_BUILD = (*_OPERATE, "edit")
_PUBLISH = (*_BUILD, "publish", "promote", "rollback")

ROLES: dict[str, tuple[str, ...]] = {
    "Viewer": _VIEW,
    "Operator": _OPERATE,
    "Builder": _BUILD,
    "Publisher": _PUBLISH,
    "Approver": (*_VIEW, "approve", "view_payloads"),
    "Admin": WORKFLOW_RIGHTS,
}
"""The seeded roles and their rights on a workflow that is shared with them."""

SETTING_RIGHTS: dict[str, str] = {
    **dict.fromkeys(("name", "description", "team", "zone", "runbook_url", "retry"), "edit"),
    "limits": "publish",
    "owner": "share",
    "run_as": "publish",
}
"""What people change of a workflow beside its graph, and the right that each takes (“share”: who may share it). Its
limits and whom it acts as hold for the live version at once, without a gate: they are the affair of who publishes."""

THING_RIGHTS = ("view", "use", "change")
"""Rights on a module and on a policy."""

_THING_ROLES: dict[str, tuple[str, ...]] = {
    "Viewer": ("view",),
    "Operator": ("view", "use"),
    "Builder": ("view", "use"),
    "Publisher": ("view", "use"),
    "Approver": ("view",),
    "Admin": THING_RIGHTS,
}
RIGHTS: dict[str, tuple[str, ...]] = {
    "workflow": WORKFLOW_RIGHTS,
    "module": THING_RIGHTS,
    "policy": THING_RIGHTS,
}
ROLE_RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    "workflow": ROLES,
    "module": _THING_ROLES,
    "policy": _THING_ROLES,
}
"""What each role may on a thing of each kind that is shared with it."""

MODELS: dict[str, type[Model]] = {"workflow": Workflow, "module": Module, "policy": Policy}
"""What can be shared, by the name of its kind."""

Shared = Model


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights that a person or a group holds: on one thing, or `wide`, on all of its kind."""

    holder: Any
    rights: tuple[str, ...]
    wide: bool = False

    @property
    def is_group(self) -> bool:
        return isinstance(self.holder, Group)

    @property
    def name(self) -> str:
        return str(self.holder.name) if self.is_group else str(self.holder.get_username())


def add_kind(
    model: type[Model],
    rights: tuple[str, ...] = THING_RIGHTS,
    roles: Mapping[str, tuple[str, ...]] = _THING_ROLES,
) -> None:
    """Let a model of another app be shared like ours: it has a permission `<right>_<model>` for each right."""
    noun = str(model._meta.model_name)
    if noun in MODELS:
        raise DuplicateKeyError(f"There is already a “{noun}” that can be shared.")
    MODELS[noun], RIGHTS[noun], ROLE_RIGHTS[noun] = model, rights, dict(roles)


def codename(right: str, noun: str = "workflow") -> str:
    return f"{MODELS[noun]._meta.app_label}.{right}_{noun}"


def present(noun: str) -> QuerySet[Any]:
    """All things of a kind but those that were archived."""
    model = MODELS[noun]
    rows = model._default_manager.all()
    archivable = any(field.name == "archived_at" for field in model._meta.fields)
    return rows.filter(archived_at=None) if archivable else rows


def set_rights(thing: Shared, holder: Any, rights: Collection[str]) -> None:
    """Let a person or a group hold exactly these rights on one thing, by a grant of their own."""
    noun = noun_of(thing)
    held = next((grant.rights for grant in grants_on(thing) if grant.holder == holder), ())
    for right in RIGHTS[noun]:
        if (right in rights) != (right in held):
            (assign_perm if right in rights else remove_perm)(codename(right, noun), holder, thing)


def seed_role_rights(model: type[Model], everywhere: Mapping[str, tuple[str, ...]]) -> None:
    """Give the seeded roles their rights on all of a kind that another app has brought, the first time: once any group
    holds one, they are left as they are. The role Admin holds every right."""
    ours = Permission.objects.filter(content_type=ContentType.objects.get_for_model(model))
    if not ours.filter(group__isnull=False).exists():
        for group in Group.objects.filter(name__in=ROLES):
            wide = ours if group.name == "Admin" else ours.filter(codename__in=everywhere.get(group.name, ()))
            group.permissions.add(*wide)


def grants_on(thing: Shared) -> list[Grant]:
    """Who holds rights on this very thing: people by name, then groups by name. Two queries."""
    return [
        *_grants(get_user_obj_perms_model(thing), "user", thing),
        *_grants(get_group_obj_perms_model(thing), "group", thing),
    ]


def _grants(table: Any, holder: str, thing: Shared) -> list[Grant]:
    noun = noun_of(thing)
    rows = table.objects.filter(
        object_pk=str(thing.pk), content_type=ContentType.objects.get_for_model(thing)
    ).select_related(holder, "permission")
    held: dict[Any, set[str]] = {}
    for row in rows:
        held.setdefault(getattr(row, holder), set()).add(row.permission.codename.removesuffix(f"_{noun}"))
    grants = [Grant(who, _in_order(noun, rights)) for who, rights in held.items()]
    return sorted((grant for grant in grants if grant.rights), key=lambda grant: grant.name)


def wide_grants(noun: str) -> list[Grant]:
    """Who holds rights on everything of this kind: groups, people by a right of their own, superusers."""
    names = {f"{right}_{noun}": right for right in RIGHTS[noun]}
    ours = Q(content_type__app_label=MODELS[noun]._meta.app_label, codename__in=names)
    held: dict[Any, set[str]] = {}
    for permission in Permission.objects.filter(ours).prefetch_related("group_set", "user_set"):
        for holder in (*permission.group_set.all(), *permission.user_set.all()):
            held.setdefault(holder, set()).add(names[permission.codename])
    for person in get_user_model().objects.filter(is_superuser=True, is_active=True):
        held[person] = set(RIGHTS[noun])
    grants = [Grant(who, _in_order(noun, rights), wide=True) for who, rights in held.items()]
    return sorted(grants, key=lambda grant: (grant.is_group, grant.name))


def _in_order(noun: str, rights: Collection[str]) -> tuple[str, ...]:
    return tuple(right for right in RIGHTS[noun] if right in rights)


def noun_of(thing: Shared) -> str:
    return str(thing._meta.model_name)


def member_counts(groups: Collection[Group]) -> dict[int, int]:
    """How many active people each group has, by its number."""
    rows = Group.objects.filter(pk__in=[group.pk for group in groups])
    counted = rows.annotate(members=Count("user", filter=Q(user__is_active=True)))
    return dict(counted.values_list("pk", "members"))


def full_holders(thing: Shared, grants: Iterable[Grant]) -> set[int]:
    """The active people who hold every right on a thing by these grants, their own and their groups' together."""
    everything = set(RIGHTS[noun_of(thing)])
    grants = list(grants)
    members = get_user_model().objects.filter(
        groups__in=[grant.holder for grant in grants if grant.is_group], is_active=True
    )
    held: dict[int, set[str]] = {}
    for grant in grants:
        if not grant.is_group and grant.holder.is_active:
            held.setdefault(grant.holder.pk, set()).update(grant.rights)
    by_group = {grant.holder.pk: grant.rights for grant in grants if grant.is_group}
    for person, group in members.values_list("pk", "groups"):
        held.setdefault(person, set()).update(by_group.get(group, ()))
    return {person for person, rights in held.items() if rights >= everything}


class RoleHolder:
    """Somebody who holds one role and nothing else, to try what it may. In no table: its number is negative."""

    def __init__(self, role: Group) -> None:
        self.pk = -role.pk
        self._role = role

    def __str__(self) -> str:
        return f"The role {self._role.name}"

    def has_perm(self, name: str, obj: Any = None) -> bool:
        label, _, code = name.partition(".")
        if obj is not None:
            return bool(ObjectPermissionChecker(self._role).has_perm(code, obj))
        return bool(self._role.permissions.filter(content_type__app_label=label, codename=code).exists())
