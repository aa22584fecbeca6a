from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import Module, Workflow
from automations.modules.adapter import adapter_for
from automations.services.consents import confirm_first_release
from automations.services.drafts import save_draft
from automations.services.gate import check_gate
from automations.services.records import create_record
from automations.services.scenarios import save_scenario
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from automations.testing import edge, make_module, node, run_everything

FIELDS = {"title": "text", "amount": "money", "state": "text"}


def closes(limit: str = "100", state: str = "closed") -> dict[str, Any]:
    """Created tickets over the limit get a state."""
    return {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="tickets", on=["created"]),
            node("c1", "condition.if", rule={"field": "amount", "op": "gt", "value": limit}),
            node("a1", "action.update_fields", values={"state": state}),
        ],
        "edges": [edge("t1", "c1"), edge("c1", "a1", "true")],
    }


@pytest.fixture
def tickets(alice: Any) -> Module:
    module = make_module("tickets", FIELDS)
    assign_perm("automations.use_module", alice, module)
    return module


@pytest.fixture
def workflow(tickets: Module, alice: Any, bob: Any) -> Workflow:
    """Alice's, who is no admin and whom it runs as; Bob may promote it, too."""
    made = create_workflow(key="close", name="Close", module=tickets, actor=alice, run_as=alice)
    for right in ("view", "promote", "publish", "run_test"):
        assign_perm(permissions.codename(right), bob, made)
    return made


@pytest.fixture
def release(workflow: Workflow, alice: Any) -> Callable[..., Workflow]:
    """Publish a draft in simulate, as Alice."""

    def publish(**options: str) -> Workflow:
        save_draft(workflow=workflow, document=closes(**options), revision=None, actor=alice)
        publish_version(workflow=workflow, actor=alice)
        return fresh(workflow)

    return publish


@pytest.fixture
def proven(workflow: Workflow, alice: Any, release: Callable[..., Workflow]) -> Workflow:
    """Published, with a gate that is green."""
    for kind, amount in (("positive", "200.00"), ("negative", "20.00")):
        given = {"record": {"module": "tickets", "key": "T0", "values": {"amount": amount}}}
        save_scenario(workflow=workflow, actor=alice, name=kind, kind=kind, given=given)
    release()
    confirm_first_release(workflow=workflow, actor=alice)
    assert check_gate(workflow=workflow, actor=alice).is_green
    return fresh(workflow)


def fresh(workflow: Workflow) -> Workflow:
    return Workflow.objects.select_related("active_version", "promotion").get(pk=workflow.pk)


def ticket(module: Module, key: str = "T1", amount: str = "380.00") -> None:
    create_record(module=module, key=key, values={"title": "Chair", "amount": amount}, actor=None)
    run_everything()


def state_of(module: Module, key: str = "T1") -> Any:
    return adapter_for(module).load([key], lock=False)[key].values.get("state")
