"""Every "may this actor …?" about approvals: who sees them, who is asked, who can answer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from automations import permissions
from automations.models import Approval, Workflow


def visible_approvals(actor: Any) -> QuerySet[Approval]:
    """Approvals of workflows that the actor may see."""
    return Approval.objects.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))


def asked_of(actor: Any) -> Q:
    """Which approvals name the actor, by name, by a group, or in somebody's place."""
    groups = list(actor.groups.values_list("name", flat=True))
    named = Q(users__contains=[actor.get_username()])
    if groups:
        named |= Q(groups__has_any_keys=groups)
    named |= Q(kind=Approval.Kind.BLAST_RADIUS)  # all are asked who may approve on the workflow
    return (named & ~Q(delegations__giver=actor)) | Q(delegations__receiver=actor)


def why_not_decide(actor: Any, approval: Approval) -> str:
    """Why the actor can't decide this approval, as a sentence; "" when he can."""
    if not permissions.may(actor, "approve", approval.workflow):
        return f"You lack the right “approve” on “{approval.workflow.name}”."
    if not approval.allow_self and approval.requester_id == actor.pk:
        return "You started this yourself, so somebody else has to decide."
    delegations = list(approval.delegations.all())
    if any(row.giver_id == actor.pk for row in delegations):
        return "You have put somebody else in your place."
    if approval.kind == Approval.Kind.BLAST_RADIUS:
        return ""
    named = actor.get_username() in approval.users or any(row.receiver_id == actor.pk for row in delegations)
    if not named and not actor.groups.filter(name__in=approval.groups).exists():
        return "You are not among those who are asked."
    return ""


def why_not_remark(actor: Any, approval: Approval) -> str:
    """Why the actor can't ask or answer something about this approval, as a sentence; "" when he can: who may decide, who
    has started it, and who may see what would follow."""
    if approval.requester_id == actor.pk or not why_not_decide(actor, approval):
        return ""
    if permissions.may(actor, "view_payloads", approval.workflow):
        return ""
    return f"You lack the right “view payloads” on “{approval.workflow.name}”."


def approvers_of(workflow: Workflow) -> list[Any]:
    """The active people who may approve on the workflow, by name."""
    return permissions.people_with("approve", workflow)


def deciders_of(approval: Approval) -> list[Any]:
    """The active people who can still decide a pending approval, by name."""
    users = get_user_model()
    named = Q(**{f"{users.USERNAME_FIELD}__in": approval.users}) | Q(groups__name__in=approval.groups)
    if approval.kind == Approval.Kind.BLAST_RADIUS:
        named = Q(pk__in=[person.pk for person in approvers_of(approval.workflow)])
    received = approval.delegations.values("receiver")
    decided = approval.decisions.values("person")
    people = users.objects.filter(named | Q(pk__in=received), is_active=True).exclude(pk__in=decided)
    return [
        user
        for user in people.distinct().order_by(users.USERNAME_FIELD)
        if not why_not_decide(user, approval)
    ]
