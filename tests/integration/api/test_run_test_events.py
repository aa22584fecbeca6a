"""run-test on a past event: as rules saw it then, for those who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Event, Module, Workflow
from automations.services.records import update_record

from .conftest import client_of, save_draft

pytestmark = pytest.mark.django_db


def run_test_of(client: APIClient, workflow: Workflow, **body: Any) -> Any:
    return client.post(f"/api/v1/workflows/{workflow.pk}/run-test/", body, format="json")


def test_a_past_event_is_judged_as_it_was_and_the_record_as_it_is(
    owner: APIClient, workflow: Workflow, tickets: Module, make_ticket: Callable[..., str], root: Any
) -> None:
    save_draft(owner, workflow)
    make_ticket("T-1", amount="50")
    update_record(module=tickets, key="T-1", values={"amount": "500"}, actor=root)
    created, updated = Event.objects.filter(record_key="T-1").order_by("pk")
    answer = run_test_of(owner, workflow, event_id=created.pk).json()
    assert answer["matched"] is True
    assert answer["candidates"]["items"][0]["record"] == "T-1"
    assert answer["candidates"]["items"][0]["branch"] == "true", "the record is more than 100 now"
    assert answer["candidates"]["records"] is None
    refused = run_test_of(owner, workflow, event_id=updated.pk).json()
    assert refused["matched"] is False
    assert refused["decision"]["outcome"] == "out_of_scope"


def test_all_live_records_say_how_many_there_are(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]
) -> None:
    save_draft(owner, workflow)
    for key in ("T-1", "T-2"):
        make_ticket(key)
    assert run_test_of(owner, workflow, records="live").json()["candidates"]["records"] == 2


def test_an_event_that_one_may_not_see_is_not_there(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str], charlie: Any
) -> None:
    save_draft(owner, workflow)
    make_ticket("T-1")
    event = Event.objects.get(record_key="T-1")
    permissions.seed_roles()
    for right in ("view", "run_test"):
        assign_perm(permissions.codename(right), charlie, workflow)
    answer = run_test_of(client_of(charlie), workflow, event_id=event.pk)
    assert answer.status_code in (404, 422)
    assert "T-1" not in answer.content.decode()
    assert run_test_of(owner, workflow, event_id=999_999).status_code == 404


def test_one_subject_at_a_time(owner: APIClient, workflow: Workflow) -> None:
    answer = run_test_of(owner, workflow, event_id=1, record="T-1")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "record"
