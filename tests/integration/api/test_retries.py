"""Retrying over the API: told before, done once, refused in words, and shown on both runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations.models import AuditEntry, LogEntry, Module, RecordComment, Run, Step, Workflow
from automations.runtime.drain import drain
from automations.testing import let_act

from .conftest import client_of, publish, save_draft

pytestmark = pytest.mark.django_db


def document(amount: str = "{{ record.subject }}") -> dict[str, Any]:
    """Ticket created → comment → an amount, which a subject is not."""
    nodes = [
        {"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["created"]}},
        {"id": "a1", "type": "action.comment", "title": "Say so", "config": {"text": "Seen."}},
        {
            "id": "a2",
            "type": "action.update_fields",
            "title": "Set it",
            "config": {"values": {"amount": amount}},
        },
    ]
    return {"schema": 1, "nodes": nodes, "edges": [{"from": "t1", "to": "a1"}, {"from": "a1", "to": "a2"}]}


def release(client: APIClient, workflow: Workflow) -> None:
    """Publish the draft and let it act."""
    assert publish(client, workflow).status_code == 201
    let_act(workflow, workflow.owner)


@pytest.fixture
def failed(owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]) -> Run:
    save_draft(owner, workflow, document())
    release(owner, workflow)
    make_ticket("T-1")
    drain()
    run = Run.objects.get()
    assert run.status == "failed", list(LogEntry.objects.values_list("message"))
    return run


def retry(client: APIClient, run: Run, key: str | None = None, **body: Any) -> Any:
    headers: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(f"/api/v1/runs/{run.pk}/retry/", body, format="json", **headers)


def test_every_way_is_told_before_it_is_gone(owner: APIClient, failed: Run, workflow: Workflow) -> None:
    save_draft(owner, workflow, document("7.50"))
    release(owner, workflow)
    told = owner.get(f"/api/v1/runs/{failed.pk}/retry/").json()["choices"]
    assert [(one["version"], one["number"], one["start"]) for one in told] == [
        ("run", 1, "failed_step"),
        ("run", 1, "start"),
        ("active", 2, "failed_step"),
        ("active", 2, "start"),
    ]
    assert (told[0]["kept"], told[0]["again"], told[0]["refusal"]) == (["t1", "a1"], ["a2"], None)
    assert told[0]["sentence"] == (
        "“t1” and “Say so” are not repeated. “Set it” keeps its key, so it can’t be done twice."
    )
    assert Run.objects.count() == 1


def test_a_retry_is_made_and_both_runs_name_each_other(
    owner: APIClient, failed: Run, workflow: Workflow
) -> None:
    save_draft(owner, workflow, document("7.50"))
    release(owner, workflow)
    made = retry(owner, failed, version="active", reason="Version 2 knows where to")
    assert made.status_code == 201, made.content
    new = made.json()
    assert (new["status"], new["version"], new["retry_of"], new["retried_as"]) == (
        "queued",
        2,
        failed.pk,
        None,
    )
    assert owner.get(f"/api/v1/runs/{failed.pk}/").json()["retried_as"] == new["id"]
    drain()
    listed = owner.get("/api/v1/runs/").json()["results"]
    assert [(one["id"], one["status"], one["retried_as"]) for one in listed] == [
        (new["id"], "succeeded", None),
        (failed.pk, "failed", new["id"]),
    ]
    steps = owner.get(f"/api/v1/runs/{new['id']}/steps/").json()["results"]
    assert [(step["node"], step["status"], step["kept_from"]) for step in steps] == [
        ("t1", "succeeded", failed.pk),
        ("a1", "succeeded", failed.pk),
        ("a2", "succeeded", None),
    ]
    assert RecordComment.objects.count() == 1
    assert AuditEntry.objects.get(action="run.retried").reason == "Version 2 knows where to"


def test_a_repeated_request_is_answered_the_same(owner: APIClient, failed: Run) -> None:
    first, second = (retry(owner, failed, key="k1", start="start") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Run.objects.count() == 2
    another = retry(owner, failed, key="k2")
    assert (another.status_code, another.json()["code"]) == (409, "already-retried")
    assert another.json()["run"] == first.json()["id"]


def test_a_refusal_is_a_problem_with_its_sentence(owner: APIClient, failed: Run) -> None:
    owner.post(f"/api/v1/workflows/{failed.workflow_id}/pause/", {"reason": "x"}, format="json")
    answer = retry(owner, failed)
    assert (answer.status_code, answer.json()["code"]) == (409, "paused")
    told = owner.get(f"/api/v1/runs/{failed.pk}/retry/").json()["choices"][0]
    assert told["refusal"] == {"code": "paused", "detail": answer.json()["detail"]}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"start": "middle"}, "start"),
        ({"version": 7}, "version"),
        ({"reason": "x" * 301}, "reason"),
        ({"input": "text"}, "input"),
        ({"input": []}, "input"),
    ],
)
def test_what_is_not_known_is_refused(owner: APIClient, failed: Run, body: Any, path: str) -> None:
    answer = retry(owner, failed, **body)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == path
    assert Run.objects.count() == 1


def test_who_may_run_but_not_retry_gets_no_preview_and_no_retry(
    operator: APIClient, failed: Run, workflow: Workflow
) -> None:
    from django.contrib.auth.models import Group

    assert operator.get(f"/api/v1/runs/{failed.pk}/retry/").status_code == 200
    remove_perm("automations.retry_workflow", Group.objects.get(name="Operator"), workflow)
    assert operator.get(f"/api/v1/runs/{failed.pk}/retry/").status_code == 403
    assert retry(operator, failed).status_code == 403
    assert Run.objects.count() == 1


def test_a_retry_is_no_way_to_a_module_that_one_cannot_see(
    bob: Any, failed: Run, workflow: Workflow, tickets: Module
) -> None:
    for right in ("view", "retry"):
        assign_perm(f"automations.{right}_workflow", bob, workflow)
    assert retry(client_of(bob), failed).status_code == 422
    told = client_of(bob).get(f"/api/v1/runs/{failed.pk}/retry/").json()["choices"]
    assert {choice["refusal"]["code"] for choice in told} == {"not-seen"}
    assert told[0]["refusal"]["detail"].startswith("You don't see everything that version 1 uses. ")
    assign_perm("automations.view_module", bob, tickets)
    assert retry(client_of(bob), failed).status_code == 201


def test_a_preview_costs_the_same_however_many_steps_there_are(owner: APIClient, failed: Run) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(f"/api/v1/runs/{failed.pk}/retry/").status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(20):
        Step.objects.create(
            run=failed, node=f"n{number}", position=number, kind="action.comment", status="succeeded"
        )
    assert cost() == few
    assert few <= 24
