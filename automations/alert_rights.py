"""Every "may this actor …?" about alerts. They are about workflows, and so are the rights."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from automations import permissions
from automations.models import Alert, AlertRule, Workflow


def visible_rules(actor: Any) -> QuerySet[AlertRule]:
    """The rules of workflows that the actor may see, and those of teams and of all."""
    return AlertRule.objects.filter(
        Q(workflow=None) | Q(workflow__in=permissions.visible_workflows(actor).values("pk"))
    )


def visible_alerts(actor: Any) -> QuerySet[Alert]:
    """What was raised about workflows that the actor may see; about the installation, for admins."""
    seen = Q(workflow__in=permissions.visible_workflows(actor).values("pk"))
    if permissions.may_do_all(actor):
        seen |= Q(workflow=None)
    return Alert.objects.filter(seen).exclude(phase="pending")


def may_set_rule(actor: Any, workflow: Workflow | None) -> bool:
    """Whether the actor decides what is watched: of a workflow who may edit it, of teams and of all admins."""
    if workflow is None:
        return permissions.may_do_all(actor)
    return permissions.may(actor, "edit", workflow)


def may_set_some_rule(actor: Any) -> bool:
    """Whether there is anything of which the actor decides what is watched."""
    return permissions.may_do_all(actor) or permissions.workflows_with(actor, "edit").exists()


def may_handle(actor: Any, alert: Alert) -> bool:
    """Whether the actor may take note of an alert and quiet it: as who may pause the workflow."""
    if alert.workflow is None:
        return permissions.may_do_all(actor)
    return permissions.may(actor, "run", alert.workflow)


def may_stop_all(actor: Any) -> bool:
    """Whether the actor may let everything stand still."""
    return permissions.may_do_all(actor)
