"""Every "may this actor …?" about webhooks: a right counts on the thing or, granted model-wide, on all.

Who sends events may see where they come in; changing takes a right of its own, which admins have.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from automations import permissions
from automations.errors import ForbiddenError
from webhooks.models import Endpoint, Receipt


def visible_endpoints(actor: Any) -> QuerySet[Endpoint]:
    rows = Endpoint.objects.all()
    if permissions.may_do_all(actor) or permissions.may_send_events(actor):
        return rows
    return permissions.rows_with(actor, ["webhooks.view_endpoint", "webhooks.change_endpoint"], rows)


def visible_receipts(actor: Any) -> QuerySet[Receipt]:
    return Receipt.objects.filter(endpoint__in=visible_endpoints(actor).values("pk"))


def may_create_endpoint(actor: Any) -> bool:
    return permissions.may_do_all(actor) or bool(actor.has_perm("webhooks.add_endpoint"))


def may_change_endpoint(actor: Any, endpoint: Endpoint) -> bool:
    name = "webhooks.change_endpoint"
    return permissions.may_do_all(actor) or bool(actor.has_perm(name) or actor.has_perm(name, endpoint))


def require_endpoint_change(actor: Any, endpoint: Endpoint) -> None:
    """Raise ForbiddenError when the actor, who sees the endpoint, may not change it."""
    if not may_change_endpoint(actor, endpoint):
        raise ForbiddenError(f"You lack the right to change “{endpoint.name}”. An admin can give it to you.")


def may_go_unsigned(actor: Any) -> bool:
    """Whether somebody may make an endpoint that believes everybody who knows its address."""
    return permissions.may_do_all(actor)
