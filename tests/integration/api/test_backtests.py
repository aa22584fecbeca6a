"""Backtests in the API: asked for once, followed, cancelled; their details are for those who may see payloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations.models import AuditEntry, Backtest, Module, Workflow
from automations.services.modules import create_module
from automations.testing import run_everything

from .conftest import DOCUMENT, publish, save_draft

pytestmark = pytest.mark.django_db

Make = Callable[..., str]
CHANGED = {
    **DOCUMENT,
    "nodes": [
        DOCUMENT["nodes"][0],
        {**DOCUMENT["nodes"][1], "config": {"rule": {"field": "amount", "op": "gt", "value": "70"}}},
        DOCUMENT["nodes"][2],
    ],
}


def address(workflow: Workflow, rest: str = "") -> str:
    return f"/api/v1/workflows/{workflow.pk}/backtests/{rest}"


@pytest.fixture
def live(owner: APIClient, workflow: Workflow, make_ticket: Make) -> Workflow:
    """Version 1 closes tickets over 100; the draft those over 70. There were tickets of 50, 80 and 120."""
    save_draft(owner, workflow)
    publish(owner, workflow)
    for number, amount in enumerate(("50", "80", "120")):
        make_ticket(f"T-{number}", amount=amount)
    run_everything()
    save_draft(owner, workflow, CHANGED)
    return workflow


def start(client: APIClient, workflow: Workflow, key: str = "", **body: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return client.post(address(workflow), body, format="json", headers=headers)


def test_backtest_is_queued_done_by_a_worker_and_read_page_by_page(owner: APIClient, live: Workflow) -> None:
    answer = start(owner, live, days=7)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["status"], made["version"], made["against"]) == ("queued", None, 1)
    assert AuditEntry.objects.filter(action="workflow.backtest_started").count() == 1
    run_everything()
    done = owner.get(address(live, f"{made['id']}/")).json()
    assert done["status"] == "succeeded"
    assert done["counts"] == {
        "same": 2,
        "newly_selected": 1,
        "no_longer_selected": 0,
        "other_effect": 0,
        "other_branch": 0,
    }
    assert (done["looked_at"], done["read"], done["to_read"], done["runs_in_flight"]) == (3, 3, 3, 0)
    found = owner.get(address(live, f"{made['id']}/differences/?kind=newly_selected")).json()["results"]
    assert [row["record"] for row in found] == ["T-1"]
    assert found[0]["after"]["runs"][0]["actions"][0]["changes"][0]["after"] == "closed"
    assert owner.get(f"/api/v1/events/{found[0]['event']}/").status_code == 200
    assert owner.get(address(live, f"{made['id']}/differences/?kind=other_effect")).json()["results"] == []
    assert owner.get(address(live, f"{made['id']}/differences/?kind=same")).status_code == 400
    assert [row["id"] for row in owner.get(address(live)).json()["results"]] == [made["id"]]


def test_one_key_asks_once(owner: APIClient, live: Workflow) -> None:
    first, again = start(owner, live, "impact-1"), start(owner, live, "impact-1")
    assert first.json()["id"] == again.json()["id"]
    assert Backtest.objects.count() == 1


def test_details_are_for_those_who_may_see_payloads(owner: APIClient, live: Workflow, alice: Any) -> None:
    made = start(owner, live).json()
    run_everything()
    remove_perm("automations.view_payloads_workflow", alice, live)
    row = owner.get(address(live, f"{made['id']}/differences/")).json()["results"][0]
    assert (row["before"], row["after"]) == (None, None)
    assert row["kind"] == "newly_selected"


def test_cancelled_one_says_so_and_cannot_be_cancelled_again(owner: APIClient, live: Workflow) -> None:
    made = start(owner, live).json()
    cancel = address(live, f"{made['id']}/cancel/")
    assert owner.post(cancel, {"reason": "Wrong range"}, format="json").json()["status"] == "cancelled"
    again = owner.post(cancel, {}, format="json")
    assert again.status_code == 409
    assert again.json()["code"] == "already-ended"


def test_what_the_draft_names_must_be_in_sight(
    owner: APIClient, live: Workflow, root: Any, alice: Any
) -> None:
    create_module(key="secrets", name="Secrets", fields=[{"key": "x", "type": "text"}], actor=root)
    hidden = {
        "schema": 1,
        "nodes": [
            {"id": "t1", "type": "trigger.record", "config": {"module": "secrets", "on": ["created"]}},
            {"id": "a1", "type": "action.comment", "config": {"text": "x"}},
        ],
        "edges": [{"from": "t1", "to": "a1"}],
    }
    save_draft(owner, live, hidden)
    refused = start(owner, live)
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["code"] == "unknown-module"
    assign_perm("automations.view_module", alice, Module.objects.get(key="secrets"))
    assert start(owner, live).status_code == 201


def follow(client: APIClient, workflow: Workflow, **body: Any) -> Any:
    return client.post(f"/api/v1/workflows/{workflow.pk}/shadows/", body, format="json")


def test_shadow_is_started_follows_what_comes_and_is_stopped(
    owner: APIClient, live: Workflow, make_ticket: Make
) -> None:
    answer = follow(owner, live, days=7)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["shadow"], made["version"], made["against"], made["agreement"]) == (True, None, 1, None)
    make_ticket("N-1", amount="80")
    make_ticket("N-2", amount="50")
    run_everything()
    seen = owner.get(address(live, f"{made['id']}/")).json()
    assert (seen["status"], seen["ended_why"]) == ("running", "")
    assert (seen["looked_at"], seen["counts"]["newly_selected"], seen["agreement"]) == (2, 1, 50.0)
    assert seen["judged_until"] > made["since"]
    found = owner.get(address(live, f"{made['id']}/differences/")).json()["results"]
    assert [row["record"] for row in found] == ["N-1"]
    assert owner.get(address(live)).json()["results"] == []  # it is no backtest
    listed = owner.get(f"/api/v1/workflows/{live.pk}/shadows/").json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    again = follow(owner, live)
    assert (again.status_code, again.json()["code"]) == (409, "shadow-exists")
    stop = address(live, f"{made['id']}/stop/")
    stopped = owner.post(stop, {"reason": "Seen enough"}, format="json")
    assert (stopped.status_code, stopped.json()["ended_why"]) == (200, "alice stopped it.")
    run_everything()
    assert owner.get(address(live, f"{made['id']}/")).json()["status"] == "succeeded"
    assert owner.post(stop, {}, format="json").json()["code"] == "already-ended"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"version": "newest"}, 400, "invalid"),
        ({"version": 9}, 404, "not-found"),
        ({"version": 1}, 409, "already-live"),
        ({"days": 0}, 400, "min-value"),
        ({"days": 91}, 400, "max-value"),
        ({"against": 1}, 400, "unknown-field"),
    ],
)
def test_what_can_not_be_a_shadow_is_refused_with_a_problem(
    owner: APIClient, live: Workflow, body: dict[str, Any], status: int, code: str
) -> None:
    answer = follow(owner, live, **body)
    assert answer.status_code == status, answer.content
    content = answer.json()
    assert code in (content["code"], *(problem["code"] for problem in content["problems"]))
    assert not Backtest.objects.exists()


def test_shadow_is_evidence_at_the_gate_for_the_digest_that_it_followed(
    owner: APIClient, live: Workflow, make_ticket: Make
) -> None:
    made = follow(owner, live).json()
    make_ticket("N-1", amount="80")
    make_ticket("N-2", amount="50")
    run_everything()

    def simulated() -> dict[str, Any]:
        lines = owner.get(f"/api/v1/workflows/{live.pk}/gate/").json()["lines"]
        return next(line for line in lines if line["key"] == "simulated")

    assert "shadow" not in simulated()["sentence"]  # the live version is not what was followed
    publish(owner, live)
    run_everything()
    line = simulated()
    assert line["state"] == "met"
    assert "As a shadow beside version 1 (since " in line["sentence"]
    assert "it agreed on 1 of 2 live events (50.0 %): 1 newly selected" in line["sentence"]
    assert {"text": "Shadow", "to": f"workflows/{live.pk}/backtests/?backtest={made['id']}"} in line[
        "evidence"
    ]
    save_draft(owner, live)
    publish(owner, live)
    assert "shadow" not in simulated()["sentence"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"version": "newest"}, 400, "invalid"),
        ({"version": 9}, 404, "not-found"),
        ({"against": 9}, 404, "not-found"),
        ({"days": 0}, 400, "min-value"),
        ({"days": 2, "since": "2026-01-01T00:00:00Z"}, 422, "unclear-range"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 422, "empty-range"),
        ({"day": 2}, 400, "unknown-field"),
    ],
)
def test_wrong_requests_are_refused_with_a_problem(
    owner: APIClient, live: Workflow, body: dict[str, Any], status: int, code: str
) -> None:
    answer = start(owner, live, **body)
    assert answer.status_code == status, answer.content
    content = answer.json()
    assert code in (content["code"], *(problem["code"] for problem in content["problems"]))
    assert not Backtest.objects.exists()
