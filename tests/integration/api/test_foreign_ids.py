"""Ids of things that one may not see are unknown wherever they stand, and fields that are not for writing stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Event, Module, Run, Scenario, TriggerSource, Workflow
from automations.services.alerts import make_rule
from automations.services.modules import create_module
from automations.services.policies import create_policy
from automations.services.records import create_record
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.services.world import contents
from webhooks.inbound.services import create_endpoint
from webhooks.outbound.destinations import create_destination
from webhooks.outbound.subscriptions import create_subscription
from webhooks.secrets.services import create_secret

from .conftest import client_of, grant, save_draft

pytestmark = pytest.mark.django_db

OPENAPI = Path(__file__).resolve().parents[2] / "architecture" / "openapi.json"


@pytest.fixture
def theirs(root: Any) -> dict[str, Any]:
    """Root's: a module with a record, a workflow with a run about it, a scenario."""
    module = create_module(
        key="salaries", name="Salaries", fields=[{"key": "pay", "type": "money"}], actor=root
    )
    trigger = node("t1", "trigger.record", module="salaries", on=["created"])
    flow = make_workflow("pay", chain(trigger, node("a1", "action.comment", text="Paid")), owner=root)
    create_record(module=module, key="S-1", values={"pay": "100"}, actor=root)
    run_everything()
    given = {"record": {"module": "salaries", "key": "S-1", "values": {"pay": "1"}}}
    at = Event.objects.latest("pk").occurred_at
    TriggerSource.objects.create(key="payroll", kind="api", name="Payroll", module=module)
    scenario = Scenario.objects.create(
        workflow=flow, name="x", kind="positive", given=given, at=at, created_at=at, updated_at=at
    )
    return {
        "workflow": flow.pk,
        "run": Run.objects.get(workflow=flow).pk,
        "event": Event.objects.filter(module=module).latest("pk").pk,
        "scenario": scenario.pk,
        "given": given,
    }


FILE = """automations: 1
key: spy
name: Spy
module: salaries
nodes:
- {id: t1, type: trigger.manual}
scenarios:
- name: Spy
  kind: positive
  at: "2026-03-02T09:00:00Z"
  given: {record: {module: salaries, key: S-1, values: {}}}
"""
BODIES: dict[str, tuple[str, str, Any]] = {
    # what names it: (method, address under the actor's own workflow or the root, body)
    "a new workflow's module": ("POST", "/workflows/", {"name": "Spy", "module": "salaries"}),
    "a policy's module": (
        "POST",
        "/policies/",
        {
            "key": "spy",
            "name": "Spy",
            "module": "salaries",
            "rule": {"field": "pay", "op": "gt", "value": "1"},
        },
    ),
    "a source's module": ("POST", "/sources/", {"key": "spy", "name": "Spy", "module": "salaries"}),
    "a new workflow's scenarios' module": (
        "POST",
        "/workflows/",
        {
            "name": "Spy",
            "scenarios": [
                {"name": "Spy", "kind": "positive", "at": "2026-03-02T09:00:00Z", "given": "given"}
            ],
        },
    ),
    "the module of a file": ("POST", "/workflows/import/", {"file": FILE}),
    "the module of a file into one's own": ("POST", "import/", {"file": FILE}),
    "an event's source": ("POST", "/events/", {"source": "payroll", "data": {}}),
    "a tested event": ("POST", "run-test/", {"event_id": "event"}),
    "a tested scenario": ("POST", "run-test/", {"scenario": "scenario"}),
    "a list of tested records": ("POST", "run-test/", {"records": ["T-1", "S-1"]}),
    "a tested record": ("POST", "run-test/", {"record": "S-1"}),
    "a scenario's event": ("POST", "scenarios/proposal/", {"event_id": "event"}),
    "a scenario's run": ("POST", "scenarios/proposal/", {"run_id": "run"}),
    "a scenario's record": (
        "POST",
        "scenarios/",
        {"name": "Spy", "kind": "positive", "given": "given"},
    ),
    "a list of scenarios": ("POST", "scenarios/run/", {"scenarios": ["scenario"]}),
    "whom it is shared with": ("PUT", "shares/", {"user": "zoe", "role": "Viewer"}),
    "a record of a module in the address": (
        "PATCH",
        "/modules/salaries/records/S-1/",
        {"values": {"pay": "2"}},
    ),
    "a comment in the address": ("POST", "/modules/salaries/records/S-1/comments/", {"text": "Hi"}),
    "a module in the address": ("POST", "/modules/salaries/records/", {"key": "S-2", "values": {}}),
    "a run in the address": ("POST", "/runs/{run}/cancel/", {}),
    "a workflow in the address": ("POST", "/workflows/{workflow}/pause/", {"reason": "x"}),
    "another's scenario under one's own": ("DELETE", "scenarios/{scenario}/", None),
}


@pytest.fixture
def maker(workflow: Workflow, owner: APIClient, alice: Any, make_ticket: Any) -> APIClient:
    """Alice with all that a builder and a manager of policies may, and nothing of Root's."""
    make_ticket("T-1")
    save_draft(owner, workflow)
    return client_of(grant(alice, "change_policy", "change_module", "add_event"))


@pytest.mark.parametrize("what", BODIES)
def test_what_is_hidden_is_not_found_wherever_it_is_named(
    maker: APIClient, workflow: Workflow, theirs: dict[str, Any], what: str
) -> None:
    verb, place, body = BODIES[what]
    place = place.format(**theirs)
    address = f"/api/v1{place}" if place.startswith("/") else f"/api/v1/workflows/{workflow.pk}/{place}"

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [named(inner) for inner in value]
        return theirs.get(value, value) if isinstance(value, str) else value

    before = contents()
    answer = maker.generic(verb, address, json.dumps(named(body)), content_type="application/json")
    assert answer.status_code == 404, answer.content
    assert contents() == before


@pytest.mark.parametrize("noun", ["workflow", "run"])
def test_to_have_seen_what_is_hidden_is_as_to_have_seen_what_is_not_there(
    maker: APIClient, theirs: dict[str, Any], noun: str
) -> None:
    before = contents()
    answers = [
        maker.post("/api/v1/first-steps/", {noun: pk}, format="json") for pk in (theirs[noun], 999_999)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert contents() == before


def test_a_document_names_nothing_that_is_hidden_when_it_is_published(
    maker: APIClient, workflow: Workflow, theirs: dict[str, Any]
) -> None:
    trigger = {"id": "t1", "type": "trigger.manual", "config": {"module": "tickets"}}
    for config in (
        {
            "id": "a1",
            "type": "action.create_record",
            "config": {"module": "salaries", "values": {"pay": "1"}},
        },
        {"id": "a1", "type": "action.start_workflow", "config": {"workflow": "pay"}},
    ):
        save_draft(maker, workflow, {"nodes": [trigger, config], "edges": [{"from": "t1", "to": "a1"}]})
        before = contents()
        answer = maker.post(f"/api/v1/workflows/{workflow.pk}/publish/", {}, format="json")
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["code"].startswith("unknown-")
        assert contents() == before


def patches() -> list[tuple[str, frozenset[str]]]:
    """(address, fields that may be written) of every PATCH in the OpenAPI document."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    found = []
    for address, methods in document["paths"].items():
        if "patch" in methods:
            shape = methods["patch"]["requestBody"]["content"]["application/json"]["schema"]
            name = shape["$ref"].rpartition("/")[2]
            found.append((address, frozenset(document["components"]["schemas"][name]["properties"])))
    return found


def read(client: APIClient, address: str) -> dict[str, Any]:
    """What stands at an address; of one that is only changed there, from the list above it."""
    answer = client.get(address)
    if answer.status_code != 405:
        return answer.json()  # type: ignore[no-any-return]
    above, _, key = address.rstrip("/").rpartition("/")
    return next(row for row in client.get(f"{above}/").json()["results"] if str(row["id"]) == key)


def test_every_patch_leaves_every_field_that_is_not_for_writing(
    admin: APIClient, root: Any, workflow: Workflow, tickets: Module, theirs: dict[str, Any]
) -> None:
    permissions.seed_roles()
    secret = create_secret(key="erp", value="a long secret value", hosts=["erp.example"], actor=root)
    erp, _ = create_destination(key="erp", name="ERP", url="https://erp.example/", actor=root)
    subscription = create_subscription(destination=erp, kinds=["run.failed"], actor=root)
    rule = make_rule(kind="failures", name="Failures", workflow=workflow, raise_at=3, actor=root)
    create_endpoint(key="shop", name="Shop", actor=root, now=secret.created_at)
    create_policy(
        key="big",
        name="Big",
        module=tickets,
        rule={"field": "amount", "op": "gt", "value": "100"},
        actor=None,
    )
    schedule = admin.post(
        "/api/v1/reviews/schedules/",
        {"personal": True, "zone": "UTC", "weekday": 0, "hour": 8},
        format="json",
    ).json()
    own = {
        "/api/v1/reviews/schedules/{id}/": f"/api/v1/reviews/schedules/{schedule['id']}/",
        "/api/v1/alert-rules/{id}/": f"/api/v1/alert-rules/{rule.pk}/",
        "/api/v1/webhooks/subscriptions/{id}/": f"/api/v1/webhooks/subscriptions/{subscription.pk}/",
        "/api/v1/workflows/{id}/": f"/api/v1/workflows/{workflow.pk}/",
        "/api/v1/modules/{key}/": "/api/v1/modules/tickets/",
        "/api/v1/modules/{module_key}/records/{key}/": "/api/v1/modules/salaries/records/S-1/",
        "/api/v1/workflows/{id}/scenarios/{number}/": f"/api/v1/workflows/{theirs['workflow']}/scenarios/{theirs['scenario']}/",
        "/api/v1/policies/{key}/": "/api/v1/policies/big/",
        "/api/v1/me/preferences/": "/api/v1/me/preferences/",
        "/api/v1/webhooks/destinations/{key}/": "/api/v1/webhooks/destinations/erp/",
        "/api/v1/webhooks/endpoints/{key}/": "/api/v1/webhooks/endpoints/shop/",
        "/api/v1/webhooks/secrets/{key}/": "/api/v1/webhooks/secrets/erp/",
    }
    tried = 0
    for address, writable in patches():
        assert address in own, f"Say here which {address} is tried."
        before = read(admin, own[address])
        for name in before.keys() - writable:
            answer = admin.patch(own[address], {name: "1"}, format="json")
            assert answer.status_code == 400, (address, name)
            tried += 1
        assert read(admin, own[address]) == before
    assert tried > 20
