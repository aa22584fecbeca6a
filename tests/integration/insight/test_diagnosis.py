"""What is wrong, since when, what changed just before, whose it is, what to press: told to whom it may be told."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.api.diagnosis import DiagnosisAnswer
from automations.models import (
    ActiveTrigger,
    Decision,
    Event,
    Place,
    ProcessStamp,
    Run,
    Standstill,
    TriggerSource,
    Workflow,
)
from automations.services.breakers import trip_breaker
from automations.services.dead_letters import triage_cause
from automations.services.modules import update_module
from automations.services.shares import share_object
from automations.services.workflows import pause_workflow, update_workflow
from automations.testing import chain, make_module, make_workflow, node
from tests.integration.letters import keep_letter
from webhooks.models import Destination
from webhooks.outbound.destinations import create_destination, disable_destination, update_destination
from webhooks.secrets.services import create_secret

pytestmark = pytest.mark.django_db

SAID = "Given up after 10 attempts: The answer was 401."


@pytest.fixture
def crm(alice: Any) -> Destination:
    return make_destination(alice, "crm")


@pytest.fixture
def sync(alice: Any, crm: Destination) -> Workflow:
    """It writes a ticket's status, then tells the CRM."""
    make_module("tickets", {"subject": "text", "state": "text"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "seen"}),
        node("a2", "action.call_webhook", destination="crm", data={"n": "7"}),
    )
    workflow = make_workflow("sync", document, owner=alice)
    for role in ("worker", "ticker"):
        ProcessStamp.objects.create(name=role, role=role, host="here", pid=1, stamped_at=timezone.now())
    return workflow


@pytest.fixture
def support(bob: Any, sync: Workflow) -> APIClient:
    """Bob, who may see the workflow and retry its runs, and nothing else."""
    for right in ("view", "retry"):
        assign_perm(permissions.codename(right), bob, sync)
    return client_of(bob)


def make_destination(owner: Any, key: str) -> Destination:
    address = f"https://{key}.example.com/v1"
    return create_destination(key=key, name=key.upper(), url=address, actor=owner)[0]


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def ran(workflow: Workflow, status: str = "succeeded", message: str = SAID, **fields: Any) -> Run:
    """A run that ended this moment; one that failed is a dead letter."""
    at = fields.pop("at", timezone.now())
    failure = {"message": message, "node": fields.pop("node", "a2"), "fault": "user", "retryable": False}
    code = fields.pop("code", "delivery-failed")
    run = Run.objects.create(
        workflow=workflow,
        version=workflow.active_version,
        dedupe_key=str(Run.objects.count()),
        status=status,
        failure_code=code if status == "failed" else "",
        failure=failure if status == "failed" else {},
        **{
            "trigger_node": "t1",
            "mode": "execute",
            **dict.fromkeys(("due_at", "created_at", "started_at", "finished_at"), at),
            **fields,
        },
    )
    if status == "failed" and run.mode == "execute":
        keep_letter(run, message, code=code, kind="action.call_webhook", at=at)
    return run


def told(client: APIClient, workflow: Workflow) -> dict[str, Any]:
    answer = client.get(f"/api/v1/workflows/{workflow.pk}/diagnosis/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def codes(found: dict[str, Any], part: str = "findings") -> list[str]:
    return [one["code"] for one in found[part]]


def break_crm(crm: Destination, actor: Any) -> None:
    update_destination(destination=crm, changes={"url": "https://crm.example.com/v2"}, actor=actor)


def test_a_broken_destination_is_named_with_who_changed_it_and_what_to_press(
    sync: Workflow, crm: Destination, support: APIClient, alice: Any, bob: Any, root: Any
) -> None:
    update_workflow(
        workflow=sync, changes={"team": "sales", "runbook_url": "https://wiki.example.com/crm"}, actor=alice
    )
    unused = make_destination(alice, "unused")
    update_destination(destination=unused, changes={"url": "https://x.example.com/"}, actor=root)
    good = ran(sync)
    break_crm(crm, root)
    first, last = ran(sync, "failed"), ran(sync, "failed", "Given up after 3 attempts: The answer was 401.")
    found = told(support, sync)
    assert found["state"] == "broken"
    assert found["headline"] == "“a2” fails: Given up after … attempts: The answer was 401."
    main = found["findings"][0]
    assert (main["code"], main["severity"], main["number"], main["run"], main["node"]) == (
        "failing",
        "broken",
        2,
        last.pk,
        "a2",
    )
    assert (main["failure"]["code"], main["failure"]["whose_fault"]) == ("delivery-failed", "receiver")
    assert main["failure"]["link"] == "webhooks/destinations/crm/"
    since = found["since"]
    assert (since["first_run"], since["first_version"], since["runs"]) == (first.pk, 1, 2)
    assert since["last_success"]["run"] == good.pk
    assert (since["before"]["succeeded"], since["before"]["failed"]) == (1, 0)
    assert (since["after"]["succeeded"], since["after"]["failed_percent"]) == (0, 100.0)
    change = found["changes"][0]
    assert change["sentence"] == "root changed the destination “CRM”: url."
    assert change["why"].startswith(
        "The step that fails sends there, and this came less than a minute before"
    )
    assert "UNUSED" not in json.dumps(found), "what this workflow does not use is not suspected"
    assert (change["told"], change["before"]) == (False, None), "Bob does not see the destination's trail"
    assert told(client_of(root), sync)["changes"][0]["after"]["url"].endswith("/v2")
    assert found["owner"] == {
        "name": "alice",
        "team": "sales",
        "runbook_url": "https://wiki.example.com/crm",
        "assignee": None,
    }
    presses = {one["code"]: one for one in found["presses"]}
    assert codes(found, "presses") == ["take", "fix-destination", "dry-run", "redrive"]
    assert (presses["fix-destination"]["may"], presses["redrive"]["may"]) == (False, False)
    assert presses["redrive"]["why_not"].startswith("You don't see everything that “sync” uses.")
    assert change["link"] == "", "the page of what one can't see answers 404"
    refused = support.post(
        f"/api/v1/{presses['dry-run']['call']['address']}", presses["dry-run"]["call"]["body"], format="json"
    )
    assert refused.json()["detail"] == presses["redrive"]["why_not"]
    assert {one["code"]: one["link"].partition("?")[2] for one in found["presses"]} == {
        "take": "open=triage",
        "fix-destination": "",
        "dry-run": "open=dry-run",
        "redrive": "open=redrive",
    }
    for right, thing in (
        ("automations.view_module", sync.active_triggers.get().module),
        ("webhooks.view_destination", crm),
    ):
        assign_perm(right, bob, thing)
    presses = {one["code"]: one for one in told(support, sync)["presses"]}
    assert presses["redrive"]["may"]
    assert "alice can share it with you" in presses["fix-destination"]["why_not"]
    answer = support.post(
        f"/api/v1/{presses['dry-run']['call']['address']}", presses["dry-run"]["call"]["body"], format="json"
    )
    assert answer.status_code == 201, answer.content
    taken = support.post(
        f"/api/v1/{presses['take']['call']['address']}", presses["take"]["call"]["body"], format="json"
    )
    assert taken.status_code == 200, taken.content
    assert told(support, sync)["owner"]["assignee"] == "bob"


def test_a_change_after_which_runs_succeeded_is_suspected_less(
    sync: Workflow, crm: Destination, support: APIClient, alice: Any
) -> None:
    break_crm(crm, alice)
    good = ran(sync)
    update_workflow(workflow=sync, changes={"description": "Anew"}, actor=alice)
    ran(sync, "failed")
    found = told(support, sync)["changes"]
    assert [change["action"] for change in found[:2]] == ["workflow.updated", "destination.updated"]
    assert found[1]["why"].endswith(f"But run {good.pk} succeeded after it.")


def test_what_has_ended_is_told_as_letters_that_wait_and_then_not_at_all(
    sync: Workflow, support: APIClient, alice: Any
) -> None:
    bad = ran(sync, "failed", at=timezone.now() - timedelta(days=2))
    ran(sync)
    found = told(support, sync)
    assert (found["state"], codes(found)) == ("warning", ["dead-letters-wait", "nothing-arrives"])
    triage_cause(triage=bad.workflow.triages.get(), actor=alice, state="ignored")
    assert told(support, sync)["state"] == "well"
    bad.dead_letter.delete()
    found = told(support, sync)
    assert codes(found) == ["nothing-arrives"]
    assert found["headline"].startswith("Nothing is wrong that can be seen: run ")


def test_a_cause_that_was_away_for_a_week_has_begun_anew(sync: Workflow, support: APIClient) -> None:
    now = timezone.now()
    for days in (30, 29, 3, 1, 0):
        last = ran(sync, "failed", at=now - timedelta(days=days))
    since = told(support, sync)["since"]
    assert since["runs"] == 3
    assert since["first_run"] == last.pk - 2


def test_a_broken_release_is_rolled_back(sync: Workflow, alice: Any, bob: Any) -> None:
    from tests.integration.retries.world import publish

    ran(sync)
    drawn = dict(sync.active_version.document)  # type: ignore[union-attr]
    drawn["nodes"] = [{**one} for one in drawn["nodes"]]
    drawn["nodes"][1]["config"] = {"values": {"state": "{{ record.subject }}"}}
    publish(sync, {"schema": 1, "nodes": drawn["nodes"], "edges": drawn["edges"]}, alice)
    sync.refresh_from_db()
    ran(sync, "failed", "The text is too long.", code="output-too-large", node="a1")
    found = told(client_of(alice), sync)
    assert found["changes"][0]["action"] in ("workflow.glass_broken", "workflow.published")
    press = next(one for one in found["presses"] if one["code"] == "roll-back")
    assert (press["label"], press["may"]) == ("Roll back to version 1", True)
    answer = client_of(alice).post(
        f"/api/v1/{press['call']['address']}", press["call"]["body"], format="json"
    )
    assert answer.status_code == 200, answer.content


def test_an_identity_that_lost_a_right_is_found_before_anything_fails(
    sync: Workflow, alice: Any, root: Any
) -> None:
    share_object(thing=sync.active_triggers.get().module, holder=alice, actor=root, rights=["use"])
    from django.contrib.auth.models import Permission

    alice.user_permissions.remove(Permission.objects.get(codename="use_module"))
    share_object(thing=sync.active_triggers.get().module, holder=alice, actor=root, rights=["view"])
    found = told(client_of(root), sync)
    main = found["findings"][0]
    assert main["code"] == "identity-lacks-right"
    assert "may not use Tickets, and “a1” does." in main["sentence"]
    assert next(one for one in found["presses"] if one["code"] == "give-right")["may"]
    ran(sync, "failed", "alice may not use Tickets.", code="permission-denied", node="a1")
    change = told(client_of(root), sync)["changes"][0]
    assert change["action"] == "module.shared"
    assert change["why"].startswith("What fails is a right that is missing")


def test_a_module_that_changed_is_suspected_of_what_its_fields_refuse(
    sync: Workflow, crm: Destination, alice: Any, root: Any
) -> None:
    break_crm(crm, alice)
    module = sync.active_triggers.get().module
    fields = [*module.fields, {"key": "due", "type": "date"}]
    update_module(module=module, fields=fields, actor=root)
    ran(sync, "failed", "Tickets have no field “state”.", code="unknown-field", node="a1")
    found = told(client_of(root), sync)["changes"]
    told_of = [change["action"] for change in found]
    assert told_of[0] == "module.updated"
    assert "destination.updated" in told_of[1:]
    assert found[0]["why"].startswith("The step that fails uses this module")


@pytest.mark.parametrize("code", ["paused", "breaker-open", "standstill", "destination-disabled"])
def test_what_keeps_it_from_acting_is_told_with_the_button(
    sync: Workflow, crm: Destination, alice: Any, root: Any, code: str
) -> None:
    now = timezone.now()
    if code == "paused":
        pause_workflow(workflow=sync, reason="The mail is down", actor=alice)
    elif code == "breaker-open":
        trip_breaker(workflow=sync, reason="3 runs failed.", now=now)
    elif code == "standstill":
        Standstill.objects.create(reason="The move", starts_at=now - timedelta(hours=1), set_by_name="root")
    else:
        disable_destination(destination=crm, actor=alice, reason="They said so")
    found = told(client_of(root), sync)
    assert (found["state"], found["findings"][0]["code"]) == ("broken", code)
    button = {
        "paused": "resume",
        "breaker-open": "try-breaker",
        "standstill": "lift-standstill",
        "destination-disabled": "enable-destination",
    }[code]
    press = next(one for one in found["presses"] if one["code"] == button)
    assert press["may"]
    if press["call"] is not None:
        call = press["call"]
        answer = client_of(root).post(f"/api/v1/{call['address']}", call["body"], format="json")
        assert answer.status_code == 200, answer.content


def test_silence_filters_late_work_and_missing_processes_are_findings(
    sync: Workflow, support: APIClient
) -> None:
    now = timezone.now()
    event = Event.objects.create(
        source=TriggerSource.objects.create(key="x", kind="api", name="x"),
        type="record.created",
        snapshot={},
        occurred_at=now,
        received_at=now,
    )
    for number in range(12):
        Decision.objects.create(
            event=event,
            workflow=sync,
            version=sync.active_version,
            trigger_node=f"t{number}",
            outcome="filtered",
            at=now - timedelta(days=12 - number),
        )
    assert codes(told(support, sync)) == ["nothing-matches"]
    Decision.objects.filter(trigger_node="t11").delete()
    ActiveTrigger.objects.update(problem="The zone is unknown.")
    ran(sync, "queued", finished_at=None, due_at=now - timedelta(minutes=10))
    ProcessStamp.objects.filter(role="worker").update(stamped_at=now - timedelta(hours=1))
    found = told(support, sync)
    assert set(codes(found)) == {"nothing-matches", "trigger-broken", "work-late", "no-worker"}
    assert "Start `manage.py automations_worker`." in json.dumps(found, ensure_ascii=False)


def test_a_run_is_told_from_its_own_point_of_view(sync: Workflow, support: APIClient, charlie: Any) -> None:
    first, second = ran(sync, "failed"), ran(sync, "failed", "Nobody is in “X”.", code="nobody-to-assign")
    answer = support.get(f"/api/v1/runs/{first.pk}/diagnosis/").json()
    assert answer["run"] == {"id": first.pk, "status": "failed", "mode": "execute"}
    assert (answer["findings"][0]["code"], answer["findings"][0]["run"]) == ("run-failed", first.pk)
    assert "401" in answer["headline"]
    assert "Nobody" in support.get(f"/api/v1/runs/{second.pk}/diagnosis/").json()["headline"]
    assert codes(answer, "presses")[-1] == "retry"
    good = ran(sync)
    assert "is succeeded" in support.get(f"/api/v1/runs/{good.pk}/diagnosis/").json()["headline"]
    assert client_of(charlie).get(f"/api/v1/runs/{first.pk}/diagnosis/").status_code == 404
    assert client_of(charlie).get(f"/api/v1/workflows/{sync.pk}/diagnosis/").status_code == 404


def test_a_run_that_waits_for_a_place_is_told_with_who_holds_it(
    sync: Workflow, support: APIClient, alice: Any
) -> None:
    update_workflow(workflow=sync, changes={"limits": {"at_once": 1}}, actor=alice)
    at = timezone.now()
    going, parked = (ran(sync, "queued", finished_at=None, at=at) for _ in range(2))
    Place.objects.create(run=going, workflow=sync, number=1, since=at - timedelta(hours=3))
    Place.objects.create(run=parked, workflow=sync, since=at - timedelta(hours=2))
    (finding,) = [one for one in told(support, sync)["findings"] if one["code"] == "places-taken"]
    assert finding["severity"] == "warning"
    assert (finding["number"], finding["run"], finding["link"]) == (1, going.pk, f"runs/{going.pk}/")
    assert finding["sentence"].startswith(
        f"1 run waits for a place, because only 1 may be at work at once; run {going.pk} has held one since "
    )
    (first, *_) = [
        one
        for one in support.get(f"/api/v1/runs/{parked.pk}/diagnosis/").json()["findings"]
        if one["run"] == parked.pk
    ]
    assert first["code"] == "run-waits"
    assert first["sentence"] == "It waits for a place: 1 of 1 place is taken; it is the next."
    Run.objects.filter(pk=parked.pk).update(status="succeeded", finished_at=at)
    assert "places-taken" not in codes(told(support, sync))


def test_a_simulation_that_fails_is_told_although_it_leaves_no_letter(sync: Workflow, alice: Any) -> None:
    from automations.services.releases import demote_workflow

    demote_workflow(workflow=sync, actor=alice)
    ran(sync, "failed", mode="simulate")
    assert codes(told(client_of(alice), sync))[0] == "simulation-fails"


def test_the_same_cause_elsewhere_is_told_where_it_may_be_seen(
    sync: Workflow, support: APIClient, alice: Any, bob: Any
) -> None:
    other = make_workflow(
        "other",
        chain(node("t1", "trigger.manual"), node("a2", "action.call_webhook", destination="crm", data={})),
        owner=alice,
    )
    ran(sync, "failed")
    ran(other, "failed")
    assert told(support, sync)["similar"] == []
    assign_perm(permissions.codename("view"), bob, other)
    (found,) = told(support, sync)["similar"]
    assert (found["workflow"]["key"], found["open"], found["link"]) == (
        "other",
        1,
        f"diagnosis/{other.pk}/",
    )


def test_an_expired_secret_is_found(alice: Any, sync: Workflow, crm: Destination) -> None:
    secret = create_secret(key="token", value="very-secret-value", hosts=["crm.example.com"], actor=alice)
    header = {"name": "Authorization", "text": "Bearer ", "secret": secret}
    update_destination(destination=crm, changes={"headers": [header]}, actor=alice)
    type(secret).objects.update(expires_at=timezone.now() - timedelta(hours=1))
    found = told(client_of(alice), sync)
    assert found["headline"] == "The secret “token” has expired."
    assert "very-secret" not in json.dumps(found)
    assert codes(found, "presses")[0] == "renew-secret"


def test_the_number_of_queries_does_not_grow(
    sync: Workflow, support: APIClient, crm: Destination, alice: Any
) -> None:
    ran(sync, "failed")
    told(support, sync)
    with CaptureQueriesContext(connection) as one:
        told(support, sync)
    for number in range(3):
        update_workflow(workflow=sync, changes={"description": f"{number}"}, actor=alice)
        ran(sync)
        for _ in range(4):
            ran(sync, "failed", f"Cause {'abc'[number]}", code=f"late-{'abc'[number]}")
    with CaptureQueriesContext(connection) as many:
        told(support, sync)
    assert len(many) <= len(one), [query["sql"][:400] for query in many.captured_queries]
    assert len(one) < 55


def test_the_command_prints_what_the_api_answers(sync: Workflow, crm: Destination, alice: Any) -> None:
    break_crm(crm, alice)
    ran(sync, "failed", "Given up: [bold]nobody[/bold] was there.")

    def printed(*arguments: str) -> str:
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("diagnose", *arguments, stdout=out)
        assert ended.value.code == 1
        return out.getvalue()

    answer = told(client_of(alice), sync)
    said = json.loads(printed("sync", "--json", "--actor", "alice"))
    assert {**said, "at": "", "since": ""} == {**answer, "at": "", "since": ""}
    assert said["since"]["first_run"] == answer["since"]["first_run"]
    text = printed(str(sync.pk))
    assert "[bold]nobody[/bold]" in text
    for part in (
        "What is wrong",
        "alice changed the destination “CRM”: url.",
        "What to press",
        "Redrive 1 dead",
    ):
        assert part in text
    for arguments, code in ((["nothing"], 2), (["sync", "--actor", "nobody"], 2)):
        with pytest.raises(SystemExit) as ended:
            call_command("diagnose", *arguments, stderr=StringIO())
        assert ended.value.code == code


def test_every_failure_has_one_shape(sync: Workflow, crm: Destination, alice: Any) -> None:
    from automations.api.failures import FailureAnswer
    from automations.models import Step
    from tests.integration.outbound.conftest import make_delivery

    run = ran(sync, "failed")
    until = timezone.now() + timedelta(minutes=5)
    error = {"code": "timeout", "message": "No answer.", "fault": "user", "retryable": True}
    Step.objects.create(
        run=run,
        node="a2",
        position=2,
        kind="action.call_webhook",
        status="waiting",
        error=error,
        wait={"kind": "retry", "until": until.isoformat()},
    )
    make_delivery(crm, workflow=sync, run=run, node="a2", error="status-503", status=503, attempt=1)
    client = client_of(alice)

    def get(address: str) -> Any:
        return client.get(f"/api/v1/{address}").json()

    letter = get(f"dead-letters/{run.dead_letter.fingerprint}/letters/")["results"][0]
    delivery = get("webhooks/deliveries/")["results"][0]
    step = get(f"runs/{run.pk}/steps/")["results"][0]["error"]
    told_of = [
        get(f"runs/{run.pk}/")["failure"],
        get("runs/")["results"][0]["failure"],
        step,
        letter["failure"],
        delivery["failure"],
        told(client, sync)["findings"][0]["failure"],
    ]
    for one in told_of:
        assert set(one) >= set(FailureAnswer().fields), one
        assert one["what_to_do"]
    assert (step["next_attempt_at"], step["whose_fault"]) == (
        until.isoformat().replace("+00:00", "Z"),
        "receiver",
    )
    assert delivery["failure"]["next_attempt_at"] is not None
    assert get(f"runs/{ran(sync).pk}/")["failure"] == {}
    refused = client.post(f"/api/v1/runs/{run.pk}/cancel/", {"reason": 4, "x": 1}, format="json").json()
    assert (refused["whose_fault"], refused["retryable"]) == ("user", False)
    assert refused["what_to_do"] == "Remove it, or correct its name."


def test_the_admin_shows_it_to_read(sync: Workflow, crm: Destination, alice: Any, root: Any) -> None:
    break_crm(crm, alice)
    run = ran(sync, "failed")
    pages = client_of(root)
    for address in (f"workflow/{sync.pk}", f"run/{run.pk}"):
        page = pages.get(f"/admin/automations/{address}/tools/diagnosis/").content.decode()
        for part in ("The answer was 401", "alice changed the destination “CRM”: url.", "What to press"):
            assert part in page
        assert "Diagnosis" in pages.get(f"/admin/automations/{address}/change/").content.decode()


def test_the_answer_has_the_shape_that_is_documented(sync: Workflow, support: APIClient) -> None:
    ran(sync, "failed")
    answer = told(support, sync)
    assert set(answer) == set(DiagnosisAnswer().fields)
    shape: Any = DiagnosisAnswer().fields
    for part in ("findings", "changes", "presses"):
        assert set(answer[part][0]) == set(shape[part].child.fields), part
    assert set(answer["since"]) == set(shape["since"].fields)
    assert set(answer["findings"][0]["failure"]) == set(shape["findings"].child.fields["failure"].fields)
