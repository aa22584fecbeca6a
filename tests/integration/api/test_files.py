"""Workflows as files, as sentences, and compared, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Module, Workflow

from .conftest import DOCUMENT, client_of, grant, publish, save_draft

pytestmark = pytest.mark.django_db


def url(workflow: Workflow, rest: str) -> str:
    return f"/api/v1/workflows/{workflow.pk}/{rest}"


@pytest.fixture
def drawn(owner: APIClient, workflow: Workflow) -> Workflow:
    assert save_draft(owner, workflow).status_code == 200
    return workflow


def test_a_workflow_goes_out_and_comes_in_with_the_same_digest(owner: APIClient, drawn: Workflow) -> None:
    answer = owner.get(url(drawn, "export/"))
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    text = answer.content.decode()
    copy = text.replace("key: route-tickets", "key: the-copy")
    made = owner.post("/api/v1/workflows/import/", {"file": copy}, format="json")
    assert made.status_code == 201, made.content
    assert made.json() | {"id": 0} == {
        "id": 0,
        "key": "the-copy",
        "revision": 1,
        "created": True,
        "same": True,
    }
    again = owner.get(f"/api/v1/workflows/{made.json()['id']}/export/").content.decode()
    assert again == copy


def test_a_key_that_is_taken_is_a_conflict_and_into_it_goes_by_its_own_address(
    owner: APIClient, drawn: Workflow
) -> None:
    text = owner.get(url(drawn, "export/")).content.decode()
    assert owner.post("/api/v1/workflows/import/", {"file": text}, format="json").status_code == 409
    changed = text.replace("name: Route tickets", "name: Route them")
    answer = owner.post(url(drawn, "import/"), {"file": changed}, format="json")
    assert answer.status_code == 200
    assert answer.json()["created"] is False
    assert owner.get(url(drawn, "")).json()["name"] == "Route them"


def test_a_file_names_no_module_that_the_actor_cant_see(charlie: Any, tickets: Module) -> None:
    client = client_of(grant(charlie, "add_workflow"))
    text = "automations: 1\nkey: k\nname: K\nmodule: tickets\nnodes: []\n"
    answer = client.post("/api/v1/workflows/import/", {"file": text}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-module")
    assert not Workflow.objects.filter(key="k").exists()


def test_a_file_that_is_none_is_refused_with_every_problem(owner: APIClient) -> None:
    answer = owner.post("/api/v1/workflows/import/", {"file": "automations: 2\nowner: me\n"}, format="json")
    assert answer.status_code == 422
    assert {problem["path"] for problem in answer.json()["problems"]} == {
        "owner",
        "automations",
        "key",
        "name",
        "nodes",
    }


def test_versions_are_compared_by_their_steps(owner: APIClient, drawn: Workflow) -> None:
    assert publish(owner, drawn).status_code == 201
    changed = {**DOCUMENT, "nodes": [*DOCUMENT["nodes"]]}
    changed["nodes"][0] = {**changed["nodes"][0], "title": "Made"}
    assert save_draft(owner, drawn, changed).status_code == 200
    found = owner.get(url(drawn, "versions/1/diff/?with=draft")).json()
    assert [(change["node"], change["kind"]) for change in found["nodes"]] == [("t1", "renamed")]
    assert found["same"] is False
    assert owner.get(url(drawn, "versions/1/diff/?with=1")).json()["same"] is True
    assert owner.get(url(drawn, "versions/1/diff/?with=9")).status_code == 404
    assert owner.get(url(drawn, "versions/1/diff/")).status_code == 400


def test_a_draft_reads_as_sentences(owner: APIClient, drawn: Workflow) -> None:
    answer = owner.get(url(drawn, "describe/")).json()
    assert len(answer["sentences"]) == 3
    assert answer["sentences"][1] == ("“c1”: true if amount is more than 100. If true, go on with “a1”.")
