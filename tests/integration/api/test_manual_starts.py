"""Which workflows start by hand on records of a module, and what is told before so many are started at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from automations.grants import set_rights
from automations.models import Module, Workflow
from automations.services.mode_policies import set_mode_policy
from automations.services.workflows import pause_workflow, update_workflow
from automations.testing import chain, give_modules, make_workflow, node, run_everything

from .conftest import client_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/modules/tickets/manual-starts/"


@pytest.fixture
def by_hand(owner: APIClient, alice: Any, tickets: Module, make_ticket: Callable[..., str]) -> Workflow:
    """It acts, and may start three runs at once."""
    give_modules(alice)
    for number in range(10):
        make_ticket(f"T-{number}")
    form = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    trigger = node("t1", "trigger.manual", module="tickets", form=form)
    document = chain(trigger, node("a1", "action.update_fields", values={"status": "closed"}))
    made = make_workflow("close", document, owner=alice, module=tickets)
    return update_workflow(
        workflow=made, changes={"limits": {"blast_radius": 3}, "name": "Close"}, actor=alice
    )


def told(client: APIClient, count: int) -> list[dict[str, Any]]:
    answer = client.get(f"{ADDRESS}?records={count}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_what_can_be_started_is_told_with_its_form_and_why_it_would_wait(
    owner: APIClient, by_hand: Workflow
) -> None:
    (few,) = told(owner, 3)
    assert (few["workflow"], few["name"], few["mode"], few["blast_radius"]) == (
        by_hand.pk,
        "Close",
        "execute",
        3,
    )
    assert few["form"]["required"] == ["why"]
    assert few["held"] is None
    (many,) = told(owner, 4)
    assert many["held"]["sentence"] == "4 runs at once; 3 are allowed."


@pytest.mark.parametrize(
    ("limits", "bound", "count"),
    [({"share": 50}, "share", 6), ({"runs_per_hour": 2}, "hour", 4)],
)
def test_the_other_limits_are_foreseen_too(
    owner: APIClient, by_hand: Workflow, limits: dict[str, int], bound: str, count: int
) -> None:
    update_workflow(workflow=by_hand, changes={"limits": limits}, actor=None)
    (one,) = told(owner, 6)
    assert (one["held"]["bound"], one["held"]["count"]) == (bound, count)
    assert told(owner, 2)[0]["held"] is None


def test_nothing_is_held_where_nothing_acts(
    owner: APIClient, by_hand: Workflow, tickets: Module, root: Any
) -> None:
    set_mode_policy(rule="simulate_only", module=tickets, reason="Year-end close", actor=root)
    (one,) = told(owner, 10)
    assert (one["mode"], one["held"]) == ("simulate", None)


def test_only_what_the_reader_may_run_and_what_is_not_paused_is_offered(
    owner: APIClient, outsider: APIClient, by_hand: Workflow, alice: Any, bob: Any
) -> None:
    assert outsider.get(ADDRESS).status_code == 404
    set_rights(by_hand, bob, ["view"])
    assert told(client_of(give_modules(bob)), 1) == []
    set_rights(by_hand, bob, ["view", "run"])
    assert len(told(client_of(bob), 1)) == 1
    pause_workflow(workflow=by_hand, reason="", actor=alice)
    assert told(owner, 1) == []


@pytest.mark.parametrize("count", ["0", "10001", "many"])
def test_a_count_that_can_not_be_is_refused(owner: APIClient, by_hand: Workflow, count: str) -> None:
    assert owner.get(f"{ADDRESS}?records={count}").status_code == 400


def test_the_runs_of_one_start_are_found_by_their_events(owner: APIClient, by_hand: Workflow) -> None:
    body = {"records": ["T-0", "T-1", "T-2"], "input": {"why": "asked"}}
    started = owner.post(f"/api/v1/workflows/{by_hand.pk}/run-many/", body, format="json").json()
    owner.post(
        f"/api/v1/workflows/{by_hand.pk}/run/", {"record": "T-3", "input": {"why": "x"}}, format="json"
    )
    run_everything()
    first, *_, last = started["events"]

    def records(events: str) -> list[str]:
        answer = owner.get(f"/api/v1/runs/?workflow={by_hand.pk}&events={events}")
        assert answer.status_code == 200, answer.content
        return sorted(row["record"] for row in answer.json()["results"])

    assert records(f"{first}-{last}") == ["T-0", "T-1", "T-2"]
    assert records(f"{first},{last}") == ["T-0", "T-2"]
    assert records(f"{last + 1}-{last + 1}") == ["T-3"]
    for wrong in ("a", "1-", "-1", "1,,2", "1-2-3", ",".join("1" for _ in range(201))):
        assert owner.get(f"/api/v1/runs/?events={wrong}").status_code == 400, wrong


def test_more_workflows_cost_no_more_queries(
    owner: APIClient, by_hand: Workflow, alice: Any, tickets: Module
) -> None:
    def cost() -> int:
        told(owner, 2)
        with CaptureQueriesContext(connection) as queries:
            told(owner, 2)
        return len(queries)

    before = cost()
    for number in range(3):
        document = chain(
            node("t1", "trigger.manual", module="tickets"), node("a1", "action.comment", text="x")
        )
        make_workflow(f"more-{number}", document, owner=alice, module=tickets)
    assert len(told(owner, 2)) == 4
    assert cost() == before
