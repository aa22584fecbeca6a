"""A policy on large amounts, and workflows that name it."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from automations.models import Workflow
from automations.services.drafts import save_draft
from automations.services.workflows import create_workflow
from automations.testing import edge, node

LARGE = {"field": "amount", "op": "gt", "value": "100"}
LARGER = {"field": "amount", "op": "gt", "value": "200"}
OPEN = {"field": "status", "op": "eq", "value": "open"}
POLICY = {"policy": "large"}


def drawn(rule: Any, *, more: tuple[dict[str, Any], ...] = (), **trigger: Any) -> dict[str, Any]:
    """A trigger, a condition with the rule, an action where it holds; `more` steps after the action."""
    nodes = [
        node("t1", "trigger.record", module="tickets", on=["created"], **trigger),
        node("c1", "condition.if", rule=rule),
        node("a1", "action.update_fields", values={"status": "closed"}),
        *more,
    ]
    edges = [edge("t1", "c1"), edge("c1", "a1", "true")]
    edges += [edge(one["id"], two["id"]) for one, two in zip(nodes[2:], more, strict=False)]
    return {"schema": 1, "nodes": nodes, "edges": edges}


def made(key: str, owner: Any, document: dict[str, Any]) -> Workflow:
    workflow = create_workflow(key=key, name=key.title(), actor=owner)
    save_draft(workflow=workflow, document=document, revision=None, actor=owner)
    return workflow


def impact_of(client: APIClient, rule: Any, key: str = "large") -> Any:
    answer = client.post(f"/api/v1/policies/{key}/impact/", {"rule": rule}, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def publish(client: APIClient, rule: Any, seen: str) -> Any:
    return client.post("/api/v1/policies/large/revisions/", {"rule": rule, "seen": seen}, format="json")
