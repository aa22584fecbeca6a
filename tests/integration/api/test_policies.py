"""The policy library over the API: rights on each policy, who uses it, impact before publishing, duplicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Module, Policy, PolicyUse, RulePlace, Workflow
from automations.services.drafts import save_draft
from automations.services.policies import create_policy
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from automations.testing import edge, node
from tests.integration.revising import revise

from .conftest import client_of, grant

pytestmark = pytest.mark.django_db

LARGE = {"field": "amount", "op": "gt", "value": "100"}
LARGER = {"field": "amount", "op": "gt", "value": "200"}
OPEN = {"field": "status", "op": "eq", "value": "open"}
POLICY = {"policy": "large"}


def drawn(rule: Any, *, more: tuple[dict[str, Any], ...] = (), **trigger: Any) -> dict[str, Any]:
    """A trigger, a condition with the rule, an action where it holds; `more` steps after the action."""
    nodes = [
        node("t1", "trigger.record", module="tickets", on=["created"], **trigger),
        node("c1", "condition.if", rule=rule),
        node("a1", "action.update_fields", values={"status": "closed"}),
        *more,
    ]
    edges = [edge("t1", "c1"), edge("c1", "a1", "true")]
    edges += [edge(one["id"], two["id"]) for one, two in zip(nodes[2:], more, strict=False)]
    return {"schema": 1, "nodes": nodes, "edges": edges}


def made(key: str, owner: Any, document: dict[str, Any]) -> Workflow:
    workflow = create_workflow(key=key, name=key.title(), actor=owner)
    save_draft(workflow=workflow, document=document, revision=None, actor=owner)
    return workflow


@pytest.fixture
def large(tickets: Module, alice: Any) -> Policy:
    return create_policy(key="large", name="Large", module=tickets, rule=LARGE, actor=alice)


@pytest.fixture
def rows(make_ticket: Callable[..., str]) -> None:
    for key, amount, status in (
        ("T1", "50", "open"),
        ("T2", "150", "open"),
        ("T3", "250", "closed"),
        ("T4", "250", "open"),
    ):
        make_ticket(key, amount=amount, status=status)
    make_ticket("T5")


def impact_of(client: APIClient, rule: Any, key: str = "large") -> Any:
    answer = client.post(f"/api/v1/policies/{key}/impact/", {"rule": rule}, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def publish(client: APIClient, rule: Any, seen: str) -> Any:
    return client.post("/api/v1/policies/large/revisions/", {"rule": rule, "seen": seen}, format="json")


def test_who_makes_a_policy_has_every_right_on_it_and_on_no_other(
    owner: APIClient, alice: Any, root: Any, tickets: Module
) -> None:
    body = {"key": "large", "name": "Large", "module": "tickets", "rule": LARGE}
    assert owner.post("/api/v1/policies/", body, format="json").status_code == 403
    owner = client_of(grant(alice, "add_policy"))
    answer = owner.post("/api/v1/policies/", body, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["rights"] == ["view", "change", "use"]
    other = create_policy(key="other", name="Other", module=tickets, rule=LARGE, actor=root)
    assert owner.get("/api/v1/policies/other/").status_code == 404
    assign_perm("automations.view_policy", alice, other)
    owner = client_of(alice)
    assert owner.get("/api/v1/policies/other/").json()["rights"] == ["view"]
    refused = owner.patch("/api/v1/policies/other/", {"name": "Mine"}, format="json")
    assert refused.status_code == 403
    assert "root can share it" in refused.json()["detail"]
    assert publish(owner, LARGER, "").status_code == 409
    assert owner.post("/api/v1/policies/other/archive/", {}, format="json").status_code == 403


@pytest.mark.parametrize("key", ["duplicates", "new"])
def test_a_key_that_is_an_address_is_refused(admin: APIClient, tickets: Module, key: str) -> None:
    body = {"key": key, "name": "X", "module": "tickets", "rule": LARGE}
    answer = admin.post("/api/v1/policies/", body, format="json")
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "reserved-key")


def test_a_policy_is_described_and_given_to_somebody_else(owner: APIClient, bob: Any, large: Policy) -> None:
    changes = {"name": "Large order", "description": "As agreed.", "owner": bob.username}
    answer = owner.patch("/api/v1/policies/large/", changes, format="json").json()
    assert {name: answer[name] for name in changes} == changes
    assert client_of(bob).get("/api/v1/policies/large/").json()["rights"] == ["view", "change", "use"]
    entry = AuditEntry.objects.get(action="policy.updated")
    assert (entry.before["owner"], entry.after["owner"]) == ("alice", "bob")
    nobody = owner.patch("/api/v1/policies/large/", {"owner": "nobody"}, format="json")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown-user")
    assert owner.patch("/api/v1/policies/large/", {"key": "x"}, format="json").status_code == 400


def test_an_archived_policy_is_not_listed_not_revised_and_warned_of(
    owner: APIClient, alice: Any, large: Policy
) -> None:
    workflow = made("refunds", alice, drawn(POLICY))
    sent = {"reason": "Replaced"}
    assert owner.post("/api/v1/policies/large/archive/", sent, format="json").json()["archived_at"]
    assert owner.post("/api/v1/policies/large/archive/", sent, format="json").status_code == 409
    assert owner.get("/api/v1/policies/").json()["results"] == []
    assert [row["key"] for row in owner.get("/api/v1/policies/?archived=true").json()["results"]] == ["large"]
    assert publish(owner, LARGER, "").json()["code"] == "archived"
    found = owner.post(f"/api/v1/workflows/{workflow.pk}/validate/").json()
    assert found["valid"]
    assert ("archived-policy", "nodes[1].config.rule") in [
        (problem["code"], problem["path"]) for problem in found["problems"]
    ]
    assert owner.post("/api/v1/policies/large/restore/", {}, format="json").json()["archived_at"] is None
    assert owner.post("/api/v1/policies/large/restore/", {}, format="json").status_code == 409


def test_used_by_tells_drafts_and_live_versions_with_what_they_pin(
    owner: APIClient, alice: Any, root: Any, large: Policy
) -> None:
    refunds = made("refunds", alice, drawn(POLICY))
    made("unrelated", alice, drawn(OPEN))
    hidden = made("hidden", root, drawn({"all": [POLICY, OPEN]}))
    publish_version(workflow=refunds, actor=alice)
    revise(large, LARGER, alice)
    save_draft(workflow=refunds, document=drawn(OPEN), revision=None, actor=alice)
    used = owner.get("/api/v1/policies/large/used-by/").json()["results"]
    assert used == [
        {
            "workflow": refunds.pk,
            "key": "refunds",
            "name": "Refunds",
            "mode": "simulate",
            "draft": False,
            "live": {"version": 1, "revision": 1, "newer": 2},
        }
    ]
    policy = owner.get("/api/v1/policies/large/").json()
    assert (policy["used_by"], policy["used_by_hidden"]) == (1, 1)
    save_draft(workflow=refunds, document=drawn(POLICY), revision=None, actor=alice)
    versions = owner.get(f"/api/v1/workflows/{refunds.pk}/versions/").json()["results"]
    assert versions[0]["policies"] == [{"key": "large", "revision": 1, "newer": 2}]
    publish_version(workflow=refunds, actor=alice)
    versions = owner.get(f"/api/v1/workflows/{refunds.pk}/versions/").json()["results"]
    assert [row["policies"][0]["newer"] for row in versions] == [None, 2]
    used = owner.get("/api/v1/policies/large/used-by/").json()["results"][0]
    assert (used["draft"], used["live"]) == (True, {"version": 2, "revision": 2, "newer": None})
    permissions.grant_owner(hidden, alice)
    assert owner.get("/api/v1/policies/large/").json()["used_by"] == 2


def test_the_index_of_uses_equals_what_the_documents_say(owner: APIClient, alice: Any, large: Policy) -> None:
    workflow = made("refunds", alice, drawn(POLICY, filter=LARGE))
    publish_version(workflow=workflow, actor=alice)
    save_draft(workflow=workflow, document=drawn({"not": OPEN}), revision=None, actor=alice)
    assert [(use.policy_key, use.version.number, use.revision) for use in PolicyUse.objects.all()] == [
        ("large", 1, 1)
    ]
    assert [(place.node, place.path, place.module) for place in RulePlace.objects.all()] == [
        ("c1", "config.rule", "tickets")
    ]


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


def test_a_policy_that_one_may_only_see_keeps_a_workflow_from_being_published(
    owner: APIClient, alice: Any, root: Any, tickets: Module
) -> None:
    policy = create_policy(key="large", name="Large", module=tickets, rule=LARGE, actor=root)
    workflow = made("refunds", alice, drawn(POLICY))
    address = f"/api/v1/workflows/{workflow.pk}/"
    for right, code in (("", "unknown-policy"), ("view", "policy-not-usable")):
        if right:
            assign_perm(permissions.codename(right, "policy"), alice, policy)
        client = client_of(type(alice).objects.get(pk=alice.pk))
        problems = client.post(f"{address}validate/").json()["problems"]
        assert [(p["code"], p["path"]) for p in problems if p["severity"] == "error"] == [
            (code, "nodes[1].config.rule.policy")
        ]
        assert client.post(f"{address}publish/", {}, format="json").status_code == 422
    assign_perm("automations.use_policy", alice, policy)
    client = client_of(type(alice).objects.get(pk=alice.pk))
    assert client.post(f"{address}publish/", {}, format="json").status_code == 201


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
