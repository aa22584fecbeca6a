"""Making a version the live one: its triggers, its schedules' next slots, its deadlines' alarms."""

from __future__ import annotations

from datetime import datetime

from automations.models import ActiveTrigger, Deadline, Module, Workflow, WorkflowVersion
from automations.runtime import deadlines, subscriptions
from automations.triggers.schedule.slots import next_slot


def activate(*, workflow: Workflow, version: WorkflowVersion, now: datetime, clock: str = "") -> None:
    """Rewrite what is live for the workflow, in the caller's transaction.

    A deadline trigger whose node, field and offset are the same in the former version keeps its alarms' memory
    of what has fired. `clock` names the replay that new alarms belong to.
    """
    definition = subscriptions.definition_of(version)
    triggers = [node for node in definition.nodes if node.family == "trigger"]
    modules = {
        m.key: m
        for m in Module.objects.filter(
            key__in=[n.config.get("module") for n in triggers if n.config.get("module")]
        )
    }
    ActiveTrigger.objects.filter(workflow=workflow).delete()
    ActiveTrigger.objects.bulk_create(
        [
            ActiveTrigger(
                workflow=workflow,
                version=version,
                node=node.id,
                kind=node.type,
                module=modules.get(str(node.config.get("module", ""))),
                config=dict(node.config),
                next_slot_at=next_slot(node.config["cron"], node.config.get("zone") or workflow.zone, now)
                if node.type == "trigger.schedule"
                else None,
            )
            for node in triggers
        ]
    )
    watched = [node.id for node in triggers if node.type == "trigger.deadline"]
    Deadline.objects.filter(workflow=workflow).exclude(trigger_node__in=watched).delete()
    subscriptions.bump_activation()
    if watched:
        deadlines.hold_writers()
        subscriptions.refresh()
        for node in watched:
            for subscription in subscriptions.addressed(workflow.pk, node):
                deadlines.set_up(subscription, now=now, clock=clock)


def deactivate(*, workflow: Workflow) -> None:
    """Take the workflow's triggers and alarms away (archive)."""
    ActiveTrigger.objects.filter(workflow=workflow).delete()
    Deadline.objects.filter(workflow=workflow).delete()
    subscriptions.bump_activation()
