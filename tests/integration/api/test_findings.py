"""What is told of a draft when it is looked at beside others: equal rules, rules without sense, loops."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Module, Policy, RulePlace, Workflow
from automations.services.policies import create_policy
from automations.services.versions import publish_version
from automations.testing import edge, node

from .library import LARGE, OPEN, POLICY, drawn, made

pytestmark = pytest.mark.django_db


def test_rules_that_say_the_same_are_found_across_workflows(
    owner: APIClient, alice: Any, root: Any, tickets: Module
) -> None:
    both = {"all": [LARGE, OPEN]}
    one = made("one", alice, drawn(both))
    two = made("two", alice, drawn({"not": {"not": {"all": [OPEN, {"any": [LARGE]}]}}}))
    made("three", alice, drawn(LARGE, filter={"field": "status", "op": "changed"}))
    made("hidden", root, drawn(both))
    (found,) = owner.get("/api/v1/policies/duplicates/").json()["results"]
    assert (found["workflows"], found["policy"], found["module"]) == (2, None, "tickets")
    assert [(place["workflow"], place["node"], place["path"]) for place in found["places"]] == [
        (one.pk, "c1", "config.rule"),
        (two.pk, "c1", "config.rule"),
    ]
    assert found["rule"] == both
    problems = owner.post(f"/api/v1/workflows/{one.pk}/validate/").json()["problems"]
    (told,) = [problem for problem in problems if problem["code"] == "rule-stands-elsewhere"]
    assert (told["path"], told["severity"]) == ("nodes[1].config.rule", "warning")
    assert told["message"] == "This rule stands in 1 other workflow: “Two”."
    create_policy(key="both", name="Both", module=tickets, rule=both, actor=alice)
    problems = owner.post(f"/api/v1/workflows/{one.pk}/validate/").json()["problems"]
    (told,) = [problem for problem in problems if problem["code"] == "policy-says-the-same"]
    assert told["hint"].startswith("Use the policy “both”")
    (found,) = owner.get("/api/v1/policies/duplicates/?module=tickets").json()["results"]
    assert found["policy"] == "both"
    assert owner.get("/api/v1/policies/duplicates/?module=other").json()["results"] == []


def test_one_and_twenty_duplicates_cost_the_same(owner: APIClient, alice: Any, tickets: Module) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get("/api/v1/policies/duplicates/").json()["results"]
        return len(queries)

    def add(number: int) -> None:
        for name in ("a", "b"):
            workflow = Workflow.objects.create(key=f"{name}{number}", name=name, owner=alice)
            permissions.grant_owner(workflow, alice)
            RulePlace.objects.create(
                workflow=workflow,
                module="tickets",
                node="c1",
                path="config.rule",
                form=str(number),
                rule=OPEN,
            )

    add(0)
    ask()  # warms what is cached once for a process
    first = ask()
    for number in range(1, 20):
        add(number)
    assert ask() == first


def test_rules_that_exclude_themselves_and_cases_that_come_too_late_are_told_at_save(
    owner: APIClient, alice: Any, large: Policy
) -> None:
    document = drawn({"all": [POLICY, {"field": "amount", "op": "lt", "value": "50"}]})
    document["nodes"].append(
        node(
            "s1",
            "condition.switch",
            cases=[
                {"branch": "large", "rule": POLICY},
                {"branch": "huge", "rule": {"field": "amount", "op": "gte", "value": "5000"}},
            ],
        )
    )
    document["edges"].append(edge("c1", "s1", "false"))
    workflow = made("odd", alice, document)
    problems = owner.post(f"/api/v1/workflows/{workflow.pk}/validate/").json()["problems"]
    told = {problem["code"]: problem["path"] for problem in problems}
    assert told["never-true-rule"] == "nodes[1].config.rule"
    assert told["never-taken-branch"] == "nodes[3].config.cases[1].rule"


def test_a_loop_with_a_live_workflow_is_told_at_save(
    owner: APIClient, alice: Any, root: Any, tickets: Module
) -> None:
    def sets(status: str, other: str) -> dict[str, Any]:
        nodes = [
            node("t1", "trigger.record", module="tickets", on=["status_changed"], to=other),
            node("a1", "action.update_fields", values={"status": status}),
        ]
        return {"schema": 1, "nodes": nodes, "edges": [edge("t1", "a1")]}

    tickets.transitions = {}
    tickets.save()
    opens = made("opens", alice, sets("open", "closed"))
    closes = made("closes", alice, sets("closed", "open"))

    def told() -> list[str]:
        problems = owner.post(f"/api/v1/workflows/{closes.pk}/validate/").json()["problems"]
        return [problem["message"] for problem in problems if problem["code"] == "endless-loop"]

    assert told() == []  # the other one is a draft, and does nothing
    publish_version(workflow=opens, actor=alice)
    (message,) = told()
    assert "“Opens” (a1) sets it to “open”" in message
    assert told() == [message]
    counts = owner.get("/api/v1/workflows/problems/").json()["results"]
    assert next(row["warnings"] for row in counts if row["workflow"] == closes.pk) == 1
    Workflow.objects.filter(pk=opens.pk).update(paused_at="2026-01-01T00:00:00Z")
    assert told() == []
    hidden = made("hidden", root, sets("open", "closed"))
    publish_version(workflow=hidden, actor=root)
    assert told() == []
