"""A workflow that calls a destination, and somebody of support who may see both."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import (
    ProcessStamp,
    Workflow,
)
from automations.testing import chain, make_module, make_workflow, node
from webhooks.models import Destination

from .world import client_of, make_destination


@pytest.fixture
def crm(alice: Any) -> Destination:
    return make_destination(alice, "crm")


@pytest.fixture
def sync(alice: Any, crm: Destination) -> Workflow:
    """It writes a ticket's status, then tells the CRM."""
    make_module("tickets", {"subject": "text", "state": "text"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "seen"}),
        node("a2", "action.call_webhook", destination="crm", data={"n": "7"}),
    )
    workflow = make_workflow("sync", document, owner=alice)
    for role in ("worker", "ticker"):
        ProcessStamp.objects.create(name=role, role=role, host="here", pid=1, stamped_at=timezone.now())
    return workflow


@pytest.fixture
def support(bob: Any, sync: Workflow) -> APIClient:
    """Bob, who may see the workflow and retry its runs, and nothing else."""
    for right in ("view", "retry"):
        assign_perm(permissions.codename(right), bob, sync)
    return client_of(bob)
