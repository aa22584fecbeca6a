"""Refunds that people must agree to: a module, a workflow with an approval, and those who are asked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import Approval, Mode, Module, Workflow
from automations.modules.adapter import adapter_for
from automations.services.records import create_record
from automations.testing import edge, make_workflow, node, run_everything

FIELDS = {"title": "text", "amount": "money", "state": "text"}


def person(name: str, *groups: str) -> Any:
    user = get_user_model().objects.create_user(username=name, email=f"{name}@example.org")
    for group in groups:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return get_user_model().objects.get(pk=user.pk)


def gate(
    orders: Module, owner: Any, approvers: list[Any], mode: str = Mode.EXECUTE, **config: Any
) -> Workflow:
    """Order created → approval → approved: refund it, rejected: say so, expired: say so."""
    question = {"title": "Refund {{ record.amount }} on {{ record.title }}?", "groups": ["Leads"], **config}
    document = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="refunds", on=["created"]),
            node("p1", "action.approval", **question),
            node(
                "a1",
                "action.update_fields",
                values={"state": "refunded", "title": "{{ record.title }} (refunded)"},
            ),
            node("a2", "action.comment", text="Rejected: {{ steps.p1.output.reason }}"),
            node("a3", "action.comment", text="Nobody decided."),
        ],
        "edges": [
            edge("t1", "p1"),
            edge("p1", "a1", "approved"),
            edge("p1", "a2", "rejected"),
            edge("p1", "a3", "expired"),
        ],
    }
    workflow = make_workflow("refund", document, owner=owner, mode=mode)
    for user in approvers:
        for right in ("view", "approve"):
            assign_perm(permissions.codename(right), user, workflow)
    return workflow


def order(orders: Module, key: str = "O-1", actor: Any = None, **values: Any) -> str:
    create_record(
        module=orders, key=key, values={"title": "Chair", "amount": "380.00", **values}, actor=actor
    )
    run_everything()
    return key


def values_of(orders: Module, key: str = "O-1") -> dict[str, Any]:
    return dict(adapter_for(orders).load([key], lock=False)[key].values)


def pending() -> Approval:
    return Approval.objects.get(state="pending")
