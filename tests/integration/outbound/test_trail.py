"""Every service of secrets, destinations and deliveries leaves one entry in the trail, with nothing secret in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from automations.models import AlertRule, AuditEntry
from automations.services.alerts import make_rule
from automations.testing import chain, make_workflow, node
from webhooks.models import Destination, Secret
from webhooks.outbound import (
    answering,
    destinations,
    redelivery,
    resendings,
    rule_destinations,
    subscriptions,
    trials,
)
from webhooks.secrets import services

from .conftest import make_delivery, make_unknown

pytestmark = pytest.mark.django_db


def _subscribed(crm: Destination, actor: Any) -> Any:
    return subscriptions.create_subscription(destination=crm, kinds=["run.failed"], actor=actor)


def _rule(actor: Any) -> AlertRule:
    """Of a workflow of the actor's own, so that it is theirs to change."""
    drawn = chain(node("t1", "trigger.manual"), node("a1", "action.stop", outcome="succeeded"))
    workflow = make_workflow("refunds", drawn, owner=actor)
    return make_rule(kind="failures", name="Fail", raise_at=1, workflow=workflow, actor=actor)


def _failed(crm: Destination) -> resendings.Wanted:
    make_delivery(crm, state="failed", error="status-500", finished_at=timezone.now())
    return resendings.Wanted(destination=crm)


VALUE = "canary-value-0123456789"


def _disabled(crm: Destination, secret: Secret, actor: Any) -> Any:
    destinations.disable_destination(destination=crm, actor=actor)
    return {"destination": crm, "actor": actor}


def _set_anew(crm: Destination, secret: Secret, actor: Any) -> Any:
    services.set_secret_value(secret=secret, value=VALUE, actor=actor, overlap=services.OVERLAP)
    return {"secret": secret, "actor": actor}


Calls = dict[str, tuple[Callable[..., Any], Callable[[Destination, Secret, Any], dict[str, Any]]]]
CALLS: Calls = {
    "secret.created": (
        services.create_secret,
        lambda crm, secret, actor: {"key": "newest", "value": VALUE, "hosts": ["a.example"], "actor": actor},
    ),
    "secret.value_set": (
        services.set_secret_value,
        lambda crm, secret, actor: {"secret": secret, "value": VALUE, "actor": actor},
    ),
    "secret.value_taken_back": (services.take_back_secret_value, _set_anew),
    "secret.updated": (
        services.update_secret,
        lambda crm, secret, actor: {"secret": secret, "changes": {"description": "x"}, "actor": actor},
    ),
    "secret.deleted": (
        services.delete_secret,
        lambda crm, secret, actor: {"secret": secret, "actor": actor, "reason": "gone"},
    ),
    "destination.created": (
        destinations.create_destination,
        lambda crm, secret, actor: {"key": "erp", "name": "N", "url": "https://a.example/", "actor": actor},
    ),
    "destination.updated": (
        destinations.update_destination,
        lambda crm, secret, actor: {"destination": crm, "changes": {"rate": 7}, "actor": actor},
    ),
    "destination.disabled": (
        destinations.disable_destination,
        lambda crm, secret, actor: {"destination": crm, "actor": actor, "reason": "moved"},
    ),
    "destination.enabled": (destinations.enable_destination, _disabled),
    "destination.key_rotated": (
        destinations.rotate_signing_key,
        lambda crm, secret, actor: {"destination": crm, "actor": actor},
    ),
    "destination.tested": (trials.send_test, lambda crm, secret, actor: {"destination": crm, "actor": actor}),
    "delivery.resent": (
        redelivery.resend_delivery,
        lambda crm, secret, actor: {
            "delivery": make_delivery(crm, state="failed", finished_at=timezone.now()),
            "actor": actor,
        },
    ),
    "delivery.outcome_told": (
        answering.answer_unknown,
        lambda crm, secret, actor: {
            "unknown": make_unknown(make_delivery(crm, state="needs_review")),
            "reply": "happened",
            "note": "Seen there.",
            "body": VALUE,
            "actor": actor,
        },
    ),
    "subscription.created": (
        subscriptions.create_subscription,
        lambda crm, secret, actor: {"destination": crm, "kinds": ["run.failed"], "actor": actor},
    ),
    "subscription.updated": (
        subscriptions.update_subscription,
        lambda crm, secret, actor: {
            "subscription": _subscribed(crm, actor),
            "changes": {"kinds": ["approval.asked"]},
            "actor": actor,
        },
    ),
    "subscription.deleted": (
        subscriptions.delete_subscription,
        lambda crm, secret, actor: {"subscription": _subscribed(crm, actor), "actor": actor},
    ),
    "alert_rule.destinations_set": (
        rule_destinations.set_rule_destinations,
        lambda crm, secret, actor: {
            "alert_rule": _rule(actor),
            "destinations": [crm],
            "actor": actor,
        },
    ),
    "deliveries.resent": (
        resendings.resend_many,
        lambda crm, secret, actor: {
            "wanted": _failed(crm),
            "per_minute": 60,
            "expected": 1,
            "actor": actor,
        },
    ),
    "deliveries.resending_stopped": (
        resendings.stop_resending,
        lambda crm, secret, actor: {
            "resending": resendings.resend_many(wanted=_failed(crm), per_minute=60, expected=1, actor=actor),
            "actor": actor,
        },
    ),
    "destination.recovered": (
        redelivery.recover_destination,
        lambda crm, secret, actor: {"destination": crm, "since": timezone.now(), "actor": actor},
    ),
}


@pytest.mark.parametrize("action", CALLS)
def test_a_service_leaves_one_entry(action: str, crm: Destination, alice: Any) -> None:
    secret = services.create_secret(key="tok", value="another-value-42", hosts=["a.example"], actor=alice)
    service, arguments = CALLS[action]
    given = arguments(crm, secret, alice)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    service(**given)
    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.action, entry.actor_id) == (action, alice.pk)
    assert VALUE not in str((entry.before, entry.after, entry.reason))
    assert "whsec_" not in str((entry.before, entry.after))


def test_a_change_that_changes_nothing_leaves_no_entry(crm: Destination, alice: Any) -> None:
    destinations.update_destination(destination=crm, changes={"rate": crm.rate}, actor=alice)
    assert not AuditEntry.objects.filter(action="destination.updated").exists()
