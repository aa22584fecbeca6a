"""Every "may this actor …?" about alerts. They are about workflows, and so are the rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from automations import permissions
from automations.models import Alert, AlertRule, Standstill, Workflow


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


def visible_standstills(actor: Any) -> QuerySet[Standstill]:
    """Those of everything and of teams, and those of modules and workflows that the actor may see."""
    return Standstill.objects.filter(
        Q(module=None) | Q(module__in=permissions.visible_modules(actor).values("pk")),
        Q(workflow=None) | Q(workflow__in=permissions.visible_workflows(actor).values("pk")),
    ).select_related("module", "workflow")


def liftable(actor: Any, standstills: Iterable[Standstill]) -> set[int]:
    """Those of the standstills that the actor may lift. As many queries for one as for many."""
    rows = list(standstills)
    if permissions.may_do_all(actor):
        return {row.pk for row in rows}
    named = [row.workflow_id for row in rows if row.workflow_id is not None]
    own = set(permissions.workflows_with(actor, "run").filter(pk__in=named).values_list("pk", flat=True))
    return {row.pk for row in rows if row.workflow_id in own}


def may_stand_still(actor: Any, workflow: Workflow | None) -> bool:
    """Whether the actor lets a workflow stand still, and go on: as who may pause it. Teams, modules and everything (no
    workflow) are for admins."""
    if workflow is None:
        return permissions.may_do_all(actor)
    return permissions.may(actor, "run", workflow)
