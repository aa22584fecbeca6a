"""How somebody wants the pages, and the first steps that they have taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Module, Preference, Run, Workflow, WorkflowVersion
from automations.services.drafts import save_draft
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow

from .conftest import DOCUMENT, client_of

pytestmark = pytest.mark.django_db

STEPS = ("open", "test", "change", "publish", "watch")


def done(client: APIClient) -> list[str]:
    return [step["key"] for step in client.get("/api/v1/first-steps/").json()["steps"] if step["done"]]


def see(client: APIClient, **what: Any) -> Any:
    return client.post("/api/v1/first-steps/", what, format="json")


def change_draft(workflow: Workflow, actor: Any, amount: str) -> None:
    document = {**DOCUMENT, "nodes": [dict(node) for node in DOCUMENT["nodes"]]}
    document["nodes"][1]["config"] = {"rule": {"field": "amount", "op": "gt", "value": amount}}
    save_draft(workflow=workflow, document=document, revision=None, actor=actor)


def make_run(workflow: Workflow, *, minutes: int) -> Run:
    at = timezone.now() - timedelta(minutes=minutes)
    version, _ = WorkflowVersion.objects.get_or_create(
        workflow=workflow, number=9, defaults={"digest": "0", "document": {}, "published_at": at}
    )
    return Run.objects.create(
        workflow=workflow,
        version=version,
        trigger_node="t1",
        dedupe_key=f"k{minutes}",
        mode="simulate",
        due_at=at,
        created_at=at,
    )


def test_who_never_chose_gets_what_holds_for_all_and_a_choice_stays(owner: APIClient, alice: Any) -> None:
    assert owner.get("/api/v1/me/preferences/").json() == {
        "theme": "system",
        "density": "comfortable",
        "single_keys": True,
        "first_steps": True,
    }
    assert not Preference.objects.exists()
    changed = owner.patch("/api/v1/me/preferences/", {"density": "compact"}, format="json")
    assert changed.status_code == 200, changed.content
    owner.patch("/api/v1/me/preferences/", {"single_keys": False}, format="json")
    kept = owner.get("/api/v1/me/preferences/").json()
    assert (kept["density"], kept["single_keys"], kept["theme"]) == ("compact", False, "system")


@pytest.mark.parametrize(
    "body", [{"theme": "pink"}, {"density": ""}, {"single_keys": "maybe"}, {"steps": {}}, {"user": 1}]
)
def test_a_preference_that_is_none_is_refused(owner: APIClient, body: dict[str, Any]) -> None:
    assert owner.patch("/api/v1/me/preferences/", body, format="json").status_code == 400
    assert not Preference.objects.exists()


def test_each_step_is_done_by_doing_it(owner: APIClient, alice: Any, workflow: Workflow) -> None:
    change_draft(workflow, alice, "100")
    assert done(owner) == []
    address = f"/api/v1/workflows/{workflow.pk}/run-test/"

    see(owner, workflow=workflow.pk)
    assert done(owner) == ["open"]
    owner.post(address, {"version": "draft", "record": "none"}, format="json")
    assert done(owner) == ["open"], "a test on one record is none on the live ones"
    owner.post(address, {"version": "draft", "records": "live"}, format="json")
    assert done(owner) == ["open", "test"], "what was drawn before it was opened is no change"
    change_draft(workflow, alice, "200")
    assert done(owner) == ["open", "test"], "a change that was not looked at"
    owner.post(address, {"version": "draft", "records": "live"}, format="json")
    assert done(owner) == ["open", "test", "change"]
    publish_version(workflow=workflow, actor=alice)
    assert done(owner) == ["open", "test", "change", "publish"]
    see(owner, run=make_run(workflow, minutes=30).pk)
    assert "watch" not in done(owner), "a run of the past is looked up, not watched"
    see(owner, run=make_run(workflow, minutes=1).pk)
    assert done(owner) == list(STEPS)


def test_what_others_did_does_not_count(owner: APIClient, alice: Any, root: Any, workflow: Workflow) -> None:
    change_draft(workflow, alice, "100")
    see(owner, workflow=workflow.pk)
    change_draft(workflow, root, "200")
    owner.post(f"/api/v1/workflows/{workflow.pk}/run-test/", {"records": "live"}, format="json")
    publish_version(workflow=workflow, actor=root)
    assert done(owner) == ["open", "test"]
    assert done(client_of(root)) == []


def test_the_steps_are_about_the_demos_workflow_or_ones_own_first(
    owner: APIClient, alice: Any, root: Any, workflow: Workflow, tickets: Module
) -> None:
    assert owner.get("/api/v1/first-steps/").json()["workflow"]["id"] == workflow.pk
    demo = create_workflow(key="sla-alert", name="SLA alert", module=tickets, actor=root)
    assert owner.get("/api/v1/first-steps/").json()["workflow"]["id"] == workflow.pk, "no right on it"
    see(owner, workflow=demo.pk)
    assert done(owner) == []
    permissions.grant_owner(demo, alice)
    told = owner.get("/api/v1/first-steps/").json()
    assert told["workflow"] == {"id": demo.pk, "key": "sla-alert", "name": "SLA alert", "module": "tickets"}
    assert told["example"]["noun"] == "ticket"
    assert told["example"]["values"]["priority"] == "urgent"


def test_what_is_not_there_counts_for_nothing_and_tells_nothing(owner: APIClient, charlie: Any) -> None:
    hidden = Workflow.objects.create(key="hidden", name="Hidden", owner=charlie)
    for what in ({"workflow": hidden.pk}, {"workflow": 2**40}, {"run": 2**62}):
        assert see(owner, **what).status_code == 200
    assert done(owner) == []
    for wrong in ({}, {"workflow": 1, "run": 1}, {"workflow": 2**80}, {"run": -1}, {"workflow": "x"}):
        assert see(owner, **wrong).status_code == 400


def test_the_steps_are_offered_to_those_who_build(owner: APIClient, charlie: Any) -> None:
    told = owner.get("/api/v1/first-steps/").json()
    assert (told["offered"], told["shown"], told["workflow"], told["example"]) == (True, True, None, None)
    assert client_of(charlie).get("/api/v1/first-steps/").json()["offered"] is False


def test_steps_leave_no_trace_in_the_trail(owner: APIClient, workflow: Workflow) -> None:
    before = AuditEntry.objects.count()
    see(owner, workflow=workflow.pk)
    owner.patch("/api/v1/me/preferences/", {"first_steps": False}, format="json")
    assert AuditEntry.objects.count() == before
    assert owner.get("/api/v1/first-steps/").json()["shown"] is False
    assert Preference.objects.count() == 1
