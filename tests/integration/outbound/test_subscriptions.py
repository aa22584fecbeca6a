"""Events of the product itself, told to a real receiver: only those that the subscription's owner may see, and nothing that a
record holds unless he may see that too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from automations import grants
from automations.errors import ForbiddenError, InvalidError
from automations.models import Approval, Mode, Module, Workflow
from automations.runtime.product_events import announce
from automations.services.approvals import decide_approval
from automations.services.records import create_record
from automations.services.workflows import pause_workflow, update_workflow
from automations.testing import chain, make_module, make_workflow, node, run_everything
from tests.integration.approvals.world import FIELDS, gate, order, person
from tests.integration.retries.world import failed_run, make_tickets
from tests.receiver import Receiver, status
from webhooks.outbound.destinations import disable_destination, enable_destination
from webhooks.outbound.lane import deliver
from webhooks.outbound.models import Delivery, Destination, Subscription
from webhooks.outbound.redelivery import recover_destination
from webhooks.outbound.subscriptions import create_subscription, delete_subscription, update_subscription

from .conftest import make_destination
from .test_delivering import verifies

pytestmark = pytest.mark.django_db


def told(peer: Receiver) -> list[dict[str, Any]]:
    """All that is due is sent; the bodies that came, in order."""
    deliver()
    return [json.loads(request.body) for request in peer.requests]


def subscribe(crm: Destination, actor: Any, *kinds: str, **more: Any) -> Subscription:
    return create_subscription(destination=crm, kinds=list(kinds), actor=actor, **more)


def watcher(crm: Destination, workflow: Workflow | None = None, *rights: str) -> Any:
    """Wendy, who may send to the destination, and has these rights on the workflow."""
    wendy = person("wendy")
    grants.set_rights(crm, wendy, ("view", "use"))
    if workflow is not None:
        grants.set_rights(workflow, wendy, rights)
    return wendy


def test_a_failed_run_is_told_as_standard_webhooks_says(
    alice: Any, crm: Destination, peer: Receiver, settings: Any
) -> None:
    settings.AUTOMATIONS_SITE_URL = "https://ops.example.com/automations/"
    subscribe(crm, alice, "run.failed")
    make_tickets()
    run = failed_run(alice)
    (body,) = told(peer)
    assert body == {
        "type": "run.failed",
        "timestamp": body["timestamp"],
        "data": {
            "subject": {"kind": "run", "id": run.pk},
            "workflow": {"id": run.workflow_id, "key": "large", "name": "large"},
            "facts": {
                "code": run.failure_code,
                "node": "a3",
                "fault": run.failure["fault"],
                "retryable": run.failure["retryable"],
                "attempts": 1,
            },
            "url": f"https://ops.example.com/automations/runs/{run.pk}/",
        },
    }
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.type, delivery.about) == ("succeeded", "run.failed", f"run:{run.pk}")
    assert peer.requests[0].headers["webhook-id"] == delivery.message_id
    assert verifies(peer.requests[0], crm)


def test_values_go_along_only_if_they_are_wanted_and_its_owner_may_see_them(
    alice: Any, crm: Destination, peer: Receiver
) -> None:
    refunds, sam = make_module("refunds", FIELDS), person("sam", "Leads")
    workflow = gate(refunds, alice, [sam])
    wendy = watcher(crm, workflow, "view")
    subscribe(crm, alice, "approval.asked")
    subscribe(crm, alice, "approval.asked", with_values=True)
    subscribe(crm, wendy, "approval.asked", with_values=True)  # may not see payloads
    order(refunds)
    bodies = [body["data"] for body in told(peer)]
    assert len(bodies) == 3
    assert sorted("values" in body for body in bodies) == [False, False, True]
    (with_values,) = (body for body in bodies if "values" in body)
    assert with_values["values"]["title"] == "Refund 380.00 on Chair?"
    assert all("Chair" not in json.dumps(body) for body in bodies if "values" not in body)


def test_what_the_owner_may_not_see_is_not_told(alice: Any, crm: Destination, peer: Receiver) -> None:
    make_tickets()
    wendy = watcher(crm)
    subscribe(crm, wendy, "run.failed")
    run = failed_run(alice)
    assert told(peer) == []
    grants.set_rights(run.workflow, wendy, ("view",))
    create_record(
        module=Module.objects.get(key="tickets"),
        key="T2",
        values={"title": "Ink", "status": "open", "amount": "250"},
        actor=None,
    )
    run_everything()
    assert [body["type"] for body in told(peer)] == ["run.failed"]


def test_an_owner_who_may_send_there_no_more_or_has_left_is_told_nothing(
    alice: Any, crm: Destination, peer: Receiver
) -> None:
    workflow = paused_one(alice)
    wendy = watcher(crm, workflow, "view")
    subscribe(crm, wendy, "workflow.paused")
    grants.set_rights(crm, wendy, ("view",))
    pause(workflow, alice)
    assert told(peer) == []
    grants.set_rights(crm, wendy, ("view", "use"))
    wendy.is_active = False
    wendy.save()
    pause(workflow, alice)
    assert told(peer) == []


def test_a_subscription_is_limited_to_a_workflow_or_to_a_team(
    alice: Any, crm: Destination, peer: Receiver
) -> None:
    one, other, third = (paused_one(alice, key) for key in ("one", "other", "third"))
    update_workflow(workflow=other, changes={"team": "Finance"}, actor=alice)
    subscribe(crm, alice, "workflow.paused", workflow=one)
    subscribe(crm, alice, "workflow.paused", team="Finance")
    for workflow in (one, other, third):
        pause(workflow, alice)
    assert sorted(body["data"]["workflow"]["key"] for body in told(peer)) == ["one", "other"]


def test_a_question_and_its_answer_are_told_in_order(alice: Any, crm: Destination, peer: Receiver) -> None:
    refunds, sam = make_module("refunds", FIELDS), person("sam", "Leads")
    gate(refunds, alice, [sam])
    subscribe(crm, alice, "approval.asked", "approval.decided")
    order(refunds)
    asked = Approval.objects.get()
    told(peer)
    decide_approval(approval=asked, actor=sam, verdict="approve", plan_hash=asked.plan_hash)
    bodies = told(peer)
    assert [body["type"] for body in bodies] == ["approval.asked", "approval.decided"]
    assert {body["data"]["subject"]["id"] for body in bodies} == {asked.pk}
    assert bodies[1]["data"]["facts"]["verdict"] == "approved"


def test_what_is_rolled_back_is_never_sent(alice: Any, crm: Destination, peer: Receiver) -> None:
    workflow = paused_one(alice)
    subscribe(crm, alice, "workflow.paused")
    with transaction.atomic():
        pause_workflow(workflow=workflow, reason="x", actor=alice)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 0
    assert told(peer) == []


def test_where_nobody_subscribes_a_batch_of_failures_costs_one_query(alice: Any) -> None:
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    stop = chain(trigger, node("a1", "action.stop", outcome="failed", message="No."))
    make_workflow("stop", stop, owner=alice)
    with CaptureQueriesContext(connection) as queries:
        module = Module.objects.get(key="tickets")
        for number in range(9):
            create_record(module=module, key=f"T{number}", values={"title": "Ink"}, actor=None)
        run_everything()
    asked = [query["sql"] for query in queries if "webhooks_" in query["sql"]]
    assert len([sql for sql in asked if "webhooks_subscription" in sql]) == 1
    assert not [sql for sql in asked if "INSERT" in sql]


def test_what_a_disabled_destination_misses_is_kept_and_can_be_recovered(
    alice: Any, crm: Destination, peer: Receiver
) -> None:
    workflow = paused_one(alice)
    subscribe(crm, alice, "workflow.paused")
    before = timezone.now()
    disable_destination(destination=crm, actor=alice)
    pause(workflow, alice)
    assert told(peer) == []
    missed = Delivery.objects.get()
    assert (missed.state, missed.error, missed.attempt) == ("failed", "destination-disabled", 0)
    enable_destination(destination=crm, actor=alice)
    crm.refresh_from_db()
    assert recover_destination(destination=crm, since=before, actor=alice) == 1
    assert [body["type"] for body in told(peer)] == ["workflow.paused"]


def test_a_destination_that_is_disabled_and_a_call_that_was_given_up_are_told_elsewhere(
    alice: Any, crm: Destination, peer: Receiver
) -> None:
    """And a call that tells of an event is not told of itself, or there would be no end to it."""
    broken = make_destination(alice, f"{peer.url}/broken", key="broken")
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    call = node("a1", "action.call_webhook", destination="broken", data={"n": "1"})
    make_workflow("call", chain(trigger, call), owner=alice)
    subscribe(crm, alice, "delivery.failed", "destination.disabled")
    subscribe(broken, alice, "delivery.failed", "destination.disabled")
    peer.scripts = [status(410), status(200)]
    create_record(module=Module.objects.get(key="tickets"), key="T1", values={"title": "x"}, actor=None)
    run_everything()
    # Both are sent at the same time: which comes first is chance.
    by_type = {body["type"]: body for body in told(peer)[1:]}
    assert sorted(by_type) == ["delivery.failed", "destination.disabled"]
    assert by_type["delivery.failed"]["data"]["facts"]["destination"] == "broken"
    assert by_type["destination.disabled"]["data"]["subject"] == {"kind": "destination", "id": broken.pk}
    assert Delivery.objects.filter(destination=broken, type__startswith="de").count() == 2
    assert Delivery.objects.count() == 5  # the call, and each event for each of the two


def test_an_event_of_no_workflow_is_for_who_sees_its_subject(
    alice: Any, root: Any, crm: Destination, peer: Receiver
) -> None:
    wendy = watcher(crm)
    other = make_destination(root, peer.url, key="other")
    subscribe(crm, wendy, "destination.disabled")
    disable_destination(destination=other, actor=root)
    assert told(peer) == []
    subscribe(crm, alice, "workflow.paused")
    grants.set_rights(crm, root, ("view", "use"))
    subscribe(crm, root, "workflow.paused")
    with transaction.atomic():  # of a kind of thing that is not shared one by one
        announce("workflow.paused", workflow=None, subject=("alert", 1), facts={}, now=timezone.now())
    assert len(told(peer)) == 1
    assert Delivery.objects.get().key.startswith(f"subscription:{Subscription.objects.get(owner=root).pk}:")


def test_a_channel_is_told_in_a_line(alice: Any, peer: Receiver, settings: Any) -> None:
    settings.AUTOMATIONS_SITE_URL = "https://ops.example.com/automations"
    chat = make_destination(alice, peer.url, key="chat", format="slack")
    workflow = paused_one(alice)
    subscribe(chat, alice, "workflow.paused", with_values=True)
    pause(workflow, alice)
    assert told(peer) == [
        {
            "text": f"“one”: A workflow was paused (workflow {workflow.pk})."
            f" https://ops.example.com/automations/workflows/{workflow.pk}/"
        }
    ]


def test_a_subscription_that_is_ended_tells_no_more(alice: Any, crm: Destination, peer: Receiver) -> None:
    workflow = paused_one(alice)
    subscription = subscribe(crm, alice, "workflow.paused")
    delete_subscription(subscription=subscription, actor=alice)
    pause(workflow, alice)
    assert told(peer) == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"kinds": []}, "no-kinds", "kinds"),
        ({"kinds": "run.failed"}, "no-kinds", "kinds"),
        ({"kinds": ["run.failed", 7]}, "no-kinds", "kinds"),
        ({"kinds": ["run.failed", "run.flew"]}, "unknown-kind", "kinds[1]"),
        ({"team": "x" * 81}, "too-long", "team"),
        ({"team": "a\0b"}, "wrong-value-type", "team"),
    ],
)
def test_a_subscription_that_can_t_be_is_refused(
    given: dict[str, Any], code: str, path: str, alice: Any, crm: Destination
) -> None:
    with pytest.raises(InvalidError) as error:
        create_subscription(**{"destination": crm, "kinds": ["run.failed"], "actor": alice, **given})
    problem = error.value.problems[0]
    assert (problem.code, problem.path) == (code, path)
    assert Subscription.objects.count() == 0


def test_who_may_not_send_there_may_not_subscribe_it(crm: Destination, bob: Any) -> None:
    grants.set_rights(crm, bob, ("view",))
    with pytest.raises(ForbiddenError):
        subscribe(crm, bob, "run.failed")


def test_whoever_changes_it_last_limits_it(alice: Any, crm: Destination, peer: Receiver) -> None:
    workflow = paused_one(alice)
    wendy = watcher(crm)
    subscription = subscribe(crm, alice, "workflow.published")
    update_subscription(subscription=subscription, changes={"kinds": ["workflow.paused"]}, actor=wendy)
    pause(workflow, alice)
    assert told(peer) == []


def test_over_the_api(alice: Any, bob: Any, crm: Destination) -> None:
    workflow = paused_one(alice)
    client, other = client_of(alice), client_of(bob)
    kinds = client.get("/api/v1/webhooks/product-events/").json()["results"]
    assert {"kind": "run.failed", "words": "A run failed"} in kinds
    address = "/api/v1/webhooks/destinations/crm/subscriptions/"
    made = client.post(address, {"kinds": ["run.failed"], "workflow": workflow.pk}, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["workflow"] == {"id": workflow.pk, "name": "one"}
    grants.set_rights(crm, bob, ("view", "use"))
    (seen,) = other.get(address).json()["results"]
    assert (seen["workflow"], seen["may_change"]) == ({"id": workflow.pk, "name": None}, False)
    own = f"/api/v1/webhooks/subscriptions/{made.json()['id']}/"
    assert other.patch(own, {"team": "x"}, format="json").status_code == 403
    assert other.delete(own).status_code == 403
    hidden = other.post(address, {"kinds": ["run.failed"], "workflow": workflow.pk}, format="json")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown-workflow")
    both = client.patch(own, {"team": "Finance"}, format="json")
    assert (both.status_code, both.json()["problems"][0]["code"]) == (422, "two-limits")
    changed = client.patch(own, {"workflow": None, "team": "Finance"}, format="json").json()
    assert (changed["workflow"], changed["team"]) == (None, "Finance")
    assert client.delete(own).status_code == 204
    assert client.get(own).status_code == 404


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def paused_one(alice: Any, key: str = "one") -> Workflow:
    if not Module.objects.filter(key="tickets").exists():
        make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.manual", module="tickets")
    return make_workflow(
        key, chain(trigger, node("a1", "action.comment", text="Hi")), owner=alice, mode=Mode.SIMULATE
    )


def pause(workflow: Workflow, actor: Any) -> None:
    Workflow.objects.filter(pk=workflow.pk).update(paused_at=None)
    pause_workflow(workflow=workflow, reason="Too loud", actor=actor)
