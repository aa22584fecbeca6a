"""The admin shows what one may see, changes by the services, and never a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from automations.models import AuditEntry
from tests.receiver import Receiver, status
from webhooks.models import Delivery, Destination, Resending, Secret, Subscription
from webhooks.outbound.lane import deliver
from webhooks.outbound.resendings import Wanted, resend_many
from webhooks.outbound.subscriptions import create_subscription
from webhooks.secrets.services import create_secret

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db
VALUE = "canary-value-0123456789"
NASTY = ["' OR 1=1 --", "%00", "\\", "a" * 2_000]


def page(model: Any, kind: str, *args: Any) -> str:
    return reverse(f"admin:webhooks_{model._meta.model_name}_{kind}", args=args)


@pytest.fixture
def root_client(root: Any) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def world(alice: Any, root: Any, peer: Receiver) -> Delivery:
    secret = create_secret(key="tok", value=VALUE, hosts=["127.0.0.1"], actor=alice)
    headers = [{"name": "X-Token", "text": "", "secret": secret}]
    crm = make_destination(alice, peer.url, headers=headers)
    peer.scripts = [status(400, b"<script>alert(1)</script>")]
    delivery = make_delivery(crm, retry_refusals=False)
    deliver()
    return delivery


@pytest.mark.parametrize("model", [Destination, Delivery, Secret])
def test_every_list_and_row_opens_and_shows_no_secret(
    model: Any, root_client: Client, world: Delivery
) -> None:
    shown = root_client.get(page(model, "changelist"))
    assert shown.context["cl"].result_count == model.objects.count()
    answer = root_client.get(page(model, "change", model.objects.get().pk))
    assert answer.status_code == 200
    stored = [Secret.objects.get().value, Destination.objects.get().signing_keys.get().value]
    for hidden in (VALUE, "<script>alert(1)</script>", *stored):
        assert hidden not in answer.content.decode()
        assert hidden not in shown.content.decode()
    for text in NASTY:
        found = root_client.get(page(model, "changelist"), {"q": text})
        assert found.context["cl"].result_count == 0
    listed = shown.context["cl"]
    for spec in listed.filter_specs:
        for choice in list(spec.choices(listed))[:3]:
            assert root_client.get(page(model, "changelist") + choice["query_string"]).status_code == 200
    assert admin.site._registry[model].search_fields


def test_deliveries_are_only_read_and_sent_anew(root_client: Client, root: Any, world: Delivery) -> None:
    assert root_client.get(page(Delivery, "add")).status_code == 403
    assert root_client.post(page(Delivery, "change", world.pk), {}).status_code == 403
    chosen = {"action": "send_anew", "_selected_action": [world.pk], "confirmed": "1", "reason": ""}
    root_client.post(page(Delivery, "changelist"), chosen)
    world.refresh_from_db()
    assert world.state == "pending"
    assert AuditEntry.objects.filter(action="delivery.resent", actor=root).count() == 1


def test_a_destination_is_changed_and_disabled_through_its_services(
    root_client: Client, root: Any, world: Delivery
) -> None:
    crm = Destination.objects.get()
    fields: dict[str, Any] = {
        "name": "CRM",
        "url": crm.url,
        "owner": crm.owner_id,
        "max_attempts": 5,
        "concurrency": 2,
        "rate": 60,
        "timeout_seconds": 15,
    }
    fields["retry_other_refusals"] = "unknown"
    for inline in ("headers", "signing_keys"):  # shown beside the form, to read
        fields |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    answer = root_client.post(
        page(Destination, "change", crm.pk), {**fields, "url": "http://169.254.169.254/"}
    )
    assert "may not be called: metadata" in answer.content.decode()
    answer = root_client.post(page(Destination, "change", crm.pk), fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    crm.refresh_from_db()
    assert (crm.max_attempts, crm.rate) == (5, 60)
    chosen = {"action": "disable", "_selected_action": [crm.pk], "confirmed": "1", "reason": "moved"}
    root_client.post(page(Destination, "changelist"), chosen)
    crm.refresh_from_db()
    assert (crm.state, crm.disabled_reason) == ("disabled", "moved")


def test_a_secret_is_made_and_set_anew_and_never_shown(root_client: Client, root: Any) -> None:
    fields = {"key": "made", "description": "", "hosts": '["example.com"]', "new_value": VALUE}
    answer = root_client.post(page(Secret, "add"), fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Secret.objects.get()
    before = made.value
    assert VALUE not in root_client.get(page(Secret, "change", made.pk)).content.decode()
    kept = {"description": "x", "hosts": '["example.com"]', "owner": root.pk, "new_value": ""}
    assert root_client.post(page(Secret, "change", made.pk), kept).status_code == 302
    made.refresh_from_db()
    assert (made.value, made.description) == (before, "x")
    assert (
        root_client.post(page(Secret, "change", made.pk), {**kept, "new_value": "short"}).status_code == 200
    )
    assert (
        root_client.post(page(Secret, "change", made.pk), {**kept, "new_value": VALUE + "2"}).status_code
        == 302
    )
    made.refresh_from_db()
    assert made.value != before


def test_subscriptions_are_seen_and_ended_and_many_are_stopped(
    root_client: Client, root: Any, alice: Any, world: Delivery
) -> None:
    crm = Destination.objects.get()
    subscription = create_subscription(destination=crm, kinds=["run.failed"], actor=alice)
    resending = resend_many(wanted=Wanted(destination=crm), per_minute=60, expected=1, actor=root)
    for model, row in ((Subscription, subscription), (Resending, resending)):
        assert root_client.get(page(model, "changelist")).context["cl"].result_count == 1
        assert root_client.get(page(model, "change", row.pk)).status_code == 200
        assert root_client.get(page(model, "add")).status_code == 403
    chosen = {"action": "stop", "_selected_action": [resending.pk], "confirmed": "1", "reason": ""}
    root_client.post(page(Resending, "changelist"), chosen)
    world.refresh_from_db()
    assert world.state == "failed"
    chosen = {"action": "end", "_selected_action": [subscription.pk], "confirmed": "1", "reason": "quiet"}
    root_client.post(page(Subscription, "changelist"), chosen)
    assert not Subscription.objects.exists()
    assert AuditEntry.objects.get(action="subscription.deleted").reason == "quiet"


def test_somebody_sees_only_what_is_shared(bob: Any, world: Delivery) -> None:
    bob.is_staff = True
    bob.save()
    client = Client()
    client.force_login(bob)
    for model in (Destination, Delivery, Secret):
        assert client.get(page(model, "changelist")).context["cl"].result_count == 0
        assert client.get(page(model, "change", model.objects.get().pk)).status_code == 302
