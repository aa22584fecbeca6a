from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Module, Workflow

from .conftest import DOCUMENT, prove, publish, save_draft

pytestmark = pytest.mark.django_db


def test_a_workflow_is_made_drawn_tested_published_and_rolled_back(
    owner: APIClient, alice: Any, make_ticket: Any
) -> None:
    make_ticket("T-1", amount="250")
    make_ticket("T-2", amount="50")
    made = owner.post("/api/v1/workflows/", {"name": "Route tickets", "module": "tickets"}, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["key"] == "route-tickets"
    assert "publish" in made.json()["rights"]
    address = f"/api/v1/workflows/{made.json()['id']}/"

    saved = owner.put(f"{address}graph/", {**DOCUMENT, "revision": 0}, format="json")
    assert saved.status_code == 200, saved.content
    assert saved.json()["revision"] == 1
    assert owner.get(f"{address}graph/").json() == saved.json()
    assert owner.post(f"{address}validate/").json()["valid"] is True

    tested = owner.post(f"{address}run-test/", {"records": "live"}, format="json")
    assert tested.status_code == 200, tested.content
    assert tested.json()["candidates"]["total"] == 2
    assert {item["record"]: item["branch"] for item in tested.json()["candidates"]["items"]} == {
        "T-1": "true",
        "T-2": "false",
    }

    prove(Workflow.objects.get(pk=made.json()["id"]), alice)
    assert owner.post(f"{address}publish/", {"note": "first"}, format="json").json()["number"] == 1
    closed = owner.post(f"{address}promote/", {}, format="json")
    assert (closed.status_code, closed.json()["code"]) == (409, "gate-closed")
    assert [problem["code"] for problem in closed.json()["problems"]] == ["rollback"]
    assert owner.post(f"{address}first-release/", {}, format="json").json()["green"] is True
    promoted = owner.post(f"{address}promote/", {}, format="json")
    assert promoted.status_code == 200, promoted.content
    assert promoted.json()["mode"] == "execute"
    changed = {
        **DOCUMENT,
        "nodes": [*DOCUMENT["nodes"][:2], {**DOCUMENT["nodes"][2], "title": "Close"}],
        "revision": 1,
    }
    assert owner.put(f"{address}graph/", changed, format="json").status_code == 200
    assert owner.post(f"{address}publish/", {"mode": "execute"}, format="json").json()["number"] == 2
    for unexplained in ({"version": 1}, {"version": 1, "reason": " "}):
        assert owner.post(f"{address}rollback/", unexplained, format="json").status_code == 400
    back = owner.post(f"{address}rollback/", {"version": 1, "reason": "wrong"}, format="json")
    assert back.json()["active_version"] == 1
    assert [row["number"] for row in owner.get(f"{address}versions/").json()["results"]] == [2, 1]
    assert owner.get(f"{address}versions/1/").json()["document"]["nodes"][0]["id"] == "t1"
    assert owner.post(f"{address}demote/", {}, format="json").json()["mode"] == "simulate"


def test_a_draft_saved_from_an_old_revision_is_a_conflict(owner: APIClient, workflow: Workflow) -> None:
    assert save_draft(owner, workflow).status_code == 200
    stale = {**DOCUMENT, "nodes": DOCUMENT["nodes"][:1], "edges": [], "revision": 0}
    late = owner.put(f"/api/v1/workflows/{workflow.pk}/graph/", stale, format="json")
    assert late.status_code == 409
    assert late["Content-Type"] == "application/problem+json"
    assert late.json()["code"] == "draft-changed"


@pytest.mark.parametrize("revision", [None, True, "1", -1, 1.5, 10**30])
def test_a_draft_needs_a_revision(owner: APIClient, workflow: Workflow, revision: Any) -> None:
    answer = owner.put(
        f"/api/v1/workflows/{workflow.pk}/graph/", {**DOCUMENT, "revision": revision}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "revision"


def test_a_broken_document_is_refused_with_every_place(owner: APIClient, workflow: Workflow) -> None:
    broken = {
        "revision": 0,
        "nodes": [{"id": "a", "type": "trigger.manual"}, {"id": "a", "type": "action.stop"}],
        "edges": [{"from": "a", "to": "nowhere"}],
    }
    answer = owner.put(f"/api/v1/workflows/{workflow.pk}/graph/", broken, format="json")
    assert answer.status_code == 422
    assert {(entry["code"], entry["path"]) for entry in answer.json()["problems"]} == {
        ("duplicate-node-id", "nodes[1].id"),
        ("edge-to-missing-node", "edges[0].to"),
    }


def test_an_invalid_draft_can_be_saved_but_neither_tested_nor_published(
    owner: APIClient, workflow: Workflow
) -> None:
    rule = {"field": "amont", "op": "gt", "value": "1"}
    nodes = [DOCUMENT["nodes"][0], {"id": "c1", "type": "condition.if", "config": {"rule": rule}}]
    document = {"nodes": nodes, "edges": [{"from": "t1", "to": "c1"}]}
    assert save_draft(owner, workflow, document).status_code == 200
    validated = owner.post(f"/api/v1/workflows/{workflow.pk}/validate/").json()
    assert validated["valid"] is False
    tested = owner.post(f"/api/v1/workflows/{workflow.pk}/run-test/", {"records": "live"}, format="json")
    assert tested.status_code == publish(owner, workflow).status_code == 422
    assert tested.json()["problems"][0]["path"] == "nodes[1].config.rule.field"
    assert tested.json()["problems"][0]["node"] == "c1"


def test_testing_and_publishing_need_sight_of_the_module(
    owner: APIClient, workflow: Workflow, root: Any
) -> None:
    """A workflow is no way round the rights: hidden and missing modules answer alike."""
    from automations.services.modules import create_module

    create_module(key="salaries", name="Salaries", fields=[{"key": "pay", "type": "money"}], actor=root)
    answers = []
    for key in ("salaries", "nothing"):
        nodes = [{"id": "t1", "type": "trigger.record", "config": {"module": key, "on": ["created"]}}]
        assert save_draft(owner, workflow, {"nodes": nodes, "edges": []}).status_code == 200
        tested = owner.post(f"/api/v1/workflows/{workflow.pk}/run-test/", {"records": "live"}, format="json")
        assert tested.status_code == publish(owner, workflow).status_code == 422
        validated = owner.post(f"/api/v1/workflows/{workflow.pk}/validate/").json()
        assert validated["problems"] == tested.json()["problems"]
        answers.append(
            [{**entry, "message": entry["message"].replace(key, "?")} for entry in validated["problems"]]
        )
    assert answers[0] == answers[1]
    assert answers[0][0]["code"] == "unknown-module"


def test_what_the_actor_can_not_see_is_told_beside_the_other_problems_and_never_suggested(
    owner: APIClient, workflow: Workflow, root: Any
) -> None:
    from automations.services.modules import create_module

    create_module(key="salaries", name="Salaries", fields=[{"key": "pay", "type": "money"}], actor=root)
    told = []
    for key in ("salaries", "salariez", "tikets"):
        nodes = [
            {"id": "t1", "type": "trigger.record", "config": {"module": key, "on": ["created"]}},
            {"id": "x1", "type": "action.nothing", "config": {}},
        ]
        saved = save_draft(owner, workflow, {"nodes": nodes, "edges": [{"from": "t1", "to": "x1"}]})
        assert saved.status_code == 200
        problems = owner.post(f"/api/v1/workflows/{workflow.pk}/validate/").json()["problems"]
        told.append({problem["code"]: problem["hint"] for problem in problems})
    assert set(told[0]) == {"unknown-module", "unknown-node-type"}
    assert told[0] == told[1]
    assert "salaries" not in told[1]["unknown-module"]
    assert told[2]["unknown-module"] == "Did you mean “tickets”?"


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "key",
        "may_change",
        "mode_policies",
        "mode",
        "active_version",
        "draft_revision",
        "paused_at",
        "archived_at",
        "created_at",
    ],
)
def test_read_only_fields_are_refused_and_stay(owner: APIClient, workflow: Workflow, name: str) -> None:
    before = Workflow.objects.values().get(pk=workflow.pk)
    answer = owner.patch(f"/api/v1/workflows/{workflow.pk}/", {name: "1", "team": "x"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["code"] == "read-only-field"
    assert answer.json()["problems"][0]["path"] == name
    assert Workflow.objects.values().get(pk=workflow.pk) == before


def test_an_unknown_field_is_named_with_the_one_that_was_meant(owner: APIClient) -> None:
    answer = owner.post("/api/v1/workflows/", {"nane": "Route", "limits": {}}, format="json")
    problems = {entry["path"]: entry for entry in answer.json()["problems"]}
    assert answer.status_code == 400
    assert problems["name"]["code"] == "required"
    assert problems["nane"]["code"] == problems["limits"]["code"] == "unknown-field"
    assert "“name”" in problems["nane"]["message"]


def test_pause_and_resume(owner: APIClient, workflow: Workflow) -> None:
    address = f"/api/v1/workflows/{workflow.pk}"
    assert (
        owner.post(f"{address}/pause/", {"reason": "mail is down"}, format="json").json()["pause_reason"]
        == "mail is down"
    )
    again = owner.post(f"{address}/pause/", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already-paused")
    assert owner.post(f"{address}/resume/").json()["paused_at"] is None


def test_archived_workflows_leave_the_list(owner: APIClient, workflow: Workflow) -> None:
    assert owner.delete(f"/api/v1/workflows/{workflow.pk}/").status_code == 204
    assert owner.get("/api/v1/workflows/").json()["results"] == []
    assert len(owner.get("/api/v1/workflows/?archived=true").json()["results"]) == 1


def test_an_archived_workflow_is_taken_back(
    owner: APIClient, operator: APIClient, workflow: Workflow
) -> None:
    address = f"/api/v1/workflows/{workflow.pk}"
    again = owner.post(f"{address}/restore/", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not-archived")
    owner.delete(f"{address}/")
    assert operator.post(f"{address}/restore/", {}, format="json").status_code == 403
    back = owner.post(f"{address}/restore/", {"reason": "Needed again"}, format="json").json()
    assert (back["archived_at"], back["mode"]) == (None, "simulate")
    assert back["pause_reason"] == "Taken back from the archive."
    assert [row["id"] for row in owner.get("/api/v1/workflows/").json()["results"]] == [workflow.pk]


def test_an_outsider_meets_404_and_an_operator_403(
    operator: APIClient, outsider: APIClient, workflow: Workflow
) -> None:
    address = f"/api/v1/workflows/{workflow.pk}"
    for route in ("graph/", "versions/", "versions/1/", ""):
        assert outsider.get(f"{address}/{route}").status_code == 404
    for route in ("publish/", "promote/", "rollback/", "run/", "run-test/", "pause/", "resume/", "validate/"):
        assert outsider.post(f"{address}/{route}", {}, format="json").status_code == 404
    assert outsider.put(f"{address}/graph/", {**DOCUMENT, "revision": 0}, format="json").status_code == 404
    assert outsider.patch(f"{address}/", {"name": "mine"}, format="json").status_code == 404
    assert outsider.get("/api/v1/workflows/").json()["results"] == []
    assert operator.get(f"{address}/").status_code == 200
    refused = operator.put(f"{address}/graph/", {**DOCUMENT, "revision": 0}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert Workflow.objects.get(pk=workflow.pk).draft_revision == 0


def test_publishing_in_execute_needs_the_right_to_promote(
    owner: APIClient, workflow: Workflow, bob: Any, tickets: Module
) -> None:
    from guardian.shortcuts import assign_perm

    from .conftest import client_of

    save_draft(owner, workflow)
    for right in ("view", "publish"):
        assign_perm(f"automations.{right}_workflow", bob, workflow)
    assign_perm("automations.use_module", bob, tickets)
    assert publish(client_of(bob), workflow, mode="execute").status_code == 403
    assert publish(client_of(bob), workflow, mode="simulate").status_code == 201


def test_a_foreign_module_in_a_body_is_not_found(alice: Any, tickets: Module) -> None:
    from .conftest import client_of, grant

    answer = client_of(grant(alice, "add_workflow")).post(
        "/api/v1/workflows/", {"name": "Spy", "module": "tickets"}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-module")
    assert not Workflow.objects.exists()


def test_those_who_build_see_who_there_is(owner: APIClient, outsider: APIClient, alice: Any) -> None:
    answer = owner.get("/api/v1/people/?search=ali")
    assert answer.json()["people"] == [{"username": "alice", "name": "alice"}]
    assert outsider.get("/api/v1/people/").status_code == 403
