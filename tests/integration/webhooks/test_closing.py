"""Endpoints are shared, named by those who see them, and deleted when nothing live starts from them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations import grants, permissions
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Event, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.versions import publish_version, validate_definition_of
from automations.services.workflows import archive_workflow, create_workflow
from automations.testing import chain, node
from tests.integration.api.conftest import client_of
from webhooks.inbound.console import try_endpoint
from webhooks.inbound.models import Endpoint, Receipt
from webhooks.inbound.services import add_secret, change_endpoint, create_endpoint, delete_endpoint

pytestmark = pytest.mark.django_db

SHOP = "/api/v1/webhooks/endpoints/shop/"


@pytest.fixture
def shop(root: Any) -> Endpoint:
    return create_endpoint(key="shop", name="Shop", actor=root, now=timezone.now()).endpoint


@pytest.fixture
def listening(shop: Endpoint, alice: Any) -> Workflow:
    """A draft of Alice's that starts at the endpoint."""
    document = chain(
        node("t1", "trigger.webhook", endpoint="shop"), node("s1", "action.stop", outcome="succeeded")
    )
    workflow = create_workflow(key="listens", name="Listens", actor=alice)
    save_draft(workflow=workflow, document=document, revision=None, actor=alice)
    return workflow


def test_one_that_a_live_workflow_starts_from_stays(
    shop: Endpoint, listening: Workflow, root: Any, alice: Any
) -> None:
    publish_version(workflow=listening, actor=root)
    grants.set_rights(shop, alice, ("view", "change"))
    listening.refresh_from_db()
    answer = client_of(root).delete(SHOP)
    assert (answer.status_code, answer.json()["code"]) == (409, "endpoint-in-use")
    assert "Listens" in answer.content.decode()
    stranger = client_of(alice)
    grants.set_rights(listening, alice, ())
    told = stranger.delete(SHOP)
    assert (told.status_code, "Listens" in told.content.decode()) == (409, False)
    archive_workflow(workflow=listening, actor=root)
    assert client_of(root).delete(SHOP).status_code == 204


def test_a_deleted_one_is_gone_and_leaves_what_came_in(
    shop: Endpoint, listening: Workflow, root: Any
) -> None:
    try_endpoint(endpoint=shop, body="{}", actor=root, now=timezone.now(), accept=True)
    delete_endpoint(endpoint=shop, actor=root, now=timezone.now(), reason="The shop is closed")
    client = client_of(root)
    assert client.get(SHOP).status_code == 404
    assert client.get("/api/v1/webhooks/endpoints/").json()["results"] == []
    (receipt,) = client.get("/api/v1/webhooks/receipts/").json()["results"]
    assert (receipt["endpoint"], receipt["verdict"]) == ("shop", "accepted")
    assert (Receipt.objects.count(), Event.objects.count()) == (1, 1)
    assert AuditEntry.objects.get(action="endpoint.deleted").reason == "The shop is closed"
    problems = validate_definition_of(listening, load_draft(listening).definition)
    assert [problem.code for problem in problems] == ["unknown-endpoint"]
    with pytest.raises(ConflictError, match="or was one"):
        create_endpoint(key="shop", name="Shop", actor=root, now=timezone.now())
    for change in (
        lambda: delete_endpoint(endpoint=shop, actor=root, now=timezone.now()),
        lambda: change_endpoint(endpoint=shop, changes={"is_enabled": True}, actor=root),
        lambda: add_secret(endpoint=shop, actor=root, now=timezone.now()),
    ):
        with pytest.raises(ConflictError, match="was deleted"):
            change()


def test_it_is_shared_on_its_page(shop: Endpoint, root: Any, charlie: Any) -> None:
    owner, guest = client_of(root), client_of(charlie)
    given = owner.put(f"{SHOP}shares/", {"user": "charlie", "rights": ["view"]}, format="json")
    assert given.status_code == 200, given.content
    assert guest.get(SHOP).json()["may_change"] is False
    assert guest.get(f"{SHOP}shares/").status_code == 403
    owner.put(f"{SHOP}shares/", {"user": "charlie", "role": "Admin"}, format="json")
    assert guest.get(SHOP).json()["may_change"] is True
    assert guest.get(f"{SHOP}shares/").json()["may_share"] is True
    assert owner.delete(f"{SHOP}shares/?user=charlie").status_code == 200
    assert guest.get(SHOP).status_code == 404


def test_who_does_not_see_an_endpoint_publishes_nothing_that_starts_from_it(
    shop: Endpoint, listening: Workflow, alice: Any
) -> None:
    assert not permissions.may_send_events(alice)
    client: APIClient = client_of(alice)
    found = client.post(f"/api/v1/workflows/{listening.pk}/validate/", {}, format="json").json()
    assert [one["code"] for one in found["problems"]] == ["unknown-endpoint"]
    refused = client.post(f"/api/v1/workflows/{listening.pk}/publish/", {}, format="json")
    assert refused.status_code in (400, 422), refused.content
    with pytest.raises(InvalidError) as told:
        publish_version(workflow=listening, actor=alice)
    assert [problem.code for problem in told.value.problems] == ["publisher-may-not"]
    grants.set_rights(shop, alice, ("view",))
    assert client.post(f"/api/v1/workflows/{listening.pk}/publish/", {}, format="json").status_code == 201
