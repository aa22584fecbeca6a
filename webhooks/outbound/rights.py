"""Who may see which deliveries: those who see the destination, and those who see the run that it belongs to; what was sent
and what came back is for those who may see that workflow's payloads, or may change the destination."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from automations import permissions
from automations.grants import THING_RIGHTS
from webhooks.outbound.models import Delivery, UnknownOutcome


def visible_deliveries(actor: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        Q(destination__in=permissions.things_with(actor, "destination", *THING_RIGHTS).values("pk"))
        | Q(workflow__in=permissions.visible_workflows(actor).values("pk"))
    )


def readable_deliveries(actor: Any) -> QuerySet[Delivery]:
    """Those whose bodies the actor may read."""
    seen = permissions.workflows_with(actor, "view_payloads").values("pk")
    changed = permissions.things_with(actor, "destination", "change").values("pk")
    return Delivery.objects.filter(Q(workflow__in=seen) | Q(workflow=None, destination__in=changed))


def resendable_deliveries(actor: Any) -> QuerySet[Delivery]:
    """Those that the actor may send anew: to a destination that is theirs to use, of a workflow whose runs are theirs to
    retry."""
    used = permissions.things_with(actor, "destination", "use", "change").values("pk")
    retried = permissions.workflows_with(actor, "retry").values("pk")
    return Delivery.objects.filter(Q(workflow=None) | Q(workflow__in=retried), destination__in=used)


def visible_unknowns(actor: Any) -> QuerySet[UnknownOutcome]:
    return UnknownOutcome.objects.filter(delivery__in=visible_deliveries(actor).values("pk"))


def answerable_unknowns(actor: Any) -> QuerySet[UnknownOutcome]:
    """Those of which the actor may say what happened: of workflows whose runs are theirs to retry."""
    retried = permissions.workflows_with(actor, "retry").values("pk")
    return UnknownOutcome.objects.filter(delivery__workflow__in=retried)
