"""An admin sees what another person or role sees, and can change nothing meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Module, RunTestMark, Workflow
from automations.services import viewing
from automations.services.drafts import save_draft
from automations.services.records import create_record
from automations.testing import chain, node
from tests.integration.services.world import contents

from .conftest import client_of
from .routes import VIEWS
from .test_matrix import address_of, routes

pytestmark = pytest.mark.django_db

PLACE = "/api/v1/me/viewing/"


@pytest.fixture(autouse=True)
def roles(workflow: Workflow) -> None:
    permissions.seed_roles()


def keys(client: APIClient) -> list[str]:
    return [row["key"] for row in client.get("/api/v1/workflows/").json()["results"]]


def test_an_admin_sees_what_a_person_sees_until_they_stop(
    admin: APIClient, workflow: Workflow, bob: Any, charlie: Any
) -> None:
    assign_perm("automations.view_workflow", bob, workflow)
    assert keys(admin) == [workflow.key]
    assert admin.post(PLACE, {"user": "charlie"}, format="json").status_code == 200
    assert keys(admin) == []
    assert admin.get(f"/api/v1/workflows/{workflow.pk}/").status_code == 404
    me = admin.get("/api/v1/me/").json()
    assert (me["username"], me["viewed_by_admin"], me["may"]["view_as_others"]) == ("charlie", True, False)
    assert admin.post(PLACE, {"user": "bob"}, format="json").status_code == 200
    assert keys(admin) == [workflow.key]
    assert admin.get(f"/api/v1/workflows/{workflow.pk}/").json()["rights"] == ["view"]
    assert admin.delete(PLACE).status_code == 204
    assert admin.get("/api/v1/me/").json()["username"] == "root"
    told = AuditEntry.objects.filter(action__startswith="viewing").order_by("pk")
    assert [(one.action, one.actor_name, one.after) for one in told] == [
        ("viewing.started", "root", {"as": "charlie"}),
        ("viewing.started", "root", {"as": "bob"}),
        ("viewing.stopped", "root", None),
    ]


def test_a_role_is_seen_as_somebody_who_holds_it_and_nothing_else(
    admin: APIClient, workflow: Workflow, tickets: Module
) -> None:
    people = type(workflow.owner).objects.count()
    assert admin.post(PLACE, {"role": "Viewer"}, format="json").status_code == 200
    assert keys(admin) == []
    assert "tickets" in [row["key"] for row in admin.get("/api/v1/modules/").json()["results"]]
    assert admin.post("/api/v1/modules/", {}, format="json").status_code == 403
    permissions.share(workflow, "Viewer")
    assert keys(admin) == [workflow.key]
    assert admin.get("/api/v1/me/").json()["roles"] == ["Viewer"]
    assert admin.get("/api/v1/audit/export/").status_code == 200
    assert type(workflow.owner).objects.count() == people


def test_every_request_that_would_write_is_refused_and_nothing_is_written(
    admin: APIClient, workflow: Workflow, tickets: Module, bob: Any
) -> None:
    permissions.share(workflow, "Admin")
    bob.groups.add(Group.objects.get(name="Admin"))
    admin.post(PLACE, {"user": "bob"}, format="json")
    before = contents()
    places = {
        "workflow": workflow.pk,
        "module": "tickets",
        "record": "T-1",
        "policy": "x",
        "source": "x",
        "endpoint": "x",
        "receipt": 1,
        "destination": "x",
        "secret": "x",
        "delivery": 1,
        "unknown": 1,
        **dict.fromkeys(("approval", "event", "run", "notification"), 1),
        "token": "00000000-0000-0000-0000-000000000000",
    }
    reads = {name: view.only_reads for name, view in VIEWS.items() if hasattr(view, "only_reads")}
    refused = 0
    for verb, name in routes():
        if name in ("schema", "viewing"):
            continue
        answer = admin.generic(verb, address_of(name, places), "{}", content_type="application/json")
        if verb not in reads[name]:
            assert (answer.status_code, answer.json()["code"]) == (403, "viewing-as-another"), (verb, name)
            refused += 1
        else:
            assert answer.status_code < 500, (verb, name)
    assert refused > 30
    assert contents() == before


def test_a_run_test_shows_what_the_other_ones_would_and_leaves_not_even_a_note(
    admin: APIClient, workflow: Workflow, tickets: Module, bob: Any
) -> None:
    permissions.share(workflow, "Builder")
    bob.groups.add(Group.objects.get(name="Builder"))
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    document = chain(trigger, node("a1", "action.update_fields", values={"subject": "Seen"}))
    save_draft(workflow=workflow, document=document, revision=None, actor=workflow.owner)
    create_record(module=tickets, key="T-7", values={"subject": "Printer", "status": "open"}, actor=None)
    place, sent = f"/api/v1/workflows/{workflow.pk}/run-test/", {"version": "draft", "records": "live"}
    admin.post(PLACE, {"user": "bob"}, format="json")
    before = contents()
    answer = admin.post(place, sent, format="json")
    assert (answer.status_code, answer.json()["candidates"]["total"]) == (200, 1)
    assert contents() == before
    admin.post(PLACE, {"role": "Viewer"}, format="json")
    assert admin.post(place, sent, format="json").status_code == 404
    admin.delete(PLACE)
    assert admin.post(place, sent, format="json").status_code == 200
    assert RunTestMark.objects.get().tested_by_name == "root"


def test_the_database_itself_refuses_what_a_view_would_write(bob: Any, workflow: Workflow) -> None:
    from django.db import InternalError

    with viewing.eyes_of(bob), pytest.raises(InternalError, match="read-only transaction"):
        Workflow.objects.update(name="Gone")
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
    assert Workflow.objects.get().name == workflow.name


@pytest.mark.parametrize("role", ["", "Publisher", "Viewer"])
def test_only_admins_see_what_others_see(bob: Any, charlie: Any, role: str) -> None:
    if role:
        bob.groups.add(Group.objects.get(name=role))
    client = client_of(bob)
    assert client.post(PLACE, {"user": "charlie"}, format="json").status_code == 403
    assert client.get("/api/v1/me/").json()["username"] == "bob"
    assert not AuditEntry.objects.filter(action="viewing.started").exists()


def test_an_admin_by_role_is_no_way_to_a_superuser(bob: Any, root: Any) -> None:
    bob.groups.add(Group.objects.get(name="Admin"))
    client = client_of(bob)
    refused = client.post(PLACE, {"user": "root"}, format="json")
    assert (refused.status_code, refused.json()["detail"]) == (403, "root may more than you.")
    assert client.post(PLACE, {"user": "zoe"}, format="json").status_code == 404
    assert client.post(PLACE, {"role": "Viewer"}, format="json").status_code == 200


def test_who_is_no_admin_any_more_sees_nothing_and_can_stop(bob: Any, charlie: Any) -> None:
    bob.groups.add(Group.objects.get(name="Admin"))
    client = client_of(bob)
    client.post(PLACE, {"user": "charlie"}, format="json")
    bob.groups.clear()
    assert client.get("/api/v1/workflows/").json()["code"] == "viewing-as-nobody"
    assert client.delete(PLACE).status_code == 204
    assert client.get("/api/v1/workflows/").status_code == 200
