"""Scenarios in the API: kept, proposed from what there is, run; what they hold is for those who may see payloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations.models import AuditEntry, Event, Module, Run, Scenario, ScenarioResult, Workflow
from automations.services.modules import create_module
from automations.services.records import create_record
from automations.testing import run_everything

from .conftest import DOCUMENT, publish, save_draft

pytestmark = pytest.mark.django_db

Make = Callable[..., str]


def address(workflow: Workflow, rest: str | int = "") -> str:
    return f"/api/v1/workflows/{workflow.pk}/scenarios/" + (f"{rest}/" if rest else "")


def given(**values: Any) -> dict[str, Any]:
    values = {"subject": "One", "status": "open", "amount": 150, **values}
    return {"record": {"module": "tickets", "key": "T-1", "values": values}}


@pytest.fixture
def drawn(owner: APIClient, workflow: Workflow) -> Workflow:
    assert save_draft(owner, workflow).status_code == 200
    return workflow


def save(client: APIClient, workflow: Workflow, **body: Any) -> dict[str, Any]:
    answer = client.post(
        address(workflow),
        {"name": "Large", "kind": "positive", "given": given(), **body},
        format="json",
    )
    assert answer.status_code == 201, answer.content
    return answer.json()  # type: ignore[no-any-return]


def listed(client: APIClient, workflow: Workflow) -> list[dict[str, Any]]:
    return client.get(address(workflow)).json()["results"]  # type: ignore[no-any-return]


def test_what_is_proposed_from_a_record_is_saved_as_it_is_and_passes(
    owner: APIClient, drawn: Workflow, make_ticket: Make
) -> None:
    make_ticket("T-1", amount="150")
    answer = owner.post(address(drawn, "proposal"), {"record": "T-1"}, format="json")
    assert answer.status_code == 200, answer.content
    proposal = answer.json()
    assert (proposal["kind"], proposal["origin"]) == ("positive", "record")
    assert proposal["expected"] == {
        "path": {"c1": ["true"]},
        "effects": [
            {
                "node": "a1",
                "kind": "action.update_fields",
                "target": "T-1",
                "changes": [{"field": "status", "before": "open", "after": "closed"}],
            }
        ],
        "outcome": "succeeded",
    }
    body = {key: value for key, value in proposal.items() if key != "why_not"}
    made = save(owner, drawn, **body)
    assert made["given"]["record"]["values"]["amount"] == "150"
    ran = owner.post(address(drawn, "run"), {}, format="json").json()
    assert (ran["passed"], ran["failed"]) == (1, 0)
    (row,) = listed(owner, drawn)
    assert (row["draft"]["status"], row["draft"]["run_by"], row["live"]) == ("passed", "alice", None)


def test_a_past_event_and_a_past_run_are_copied_with_their_moment(
    owner: APIClient, drawn: Workflow, make_ticket: Make
) -> None:
    publish(owner, drawn)
    make_ticket("T-1", amount="150")
    run_everything()
    event = Event.objects.get(record_key="T-1")
    run = Run.objects.get(event=event)
    for source, origin in (({"event_id": event.pk}, "event"), ({"run_id": run.pk}, "run")):
        proposal = owner.post(address(drawn, "proposal"), source, format="json").json()
        assert (proposal["origin"], proposal["kind"]) == (origin, "positive")
        assert proposal["given"]["event"]["type"] == "record.created"
        assert proposal["given"]["record"]["values"]["amount"] == "150"
        assert proposal["at"].startswith(event.occurred_at.isoformat()[:19])
        body = {key: value for key, value in proposal.items() if key != "why_not"}
        save(owner, drawn, **body, name=origin)
    assert owner.post(address(drawn, "run"), {}, format="json").json()["passed"] == 2


def test_by_hand_what_does_not_fire_says_why(owner: APIClient, drawn: Workflow) -> None:
    event = {**given(), "event": {"type": "record.updated", "changed": ["subject"]}}
    proposal = owner.post(address(drawn, "proposal"), {"given": event}, format="json").json()
    assert (proposal["kind"], proposal["expected"]) == ("negative", {})
    assert proposal["why_not"]
    both = owner.post(address(drawn, "proposal"), {"given": event, "record": "T-1"}, format="json")
    assert both.status_code == 422 or both.status_code == 400


def test_a_test_of_a_scenario_looks_at_what_it_was_given(
    owner: APIClient, operator: APIClient, drawn: Workflow
) -> None:
    made = save(owner, drawn, at="2026-03-29T14:30:00Z")
    place = f"/api/v1/workflows/{drawn.pk}/run-test/"
    test = owner.post(place, {"scenario": made["id"]}, format="json").json()
    (item,) = test["candidates"]["items"]
    assert (item["record"], item["branch"]) == ("T-1", "true")
    assert test["logs"][0]["at"].startswith("2026-03-29T14:30:00")
    assert owner.post(place, {"scenario": 99}, format="json").status_code == 404
    both = owner.post(place, {"scenario": made["id"], "record": "T-1"}, format="json")
    assert both.status_code in (400, 422)
    from django.contrib.auth.models import Group

    remove_perm("automations.view_payloads_workflow", Group.objects.get(name="Operator"), drawn)
    assert operator.post(place, {"scenario": made["id"]}, format="json").status_code == 403


def test_saving_the_draft_runs_them_again_where_its_digest_is_another(
    owner: APIClient, drawn: Workflow
) -> None:
    save(owner, drawn, expected={"path": {"c1": ["true"]}})
    assert listed(owner, drawn)[0]["draft"]["status"] == "not_run"
    save_draft(owner, drawn)
    assert listed(owner, drawn)[0]["draft"]["status"] == "passed"
    before = ScenarioResult.objects.get().run_at
    save_draft(owner, drawn, {**DOCUMENT, "layout": {"t1": {"x": 9, "y": 9}}})
    assert ScenarioResult.objects.get().run_at == before
    nodes = [dict(node) for node in DOCUMENT["nodes"]]
    nodes[1] = {**nodes[1], "config": {"rule": {"field": "amount", "op": "gt", "value": "200"}}}
    save_draft(owner, drawn, {**DOCUMENT, "nodes": nodes})
    (row,) = listed(owner, drawn)
    assert row["draft"]["status"] == "failed"
    assert row["draft"]["differences"][0]["message"].startswith("It should fire, but did not.")


def test_the_live_version_keeps_its_own_results(owner: APIClient, drawn: Workflow) -> None:
    save(owner, drawn)
    assert publish(owner, drawn).status_code == 201
    nodes = [dict(node) for node in DOCUMENT["nodes"]]
    nodes[1] = {**nodes[1], "config": {"rule": {"field": "amount", "op": "gt", "value": "200"}}}
    save_draft(owner, drawn, {**DOCUMENT, "nodes": nodes})
    (row,) = listed(owner, drawn)
    assert (row["draft"]["status"], row["live"]["status"]) == ("failed", "passed")
    ran = owner.post(address(drawn, "run"), {"version": 1}, format="json").json()
    assert (ran["passed"], ran["failed"]) == (1, 0)


def test_who_may_not_see_payloads_sees_which_fail_but_no_value(
    owner: APIClient, operator: APIClient, drawn: Workflow
) -> None:
    made = save(owner, drawn, given=given(subject="Sesame"), expected={"fields": {"subject": "Other"}})
    owner.post(address(drawn, "run"), {}, format="json")
    assert "Sesame" in str(listed(operator, drawn))
    from django.contrib.auth.models import Group

    remove_perm("automations.view_payloads_workflow", Group.objects.get(name="Operator"), drawn)
    for rest in ("", made["id"]):
        answer = operator.get(address(drawn, rest))
        assert answer.status_code == 200
        assert "Sesame" not in answer.content.decode()
    (row,) = listed(operator, drawn)
    assert (row["given"], row["expected"], row["draft"]["status"]) == (None, None, "failed")
    assert row["draft"]["differences"] is None
    ran = operator.post(address(drawn, "run"), {}, format="json").json()
    assert ran["results"][0]["differences"] is None
    assert operator.post(address(drawn, "proposal"), {"run_id": 1}, format="json").status_code == 403


def test_a_module_out_of_sight_is_as_if_it_did_not_exist(
    owner: APIClient, drawn: Workflow, root: Any
) -> None:
    create_module(key="salaries", name="Salaries", fields=[{"key": "sum", "type": "money"}], actor=root)
    hidden = {"record": {"module": "salaries", "key": "S", "values": {}}}
    absent = {"record": {"module": "absent", "key": "S", "values": {}}}
    for wanted in (hidden, absent):
        body = {"name": "x", "kind": "positive", "given": wanted}
        answers = [
            owner.post(address(drawn), body, format="json"),
            owner.post(address(drawn, "proposal"), {"given": wanted}, format="json"),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
            (404, "unknown-module")
        ] * 2


def test_an_event_and_a_run_of_others_are_not_found(owner: APIClient, drawn: Workflow, root: Any) -> None:
    module: Module = create_module(
        key="salaries", name="Salaries", fields=[{"key": "sum", "type": "money"}], actor=root
    )
    create_record(module=module, key="S", values={"sum": "1"}, actor=root)
    event = Event.objects.get(record_key="S")
    for body in ({"event_id": event.pk}, {"run_id": 99}):
        assert owner.post(address(drawn, "proposal"), body, format="json").status_code == 404


def test_it_is_changed_and_deleted_with_a_trail(owner: APIClient, drawn: Workflow) -> None:
    made = save(owner, drawn)
    place = address(drawn, made["id"])
    assert owner.patch(place, {"name": "Larger"}, format="json").json()["name"] == "Larger"
    assert owner.patch(place, {"origin": "run"}, format="json").status_code in (400, 422)
    assert owner.delete(place).status_code == 204
    assert owner.get(place).status_code == 404
    assert list(
        AuditEntry.objects.filter(object_type="scenario").order_by("pk").values_list("action", flat=True)
    ) == ["scenario.saved", "scenario.changed", "scenario.deleted"]


def test_a_name_stands_once_and_there_are_not_too_many(
    owner: APIClient, drawn: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(owner, drawn)
    again = owner.post(address(drawn), {"name": "Large", "kind": "positive", "given": given()}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "name-taken")
    monkeypatch.setattr("automations.services.scenarios.MAX_SCENARIOS", 1)
    full = owner.post(address(drawn), {"name": "x", "kind": "positive", "given": given()}, format="json")
    assert (full.status_code, full.json()["code"]) == (409, "too-many-scenarios")
    assert Scenario.objects.count() == 1


def test_nothing_runs_on_a_draft_that_is_not_valid(owner: APIClient, drawn: Workflow) -> None:
    save(owner, drawn)
    nodes = [{**DOCUMENT["nodes"][0]}, {**DOCUMENT["nodes"][1], "config": {}}, DOCUMENT["nodes"][2]]
    assert save_draft(owner, drawn, {**DOCUMENT, "nodes": nodes}).status_code == 200
    for rest, body in (("run", {}), ("proposal", {"given": given()})):
        answer = owner.post(address(drawn, rest), body, format="json")
        assert answer.status_code == 422
        assert answer.json()["problems"]


def test_who_may_see_the_module_only_no_longer_runs_them(
    operator: APIClient, bob: Any, owner: APIClient, drawn: Workflow, tickets: Module
) -> None:
    save(owner, drawn)
    remove_perm("automations.use_module", bob, tickets)
    assign_perm("automations.view_module", bob, tickets)
    assert operator.post(address(drawn, "run"), {}, format="json").status_code == 200
