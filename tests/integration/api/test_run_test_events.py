"""run-test on a past event: as rules saw it then, for those who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Event, Module, Workflow
from automations.services.records import update_record

from .conftest import DOCUMENT, client_of, save_draft

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


def filtered(*parts: Any) -> dict[str, Any]:
    trigger, *others = DOCUMENT["nodes"]
    config = {**trigger["config"], "filter": {"all": list(parts)}}
    return {**DOCUMENT, "nodes": [{**trigger, "config": config}, *others]}


def test_without_a_candidate_those_that_fail_at_one_part_alone_are_told(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]
) -> None:
    dear = {"field": "amount", "op": "gt", "value": "1000"}
    opened = {"field": "status", "op": "eq", "value": "open"}
    save_draft(owner, workflow, filtered(dear, {"all": [opened]}))
    for key, amount, status in (("T-1", "10", "open"), ("T-2", "20", "open"), ("T-3", "5000", "closed")):
        make_ticket(key, amount=amount, status=status)
    make_ticket("T-4", amount="1", status="closed")
    with CaptureQueriesContext(connection) as asked:
        found = run_test_of(owner, workflow, records="live").json()["candidates"]
    assert (found["total"], found["records"]) == (0, 4)
    assert [(near["rule"], near["total"]) for near in found["nearest"]] == [(dear, 2), (opened, 1)]
    assert {one["record"]: one["saw"] for one in found["nearest"][0]["records"]} == {
        "T-1": {"amount": "10"},
        "T-2": {"amount": "20"},
    }
    assert sum("FILTER" in query["sql"] for query in asked) == 1, "one query counts for all parts"


@pytest.mark.parametrize(
    "parts",
    [
        [
            {"field": "subject", "op": "matches", "value": "^x+$"},
            {"field": "amount", "op": "gt", "value": "1"},
        ],
        [{"field": "amount", "op": "gt", "value": str(1_000 + step)} for step in range(13)],
    ],
    ids=["a pattern", "too many parts"],
)
def test_what_sql_can_not_tell_is_not_looked_into(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str], parts: list[Any]
) -> None:
    save_draft(owner, workflow, filtered(*parts))
    make_ticket("T-1", amount="10")
    assert run_test_of(owner, workflow, records="live").json()["candidates"]["nearest"] == []


def test_a_text_is_read_with_a_past_event_that_one_may_see(
    owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str], charlie: Any, tickets: Module
) -> None:
    make_ticket("T-1", amount="50")
    event = Event.objects.get(record_key="T-1")
    body = {"text": "{{ event.type }} {{ event.after.amount }}", "record": "T-1", "event": event.pk}
    told = owner.post("/api/v1/modules/tickets/preview-text/", body, format="json").json()
    assert told == {"text": "record.created 50", "unknown": []}
    other = {**body, "event": event.pk + 1_000}
    assert owner.post("/api/v1/modules/tickets/preview-text/", other, format="json").status_code == 404
