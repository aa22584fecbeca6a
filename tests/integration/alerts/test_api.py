"""Alerts over the API: rules made and changed by those who may, alerts seen, noted and set aside, breakers tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import Alert, AlertRule, Run, Workflow

pytestmark = pytest.mark.django_db

RULE = {
    "kind": "failures",
    "name": "Two in a row",
    "raise_at": 2,
    "clear_at": 0,
    "window_seconds": 900,
    "hold_seconds": 0,
    "least": 1,
    "breaks": True,
    "retry_minutes": None,
    "team": "",
}


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def post(client: APIClient, address: str, body: Any, status: int) -> Any:
    answer = client.post(f"/api/v1/{address}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_rule_is_made_changed_snoozed_and_removed_by_who_may_edit(
    workflow: Workflow, alice: Any, bob: Any, root: Any
) -> None:
    owner = client_of(alice)
    made = post(owner, "alert-rules/", {**RULE, "workflow": workflow.pk, "people": ["alice"]}, 201)
    assert (made["workflow_name"], made["people"], made["may_change"]) == ("watch-tickets", ["alice"], True)
    blind = post(owner, "alert-rules/", {**RULE, "workflow": workflow.pk, "people": ["bob"]}, 422)
    assert blind["problems"][0]["path"] == "people"
    assert post(owner, "alert-rules/", {**RULE, "workflow": None}, 403)["code"] == "forbidden"
    assert post(client_of(bob), "alert-rules/", {**RULE, "workflow": workflow.pk}, 404)
    everything = post(client_of(root), "alert-rules/", {**RULE, "kind": "queue_lag", "breaks": False}, 201)
    assert everything["workflow"] is None
    edited = "/api/v1/workflows/?right=edit"
    offered = [
        (client.get("/api/v1/me/").json()["may"]["watch"], len(client.get(edited).json()["results"]))
        for client in (owner, client_of(bob), client_of(root))
    ]
    assert offered == [(True, 1), (False, 0), (True, 1)]
    address = f"/api/v1/alert-rules/{made['id']}/"
    changed = owner.patch(address, {"raise_at": 5, "people": []}, format="json").json()
    assert (changed["raise_at"], changed["people"]) == (5, [])
    wrong = owner.patch(address, {"clear_at": 5}, format="json")
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "clear_at")
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    snoozed = post(owner, f"alert-rules/{made['id']}/snooze/", {"until": until}, 200)
    assert snoozed["snoozed_until"] is not None
    assert owner.delete(address).status_code == 204
    fallback = AlertRule.objects.get(fallback=True)
    refused = client_of(root).delete(f"/api/v1/alert-rules/{fallback.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "rule-is-needed")


def test_an_alert_is_seen_noted_and_set_aside_and_its_breaker_tried(
    workflow: Workflow,
    ran: Callable[..., Run],
    alerts: Callable[..., list[Alert]],
    alice: Any,
    bob: Any,
    now: datetime,
) -> None:
    owner = client_of(alice)
    post(owner, "alert-rules/", {**RULE, "workflow": workflow.pk}, 201)
    for _ in range(2):
        ran(workflow, "failed")
    (alert,) = alerts()
    (seen,) = owner.get("/api/v1/alerts/?open=true").json()["results"]
    assert (seen["said"], seen["may_handle"]) == ("2 runs failed in 15 minutes", True)
    assert client_of(bob).get("/api/v1/alerts/").json()["results"] == []
    assert owner.get("/api/v1/alerts/?open=false").json()["results"] == []
    noted = post(owner, f"alerts/{alert.pk}/acknowledge/", {"note": "On it"}, 200)
    assert (noted["acknowledged_by"], noted["note"]) == ("alice", "On it")
    assert post(owner, f"alerts/{alert.pk}/acknowledge/", {}, 409)["code"] == "not-open"
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    assert post(owner, f"alerts/{alert.pk}/snooze/", {"until": until}, 200)["snoozed_until"] is not None
    assert post(owner, f"alerts/{alert.pk}/snooze/", {"until": now.isoformat()}, 422)
    told = owner.get(f"/api/v1/workflows/{workflow.pk}/").json()
    assert (told["mode"], told["breaker_open"], told["breaker"]["state"]) == ("simulate", True, "open")
    assert post(owner, f"workflows/{workflow.pk}/breaker/try/", {}, 200)["breaker"]["state"] == "half_open"
    closed = post(owner, f"workflows/{workflow.pk}/breaker/close/", {"reason": "It is mended"}, 200)
    assert (closed["mode"], closed["breaker"], closed["breaker_open"]) == ("execute", None, False)
    again = post(owner, f"workflows/{workflow.pk}/breaker/close/", {"reason": "Again"}, 409)
    assert again["code"] == "breaker-not-open"
