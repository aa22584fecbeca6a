"""What is wrong and what changed just before, told to whom it may be told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import (
    Workflow,
)
from automations.services.dead_letters import triage_cause
from automations.services.modules import update_module
from automations.services.shares import share_object
from automations.services.workflows import update_workflow
from automations.testing import chain, make_workflow, node
from webhooks.models import Destination
from webhooks.outbound.destinations import update_destination
from webhooks.secrets.services import create_secret

from .world import break_crm, client_of, codes, make_destination, ran, told

pytestmark = pytest.mark.django_db


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
