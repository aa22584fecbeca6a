"""The admin's actions and forms call the services: rights, audit and refusals are the same as in the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from automations import permissions
from automations.grants import ROLES, set_rights
from automations.models import (
    ApiToken,
    AuditEntry,
    Decision,
    Module,
    Policy,
    Run,
    Scenario,
    ScenarioResult,
    TriggerSource,
    Workflow,
    WorkflowVersion,
)
from automations.services.drafts import save_draft
from automations.services.records import create_record
from automations.testing import chain, make_workflow, node, run_everything

from .conftest import client_of

pytestmark = pytest.mark.django_db


def act(client: Client, model: Any, action: str, *rows: Any, reason: str = "As agreed") -> list[str]:
    """Choose the rows, choose the action, read its page, confirm; returns the messages."""
    address = reverse(f"admin:automations_{model._meta.model_name}_changelist")
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    asked = client.post(address, chosen)
    assert (asked.status_code, b"confirmed" in asked.content) == (200, True)
    answer = client.post(address, {**chosen, "confirmed": "yes", "reason": reason})
    return (
        [str(message) for message in get_messages(answer.wsgi_request)] if answer.status_code == 302 else []
    )


def add(client: Client, model: Any, **fields: Any) -> Any:
    return client.post(reverse(f"admin:automations_{model._meta.model_name}_add"), fields)


def change(client: Client, row: Any, **fields: Any) -> Any:
    """Open the page, change these fields, save; the counters of the rows that are only shown go back as they came."""
    address = reverse(f"admin:automations_{row._meta.model_name}_change", args=(row.pk,))
    counters = {
        field.html_name: field.value()
        for inline in client.get(address).context["inline_admin_formsets"]
        for field in inline.formset.management_form
    }
    return client.post(address, {**counters, **fields})


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def audited(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def test_a_workflow_is_paused_with_a_reason_and_resumed(
    admin_client: Client, root: Any, workflow: Workflow, tickets: Module
) -> None:
    assert act(admin_client, Workflow, "pause", workflow, reason="Stock take") == ["Pause: 1 done."]
    workflow.refresh_from_db()
    assert (workflow.pause_reason, audited("workflow.paused").reason) == ("Stock take", "Stock take")
    assert audited("workflow.paused").actor_name == "root"
    create_record(module=tickets, key="T2", values={"title": "x"}, actor=root)
    run_everything()
    assert Run.objects.filter(record_key="T2").count() == 0
    assert act(admin_client, Workflow, "resume", workflow) == ["Resume: 1 done."]
    workflow.refresh_from_db()
    assert workflow.paused_at is None


def test_an_action_that_asks_for_a_reason_does_nothing_without_one(
    admin_client: Client, workflow: Workflow
) -> None:
    assert act(admin_client, Workflow, "pause", workflow, reason="") == []
    workflow.refresh_from_db()
    assert workflow.paused_at is None


def test_a_draft_is_published_in_simulate_promoted_and_taken_back(
    admin_client: Client, workflow: Workflow, root: Any
) -> None:
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "new"}),
    )
    save_draft(workflow=workflow, document=document, revision=None, actor=root)
    act(admin_client, Workflow, "publish_the_draft_in_simulate", workflow)
    workflow.refresh_from_db()
    assert (workflow.mode, workflow.versions.count()) == ("simulate", 2)
    assert "The gate is closed" in act(admin_client, Workflow, "promote_to_execute", workflow)[0]
    act(admin_client, Workflow, "promote_past_the_gate", workflow, reason="The till stands still")
    workflow.refresh_from_db()
    assert workflow.mode == "execute"
    act(admin_client, Workflow, "take_back_to_simulate", workflow)
    workflow.refresh_from_db()
    assert workflow.mode == "simulate"
    first = WorkflowVersion.objects.get(workflow=workflow, number=1)
    act(admin_client, WorkflowVersion, "roll_back_to_this_version", first)
    workflow.refresh_from_db()
    assert workflow.active_version is not None
    assert workflow.active_version.document["nodes"] == first.document["nodes"]


def test_a_refused_action_says_why_and_stops_no_other(
    admin_client: Client, workflow: Workflow, alice: Any, tickets: Module
) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    other = make_workflow("other", chain(trigger, node("a1", "action.comment", text="x")), owner=alice)
    broken = chain(trigger, node("a1", "action.update_fields", values={"nowhere": 1}))
    save_draft(workflow=workflow, document=broken, revision=None, actor=alice)
    said = act(admin_client, Workflow, "publish_the_draft_in_simulate", workflow, other)
    assert len(said) == 2, said
    assert "nowhere" in said[0] + said[1]
    assert any(message.endswith("1 done.") for message in said)
    assert (workflow.versions.count(), other.versions.count()) == (1, 2)


def test_staff_without_the_right_are_refused(operator: Client, workflow: Workflow) -> None:
    said = act(operator, Workflow, "archive", workflow)
    assert len(said) == 1
    assert "publish" in said[0]
    workflow.refresh_from_db()
    assert workflow.archived_at is None
    assert not AuditEntry.objects.filter(action="workflow.archived").exists()


def test_a_builder_sees_the_limits_and_whom_it_runs_as_and_changes_neither(
    operator: Client, bob: Any, workflow: Workflow
) -> None:
    set_rights(workflow, bob, ROLES["Builder"])
    page = operator.get(reverse("admin:automations_workflow_change", args=(workflow.pk,)))
    shown = page.context["adminform"]
    assert set(shown.readonly_fields) >= {"limits", "run_as", "owner"}
    assert "name" in shown.form.fields
    assert not {"limits", "run_as", "owner"} & set(shown.form.fields)


def test_a_workflow_is_archived(admin_client: Client, workflow: Workflow) -> None:
    act(admin_client, Workflow, "archive", workflow, reason="Replaced")
    workflow.refresh_from_db()
    assert workflow.archived_at is not None
    assert audited("workflow.archived").reason == "Replaced"


def test_an_archived_workflow_that_acted_comes_back_paused_and_in_simulate(
    admin_client: Client, operator: Client, workflow: Workflow, tickets: Module, root: Any
) -> None:
    act(admin_client, Workflow, "archive", workflow, reason="Replaced")
    create_record(module=tickets, key="T2", values={"title": "x"}, actor=root)
    run_everything()
    (said,) = act(operator, Workflow, "take_back_from_the_archive", workflow)
    assert "publish" in said
    said = act(admin_client, Workflow, "take_back_from_the_archive", workflow, reason="Needed again")
    assert said == ["Take back from the archive: 1 done."]
    entry = audited("workflow.restored")
    assert (entry.reason, entry.before["mode"], entry.after["mode"]) == (
        "Needed again",
        "execute",
        "simulate",
    )
    create_record(module=tickets, key="T3", values={"title": "x"}, actor=root)
    run_everything()
    assert set(Decision.objects.filter(event__record_key="T3").values_list("outcome", flat=True)) == {
        "paused"
    }
    assert not Decision.objects.filter(event__record_key="T2").exists()
    act(admin_client, Workflow, "resume", workflow)
    create_record(module=tickets, key="T4", values={"title": "x"}, actor=root)
    run_everything()
    run = Run.objects.get(record_key="T4")
    assert (run.mode, run.status) == ("simulate", "succeeded")


def test_a_run_is_cancelled(admin_client: Client, alice: Any, tickets: Module, root: Any) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    wait = node("w1", "action.wait", **{"for": "PT1H"})
    make_workflow("slow", chain(trigger, wait), owner=alice)
    create_record(module=tickets, key="T9", values={"title": "x"}, actor=root)
    run_everything()
    run = Run.objects.get()
    assert run.status == "waiting"
    act(admin_client, Run, "cancel", run, reason="Not wanted")
    run.refresh_from_db()
    assert run.status == "cancelled"
    said = act(admin_client, Run, "cancel", run)
    assert len(said) == 1
    assert "done" not in said[0]


@pytest.fixture
def failed(alice: Any, tickets: Module, root: Any) -> Run:
    """A run that changed a record, then failed."""
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "seen"}),
        node("a2", "action.stop", outcome="failed", message="Bad."),
    )
    make_workflow("fails", document, owner=alice)
    create_record(module=tickets, key="T9", values={"title": "x"}, actor=root)
    run_everything()
    run = Run.objects.get()
    assert run.status == "failed"
    return run


@pytest.mark.parametrize(
    ("action", "kept"), [("retry_from_the_failed_step", ["t1", "a1"]), ("retry_from_the_start", [])]
)
def test_a_run_is_retried_from_its_failed_step_or_its_start(
    admin_client: Client, failed: Run, action: str, kept: list[str]
) -> None:
    assert act(admin_client, Run, action, failed, reason="The till is back")[0].endswith(": 1 done.")
    again = Run.objects.get(retry_of=failed)
    assert sorted(again.steps.filter(kept_from=failed.pk).values_list("node", flat=True)) == sorted(kept)
    entry = audited("run.retried")
    assert (entry.object_id, entry.reason, entry.actor_name) == (str(failed.pk), "The till is back", "root")
    said = act(admin_client, Run, action, failed)
    assert (len(said), Run.objects.filter(retry_of=failed).count()) == (1, 1)
    assert "done" not in said[0]


def test_a_run_that_did_not_fail_is_not_retried(admin_client: Client, workflow: Workflow) -> None:
    said = act(admin_client, Run, "retry_from_the_start", Run.objects.get())
    assert len(said) == 1
    assert "done" not in said[0]
    assert Run.objects.count() == 1


def test_staff_without_the_right_retry_nothing(failed: Run, bob: Any) -> None:
    permissions.seed_roles()
    permissions.share(failed.workflow, "Viewer")
    bob.groups.add(Group.objects.get(name="Viewer"))
    bob.is_staff = True
    bob.save()
    said = act(client_of(bob), Run, "retry_from_the_failed_step", failed)
    assert len(said) == 1
    assert "retry" in said[0]
    assert not Run.objects.filter(retry_of=failed).exists()
    assert not AuditEntry.objects.filter(action="run.retried").exists()


def test_a_token_is_revoked(admin_client: Client, world: Workflow) -> None:
    act(admin_client, ApiToken, "revoke", ApiToken.objects.get())
    assert not ApiToken.objects.exists()
    assert audited("token.revoked").actor_name == "root"


def test_a_workflow_is_added_and_changed_through_its_service(
    admin_client: Client, root: Any, tickets: Module
) -> None:
    answer = add(
        admin_client, Workflow, name="New one", key="new-one", zone="Europe/Berlin", module=tickets.pk
    )
    workflow = Workflow.objects.get(key="new-one")
    assert answer.status_code == 302
    assert (workflow.owner, workflow.zone) == (root, "Europe/Berlin")
    assert audited("workflow.created").object_id == str(workflow.pk)
    same = {"name": "Newer", "zone": "Europe/Berlin", "owner": root.pk, "run_as": "", "limits": "{}"}
    answer = change(admin_client, workflow, **same)
    assert answer.status_code == 302, errors_of(answer)
    workflow.refresh_from_db()
    assert workflow.name == "Newer"
    entry = audited("workflow.updated")
    assert entry.after["name"] == "Newer"


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    admin_client: Client, tickets: Module, workflow: Workflow
) -> None:
    answer = add(admin_client, Workflow, name="New one", key="new-one", zone="Mars/Olympus")
    assert "zone" in errors_of(answer)
    assert b"New one" in answer.content
    answer = add(admin_client, Workflow, name="New one", key=workflow.key, zone="UTC")
    assert errors_of(answer)
    assert Workflow.objects.count() == 1
    assert not AuditEntry.objects.filter(action="workflow.created", object_id="").exists()


def test_a_module_is_added_and_its_bad_fields_are_named(admin_client: Client) -> None:
    fields = [{"key": "title", "type": "text"}, {"key": "when", "type": "moment"}]
    given = {"key": "assets", "name": "Assets", "zone": "UTC", "transitions": "{}", "title_field": "title"}
    answer = add(admin_client, Module, **given, fields=json.dumps(fields))
    (text,) = errors_of(answer)["fields"]
    assert text.startswith("fields[1].type: ")
    fields[1]["type"] = "datetime"
    assert add(admin_client, Module, **given, fields=json.dumps(fields)).status_code == 302
    module = Module.objects.get(key="assets")
    assert audited("module.created").object_id == str(module.pk)
    fields.append({"key": "cost", "type": "money"})
    answer = change(admin_client, module, name="Assets", fields=json.dumps(fields), transitions="{}")
    assert answer.status_code == 302, errors_of(answer)
    module.refresh_from_db()
    assert [field["key"] for field in module.fields] == ["title", "when", "cost"]


def test_a_policy_is_added_and_a_changed_rule_is_a_new_revision(
    admin_client: Client, tickets: Module
) -> None:
    rule = {"field": "title", "op": "is_not_empty"}
    given = {"key": "titled", "name": "Titled", "module": tickets.pk}
    wrong = {"field": "nowhere", "op": "is_not_empty"}
    assert "rule" in errors_of(add(admin_client, Policy, **given, rule=json.dumps(wrong)))
    assert add(admin_client, Policy, **given, rule=json.dumps(rule)).status_code == 302
    policy = Policy.objects.get()
    kept = {"name": "Titled", "owner": policy.owner_id}
    assert change(admin_client, policy, **kept, rule=json.dumps(rule)).status_code == 302
    assert policy.revisions.count() == 1
    newer = {"field": "state", "op": "is_empty"}
    first = change(admin_client, policy, **kept, rule=json.dumps(newer))
    assert first.status_code == 200
    told = errors_of(first)["__all__"]
    assert told[-1] == "Save again to publish it."
    assert "By itself it takes 0 of 0 records" in told[0]
    seen = first.context["adminform"].form["seen"].value()
    other = {"field": "state", "op": "is_not_empty"}
    assert change(admin_client, policy, **kept, rule=json.dumps(other), seen=seen).status_code == 200
    assert policy.revisions.count() == 1
    assert change(admin_client, policy, **kept, rule=json.dumps(newer), seen=seen).status_code == 302
    assert [revision.rule for revision in policy.revisions.order_by("number")] == [rule, newer]
    assert change(admin_client, policy, name="No title", owner=policy.owner_id, rule=json.dumps(newer))
    policy.refresh_from_db()
    assert policy.name == "No title"


def test_a_source_is_added(admin_client: Client, tickets: Module) -> None:
    bad = add(admin_client, TriggerSource, key="erp", name="ERP", contract='{"type": "wrong"}')
    assert "contract" in errors_of(bad)
    assert add(admin_client, TriggerSource, key="erp", name="ERP", contract="{}").status_code == 302
    assert audited("source.created").object_id == str(TriggerSource.objects.get(key="erp").pk)


def test_a_scenario_is_edited_by_who_may_edit_its_workflow_and_its_results_go(
    admin_client: Client, operator: Client, world: Workflow
) -> None:
    scenario = Scenario.objects.get()
    act(admin_client, Scenario, "run_on_the_draft", scenario)
    fields = {
        "name": "Another name",
        "kind": scenario.kind,
        "at_0": "2026-03-29",
        "at_1": "14:30:00",
        "given": json.dumps(scenario.given),
        "expected": "{}",
    }
    assert "kind" in errors_of(change(admin_client, scenario, **{**fields, "kind": "sometimes"}))
    assert change(operator, scenario, **fields).status_code == 403
    answer = change(admin_client, scenario, **fields)
    assert answer.status_code == 302, errors_of(answer)
    scenario.refresh_from_db()
    assert (scenario.name, scenario.expected) == ("Another name", {})
    assert not ScenarioResult.objects.filter(scenario=scenario).exists()
    assert audited("scenario.changed").actor_name == "root"


def test_a_scenario_is_run_on_the_draft_by_who_may_test(
    admin_client: Client, world: Workflow, root: Any
) -> None:
    scenario = Scenario.objects.get()
    assert act(admin_client, Scenario, "run_on_the_draft", scenario) == ["Run on the draft: 1 done."]
    result = ScenarioResult.objects.get(scenario=scenario)
    assert (result.status, result.run_by.is_superuser if result.run_by else None) == ("passed", True)
