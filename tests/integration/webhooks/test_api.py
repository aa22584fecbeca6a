"""Endpoints over the API: secrets shown once, addresses to those who may change them, the console, and what came in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.grants import set_rights
from automations.models import Event, IdempotencyKey, Run
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.api.conftest import client_of, grant
from webhooks.inbound.models import Endpoint, Misdirected, Receipt

pytestmark = pytest.mark.django_db

ENDPOINTS = "/api/v1/webhooks/endpoints/"


@pytest.fixture
def admin(root: Any) -> APIClient:
    return client_of(root)


def made(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post(ENDPOINTS, {"key": "shop", "name": "Shop", **body}, format="json")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_secret_and_an_address_are_told_to_those_who_may_know(
    admin: APIClient, bob: Any, charlie: Any
) -> None:
    first = made(admin)
    assert first["secret"].startswith("whsec_")
    assert first["address"].startswith("http://testserver/hooks/")
    again = admin.get(f"{ENDPOINTS}shop/").json()
    assert "secret" not in again
    assert again["address"] == first["address"]
    sender = client_of(grant(bob, "add_event"))
    seen = sender.get(f"{ENDPOINTS}shop/").json()
    assert (seen["address"], seen["may_change"], len(seen["secrets"])) == (None, False, 1)
    assert first["secret"] not in json.dumps(seen)
    for path in ("secrets/", "address/", "test/"):
        assert sender.post(f"{ENDPOINTS}shop/{path}", {}, format="json").status_code == 403
    assert sender.patch(f"{ENDPOINTS}shop/", {"is_enabled": False}, format="json").status_code == 403
    stranger = client_of(charlie)
    assert stranger.get(f"{ENDPOINTS}shop/").status_code == 404
    assert stranger.get(ENDPOINTS).json()["results"] == []


def test_a_right_on_one_endpoint_is_for_that_one(admin: APIClient, charlie: Any) -> None:
    made(admin)
    made(admin, key="other", name="Other")
    assign_perm("webhooks.change_endpoint", charlie, Endpoint.objects.get(key="shop"))
    client = client_of(charlie)
    assert [row["key"] for row in client.get(ENDPOINTS).json()["results"]] == ["shop"]
    assert client.patch(f"{ENDPOINTS}shop/", {"name": "New"}, format="json").json()["name"] == "New"
    assert client.patch(f"{ENDPOINTS}other/", {"name": "New"}, format="json").status_code == 404
    assert client.post(ENDPOINTS, {"key": "x", "name": "X"}, format="json").status_code == 403


def test_an_endpoint_is_shared_in_the_admin(admin: APIClient, charlie: Any) -> None:
    made(admin)
    made(admin, key="other", name="Other")
    page = f"/admin/webhooks/endpoint/{Endpoint.objects.get(key='shop').pk}/share/"
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"user": charlie.pk, "rights": ["view"]}).status_code == 302
    seen = client_of(charlie).get(ENDPOINTS).json()["results"]
    assert [(row["key"], row["address"], row["may_change"]) for row in seen] == [("shop", None, False)]


def test_who_may_make_endpoints_owns_and_changes_them(charlie: Any) -> None:
    charlie.user_permissions.add(Permission.objects.get(codename="add_endpoint"))
    client = client_of(charlie)
    assert made(client)["may_change"] is True
    answer = client.post(
        ENDPOINTS, {"key": "x", "name": "X", "scheme": "unsigned", "reason": "?"}, format="json"
    )
    assert (answer.status_code, Endpoint.objects.count()) == (403, 1)


def test_a_repeated_creation_makes_one_and_keeps_no_secret(admin: APIClient) -> None:
    body = {"key": "shop", "name": "Shop"}
    first, again = (
        admin.post(ENDPOINTS, body, format="json", headers={"Idempotency-Key": "k1"}).json() for _ in range(2)
    )
    assert (again["key"], again["secret"], again["address"]) == ("shop", None, None)
    stored = json.dumps(IdempotencyKey.objects.get().body)
    assert first["secret"] not in stored
    assert first["address"] not in stored


def test_fields_that_are_not_for_writing_are_refused(admin: APIClient) -> None:
    made(admin)
    for name in ("scheme", "key", "owner", "token", "module", "secrets", "address"):
        answer = admin.patch(f"{ENDPOINTS}shop/", {name: "x"}, format="json")
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (400, "unknown-field"), name


def test_the_console_tells_each_check_and_takes_in_when_asked(admin: APIClient) -> None:
    made(admin)
    sample = {"body": '{"type": "order.paid"}'}
    tried = admin.post(f"{ENDPOINTS}shop/test/", sample, format="json").json()
    assert (tried["verdict"], tried["status"], tried["type"]) == ("accepted", None, "webhook.shop.order.paid")
    assert all(entry["passed"] for entry in tried["checks"])
    assert not Event.objects.exists()
    taken = admin.post(f"{ENDPOINTS}shop/test/", {**sample, "accept": True}, format="json").json()
    assert taken["status"] == 202
    receipt = Receipt.objects.get()
    assert admin.get(f"/api/v1/webhooks/receipts/{receipt.pk}/").json()["event"] == Event.objects.get().pk


def test_what_came_in_is_read_by_who_sends_events(admin: APIClient, bob: Any, charlie: Any) -> None:
    made(admin)
    admin.post(f"{ENDPOINTS}shop/test/", {"body": '{"n": 7}', "accept": True}, format="json")
    address = f"/api/v1/events/{Event.objects.get().pk}/"
    for client in (admin, client_of(grant(bob, "add_event"))):
        assert client.get(address).json()["snapshot"]["data"] == {"n": 7}
    stranger = client_of(charlie)
    assert stranger.get(address).status_code == 404
    assert stranger.get("/api/v1/webhooks/receipts/").json()["results"] == []


def test_a_run_names_the_request_that_has_started_it_to_who_may_see_where_it_came_in(
    admin: APIClient, root: Any, bob: Any
) -> None:
    made(admin)
    drawn = chain(
        node("t1", "trigger.webhook", endpoint="shop"),
        node("a1", "action.stop", outcome="succeeded", message="."),
    )
    workflow = make_workflow("paid", drawn, owner=root)
    admin.post(f"{ENDPOINTS}shop/test/", {"body": '{"n": 7}', "accept": True}, format="json")
    run_everything()
    receipt, run = Receipt.objects.get(), Run.objects.get()
    (told,) = admin.get(f"/api/v1/runs/{run.pk}/").json()["related"]
    assert (told["kind"], told["node"], told["state"]) == ("receipt", "", f"receipt {receipt.pk}")
    assert told["link"] == f"webhooks/endpoints/shop/?receipt={receipt.pk}"
    (only,) = admin.get(f"/api/v1/webhooks/receipts/?endpoint=shop&id={receipt.pk}").json()["results"]
    assert (only["id"], only["event"]) == (receipt.pk, run.event_id)
    set_rights(workflow, bob, ("view",))
    assert client_of(bob).get(f"/api/v1/runs/{run.pk}/").json()["related"] == []
    Receipt.objects.all().delete()
    (told,) = admin.get(f"/api/v1/runs/{run.pk}/").json()["related"]
    assert (told["state"], told["link"]) == ("", "webhooks/endpoints/shop/")


def test_a_secret_is_changed_and_ended(admin: APIClient) -> None:
    made(admin)
    answer = admin.post(f"{ENDPOINTS}shop/secrets/", {"overlap_hours": 1}, format="json")
    assert (answer.status_code, answer.json()["expires_at"]) == (201, None)
    new, old = admin.get(f"{ENDPOINTS}shop/").json()["secrets"]
    assert (new["id"], old["expires_at"] is not None) == (answer.json()["id"], True)
    assert admin.delete(f"{ENDPOINTS}shop/secrets/{old['id']}/").status_code == 200
    assert admin.delete(f"{ENDPOINTS}shop/secrets/{old['id']}/").status_code == 409
    assert len(admin.get(f"{ENDPOINTS}shop/").json()["secrets"]) == 1


def test_the_admin_changes_settings_and_tells_no_secret(admin: APIClient) -> None:
    first = made(admin)
    row = Endpoint.objects.get()
    page = f"/admin/webhooks/endpoint/{row.pk}/change/"
    shown = admin.get(page).content.decode()
    assert first["secret"] not in shown
    assert row.token not in shown
    form = {
        "name": "Renamed",
        "is_enabled": "on",
        "allowed_networks": '["10.0.0.0/8"]',
        "tolerance_seconds": "60",
        "max_body": "1000",
        "rate_per_minute": "10",
        "type_path": "",
        "record_path": "",
        "dedupe_path": "",
        "contract": '{"type": "object"}',
        "secrets-TOTAL_FORMS": "0",
        "secrets-INITIAL_FORMS": "0",
    }
    answer = admin.post(page, form)
    assert answer.status_code == 302, answer.content.decode()
    row.refresh_from_db()
    assert (row.name, row.allowed_networks, row.source.contract) == (
        "Renamed",
        ["10.0.0.0/8"],
        {"type": "object"},
    )
    refused = admin.post(page, {**form, "tolerance_seconds": "0"}).content.decode()
    assert "Send 1 to 3,600." in refused
    for address in ("endpoint/", "receipt/", "endpoint/?q=shop", "receipt/?verdict__exact=accepted"):
        assert admin.get(f"/admin/webhooks/{address}").status_code == 200


def test_the_admin_tells_admins_alone_of_requests_to_addresses_that_are_none(root: Any, bob: Any) -> None:
    Misdirected.objects.create(minute=timezone.now(), count=17, sender="203.0.113.7")
    grant(bob, "add_event")
    bob.is_staff = True
    bob.save()
    for person, seen in ((root, 1), (bob, 0)):
        client = Client()
        client.force_login(person)
        page = client.get("/admin/webhooks/misdirected/")
        assert page.context["cl"].result_count == seen
