"""What another wording of a policy would change is measured, and seen before it is published."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Policy
from automations.services.versions import publish_version
from automations.testing import node
from tests.integration.revising import revise

from .conftest import client_of
from .library import LARGE, LARGER, OPEN, POLICY, drawn, impact_of, made, publish

pytestmark = pytest.mark.django_db


def test_impact_counts_each_branch_before_and_after(
    owner: APIClient, alice: Any, large: Policy, rows: None
) -> None:
    workflow = made("refunds", alice, drawn({"all": [POLICY, OPEN]}))
    publish_version(workflow=workflow, actor=alice)
    found = impact_of(owner, LARGER)
    assert found["total"] == 5
    assert {name: found["policy"][name] for name in ("before", "after", "gained", "lost")} == {
        "before": 3,
        "after": 2,
        "gained": 0,
        "lost": 1,
    }
    (using,) = found["workflows"]
    assert (using["workflow"], using["version"], using["why"]) == (workflow.pk, 1, "")
    told = {branch["branch"]: branch for branch in using["branches"]}
    assert set(told) == {"true", "false"}
    assert (told["true"]["before"], told["true"]["after"]) == (2, 1)
    assert (told["true"]["lost"], told["true"]["first_lost"]) == (1, ["T2"])
    assert (told["false"]["before"], told["false"]["after"]) == (3, 4)
    assert (told["false"]["gained"], told["false"]["first_gained"]) == (1, ["T2"])
    assert found["hidden"] == 0


def test_impact_of_a_live_version_starts_from_the_revision_that_it_pins(
    owner: APIClient, alice: Any, large: Policy, rows: None
) -> None:
    workflow = made("refunds", alice, drawn(POLICY))
    publish_version(workflow=workflow, actor=alice)
    revise(large, LARGER, alice)
    found = impact_of(owner, {"field": "amount", "op": "gt", "value": "40"})
    counted = {
        using["version"]: next((b["before"], b["after"]) for b in using["branches"] if b["branch"] == "true")
        for using in found["workflows"]
    }
    assert counted == {1: (3, 4), None: (2, 4)}


def test_impact_says_where_sql_can_not_tell(owner: APIClient, alice: Any, large: Policy, rows: None) -> None:
    event = {"field": "amount", "op": "gt", "value": {"ref": "event.data.limit"}}
    made("beyond", alice, drawn({"all": [POLICY, event]}))
    made("pattern", alice, drawn({"all": [POLICY, {"field": "subject", "op": "matches", "value": "^T"}]}))
    after = node("c2", "condition.if", rule=POLICY)
    made("later", alice, drawn(OPEN, more=(after,)))
    made("starts", alice, drawn(OPEN, filter=POLICY))
    made("unfinished", alice, drawn({"all": [POLICY, {"field": "nowhere", "op": "eq", "value": "1"}]}))
    changed = {"any": [POLICY, {"field": "status", "op": "changed"}]}
    updated = drawn(changed)
    updated["nodes"][0]["config"]["on"] = ["updated"]
    made("changes", alice, updated)
    found = {using["name"]: using for using in impact_of(owner, LARGER)["workflows"]}
    assert "event" in found["Beyond"]["branches"][0]["why"]
    assert "pattern" in found["Pattern"]["branches"][0]["why"]
    assert found["Pattern"]["branches"][0]["before"] is None
    (later,) = found["Later"]["branches"]
    assert (later["node"], later["before"]) == ("c2", None)
    assert "action" in later["why"]
    assert [(b["node"], b["branch"], b["before"], b["after"]) for b in found["Starts"]["branches"]] == [
        ("t1", "", 3, 2),
        ("c1", "true", 2, 1),
        ("c1", "false", 1, 1),
    ]
    assert found["Unfinished"]["branches"] == []
    assert "problems" in found["Unfinished"]["why"]
    assert all(branch["assumed"] for branch in found["Changes"]["branches"])


def test_a_revision_is_published_only_after_its_very_impact_was_seen(
    owner: APIClient, alice: Any, bob: Any, large: Policy, rows: None
) -> None:
    for right in ("view", "change"):
        assign_perm(permissions.codename(right, "policy"), bob, large)
    made("refunds", alice, drawn(POLICY))
    seen = impact_of(owner, LARGER)["seen"]
    other = {**LARGER, "value": "300"}
    for client, rule, token in (
        (owner, LARGER, ""),
        (owner, LARGER, "made-up"),
        (owner, other, seen),
        (client_of(bob), LARGER, seen),
    ):
        refused = publish(client, rule, token)
        assert (refused.status_code, refused.json()["code"]) == (409, "impact-not-seen"), refused.content
    assert publish(owner, LARGER, seen).status_code == 201
    entry = AuditEntry.objects.get(action="policy.revised")
    # The branch loses a record, and the other one gains it.
    assert entry.after["impact"] == {"workflows": 1, "hidden": 0, "gained": 1, "lost": 1, "untold": 0}
    again = impact_of(owner, LARGE)["seen"]
    revise(large, other, alice)
    assert publish(owner, LARGE, again).json()["code"] == "impact-not-seen"


def test_impact_names_no_records_and_workflows_that_one_may_not_see(
    bob: Any, root: Any, large: Policy, rows: None
) -> None:
    assign_perm("automations.view_policy", bob, large)
    made("hidden", root, drawn(POLICY))
    found = impact_of(client_of(bob), LARGER)
    assert (found["workflows"], found["hidden"]) == ([], 1)
    assert (found["policy"]["lost"], found["policy"]["first_lost"]) == (1, [])


def test_impact_on_one_and_on_nine_workflows_costs_the_same(
    owner: APIClient, alice: Any, large: Policy, rows: None
) -> None:
    """With the records that each branch gains and loses by name; as many branches as one query counts."""

    def add(number: int) -> None:
        publish_version(workflow=made(f"w{number}", alice, drawn({"all": [POLICY, OPEN]})), actor=alice)

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            found = impact_of(owner, LARGER)["workflows"]
        named = [b["first_gained"] + b["first_lost"] for using in found for b in using["branches"]]
        assert named == [["T2"]] * 2 * len(found) != []
        return len(queries)

    add(0)
    ask()  # warms what is cached once for a process
    first = ask()
    for number in range(1, 9):
        add(number)
    assert ask() == first
