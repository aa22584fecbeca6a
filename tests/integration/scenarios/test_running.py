"""Scenarios, run: by the very engine, at their own moment, as whom they name, and without a trace but the result."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from automations.models import Module, Scenario, ScenarioResult, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.records import create_record
from automations.services.scenario_runs import KEPT
from automations.services.scenarios import edit_scenario, evidence, run_all, run_missing, run_one
from automations.services.versions import publish_version
from automations.testing import edge, node

from ..services.world import changed_tables
from .conftest import EXPECTED, NOON, given, triage

pytestmark = pytest.mark.django_db

Save = Callable[..., Scenario]


def told(result: ScenarioResult) -> list[str]:
    return [difference["message"] for difference in result.differences]


def draft(workflow: Workflow, document: dict[str, Any], actor: Any) -> str:
    saved = save_draft(workflow=workflow, document=document, revision=None, actor=actor)
    return saved.definition.digest()


def test_a_scenario_passes_where_the_draft_does_what_it_expects(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    result = run_one(scenario=scenario(), actor=alice)
    assert (result.status, result.differences, result.run_by) == ("passed", [], alice)
    assert result.digest == load_draft(workflow).definition.digest()


def test_each_difference_is_a_sentence_that_names_its_step(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    saved = scenario()
    draft(workflow, triage(owner="eve"), alice)
    result = run_one(scenario=saved, actor=alice)
    assert result.status == "failed"
    assert result.differences == [
        {"aspect": "change", "node": "a1", "message": "“a1” should set “owner” to “bob”, but set “eve”."}
    ]
    draft(workflow, triage(limit="1000"), alice)
    assert told(run_one(scenario=saved, actor=alice)) == [
        "It should fire, but did not. It started, but no step of it would do anything."
    ]


def test_what_should_not_fire_passes_where_the_trigger_or_the_condition_leaves_it_alone(
    scenario: Save, alice: Any
) -> None:
    small = scenario(name="Small", kind="negative", given=given(amount="50"), expected={})
    closed = scenario(name="Closed", kind="negative", given=given(state="closed", amount="150"), expected={})
    large = scenario(name="Large", kind="negative", expected={})
    results = {row.scenario_id: row for row in run_all(workflow=small.workflow, actor=alice)}
    assert [results[row.pk].status for row in (small, closed, large)] == ["passed", "passed", "failed"]
    assert told(results[large.pk]) == ["It should not fire, but did."]


def test_a_run_writes_its_result_and_nothing_else_and_opens_no_socket(
    scenario: Save, workflow: Workflow, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = triage()
    document["nodes"] += [
        node("a2", "action.notify", users=["alice"], channels=["app", "email"], title="Look", body="Now"),
        node("a3", "action.comment", text="Done"),
        node("a4", "action.create_record", module="tickets", values={"title": "Next"}),
        node("a5", "action.wait", **{"for": "P3D"}),
        node("a6", "action.comment", text="Later"),
    ]
    document["edges"] += [edge(f"a{number}", f"a{number + 1}") for number in range(1, 6)]
    draft(workflow, document, alice)
    saved = scenario(expected={})

    def refuse(*_: Any) -> None:
        raise AssertionError("a scenario reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    results: list[ScenarioResult] = []
    changed = changed_tables(lambda: results.append(run_one(scenario=saved, actor=alice)))
    assert changed == {"scenarioresult"}
    assert results[0].status == "passed", results[0].differences


def test_what_was_given_stays_as_it_was_whatever_becomes_of_the_record(
    scenario: Save, tickets: Module, alice: Any
) -> None:
    create_record(
        module=tickets, key="T1", values={"title": "One", "state": "closed", "amount": "1"}, actor=alice
    )
    assert run_one(scenario=scenario(), actor=alice).status == "passed"


def test_the_clock_stands_at_the_scenarios_own_moment(scenario: Save, workflow: Workflow, alice: Any) -> None:
    document = triage()
    document["nodes"][1]["config"]["rule"] = {"field": "due", "op": "within_next", "value": "PT2H"}
    draft(workflow, document, alice)
    due = given(due=(NOON + timedelta(hours=1)).isoformat())
    near = scenario(given=due)
    far = scenario(name="Far", kind="negative", given=due, at=NOON - timedelta(days=1), expected={})
    assert run_one(scenario=near, actor=alice).status == "passed"
    assert run_one(scenario=far, actor=alice).status == "passed"


def test_it_acts_as_the_person_or_the_role_that_it_names(
    scenario: Save, workflow: Workflow, tickets: Module, alice: Any, bob: Any
) -> None:
    helpers, guests = Group.objects.create(name="Helpers"), Group.objects.create(name="Guests")
    assign_perm("automations.use_module", helpers, tickets)
    assign_perm("automations.use_module", bob, tickets)
    results = {
        name: run_one(scenario=scenario(name=name, **who), actor=alice)
        for name, who in {
            "bob": {"as_user": "bob"},
            "helpers": {"as_role": helpers.name},
            "guests": {"as_role": guests.name},
            "nobody": {"as_user": "zoe"},
            "no role": {"as_role": "Zoes"},
        }.items()
    }
    assert {name: row.status for name, row in results.items()} == {
        "bob": "passed",
        "helpers": "passed",
        "guests": "failed",
        "nobody": "failed",
        "no role": "failed",
    }
    assert "The role Guests may not use Tickets." in told(results["guests"])[-1]
    assert told(results["nobody"]) == ["There is no active user “zoe”."]
    assert told(results["no role"]) == ["There is no role “Zoes”."]


def test_approvals_take_the_answer_that_the_scenario_names(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    document = triage()
    document["nodes"].append(node("p1", "action.approval", title="May we?", users=["alice"], quorum=1))
    document["edges"] = [edge("t1", "c1"), edge("c1", "p1", "true"), edge("p1", "a1", "approved")]
    draft(workflow, document, alice)
    asked = {"node": "p1", "kind": "action.approval", "target": "alice"}
    yes = scenario(
        name="Yes",
        expected={"path": {"p1": ["approved"]}, "effects": [asked, *EXPECTED["effects"]]},
    )
    no = scenario(
        name="No",
        given={**given(amount="150"), "answers": {"p1": "rejected"}},
        expected={"path": {"p1": ["rejected"]}, "effects": [asked]},
    )
    for row in (yes, no):
        result = run_one(scenario=row, actor=alice)
        assert result.status == "passed", result.differences


def test_the_event_decides_where_one_is_given(scenario: Save, workflow: Workflow, alice: Any) -> None:
    document = triage()
    document["nodes"][0]["config"]["on"] = ["updated"]
    document["nodes"][1]["config"]["rule"] = {"field": "amount", "op": "changed"}
    draft(workflow, document, alice)
    event = {
        "type": "record.updated",
        "module": "tickets",
        "record": "T1",
        "before": {"state": "open", "amount": "1"},
        "after": {"state": "open", "amount": "150"},
        "changed": ["amount"],
    }
    moved = scenario(given={**given(amount="150"), "event": event})
    assert run_one(scenario=moved, actor=alice).status == "passed"
    other = {**event, "before": event["after"], "changed": []}
    still = scenario(
        name="Still", kind="negative", given={**given(amount="150"), "event": other}, expected={}
    )
    assert run_one(scenario=still, actor=alice).status == "passed"


def test_what_is_gone_from_the_workflow_is_told(scenario: Save, workflow: Workflow, alice: Any) -> None:
    other = scenario(given={**given(), "trigger": "t9"})
    assert told(run_one(scenario=other, actor=alice)) == ["There is no trigger “t9” any more."]
    document = triage()
    document["nodes"] = [
        {"id": "m1", "type": "trigger.manual", "config": {}},
        node("s", "action.notify", users=["alice"], channels=["app"], title="x", body="y"),
    ]
    document["edges"] = [edge("m1", "s")]
    draft(workflow, document, alice)
    elsewhere = scenario(name="Elsewhere")
    assert told(run_one(scenario=elsewhere, actor=alice)) == [
        "Its record is one of “tickets”, and the workflow is about no records."
    ]


def test_results_are_kept_by_digest_so_that_moving_a_step_changes_nothing(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    scenario()
    run_all(workflow=workflow, actor=alice)
    first = load_draft(workflow).definition.digest()
    draft(workflow, {**triage(), "layout": {"c1": {"x": 7, "y": 7}}}, alice)
    definition = load_draft(workflow).definition
    assert definition.digest() == first
    assert run_missing(workflow=workflow, definition=definition, actor=alice) == []
    assert evidence(workflow, first).passed == 1
    assert evidence(workflow, draft(workflow, triage(limit="120"), alice)).not_run == 1


def test_only_what_has_no_result_yet_runs_after_a_save_and_only_on_a_valid_draft(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    first, second = scenario(), scenario(name="Second")
    run_one(scenario=first, actor=alice)
    definition = load_draft(workflow).definition
    ran = run_missing(workflow=workflow, definition=definition, actor=alice)
    assert [row.scenario_id for row in ran] == [second.pk]
    broken = triage()
    broken["nodes"][1]["config"] = {}
    draft(workflow, broken, alice)
    unfinished = load_draft(workflow).definition
    assert run_missing(workflow=workflow, definition=unfinished, actor=alice) == []


def test_publishing_runs_them_on_what_was_published(scenario: Save, workflow: Workflow, alice: Any) -> None:
    scenario()
    scenario(name="Wrong", kind="negative", expected={})
    version = publish_version(workflow=workflow, actor=alice)
    found = evidence(workflow, version.digest)
    assert (found.passed, found.failed, found.failing) == (1, 1, ["Wrong"])


def test_the_evidence_counts_what_the_gate_asks_for(
    scenario: Save, workflow: Workflow, alice: Any, bob: Any, root: Any, tickets: Module
) -> None:
    assign_perm("automations.use_module", bob, tickets)
    workflow.run_as = None
    workflow.save()
    scenario(name="As anybody")
    scenario(name="As Bob", as_user="bob")
    scenario(name="As root", as_user=root.username)
    scenario(name="Small", kind="negative", given=given(amount="1"), expected={})
    run_all(workflow=workflow, actor=alice)
    scenario(name="New")
    found = evidence(workflow, load_draft(workflow).definition.digest())
    assert (found.positive, found.negative) == (4, 1)
    assert (found.passed, found.failed, found.not_run) == (4, 0, 1)
    assert (found.positive_passed, found.negative_passed, found.limited_passed) == (3, 1, 1)


def test_a_scenario_that_becomes_another_loses_its_results_a_new_name_does_not(
    scenario: Save, alice: Any
) -> None:
    saved = scenario()
    run_one(scenario=saved, actor=alice)
    edit_scenario(scenario=saved, changes={"name": "Renamed"}, actor=alice)
    assert ScenarioResult.objects.filter(scenario=saved).count() == 1
    edit_scenario(scenario=saved, changes={"at": NOON + timedelta(days=1)}, actor=alice)
    assert not ScenarioResult.objects.filter(scenario=saved).exists()


def test_results_of_old_drafts_go_those_of_versions_stay(
    scenario: Save, workflow: Workflow, alice: Any
) -> None:
    scenario()
    version = publish_version(workflow=workflow, actor=alice)
    for number in range(KEPT + 3):
        draft(workflow, triage(limit=str(200 + number)), alice)
        run_all(workflow=workflow, actor=alice)
    digests = set(ScenarioResult.objects.values_list("digest", flat=True))
    assert len(digests) == KEPT + 1
    assert version.digest in digests


def test_an_action_that_breaks_fails_its_scenario_and_no_save(
    scenario: Save, workflow: Workflow, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = scenario()

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("automations.services.scenario_runs.rehearse", broken)
    assert told(run_one(scenario=saved, actor=alice)) == [
        "It could not be run: ZeroDivisionError. The server's log says more."
    ]
