"""The policy library over the API: rights on each policy, and who uses it."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Module, Policy, PolicyUse, RulePlace
from automations.services.drafts import save_draft
from automations.services.policies import create_policy
from automations.services.versions import publish_version
from tests.integration.revising import revise

from .conftest import client_of, grant
from .library import LARGE, LARGER, OPEN, POLICY, drawn, made, publish

pytestmark = pytest.mark.django_db


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
