"""Sharing over the API, and what a preview of the identity tells."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Module, Workflow
from automations.services.records import create_record

from .conftest import client_of, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(workflow: Workflow) -> str:
    permissions.seed_roles()
    return f"/api/v1/workflows/{workflow.pk}/shares/"


def test_the_owner_shares_and_sees_who_has_access_and_from_where(
    owner: APIClient, workflow: Workflow, address: str, bob: Any, charlie: Any
) -> None:
    Group.objects.get(name="Operator").user_set.add(bob)
    assert owner.put(address, {"group": "Operator", "role": "Operator"}, format="json").status_code == 200
    answer = owner.put(address, {"user": "charlie", "rights": ["run"]}, format="json").json()
    assert (answer["may_share"], answer["yours"]) == (True, list(permissions.WORKFLOW_RIGHTS))
    rows = {(row["kind"], row["name"], row["wide"]): row for row in answer["grants"]}
    assert rows["group", "Operator", False]["role"] == "Operator"
    assert rows["group", "Operator", False]["members"] == 1
    assert rows["user", "charlie", False]["rights"] == ["view", "run"]
    assert rows["user", "charlie", False]["role"] is None
    assert rows["user", "alice", False]["role"] == "Admin"
    assert rows["group", "Admin", True]["rights"] == list(permissions.WORKFLOW_RIGHTS)
    assert rows["user", "root", True]["wide"]
    assert client_of(charlie).get(f"/api/v1/workflows/{workflow.pk}/").json()["rights"] == ["view", "run"]
    assert owner.delete(f"{address}?user=charlie").status_code == 200
    assert client_of(charlie).get(f"/api/v1/workflows/{workflow.pk}/").status_code == 404


def test_refusals_say_why(owner: APIClient, address: str, bob: Any) -> None:
    assert (
        owner.put(address, {"user": "zoe", "role": "Viewer"}, format="json").json()["code"] == "unknown-user"
    )
    assert owner.put(address, {"role": "Viewer"}, format="json").status_code == 400
    both = {"user": "bob", "group": "Viewer", "role": "Viewer"}
    assert owner.put(address, both, format="json").status_code == 400
    assert owner.put(address, {"user": "bob"}, format="json").status_code == 400
    assert (
        owner.put(address, {"user": "bob", "role": "Viewer", "rights": []}, format="json").status_code == 400
    )
    unknown = owner.put(address, {"user": "bob", "rights": ["fly"]}, format="json")
    assert (unknown.status_code, unknown.json()["problems"][0]["path"]) == (422, "rights[0]")
    assert owner.delete(f"{address}?user=bob").json()["code"] == "not-shared"
    assert owner.delete(f"{address}?user=alice").json()["code"] == "last-with-every-right"


def test_who_may_only_edit_sees_the_grants_and_changes_none(
    owner: APIClient, workflow: Workflow, address: str, bob: Any, charlie: Any
) -> None:
    owner.put(address, {"user": "bob", "role": "Builder"}, format="json")
    editor = client_of(bob)
    assert editor.get(address).json()["may_share"] is False
    assert editor.put(address, {"user": "charlie", "rights": ["view"]}, format="json").status_code == 403
    assert client_of(charlie).get(address).status_code == 404


def test_a_module_that_is_shared_to_be_changed_can_be_changed(
    tickets: Module, admin: APIClient, bob: Any
) -> None:
    place = "/api/v1/modules/tickets/"
    assert admin.put(f"{place}shares/", {"user": "bob", "rights": ["use"]}, format="json").status_code == 200
    assert client_of(bob).patch(place, {"name": "Cases"}, format="json").status_code == 403
    assert client_of(bob).get(f"{place}shares/").status_code == 403
    assert client_of(bob).get(place).json()["may_change"] is False
    assert admin.put(f"{place}shares/", {"user": "bob", "role": "Admin"}, format="json").status_code == 200
    assert client_of(bob).patch(place, {"name": "Cases"}, format="json").status_code == 200
    assert client_of(bob).get(f"{place}shares/").json()["may_share"] is True
    assert client_of(bob).get(place).json()["may_change"] is True


def test_the_identity_is_told_by_validate_and_by_the_preview(
    owner: APIClient, workflow: Workflow, tickets: Module, bob: Any, root: Any
) -> None:
    save_draft(owner, workflow)
    for number in range(3):
        values = {"subject": "x", "status": "open", "amount": "500"}
        create_record(module=tickets, key=f"T{number}", values=values, actor=root)
    place = f"/api/v1/workflows/{workflow.pk}/"
    seen = owner.get(f"{place}identity-preview/").json()
    assert (seen["identity"], seen["by"], seen["candidates"], seen["denied"]) == ("alice", "publisher", 3, 0)
    assert owner.post(f"{place}validate/").json()["valid"] is True
    workflow.run_as = bob
    workflow.save()
    told = owner.post(f"{place}validate/").json()
    assert told["valid"] is False
    errors = [one for one in told["problems"] if one["severity"] == "error"]
    assert [(one["code"], one["node"]) for one in errors] == [
        ("identity-may-not", "t1"),
        ("identity-may-not", "a1"),
    ]
    assert owner.post(f"{place}publish/", {}, format="json").json()["problems"] == errors
    seen = owner.get(f"{place}identity-preview/").json()
    assert [(one["node"], one["candidates"], one["denied"]) for one in seen["actions"]] == [("a1", 3, 3)]
    assign_perm("automations.use_module", bob, tickets)
    assert owner.post(f"{place}publish/", {}, format="json").status_code == 201
    assert owner.get(f"{place}identity-preview/?version=1").json()["denied"] == 0
