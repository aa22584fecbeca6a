"""Every "may this actor …?" about webhooks: a right counts on the thing or, granted model-wide, on all.

Who sends events may see where they come in; changing takes a right of its own, which admins have.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from automations import permissions
from automations.errors import ForbiddenError
from webhooks.models import Endpoint, Receipt

ENDPOINT_RIGHTS = ("view", "change")
ENDPOINT_ROLES = {
    "Viewer": ("view",),
    "Operator": ("view",),
    "Builder": ("view",),
    "Publisher": ("view",),
    "Approver": ("view",),
    "Admin": ENDPOINT_RIGHTS,
}
"""What each role may on an endpoint that is shared with it."""


def visible_endpoints(actor: Any) -> QuerySet[Endpoint]:
    if permissions.may_do_all(actor) or permissions.may_send_events(actor):
        return Endpoint.objects.all()
    return _endpoints_with(actor, *ENDPOINT_RIGHTS)


def open_endpoints(actor: Any) -> QuerySet[Endpoint]:
    """Those in sight that were not deleted; of the others the receipts stay."""
    return visible_endpoints(actor).filter(archived_at=None)


def changeable_endpoints(actor: Any) -> QuerySet[Endpoint]:
    if permissions.may_do_all(actor):
        return Endpoint.objects.all()
    return _endpoints_with(actor, "change")


def _endpoints_with(actor: Any, *rights: str) -> QuerySet[Endpoint]:
    """Those on which somebody has one of the rights, and his own."""
    held = permissions.things_with(actor, "endpoint", *rights).values("pk")
    return Endpoint.objects.filter(Q(owner=actor) | Q(pk__in=held))


def visible_receipts(actor: Any) -> QuerySet[Receipt]:
    return Receipt.objects.filter(endpoint__in=visible_endpoints(actor).values("pk"))


def may_create_endpoint(actor: Any) -> bool:
    return permissions.may_add(actor, "endpoint")


def may_change_endpoint(actor: Any, endpoint: Endpoint) -> bool:
    return changeable_endpoints(actor).filter(pk=endpoint.pk).exists()


def require_endpoint_change(actor: Any, endpoint: Endpoint) -> None:
    """Raise ForbiddenError when the actor, who sees the endpoint, may not change it."""
    if not may_change_endpoint(actor, endpoint):
        raise ForbiddenError(f"You lack the right to change “{endpoint.name}”. An admin can give it to you.")


def may_go_unsigned(actor: Any) -> bool:
    """Whether somebody may make an endpoint that believes everybody who knows its address."""
    return permissions.may_do_all(actor)
