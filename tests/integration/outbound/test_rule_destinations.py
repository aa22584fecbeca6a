"""One alert rule's own destinations: what it finds is told there and nowhere else; where none is named, to all that hear of alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import grants, permissions
from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.models import AlertRule, AuditEntry, Run, Workflow
from automations.services.alerts import make_rule
from automations.services.watching import watch
from automations.testing import chain, make_workflow, node
from tests.receiver import Receiver
from webhooks.outbound.models import Delivery, Destination, Subscription
from webhooks.outbound.rule_destinations import MOST, destinations_of, set_rule_destinations
from webhooks.outbound.subscriptions import create_subscription, update_subscription

from .conftest import make_destination

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(alice: Any) -> Workflow:
    return make_workflow(
        "refunds",
        chain(node("t1", "trigger.manual"), node("a1", "action.stop", outcome="succeeded")),
        owner=alice,
    )


@pytest.fixture
def rule(workflow: Workflow, alice: Any) -> AlertRule:
    return make_rule(kind="failures", name="Refunds fail", raise_at=1, workflow=workflow, actor=alice)


@pytest.fixture
def channel(alice: Any, peer: Receiver) -> Destination:
    return make_destination(alice, peer.url, "channel", format="slack")


def fail(workflow: Workflow) -> None:
    """A run has failed, and it is looked at."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    at = now - timedelta(minutes=1)
    Run.objects.create(
        workflow=workflow,
        version=workflow.active_version,
        trigger_node="t1",
        dedupe_key=f"{Run.objects.count()}",
        mode="execute",
        status="failed",
        failure_code="boom",
        failure={"message": "No"},
        **dict.fromkeys(("due_at", "created_at", "started_at", "finished_at"), at),
    )
    watch(now=now)


def heard() -> list[tuple[str, str]]:
    return sorted(Delivery.objects.values_list("destination__key", "type"))


def test_what_a_rule_finds_goes_to_its_own_destinations_and_to_no_other(
    workflow: Workflow, rule: AlertRule, crm: Destination, channel: Destination, alice: Any
) -> None:
    create_subscription(destination=crm, kinds=["alert.raised"], actor=alice)
    set_rule_destinations(alert_rule=rule, destinations=[channel], actor=alice)
    fail(workflow)
    assert heard() == [("channel", "alert.raised")]
    entry = AuditEntry.objects.get(action="alert_rule.destinations_set")
    assert (entry.actor, entry.object_id) == (alice, str(rule.pk))
    assert (entry.before, entry.after) == ({"destinations": []}, {"destinations": ["channel"]})


def test_without_one_and_of_other_rules_all_hear_that_hear_of_alerts(
    workflow: Workflow, rule: AlertRule, crm: Destination, channel: Destination, alice: Any
) -> None:
    create_subscription(destination=crm, kinds=["alert.raised"], actor=alice)
    other = make_rule(kind="failures", name="Other", raise_at=1, workflow=workflow, actor=alice)
    set_rule_destinations(alert_rule=rule, destinations=[channel], actor=alice)
    fail(workflow)
    assert heard() == [("channel", "alert.raised"), ("crm", "alert.raised")]
    about = Delivery.objects.get(destination=crm).body
    assert f'"rule_id":{other.pk}' in about.replace(" ", "")


def test_where_those_that_are_named_may_be_told_no_more_nothing_falls_silent(
    workflow: Workflow, rule: AlertRule, crm: Destination, channel: Destination, alice: Any, bob: Any
) -> None:
    create_subscription(destination=crm, kinds=["alert.raised"], actor=alice)
    grants.set_rights(channel, bob, ("view", "use"))
    for right in ("view", "edit"):
        assign_perm(permissions.codename(right), bob, workflow)
    set_rule_destinations(alert_rule=rule, destinations=[channel], actor=bob)
    grants.set_rights(channel, bob, ())
    fail(workflow)
    assert heard() == [("crm", "alert.raised")]


def test_they_are_changed_by_who_may_change_the_rule_and_send_there(
    workflow: Workflow, rule: AlertRule, crm: Destination, channel: Destination, alice: Any, bob: Any
) -> None:
    with pytest.raises(ForbiddenError):
        set_rule_destinations(alert_rule=rule, destinations=[], actor=bob)
    assign_perm(permissions.codename("edit"), bob, workflow)
    with pytest.raises(ForbiddenError):
        set_rule_destinations(alert_rule=rule, destinations=[channel], actor=bob)
    set_rule_destinations(alert_rule=rule, destinations=[channel, crm], actor=alice)
    grants.set_rights(crm, bob, ("view",))
    set_rule_destinations(alert_rule=rule, destinations=[], actor=bob)
    assert destinations_of([rule.pk], alice) == {rule.pk: [channel]}, "what Bob does not see stays"
    assert destinations_of([rule.pk], bob) == {rule.pk: []}
    many = [make_destination(alice, "https://a.example/", f"d{n}") for n in range(MOST)]
    with pytest.raises(InvalidError):
        set_rule_destinations(alert_rule=rule, destinations=[*many, channel], actor=alice)
    own = Subscription.objects.get(rule=rule)
    with pytest.raises(ConflictError):
        update_subscription(subscription=own, changes={"kinds": ["run.failed"]}, actor=alice)
    rule.delete()
    assert not Subscription.objects.exists()


def test_the_api_tells_and_sets_them(
    rule: AlertRule, channel: Destination, alice: Any, bob: Any, charlie: Any
) -> None:
    client = APIClient()
    client.force_login(alice)
    address = f"/api/v1/webhooks/alert-rules/{rule.pk}/destinations/"
    answer = client.put(address, {"destinations": ["channel", "channel"]}, format="json")
    named = [{"key": "channel", "name": "CHANNEL", "state": "enabled"}]
    assert (answer.status_code, answer.json()) == (200, {"rule": rule.pk, "destinations": named})
    listed = client.get("/api/v1/webhooks/alert-rules/").json()["results"]
    assert {"rule": rule.pk, "destinations": named} in listed
    assert client.put(address, {"destinations": ["gone"]}, format="json").status_code == 404
    client.force_login(charlie)
    assert client.put(address, {"destinations": []}, format="json").status_code == 404
    assert Subscription.objects.get().rule == rule


def test_staff_set_them_in_the_admin(rule: AlertRule, channel: Destination, root: Any) -> None:
    client = Client()
    client.force_login(root)
    address = "/admin/webhooks/subscription/tools/of-a-rule/"
    assert client.get(address).status_code == 200
    sent = {"task": "set", "set-rule": rule.pk, "set-destinations": [channel.pk]}
    assert client.post(address, sent).status_code == 302
    assert Subscription.objects.get().destination == channel
    assert timezone.now() - Subscription.objects.get().created_at < timedelta(minutes=1)
