"""What the API and the admin say of the limit of runs at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from automations.models import Module, Run, Workflow
from automations.services.records import create_record
from automations.services.runs import start_run
from automations.services.workflows import update_workflow
from automations.testing import chain, give_modules, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

LIMITS = {"at_once": 1, "at_once_per": "event.module", "when_full": "queue"}


@pytest.fixture
def crowded(alice: Any) -> Workflow:
    """One run is at work, and two wait for its place."""
    module: Module = make_module("tickets", {"title": "text"})
    trigger, wait = (
        node("t1", "trigger.manual", module="tickets"),
        node("w1", "action.wait", **{"for": "PT1H"}),
    )
    workflow = make_workflow("w", chain(trigger, wait), owner=give_modules(alice))
    workflow = update_workflow(workflow=workflow, changes={"limits": LIMITS}, actor=alice)
    for key in ("T-0", "T-1", "T-2"):
        create_record(module=module, key=key, values={"title": ""}, actor=None)
        start_run(workflow=workflow, actor=alice, record_key=key)
    run_everything()
    return workflow


@pytest.fixture
def owner(alice: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def test_a_run_says_what_it_waits_for(owner: APIClient, crowded: Workflow) -> None:
    first, _, last = Run.objects.order_by("pk")
    told = owner.get(f"/api/v1/runs/{last.pk}/").json()
    assert (told["status"], told["waits_for_place"]) == ("queued", True)
    assert told["place"] == {
        "waits": True,
        "at_once": 1,
        "taken": 1,
        "ahead": 1,
        "about": "event.module = tickets",
        "sentence": "It waits for a place: 1 of 1 place is taken (event.module = tickets); 1 run waits before it.",
    }
    held = owner.get(f"/api/v1/runs/{first.pk}/").json()
    assert held["waits_for_place"] is False
    assert held["place"]["sentence"] == "It holds place 1: 1 of 1 place is taken (event.module = tickets)."
    found = owner.get("/api/v1/runs/", {"waits_for_place": "true"}).json()["results"]
    assert [run["record"] for run in found] == ["T-2", "T-1"]
    assert len(owner.get("/api/v1/runs/").json()["results"]) == 3


def test_the_limit_is_set_and_refused_like_the_others(owner: APIClient, crowded: Workflow) -> None:
    address = f"/api/v1/workflows/{crowded.pk}/"
    assert owner.get(address).json()["limits"] == LIMITS
    refused = owner.patch(address, {"limits": {"at_once": 0, "when_full": "burn"}}, format="json")
    paths = {problem["path"] for problem in refused.json()["problems"]}
    assert (refused.status_code, paths) == (422, {"limits.at_once", "limits.when_full"})
    assert owner.patch(address, {"limits": {}}, format="json").status_code == 200
    run_everything()
    assert set(Run.objects.values_list("status", flat=True)) == {"waiting"}


def test_the_admin_shows_who_waits(admin_client: Client, crowded: Workflow) -> None:
    listed = admin_client.get("/admin/automations/place/").content.decode()
    assert listed.count("event.module = tickets") == 3
    last = Run.objects.order_by("pk")[2]
    shown = admin_client.get(f"/admin/automations/run/{last.pk}/change/").content.decode()
    assert "1 run waits before it" in shown
