"""“View as”: an admin looks at the pages and the API as another person or role sees them, and can change nothing meanwhile.

The session remembers whom. A request is then answered inside a read-only transaction that is always rolled back, so that
the database itself refuses what a view might try to write; a role is somebody who is made inside that transaction, holds
the role and nothing else, and is gone with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction

from automations import permissions
from automations.errors import ForbiddenError
from automations.services.audit import write_audit

KEY = "automations.viewing_as"
"""Where a session holds {"user": number} or {"group": number}."""


@transaction.atomic
def start_viewing(*, session: Any, target: Any, actor: Any) -> None:
    """See what `target` (a person or a role) sees, from the next request of this session on. Audited.

    Raises ForbiddenError for somebody who is no admin, and for a person who may more than the actor.
    """
    if not permissions.may_do_all(actor):
        raise ForbiddenError("Only admins see what others see.")
    if not isinstance(target, Group) and target.is_superuser and not actor.is_superuser:
        raise ForbiddenError(f"{target} may more than you.")
    session[KEY] = {"group" if isinstance(target, Group) else "user": target.pk}
    write_audit(actor=actor, action="viewing.started", obj=target, after={"as": str(target)})


@transaction.atomic
def stop_viewing(*, session: Any, actor: Any) -> None:
    """See with one's own eyes again. Audited, if somebody else's were used."""
    target = viewed_by(session, actor)
    if session.pop(KEY, None) is not None:
        write_audit(actor=actor, action="viewing.stopped", obj=target or actor)


def viewed_by(session: Any, actor: Any) -> Any:
    """The person or the role that the actor's session looks as; None for nobody, and once the actor is no admin."""
    chosen = session.get(KEY) if session is not None else None
    if not isinstance(chosen, Mapping) or not permissions.may_do_all(actor):
        return None
    if "group" in chosen:
        return Group.objects.filter(pk=chosen["group"]).first()
    person = get_user_model()._default_manager.filter(pk=chosen.get("user") or 0, is_active=True).first()
    return None if person is not None and person.is_superuser and not actor.is_superuser else person


def is_viewing(session: Any) -> bool:
    return session is not None and KEY in session


@contextmanager
def eyes_of(target: Any) -> Iterator[Any]:
    """The person to answer as, while nothing can be written; all that was done meanwhile is undone."""
    with transaction.atomic():
        person = _holder_of(target) if isinstance(target, Group) else target
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        try:
            yield person
        finally:
            transaction.set_rollback(True)


def _holder_of(role: Group) -> Any:
    """Somebody who holds one role: made without signals, since they are never really there."""
    users = get_user_model()
    person = users(**{users.USERNAME_FIELD: f"the role {role.name}", "is_active": True})
    person.set_unusable_password()
    users._default_manager.bulk_create([person])
    users.groups.through.objects.bulk_create([users.groups.through(user_id=person.pk, group_id=role.pk)])
    return person
