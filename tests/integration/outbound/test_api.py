"""Destinations, deliveries and secrets over the API, with the rights that they take."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from automations import grants
from automations.models import AuditEntry, Mode, Notification
from automations.runtime.lanes import LANES
from automations.testing import chain, make_workflow, node, run_everything
from tests.receiver import Receiver, silence, status
from webhooks.models import Attempt, Delivery, Destination, Secret
from webhooks.outbound.destinations import disable_destination
from webhooks.outbound.lane import deliver
from webhooks.secrets.known import KNOWN
from webhooks.secrets.sending import value_for
from webhooks.secrets.services import create_secret, set_secret_value, update_secret
from webhooks.secrets.upkeep import keep_up

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def send(client: APIClient, verb: str, path: str, body: Any = None) -> Any:
    answer = client.generic(
        verb, f"/api/v1/webhooks/{path}", json.dumps(body or {}), content_type="application/json"
    )
    answer.said = answer.json() if answer.content else None
    return answer


@pytest.fixture
def builder(alice: Any) -> APIClient:
    alice.groups.add(Group.objects.get(name="Builder"))
    return client_of(alice)


VALUE = "canary-value-0123456789"


def test_a_destination_is_made_with_a_secret_that_nobody_sees_again(
    builder: APIClient, peer: Receiver
) -> None:
    made = send(builder, "POST", "secrets/", {"key": "tok", "value": VALUE, "hosts": ["127.0.0.1"]})
    assert made.status_code == 201
    assert VALUE not in made.content.decode()
    body = {
        "key": "crm",
        "name": "CRM",
        "url": peer.url,
        "headers": [{"name": "Authorization", "text": "Bearer ", "secret": "tok"}],
    }
    answer = send(builder, "POST", "destinations/", body)
    assert answer.status_code == 201, answer.said
    shown = answer.said["signing_secret"]
    assert shown.startswith("whsec_")
    again = send(builder, "GET", "destinations/crm/")
    assert "signing_secret" not in again.said
    assert shown.removeprefix("whsec_") not in again.content.decode()
    assert again.said["headers"] == [{"name": "Authorization", "text": "Bearer ", "secret": "tok"}]
    assert again.said["rights"] == ["view", "use", "change"]
    for row in (*Secret.objects.all(), *Destination.objects.all()):
        assert VALUE not in str(vars(row))
    trail = json.dumps(list(AuditEntry.objects.values("action", "before", "after")))
    assert VALUE not in trail
    assert shown not in trail
    assert {"secret.created", "destination.created"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"url": "http://169.254.169.254/"}, "forbidden-address", "url"),
        ({"url": "http://0x7f.1/"}, "odd-ipv4", "url"),
        ({"url": "ftp://example.com/"}, "bad-scheme", "url"),
        ({"url": "https://user:pw@example.com/"}, "userinfo-in-url", "url"),
        ({"headers": [{"name": "Host", "text": "x"}]}, "reserved-header", "headers[0].name"),
        ({"headers": [{"name": "webhook-signature", "text": "x"}]}, "reserved-header", "headers[0].name"),
        ({"headers": [{"name": "X-A", "text": "a\r\nX-B: c"}]}, "bad-header", "headers[0].text"),
        ({"headers": [{"name": "X A", "text": "a"}]}, "bad-header", "headers[0].name"),
        ({"headers": [{"name": "X-A"}]}, "missing-value", "headers[0]"),
        ({"max_attempts": 11}, "out-of-range", "max_attempts"),
        ({"concurrency": 0}, "out-of-range", "concurrency"),
    ],
)
def test_what_can_t_be_called_is_refused_with_its_place(
    builder: APIClient, change: dict[str, Any], code: str, path: str
) -> None:
    answer = send(
        builder, "POST", "destinations/", {"key": "d", "name": "D", "url": "https://example.com/", **change}
    )
    assert answer.status_code in (400, 422)
    assert [(problem["code"], problem["path"]) for problem in answer.said["problems"]] == [(code, path)]
    assert not Destination.objects.exists()


def test_somebody_else_s_secret_is_not_there(builder: APIClient, root: Any) -> None:
    from webhooks.secrets.services import create_secret

    create_secret(key="theirs", value=VALUE, hosts=["example.com"], actor=root)
    body = {
        "key": "d",
        "name": "D",
        "url": "https://example.com/",
        "headers": [{"name": "X-T", "secret": "theirs"}],
    }
    assert send(builder, "POST", "destinations/", body).status_code == 404
    assert send(builder, "GET", "secrets/theirs/").status_code == 404


def test_who_sees_a_secret_but_may_not_use_it_can_t_send_it(
    builder: APIClient, alice: Any, root: Any
) -> None:
    from webhooks.secrets.services import create_secret

    secret = create_secret(key="theirs", value=VALUE, hosts=["example.com"], actor=root)
    grants.set_rights(secret, alice, ("view",))
    body = {
        "key": "d",
        "name": "D",
        "url": "https://example.com/",
        "headers": [{"name": "X-T", "secret": "theirs"}],
    }
    assert send(builder, "POST", "destinations/", body).status_code == 403


def test_read_only_fields_stay(builder: APIClient, crm: Destination) -> None:
    for change in ({"key": "x"}, {"state": "disabled"}, {"format": "slack"}):
        assert send(builder, "PATCH", "destinations/crm/", change).status_code in (400, 422)
    crm.refresh_from_db()
    assert (crm.key, crm.state, crm.format) == ("crm", "enabled", "webhook")


def test_a_delivery_tells_all_its_attempts_and_is_sent_anew(
    builder: APIClient, crm: Destination, peer: Receiver
) -> None:
    peer.scripts = [status(400, b"<img src=x onerror=alert(1)>"), status(200, b"ok")]
    delivery = make_delivery(crm, retry_refusals=False)
    deliver()
    said = send(builder, "GET", f"deliveries/{delivery.pk}/").said
    assert (said["state"], said["attempts"], said["status"], said["error"]) == (
        "failed",
        1,
        400,
        "status-400",
    )
    assert said["log"][0]["response_body"] == "<img src=x onerror=alert(1)>"
    assert said["log"][0]["address"] == "127.0.0.1"
    sent = said["log"][0]["request_headers"]
    assert (sent["webhook-id"], sent["webhook-signature"]) == (delivery.message_id, "<signature>")
    assert sent["Content-Type"] == "application/json"
    assert said["curl"].startswith("curl -X POST http://127.0.0.1:")
    assert f"webhook-id: {delivery.message_id}" in said["curl"]
    assert "signature" not in said["curl"]

    again = send(builder, "POST", f"deliveries/{delivery.pk}/resend/")
    assert again.status_code == 200
    assert again.said["state"] == "pending"
    assert send(builder, "POST", f"deliveries/{delivery.pk}/resend/").status_code == 409
    deliver()
    said = send(builder, "GET", f"deliveries/{delivery.pk}/").said
    assert (said["state"], [row["number"] for row in said["log"]]) == ("succeeded", [2, 1])
    assert send(builder, "GET", "deliveries/?state=succeeded").said["results"][0]["id"] == delivery.pk
    assert send(builder, "GET", "deliveries/?state=failed").said["results"] == []


def test_bodies_are_for_those_who_may_see_payloads(
    crm: Destination, peer: Receiver, alice: Any, bob: Any, charlie: Any
) -> None:
    call = node("a1", "action.call_webhook", destination="crm", data={"n": "7"})
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    from automations.services.runs import start_run

    start_run(workflow=workflow, actor=alice)
    run_everything()
    deliver()
    delivery = Delivery.objects.get()
    assert send(client_of(alice), "GET", f"deliveries/{delivery.pk}/").said["body"] == delivery.body
    assert send(client_of(charlie), "GET", f"deliveries/{delivery.pk}/").status_code == 404
    grants.set_rights(workflow, bob, ("view",))
    said = send(client_of(bob), "GET", f"deliveries/{delivery.pk}/").said
    assert (said["may_read"], said["body"], said["curl"], said["log"][0]["response_body"]) == (
        False,
        "",
        "",
        "",
    )
    assert said["log"][0]["request_headers"] == {}
    assert send(client_of(bob), "POST", f"deliveries/{delivery.pk}/resend/").status_code == 403
    (called,) = client_of(bob).get(f"/api/v1/runs/{delivery.run_id}/").json()["related"]
    assert called == {
        "kind": "delivery",
        "node": "a1",
        "name": crm.name,
        "state": delivery.state,
        "link": f"webhooks/deliveries/{delivery.pk}/",
    }
    assert send(client_of(charlie), "GET", "deliveries/").said["results"] == []


def test_a_destination_is_disabled_enabled_rotated_and_recovered(
    builder: APIClient, crm: Destination
) -> None:
    make_delivery(crm)
    assert send(builder, "POST", "destinations/crm/disable/", {"reason": "moved"}).said["state"] == "disabled"
    assert send(builder, "POST", "destinations/crm/disable/").status_code == 409
    assert Delivery.objects.get().error == "destination-disabled"
    assert send(builder, "POST", f"deliveries/{Delivery.objects.get().pk}/resend/").status_code == 409
    assert send(builder, "POST", "destinations/crm/enable/").said["state"] == "enabled"
    assert send(builder, "POST", "destinations/crm/enable/").status_code == 409
    since = {"since": "2020-01-01T00:00:00Z"}
    assert send(builder, "POST", "destinations/crm/recover/", since).said == {"deliveries": 1}
    rotated = send(builder, "POST", "destinations/crm/rotate/", {"overlap_hours": 1})
    assert rotated.said["signing_secret"].startswith("whsec_")
    keys = send(builder, "GET", "destinations/crm/").said["signing_keys"]
    assert [key["expires_at"] is None for key in keys] == [True, False]


def test_a_secret_is_changed_shared_and_forgotten_but_never_read(builder: APIClient, bob: Any) -> None:
    send(builder, "POST", "secrets/", {"key": "tok", "value": VALUE, "hosts": ["example.com"]})
    assert send(builder, "PATCH", "secrets/tok/", {"value": "other-value"}).status_code in (400, 422)
    assert send(builder, "PUT", "secrets/tok/value/", {"value": "other-value-1"}).status_code == 204
    assert send(builder, "PATCH", "secrets/tok/", {"hosts": ["*.example.com"]}).said["hosts"] == [
        "*.example.com"
    ]
    shared = send(builder, "PUT", "secrets/tok/shares/", {"user": "bob", "rights": ["view", "use"]})
    assert shared.status_code == 200, shared.said
    assert send(client_of(bob), "GET", "secrets/tok/").said["rights"] == ["view", "use"]
    assert send(client_of(bob), "PUT", "secrets/tok/value/", {"value": "other-value-2"}).status_code == 403
    assert send(builder, "DELETE", "secrets/tok/").status_code == 204
    assert send(builder, "GET", "secrets/tok/").status_code == 404


def test_a_secret_says_who_sends_it_and_hides_those_that_are_out_of_sight(
    builder: APIClient, alice: Any, bob: Any, root: Any, peer: Receiver
) -> None:
    send(builder, "POST", "secrets/", {"key": "tok", "value": VALUE, "hosts": ["127.0.0.1"]})
    secret = Secret.objects.get()
    sent = [{"name": "X-T", "text": "", "secret": secret}]
    mine = make_destination(alice, peer.url, headers=sent)
    make_destination(root, peer.url, key="theirs", headers=sent)
    grants.set_rights(secret, bob, ("view",))
    shown = send(builder, "GET", "secrets/tok/").said
    assert (shown["used_by"], shown["used_elsewhere"]) == ([{"key": "crm", "name": "CRM"}], 1)
    assert shown["last_used_at"] is None
    unseen = send(client_of(bob), "GET", "secrets/tok/").said
    assert (unseen["used_by"], unseen["used_elsewhere"]) == ([], 2)
    refused = send(builder, "DELETE", "secrets/tok/")
    assert (refused.status_code, refused.said["code"]) == (409, "secret-in-use")
    make_delivery(mine)
    deliver()
    assert peer.requests[0].headers["x-t"] == VALUE
    first = Secret.objects.get().last_used_at
    assert first is not None
    make_delivery(mine, key="2:a1")
    deliver()
    assert Secret.objects.get().last_used_at == first  # no row is written twice in a minute


def test_a_value_is_taken_back_while_it_is_kept(builder: APIClient, alice: Any) -> None:
    send(builder, "POST", "secrets/", {"key": "tok", "value": VALUE, "hosts": ["a.example"]})
    nothing = send(builder, "POST", "secrets/tok/value/take-back/")
    assert (nothing.status_code, nothing.said["code"]) == (409, "nothing-kept")
    body = {"value": "second-value-2", "overlap_hours": 1, "expires_at": "2099-01-01T00:00:00Z"}
    assert send(builder, "PUT", "secrets/tok/value/", body).status_code == 204
    rotated = send(builder, "GET", "secrets/tok/").said
    assert rotated["kept_until"] is not None
    assert rotated["expires_at"] == "2099-01-01T00:00:00Z"
    KNOWN.refresh()
    assert KNOWN.text(f"{VALUE} second-value-2") == "[secret] [secret]"
    back = send(builder, "POST", "secrets/tok/value/take-back/").said
    assert (back["kept_until"], back["expires_at"]) == (None, None)
    assert value_for(Secret.objects.get(), "a.example") == VALUE
    send(builder, "PUT", "secrets/tok/value/", {"value": "third-value-33"})
    assert send(builder, "GET", "secrets/tok/").said["kept_until"] is None
    assert send(builder, "POST", "secrets/tok/value/take-back/").status_code == 409
    refused = send(builder, "PUT", "secrets/tok/value/", {"value": "fourth-value-4", "overlap_hours": 169})
    assert refused.status_code in (400, 422)


def test_time_forgets_kept_values_and_tells_owners_once_of_what_expires(alice: Any) -> None:
    now = timezone.now()
    secret = create_secret(
        key="tok", value=VALUE, hosts=["a.example"], actor=alice, expires_at=now + timedelta(days=20)
    )
    set_secret_value(
        secret=secret,
        value="second-value-2",
        actor=alice,
        overlap=timedelta(hours=1),
        expires_at=now + timedelta(days=20),
    )
    assert not LANES.get("secrets").is_due()
    keep_up(now=now + timedelta(minutes=59))
    assert Secret.objects.get().kept_value != ""
    keep_up(now=now + timedelta(minutes=61))
    assert (Secret.objects.get().kept_value, Secret.objects.get().kept_until) == ("", None)
    assert not Notification.objects.exists()
    for _ in range(2):
        keep_up(now=now + timedelta(days=7))
    assert Notification.objects.get().address == "webhooks/secrets/tok/"
    update_secret(secret=secret, changes={"expires_at": now + timedelta(days=10)}, actor=alice)
    assert LANES.get("secrets").is_due()
    keep_up(now=now)
    assert Notification.objects.count() == 2
    assert VALUE not in str(list(Notification.objects.values()))


def test_a_test_call_is_a_delivery_that_says_so(builder: APIClient, alice: Any, peer: Receiver) -> None:
    peer.scripts[:] = [status(200), status(500)]
    crm = make_destination(alice, peer.url)
    made = send(builder, "POST", "destinations/crm/test/")
    assert made.status_code == 202, made.said
    assert send(builder, "GET", "destinations/crm/backlog/").said["waiting"] == 1
    deliver()
    shown = send(builder, "GET", f"deliveries/{made.said['delivery']}/").said
    assert (shown["state"], shown["type"], shown["run"]) == ("succeeded", "automations.test", None)
    assert json.loads(peer.requests[0].body)["data"]["test"] is True
    again = send(builder, "POST", "destinations/crm/test/").said["delivery"]
    deliver()
    assert send(builder, "GET", f"deliveries/{again}/").said["state"] == "failed"  # it is tried once
    backlog = send(builder, "GET", "destinations/crm/backlog/").said
    assert (backlog["waiting"], backlog["failed"]) == (0, 1)
    assert send(builder, "POST", "destinations/crm/recover/", {"since": backlog["failed_since"]}).said == {
        "deliveries": 1
    }
    disable_destination(destination=crm, actor=alice)
    refused = send(builder, "POST", "destinations/crm/test/")
    assert (refused.status_code, refused.said["code"]) == (409, "disabled")


def test_a_destination_waits_no_longer_than_it_says(alice: Any, peer: Receiver) -> None:
    crm = make_destination(alice, peer.url, timeout_seconds=1)
    peer.scripts[:] = [silence]
    make_delivery(crm)
    deliver()
    assert Attempt.objects.get().error == "timeout"
    row = Attempt.objects.get()
    assert row.finished_at - row.started_at < timedelta(seconds=2.5)
