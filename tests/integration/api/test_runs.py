from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.models import Event, LogEntry, Module, Run, TriggerSource, Workflow
from automations.runtime.drain import drain

from .conftest import client_of, publish, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]) -> Run:
    """A run that closed T-1, done by the worker's own code."""
    save_draft(owner, workflow)
    assert publish(owner, workflow, mode="execute").status_code == 201
    make_ticket("T-1", amount="7316.25")
    drain()
    return Run.objects.get()


def test_a_run_tells_what_it_did(owner: APIClient, finished: Run) -> None:
    run = owner.get(f"/api/v1/runs/{finished.pk}/").json()
    assert (run["status"], run["record"], run["version"]) == ("succeeded", "T-1", 1), run
    assert run["workflow"]["key"] == "route-tickets"
    steps = owner.get(f"/api/v1/runs/{finished.pk}/steps/").json()["results"]
    assert [step["node"] for step in steps] == ["t1", "c1", "a1"]
    assert steps[-1]["changes"][0]["after"] == "closed"
    assert owner.get("/api/v1/modules/tickets/records/T-1/").json()["values"]["status"] == "closed"
    history = owner.get("/api/v1/modules/tickets/records/T-1/changes/").json()["results"]
    assert history[0]["run"] == finished.pk


def test_an_event_tells_what_was_decided(owner: APIClient, finished: Run) -> None:
    event = owner.get(f"/api/v1/events/{finished.event_id}/").json()
    assert event["type"] == "record.created"
    assert event["snapshot"]["after"]["amount"] == "7316.25"
    assert [(row["outcome"], row["run"]) for row in event["decisions"]] == [("matched", finished.pk)]
    listed = owner.get("/api/v1/decisions/?module=tickets&record=T-1&outcome=matched").json()["results"]
    assert [row["run"] for row in listed] == [finished.pk]
    assert owner.get("/api/v1/decisions/?record=T-1").status_code == 400


def test_logs_are_followed_by_their_number(owner: APIClient, finished: Run) -> None:
    LogEntry.objects.filter(run=finished).delete()
    LogEntry.objects.bulk_create(
        LogEntry(run=finished, seq=n, at=finished.created_at, level="info", message=f"line {n}")
        for n in range(1, 503)
    )
    first = owner.get(f"/api/v1/runs/{finished.pk}/logs/?after=0").json()
    assert len(first["results"]) == 500
    rest = owner.get(first["next"]).json()
    assert [row["seq"] for row in rest["results"]] == [501, 502]
    assert rest["next"] is None
    assert owner.get(f"/api/v1/runs/{finished.pk}/logs?after=502").json()["results"] == []


def test_payloads_are_kept_from_those_without_the_right(
    bob: Any, finished: Run, workflow: Workflow, tickets: Module
) -> None:
    assign_perm("automations.view_workflow", bob, workflow)
    viewer = client_of(bob)
    assert viewer.get(f"/api/v1/runs/{finished.pk}/").json()["input"] is None
    for step in viewer.get(f"/api/v1/runs/{finished.pk}/steps/").json()["results"]:
        assert (step["output"], step["changes"]) == (None, [])
    assert all(
        line["data"] is None for line in viewer.get(f"/api/v1/runs/{finished.pk}/logs/").json()["results"]
    )
    event = viewer.get(f"/api/v1/events/{finished.event_id}/").json()
    assert event["snapshot"] is None
    assert event["decisions"][0]["reason"] is None
    assert "7316.25" not in viewer.get("/api/v1/decisions/").content.decode()


def test_an_outsider_sees_no_run_event_or_decision(outsider: APIClient, finished: Run) -> None:
    for address in (
        f"runs/{finished.pk}/",
        f"runs/{finished.pk}/steps/",
        f"runs/{finished.pk}/logs/",
        f"events/{finished.event_id}/",
    ):
        assert outsider.get(f"/api/v1/{address}").status_code == 404
    assert outsider.post(f"/api/v1/runs/{finished.pk}/cancel/").status_code == 404
    for address in ("runs", "events", "decisions", "sources", "policies"):
        rows = outsider.get(f"/api/v1/{address}/").json()["results"]
        assert not [row for row in rows if row.get("module")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=succeeded", 1),
        ("status=failed", 0),
        ("mode=execute&module=tickets&record=T-1", 1),
        ("record=T-2", 0),
        ("created_after=2020-01-01T00:00:00Z", 1),
        ("created_before=2020-01-01T00:00:00Z", 0),
    ],
)
def test_runs_are_found(owner: APIClient, finished: Run, query: str, found: int) -> None:
    assert len(owner.get(f"/api/v1/runs/?workflow={finished.workflow_id}&{query}").json()["results"]) == found


def test_a_waiting_run_is_cancelled_once(owner: APIClient, finished: Run) -> None:
    Run.objects.update(status="waiting", finished_at=None)
    address = f"/api/v1/runs/{finished.pk}/cancel/"
    assert owner.post(address, {"reason": "wrong record"}, format="json").json()["status"] == "cancelled"
    again = owner.post(address, {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already-ended")


def test_a_workflow_is_started_by_hand_once_for_its_key(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]
) -> None:
    nodes = [
        {"id": "t1", "type": "trigger.manual", "config": {"module": "tickets"}},
        {"id": "a1", "type": "action.stop", "config": {"outcome": "succeeded"}},
    ]
    assert (
        save_draft(owner, workflow, {"nodes": nodes, "edges": [{"from": "t1", "to": "a1"}]}).status_code
        == 200
    )
    published = publish(owner, workflow)
    assert published.status_code == 201, published.content
    make_ticket("T-1")
    address = f"/api/v1/workflows/{workflow.pk}/run/"
    first, second = (
        owner.post(address, {"record": "T-1"}, format="json", HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)
    )
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    drain()
    assert (
        owner.get(f"/api/v1/events/{first.json()['event']}/").json()["decisions"][0]["run"]
        == Run.objects.get().pk
    )
    missing = owner.post(address, {"record": "T-404"}, format="json")
    assert missing.status_code == 404


def test_an_api_event_meets_its_contract_or_is_counted(admin: APIClient) -> None:
    contract = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}
    made = admin.post(
        "/api/v1/sources/", {"key": "shop", "name": "Shop", "contract": contract}, format="json"
    )
    assert made.status_code == 201, made.content
    good = {
        "source": "shop",
        "data": {"order": "O-1", "files": [], "__proto__": {}},
        "occurred_at": "2026-03-01T10:00:00+01:00",
    }
    accepted = admin.post("/api/v1/events/", good, format="json")
    assert accepted.status_code == 202
    event = admin.get(f"/api/v1/events/{accepted.json()['id']}/").json()
    assert (event["type"], event["occurred_at"], event["snapshot"]["data"]) == (
        "api.shop",
        "2026-03-01T09:00:00Z",
        good["data"],
    )
    refused = admin.post(
        "/api/v1/events/", {"source": "shop", "data": {"order": 1}}, format="json", HTTP_IDEMPOTENCY_KEY="k"
    )
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["path"] == "data.order"
    assert TriggerSource.objects.get(key="shop").rejected_count == 1
    assert Event.objects.count() == 1


def test_events_go_to_visible_api_sources_only(bob: Any, admin: APIClient, tickets: Module) -> None:
    from .conftest import grant

    admin.post("/api/v1/sources/", {"key": "tix", "name": "Tickets in", "module": "tickets"}, format="json")
    sender = client_of(grant(bob, "add_event"))
    for key in ("tix", "module:tickets", "nothing"):
        answer = sender.post("/api/v1/events/", {"source": key, "data": {}}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-source")
    assert not Event.objects.exists()


def test_policies_are_revised(admin: APIClient, owner: APIClient, tickets: Module) -> None:
    rule = {"field": "amount", "op": "gt", "value": "200"}
    made = admin.post(
        "/api/v1/policies/",
        {"key": "large", "name": "Large", "module": "tickets", "rule": rule},
        format="json",
    )
    assert (made.status_code, made.json()["revision"]["number"]) == (201, 1)
    better = {"field": "amount", "op": "gt", "value": "300"}
    unseen = admin.post("/api/v1/policies/large/revisions/", {"rule": better}, format="json")
    assert (unseen.status_code, unseen.json()["code"]) == (409, "impact-not-seen")
    seen = admin.post("/api/v1/policies/large/impact/", {"rule": better}, format="json").json()["seen"]
    sent = {"rule": better, "seen": seen}
    assert admin.post("/api/v1/policies/large/revisions/", sent, format="json").json()["number"] == 2
    assert admin.get("/api/v1/policies/large/").json()["revision"]["rule"] == better
    assert [row["number"] for row in admin.get("/api/v1/policies/large/revisions/").json()["results"]] == [
        2,
        1,
    ]
    assert owner.get("/api/v1/policies/large/").status_code == 404
    bad = admin.post(
        "/api/v1/policies/large/revisions/",
        {"rule": {"all": [{"field": "amount", "op": "regex"}]}},
        format="json",
    )
    assert (bad.status_code, bad.json()["problems"][0]["path"]) == (422, "rule.all[0].op")


def test_notifications_are_read_by_their_receiver_only(
    owner: APIClient, outsider: APIClient, alice: Any
) -> None:
    from django.utils import timezone

    from automations.models import Notification

    row = Notification.objects.create(user=alice, key="1:a", title="Look", created_at=timezone.now())
    assert owner.get("/api/v1/me/").json()["unread_notifications"] == 1
    assert outsider.post(f"/api/v1/notifications/{row.pk}/read/").status_code == 404
    first = owner.post(f"/api/v1/notifications/{row.pk}/read/").json()["read_at"]
    assert owner.post(f"/api/v1/notifications/{row.pk}/read/").json()["read_at"] == first
    assert owner.get("/api/v1/notifications/?unread=true").json()["results"] == []


def test_the_catalogue_names_every_kind_operator_and_filter(owner: APIClient) -> None:
    from automations.actions import ACTIONS
    from automations.engine.operators import OPERATORS
    from automations.triggers import TRIGGERS

    offered = owner.get("/api/v1/catalog/").json()
    assert {kind["type"] for kind in offered["actions"]} == {f"action.{key}" for key in ACTIONS}
    assert {kind["type"] for kind in offered["triggers"]} == {f"trigger.{key}" for key in TRIGGERS}
    assert {entry["key"] for entry in offered["operators"]} == set(OPERATORS)
    assert all(
        kind["config_schema"]["type"] == "object" for kind in offered["actions"] + offered["conditions"]
    )


@pytest.mark.parametrize(
    ("contract", "path"),
    [
        ({"$ref": "#"}, "contract.$ref"),
        ({"$ref": "http://169.254.169.254/"}, "contract.$ref"),
        ({"properties": {"a": {"items": {"$dynamicRef": "#x"}}}}, "contract.properties.a.items.$dynamicRef"),
        ({"anyOf": [{"patternProperties": {"(a+)+$": {}}}]}, "contract.anyOf[0].patternProperties"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "contract.properties.a.pattern"),
        ({"type": "objekt"}, "contract.type"),
    ],
)
def test_a_contract_that_could_lead_astray_is_refused(
    admin: APIClient, contract: dict[str, Any], path: str
) -> None:
    answer = admin.post(
        "/api/v1/sources/", {"key": "shop", "name": "Shop", "contract": contract}, format="json"
    )
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == path


def test_a_backtracking_pattern_in_a_contract_costs_nothing(admin: APIClient) -> None:
    contract = {"properties": {"pattern": {"pattern": "^(a+)+$"}}}
    admin.post("/api/v1/sources/", {"key": "shop", "name": "Shop", "contract": contract}, format="json")
    started = time.perf_counter()
    body = {"source": "shop", "data": {"pattern": "a" * 5_000 + "b"}}
    assert admin.post("/api/v1/events/", body, format="json").status_code == 422
    assert time.perf_counter() - started < 1


def test_a_value_that_the_host_column_refuses_is_a_problem(admin: APIClient) -> None:
    values = {"customer": "Ada", "amount": "123456789012345.5"}
    answer = admin.post("/api/v1/modules/orders/records/", {"key": "O-1", "values": values}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["problems"][0]["path"].endswith("amount")


def test_what_the_form_asks_for_is_needed(owner: APIClient, workflow: Workflow) -> None:
    form = {
        "type": "object",
        "properties": {"count": {"type": "integer", "minimum": 1}},
        "required": ["count"],
    }
    nodes = [
        {"id": "t1", "type": "trigger.manual", "config": {"form": {**form, "additionalProperties": False}}},
        {"id": "a1", "type": "action.set_variable", "config": {"values": {"seen": "yes"}}},
    ]
    document = {"schema": 1, "nodes": nodes, "edges": [{"from": "t1", "to": "a1"}]}
    assert save_draft(owner, workflow, document).status_code == 200
    assert publish(owner, workflow).status_code == 201
    address = f"/api/v1/workflows/{workflow.pk}/run/"
    for given, path in (
        ({}, "input.count"),
        ({"count": 0}, "input.count"),
        ({"count": 1, "x": 2}, "input.x"),
    ):
        answer = owner.post(address, {"input": given}, format="json")
        assert (answer.status_code, answer.json()["problems"][0]["path"]) == (422, path)
    assert Event.objects.filter(type="manual").count() == 0
    assert owner.post(address, {"input": {"count": 1}}, format="json").status_code == 202


def test_a_workflow_about_records_is_started_on_one(
    owner: APIClient, workflow: Workflow, make_ticket: Any
) -> None:
    nodes = [
        {"id": "t1", "type": "trigger.manual", "config": {"module": "tickets"}},
        {"id": "a1", "type": "action.comment", "config": {"text": "Hello"}},
    ]
    save_draft(owner, workflow, {"schema": 1, "nodes": nodes, "edges": [{"from": "t1", "to": "a1"}]})
    assert publish(owner, workflow).status_code == 201
    address = f"/api/v1/workflows/{workflow.pk}/run/"
    answer = owner.post(address, {}, format="json")
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (422, "record")
    assert owner.post(address, {"record": make_ticket("T-1")}, format="json").status_code == 202
