"""Who may do what with one workflow, module or policy: rights given to a person or to a group, and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from automations import grants, permissions
from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from automations.grants import Grant, Shared
from automations.services.audit import write_audit


def find_holder(*, user: str = "", group: str = "") -> Any:
    """The active person, or the group (a role is one), of that name. Raises NotFoundError."""
    if user:
        users = get_user_model()
        person = users.objects.filter(**{users.USERNAME_FIELD: user}, is_active=True).first()
        if person is None:
            raise NotFoundError(f"There is no active user {quoted(user)}.", code="unknown-user")
        return person
    found = Group.objects.filter(name=group).first()
    if found is None:
        raise NotFoundError(f"There is no group {quoted(group)}.", code="unknown-group")
    return found


@transaction.atomic
def share_object(
    *, thing: Shared, holder: Any, actor: Any, rights: Sequence[str] = (), role: str = ""
) -> list[Grant]:
    """Let a person or a group hold exactly these rights on a workflow, module or policy, or those of a role. Who has a
    right may see what it is on. Returns all grants on the thing.

    Raises InvalidError for a right or a role that is none and for no right at all, ForbiddenError when the actor may not
    share it or does not hold a right that would be given or taken, ConflictError when nobody would be left with every
    right on a workflow.
    """
    noun = grants.noun_of(thing)
    wanted = _wanted(noun, rights, role)
    return _set(thing, holder, wanted, actor, f"{noun}.shared")


@transaction.atomic
def unshare_object(*, thing: Shared, holder: Any, actor: Any) -> list[Grant]:
    """Take away what a person or a group holds on this very thing; what they hold by a group or on everything stays.

    Raises NotFoundError when they hold nothing on it, and what `share_object` raises.
    """
    if not _held(thing, holder):
        raise NotFoundError("They hold no right of their own on this.", code="not-shared")
    return _set(thing, holder, (), actor, f"{grants.noun_of(thing)}.unshared")


def _set(thing: Shared, holder: Any, wanted: Sequence[str], actor: Any, action: str) -> list[Grant]:
    # Locked, so that of two who take each other's rights away at once the second sees what the first has done.
    type(thing)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
    if not permissions.may_share(actor, thing):
        raise ForbiddenError(f"You may not decide who may do what with “{thing}”.")
    before = grants.grants_on(thing)
    held = next((grant.rights for grant in before if grant.holder == holder), ())
    moved = [right for right in grants.RIGHTS[grants.noun_of(thing)] if (right in wanted) != (right in held)]
    if missing := [right for right in moved if not permissions.holds(actor, right, thing)]:
        names = ", ".join(f"“{right.replace('_', ' ')}”" for right in missing)
        raise ForbiddenError(
            f"You don't hold {names} on “{thing}” yourself, so you can neither give nor take it.",
            code="right-not-held",
        )
    grants.set_rights(thing, holder, wanted)
    after = grants.grants_on(thing)
    if grants.full_holders(thing, before) and not grants.full_holders(thing, after):
        raise ConflictError(
            f"Nobody would be left with every right on “{thing}”. Give them to somebody else first.",
            code="last-with-every-right",
        )
    if moved:
        who = {"group": holder.name} if isinstance(holder, Group) else {"user": holder.get_username()}
        write_audit(
            actor=actor,
            action=action,
            obj=thing,
            before={**who, "rights": list(held)},
            after={
                **who,
                "rights": [right for right in grants.RIGHTS[grants.noun_of(thing)] if right in wanted],
            },
        )
    return after


def _held(thing: Shared, holder: Any) -> tuple[str, ...]:
    return next((grant.rights for grant in grants.grants_on(thing) if grant.holder == holder), ())


def _wanted(noun: str, rights: Sequence[str], role: str) -> tuple[str, ...]:
    known, roles = grants.RIGHTS[noun], grants.ROLE_RIGHTS[noun]
    if not isinstance(rights, list | tuple):
        hint = f"Use {', '.join(known)}."
        raise InvalidError([Problem("wrong-value-type", "rights", "Rights are a list of names.", hint)])
    if role:
        if not isinstance(role, str) or role not in roles:
            message = f"There is no role {quoted(role)}."
            raise InvalidError([Problem("unknown-role", "role", message, f"Use {', '.join(roles)}.")])
        return roles[role]
    problems = [
        Problem(
            "unknown-right",
            f"rights[{index}]",
            f"There is no right {quoted(right)} on a {noun}.",
            f"Use {', '.join(known)}.",
        )
        for index, right in enumerate(rights)
        if right not in known
    ]
    if not rights:
        problems.append(Problem("no-rights", "rights", "No right is named.", "Name one, or a role."))
    if problems:
        raise InvalidError(problems)
    return tuple(right for right in known if right in rights or right == "view")
