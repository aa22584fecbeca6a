from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import (
    Module,
    Record,
    Workflow,
)
from automations.services.records import create_record
from automations.testing import chain, give_modules, make_module, make_workflow, run_everything

from .world import COMMENT, CREATED, client_of


@pytest.fixture
def alice(alice: Any) -> Any:
    return give_modules(alice)


@pytest.fixture
def tickets(db: None) -> Module:
    """Four tickets, three of them large, one of these gone again; nobody has heard of any."""
    module = make_module("tickets", {"title": "text", "amount": "money"})
    for key, amount in (("T1", "250"), ("T2", "300"), ("T3", "50"), ("T4", "900")):
        create_record(module=module, key=key, values={"title": key, "amount": amount}, actor=None)
    run_everything()
    Record.objects.filter(key="T4").delete()
    return module


@pytest.fixture
def workflow(tickets: Module, alice: Any) -> Workflow:
    """It has heard of T5 alone."""
    made = make_workflow("w", chain(CREATED, COMMENT), owner=alice)
    create_record(module=tickets, key="T5", values={"title": "T5", "amount": "500"}, actor=None)
    run_everything()
    return made


@pytest.fixture
def owner(alice: Any) -> APIClient:
    return client_of(alice)
