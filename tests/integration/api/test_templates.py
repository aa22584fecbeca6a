"""What a workflow can begin with, and a workflow that begins with a document."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.gallery import TEMPLATES, Template
from automations.models import AuditEntry, Module, Workflow
from automations.services.modules import create_module
from config.demo.seed import TICKET_FIELDS, TRANSITIONS

from .conftest import DOCUMENT, client_of, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def helpdesk(root: Any) -> Module:
    """Tickets as the templates have them, the groups that they name, and somebody who may agree to a refund."""
    approvers, _ = Group.objects.get_or_create(name="Approver")
    get_user_model().objects.create_superuser("sam").groups.add(approvers)
    for name in ("Network", "Hardware", "Support", "Support leads"):
        Group.objects.get_or_create(name=name)
    return create_module(
        key="tickets",
        name="Tickets",
        fields=TICKET_FIELDS,
        title_field="title",
        status_field="status",
        transitions=TRANSITIONS,
        actor=root,
    )


@pytest.fixture
def maker(alice: Any) -> APIClient:
    """Alice, who may make workflows, and see and use every module."""
    return client_of(grant(alice, "add_workflow", "use_module", "view_module"))


def templates(client: APIClient) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in client.get("/api/v1/templates/").json()["results"]}


@pytest.mark.usefixtures("helpdesk")
def test_every_template_is_whole_and_makes_a_workflow_that_is_valid_at_once(maker: APIClient) -> None:
    found = templates(maker)
    assert set(found) == set(TEMPLATES)
    for key, one in found.items():
        assert (one["missing"], one["problems"]) == ([], []), key
        body = {name: one[name] for name in ("name", "module", "document", "scenarios")}
        made = maker.post("/api/v1/workflows/", body, format="json")
        assert made.status_code == 201, made.content
        pk = made.json()["id"]
        draft = maker.get(f"/api/v1/workflows/{pk}/graph/").json()
        assert [node["id"] for node in draft["nodes"]] == [node["id"] for node in one["document"]["nodes"]]
        assert made.json()["draft_revision"] == draft["revision"] == 1
        assert maker.post(f"/api/v1/workflows/{pk}/validate/").json()["valid"] is True
        ran = maker.post(f"/api/v1/workflows/{pk}/scenarios/run/", {}, format="json").json()["results"]
        kinds = {kept["kind"] for kept in maker.get(f"/api/v1/workflows/{pk}/scenarios/").json()["results"]}
        assert kinds == {"positive", "negative"}, key
        assert [result for result in ran if result["status"] != "passed"] == [], key


def test_a_template_says_which_module_is_missing_here(maker: APIClient) -> None:
    assert not Module.objects.filter(key="tickets").exists()
    found = templates(maker)
    assert found["sla-alert"]["missing"] == ["tickets"]
    assert found["refund-watch"]["missing"] == ["tickets"], "its last step makes a ticket"


def test_a_template_says_what_to_fill_in(maker: APIClient, tickets: Module) -> None:
    problems = templates(maker)["sla-alert"]["problems"]
    assert "due_at" in " ".join(problem["message"] for problem in problems)
    assert {problem["severity"] for problem in problems} == {"error"}


@pytest.mark.usefixtures("helpdesk")
def test_templates_over_modules_that_one_may_not_see_are_not_offered(alice: Any) -> None:
    assert templates(client_of(alice)) == {}
    assign_perm("automations.view_module", alice, Module.objects.get(key="tickets"))
    assert set(templates(client_of(alice))) == {"auto-routing", "sla-alert", "close-solved", "failed-runs"}


@pytest.mark.usefixtures("helpdesk")
def test_more_templates_cost_no_more_queries(maker: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    templates(maker)
    with CaptureQueriesContext(connection) as few:
        templates(maker)
    more = dict(TEMPLATES.items())
    shared = TEMPLATES.get("sla-alert")
    more |= {f"more-{n}": Template("More", "…", "tickets", shared.document) for n in range(20)}
    monkeypatch.setattr(TEMPLATES, "_entries", more)
    with CaptureQueriesContext(connection) as many:
        assert len(templates(maker)) == len(more)
    assert len(many) == len(few)


def test_a_workflow_begins_with_a_document_or_is_not_made(owner: APIClient) -> None:
    broken = {**DOCUMENT, "nodes": [{"id": "t1", "type": 7, "config": {}}]}
    refused = owner.post("/api/v1/workflows/", {"name": "Broken", "document": broken}, format="json")
    assert (refused.status_code, Workflow.objects.filter(name="Broken").exists()) == (422, False)
    assert refused.json()["problems"][0]["path"].startswith("nodes[0]")
    made = owner.post("/api/v1/workflows/", {"name": "Whole", "document": DOCUMENT}, format="json")
    assert made.status_code == 201, made.content
    trail = AuditEntry.objects.filter(object_type="workflow", object_id=str(made.json()["id"]))
    assert [entry.action for entry in trail.order_by("pk")] == ["workflow.created", "draft.saved"]
