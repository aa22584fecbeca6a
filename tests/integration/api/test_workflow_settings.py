"""What a workflow is called, how far it may reach and whom it acts as: who changes it, and who was faster."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations.grants import ROLES, set_rights
from automations.models import AuditEntry, ModePolicy, Module, Workflow
from automations.runtime.subscriptions import definition_of
from automations.services.mode_policies import set_mode_policy
from automations.services.modules import create_module
from automations.services.workflows import create_workflow, update_workflow

from .conftest import client_of, publish, save_draft

pytestmark = pytest.mark.django_db

PLAIN = ["name", "description", "team", "zone", "runbook_url", "retry"]


@pytest.fixture
def address(workflow: Workflow) -> str:
    return f"/api/v1/workflows/{workflow.pk}/"


def test_its_owner_changes_everything_and_the_trail_says_what(
    owner: APIClient, address: str, workflow: Workflow, bob: Any
) -> None:
    assert owner.get(address).json()["may_change"] == [*PLAIN, "limits", "owner", "run_as"]
    set_rights(workflow, bob, ["view"])
    changes = {"team": "support", "limits": {"blast_radius": 5}, "owner": "bob", "run_as": "bob"}
    answer = owner.patch(address, changes, format="json")
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in changes} == changes
    entry = AuditEntry.objects.get(action="workflow.updated")
    assert entry.after == changes
    assert entry.before == {"team": "", "limits": {}, "owner": "alice", "run_as": None}


def test_a_policy_of_retries_holds_from_the_next_version_on(
    owner: APIClient, address: str, workflow: Workflow
) -> None:
    save_draft(owner, workflow)
    publish(owner, workflow)
    workflow.refresh_from_db()
    before = definition_of(workflow.active_version)
    wanted = {"max_attempts": 3, "base_seconds": 10}
    wrong = owner.patch(address, {"retry": {"max_attempts": 99}}, format="json")
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "retry.max_attempts")
    assert owner.patch(address, {"retry": wanted}, format="json").json()["retry"] == wanted
    workflow.refresh_from_db()
    assert definition_of(workflow.active_version) == before
    text = owner.get(f"{address}export/").content.decode()
    assert "retry:\n  base_seconds: 10\n  max_attempts: 3\n" in text
    publish(owner, workflow)
    told = owner.get(f"{address}versions/1/diff/", {"with": "2"}).json()
    assert told["settings"] == [{"path": "retry", "before": None, "after": wanted}]


def test_what_stays_as_it_was_is_no_change(owner: APIClient, address: str) -> None:
    assert owner.patch(address, {"name": "Route tickets", "limits": {}}, format="json").status_code == 200
    assert not AuditEntry.objects.filter(action="workflow.updated").exists()


def test_a_builder_describes_it_and_neither_loosens_its_limits_nor_says_whom_it_acts_as(
    owner: APIClient, address: str, workflow: Workflow, bob: Any
) -> None:
    set_rights(workflow, bob, ROLES["Builder"])
    builder = client_of(bob)
    assert builder.get(address).json()["may_change"] == PLAIN
    assert builder.patch(address, {"team": "support"}, format="json").status_code == 200
    refused = {"limits": {"blast_radius": 1_000_000}, "run_as": "alice", "owner": "bob"}
    for name, value in refused.items():
        answer = builder.patch(address, {"name": "Mine", name: value}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name
        assert f"“{'share' if name == 'owner' else 'publish'}”" in answer.json()["detail"]
    workflow.refresh_from_db()
    assert (workflow.name, workflow.limits, workflow.run_as) == ("Route tickets", {}, None)


def test_a_file_does_not_get_around_it(owner: APIClient, address: str, workflow: Workflow, bob: Any) -> None:
    save_draft(owner, workflow)
    set_rights(workflow, bob, ROLES["Builder"])
    text = owner.get(f"{address}export/").content.decode()
    assert client_of(bob).post(f"{address}import/", {"file": text}, format="json").status_code != 403
    wider = f"{text}limits:\n  blast_radius: 1000000\n"
    refused = client_of(bob).post(f"{address}import/", {"file": wider, "unfinished": True}, format="json")
    assert refused.status_code == 403, refused.content
    workflow.refresh_from_db()
    assert workflow.limits == {}


def test_who_was_slower_is_told_what_it_is_now_and_loses_nothing(
    owner: APIClient, address: str, workflow: Workflow, root: Any
) -> None:
    update_workflow(workflow=workflow, changes={"description": "Theirs", "zone": "Asia/Tokyo"}, actor=root)
    mine = {"description": "Mine", "team": "support"}
    late = owner.patch(address, {**mine, "seen": {"description": "", "team": ""}}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "settings-changed")
    assert late.json()["now"] == {"description": "Theirs"}
    assert late.json()["by"] == "root"
    assert "description" in late.json()["detail"]
    workflow.refresh_from_db()
    assert (workflow.description, workflow.team) == ("Theirs", "")
    # What somebody else changed beside it is no conflict.
    done = owner.patch(address, {**mine, "seen": {"description": "Theirs", "team": ""}}, format="json")
    assert done.status_code == 200
    assert (done.json()["description"], done.json()["zone"]) == ("Mine", "Asia/Tokyo")


def test_who_is_to_own_it_sees_it_first(owner: APIClient, address: str, charlie: Any) -> None:
    answer = owner.patch(address, {"owner": "charlie"}, format="json")
    assert answer.status_code == 422
    assert [(one["code"], one["path"]) for one in answer.json()["problems"]] == [
        ("owner-sees-nothing", "owner")
    ]
    assert owner.patch(address, {"owner": "nobody-at-all"}, format="json").json()["code"] == "unknown-user"


def test_a_live_version_gets_no_identity_that_may_not_do_what_it_does(
    owner: APIClient, address: str, workflow: Workflow, tickets: Module, alice: Any, bob: Any
) -> None:
    save_draft(owner, workflow)
    assert owner.patch(address, {"run_as": "bob"}, format="json").status_code == 200  # nothing is live yet
    assert owner.patch(address, {"run_as": None}, format="json").status_code == 200
    assert publish(owner, workflow).status_code == 201
    refused = owner.patch(address, {"run_as": "bob"}, format="json")
    assert refused.status_code == 422
    assert {(one["code"], one["path"]) for one in refused.json()["problems"]} == {
        ("identity-may-not", "run_as")
    }
    assign_perm("automations.use_module", bob, tickets)
    assert owner.patch(address, {"run_as": "bob"}, format="json").json()["run_as"] == "bob"
    # Nobody lends it rights that they have not themselves.
    remove_perm("automations.use_module", alice, tickets)
    lent = client_of(type(alice).objects.get(pk=alice.pk)).patch(address, {"run_as": None}, format="json")
    assert {one["code"] for one in lent.json()["problems"]} == {"publisher-may-not"}
    assert Workflow.objects.get().run_as == bob


def test_an_identity_is_tried_before_it_is_chosen(
    owner: APIClient, address: str, workflow: Workflow, tickets: Module, bob: Any
) -> None:
    save_draft(owner, workflow)
    tried = owner.get(f"{address}identity-preview/?run_as=bob").json()
    assert (tried["identity"], tried["by"]) == ("bob", "run_as")
    needs = [(one["node"], one["right"], one["thing"], one["held"]) for one in tried["needs"]]
    assert needs == [("t1", "view", "Tickets", False), ("a1", "use", "Tickets", False)]
    assign_perm("automations.use_module", bob, tickets)
    assert all(one["held"] for one in owner.get(f"{address}identity-preview/?run_as=bob").json()["needs"])
    nobody = owner.get(f"{address}identity-preview/?run_as=").json()
    assert (nobody["identity"], nobody["by"]) == ("alice", "publisher")
    set_rights(workflow, bob, ROLES["Builder"])
    assert client_of(bob).get(f"{address}identity-preview/?run_as=alice").status_code == 403
    assert client_of(bob).get(f"{address}identity-preview/").status_code == 200
    assert Workflow.objects.get().run_as is None


def test_what_binds_it_stands_on_it_and_whom_a_policy_binds_stands_there(
    owner: APIClient, outsider: APIClient, address: str, workflow: Workflow, tickets: Module, root: Any
) -> None:
    other = create_module(key="parcels", name="Parcels", fields=[{"key": "x", "type": "text"}], actor=root)
    create_workflow(name="Unseen", module=tickets, actor=root)
    set_mode_policy(rule="simulate_only", module=other, reason="Not here", actor=root)
    assert owner.get(address).json()["mode_policies"] == []
    assert owner.get(address).json()["simulate_only"] is False
    set_mode_policy(rule="simulate_only", module=tickets, reason="Year-end close", actor=root)
    set_mode_policy(rule="four_eyes", module=None, reason="Audit", actor=root)
    told = owner.get(address).json()["mode_policies"]
    assert [(one["rule"], one["module"], one["reason"], one["set_by"]) for one in told] == [
        ("four_eyes", None, "Audit", "root"),
        ("simulate_only", "Tickets", "Year-end close", "root"),
    ]
    assert owner.get(address).json()["simulate_only"] is True
    listed = owner.get("/api/v1/mode-policies/").json()["results"]
    bound = {one["rule"]: [row["name"] for row in one["workflows"]] for one in listed}
    assert bound == {"four_eyes": ["Route tickets"], "simulate_only": ["Route tickets"]}
    assert [(one["binds"], one["acting"]) for one in listed] == [(1, 0), (1, 0)]
    (seen,) = outsider.get("/api/v1/mode-policies/").json()["results"]
    assert (seen["rule"], seen["binds"]) == ("four_eyes", 0)
    Workflow.objects.filter(pk=workflow.pk).update(archived_at=workflow.created_at)
    assert {one["binds"] for one in owner.get("/api/v1/mode-policies/").json()["results"]} == {0}
    assert ModePolicy.objects.count() == 3


def test_a_workflow_without_a_module_is_bound_by_what_its_live_trigger_is_about(
    owner: APIClient, alice: Any, tickets: Module, root: Any
) -> None:
    loose = create_workflow(name="Loose", actor=alice)
    save_draft(owner, loose)
    assert publish(owner, loose).status_code == 201
    set_mode_policy(rule="simulate_only", module=tickets, reason="Year-end close", actor=root)
    set_mode_policy(rule="four_eyes", module=tickets, reason="Audit", actor=root)
    told = owner.get(f"/api/v1/workflows/{loose.pk}/").json()
    assert told["simulate_only"] is True
    assert [one["rule"] for one in told["mode_policies"]] == ["simulate_only"]
    listed = owner.get("/api/v1/mode-policies/").json()["results"]
    assert {one["rule"]: one["binds"] for one in listed} == {"simulate_only": 1, "four_eyes": 0}


def test_the_reason_for_archiving_stands_in_the_trail(owner: APIClient, address: str) -> None:
    assert owner.delete(f"{address}?reason=Replaced").status_code == 204
    assert AuditEntry.objects.get(action="workflow.archived").reason == "Replaced"
