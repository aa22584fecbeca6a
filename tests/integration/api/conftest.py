from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Module, Policy, Workflow
from automations.services.modules import create_module
from automations.services.policies import create_policy
from automations.services.records import create_record
from automations.services.scenarios import save_scenario
from automations.services.workflows import create_workflow
from tests.conftest import make_user

from .library import LARGE

FIELDS = [
    {"key": "subject", "label": "Subject", "type": "text", "required": True},
    {"key": "status", "label": "Status", "type": "choice", "choices": ["open", "closed"]},
    {"key": "amount", "label": "Amount", "type": "money"},
    {"key": "vip", "label": "VIP", "type": "boolean"},
    {"key": "due", "label": "Due", "type": "datetime"},
    {"key": "tags", "label": "Tags", "type": "list"},
    {"key": "payload", "label": "Payload", "type": "json"},
]
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["created"]}},
        {
            "id": "c1",
            "type": "condition.if",
            "config": {"rule": {"field": "amount", "op": "gt", "value": "100"}},
        },
        {"id": "a1", "type": "action.update_fields", "config": {"values": {"status": "closed"}}},
    ],
    "edges": [{"from": "t1", "to": "c1"}, {"from": "c1", "branch": "true", "to": "a1"}],
    "layout": {"t1": {"x": 0, "y": 0}},
}


def grant(user: Any, *names: str) -> Any:
    """Give rights on everything; returns the user anew, without cached permissions."""
    for name in names:
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label="automations", codename=name)
        )
    return type(user).objects.get(pk=user.pk)


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def tickets(root: Any) -> Module:
    return create_module(
        key="tickets",
        name="Tickets",
        fields=FIELDS,
        title_field="subject",
        status_field="status",
        transitions={"open": ["closed"]},
        actor=root,
    )


@pytest.fixture
def alice(db: None) -> Any:
    """Alice, with no right beside those that a test gives her: what is hidden is this folder's affair."""
    return make_user("alice")


@pytest.fixture
def owner(alice: Any, tickets: Module) -> APIClient:
    """Alice, who may make workflows and use tickets."""
    assign_perm("automations.use_module", alice, tickets)
    return client_of(grant(alice, "add_workflow"))


@pytest.fixture
def workflow(owner: APIClient, alice: Any, tickets: Module) -> Workflow:
    return create_workflow(name="Route tickets", module=tickets, actor=alice)


@pytest.fixture
def operator(bob: Any, workflow: Workflow, tickets: Module) -> APIClient:
    """Bob: he may see and run Alice's workflow, not edit it."""
    permissions.seed_roles()
    permissions.share(workflow, "Operator")
    from django.contrib.auth.models import Group

    bob.groups.add(Group.objects.get(name="Operator"))
    assign_perm("automations.use_module", bob, tickets)
    return client_of(bob)


@pytest.fixture
def outsider(charlie: Any) -> APIClient:
    return client_of(charlie)


@pytest.fixture
def admin(root: Any) -> APIClient:
    return client_of(root)


@pytest.fixture
def make_ticket(tickets: Module, root: Any) -> Callable[..., str]:
    def make(key: str, **values: Any) -> str:
        create_record(
            module=tickets,
            key=key,
            values={"subject": f"Ticket {key}", "status": "open", **values},
            actor=root,
        )
        return key

    return make


def save_draft(client: APIClient, workflow: Workflow, document: dict[str, Any] | None = None) -> Any:
    document = document or DOCUMENT
    revision = client.get(f"/api/v1/workflows/{workflow.pk}/graph/").json()["revision"]
    return client.put(
        f"/api/v1/workflows/{workflow.pk}/graph/", {**document, "revision": revision}, format="json"
    )


def prove(workflow: Workflow, actor: Any) -> None:
    """Save the cases of DOCUMENT that the gate asks for, acting as its owner, who is no admin."""
    for kind, amount in (("positive", "200.00"), ("negative", "20.00")):
        record = {"module": "tickets", "key": "T-0", "values": {"status": "open", "amount": amount}}
        save_scenario(
            workflow=workflow, actor=actor, name=kind, kind=kind, given={"record": record}, as_user="alice"
        )


def publish(client: APIClient, workflow: Workflow, **body: Any) -> Any:
    return client.post(f"/api/v1/workflows/{workflow.pk}/publish/", body, format="json")


@pytest.fixture
def large(tickets: Module, alice: Any) -> Policy:
    return create_policy(key="large", name="Large", module=tickets, rule=LARGE, actor=alice)


@pytest.fixture
def rows(make_ticket: Callable[..., str]) -> None:
    for key, amount, status in (
        ("T1", "50", "open"),
        ("T2", "150", "open"),
        ("T3", "250", "closed"),
        ("T4", "250", "open"),
    ):
        make_ticket(key, amount=amount, status=status)
    make_ticket("T5")
