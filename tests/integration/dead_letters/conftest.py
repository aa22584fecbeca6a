from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Module, Run
from automations.testing import give_modules
from tests.integration.retries.world import failed_run, make_tickets


@pytest.fixture
def alice(alice: Any) -> Any:
    """Who publishes, and as whom the runs act."""
    return give_modules(alice)


@pytest.fixture
def tickets() -> Module:
    return make_tickets()


@pytest.fixture
def run(tickets: Module, alice: Any) -> Run:
    """It commented T1, told Alice, could not close the ticket, and is a dead letter."""
    return failed_run(alice)


@pytest.fixture
def operator(bob: Any, run: Run) -> APIClient:
    """Bob, who may see the workflow, its payloads, and retry its runs."""
    for right in ("view", "view_payloads", "retry"):
        assign_perm(permissions.codename(right), bob, run.workflow)
    for module in Module.objects.all():
        assign_perm("automations.view_module", bob, module)
    client = APIClient()
    client.force_login(bob)
    return client


@pytest.fixture
def outsider(charlie: Any) -> APIClient:
    client = APIClient()
    client.force_login(charlie)
    return client
