"""The senders that sign in their own way: their documents' own examples, their handshakes, their repetitions."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from automations.models import Event
from tests.integration.webhooks.conftest import World, verdicts
from tests.unit.webhooks.vectors import (
    GITHUB_BODY,
    GITHUB_SECRET,
    GITHUB_SIGNATURE,
    GOOD,
    SLACK_BODY,
    SLACK_SECRET,
    SLACK_SIGNATURE,
    SLACK_TIMESTAMP,
    V1,
    V3,
    Vector,
)
from webhooks.inbound import committer
from webhooks.inbound.limits import Limits
from webhooks.inbound.models import Receipt
from webhooks.inbound.requests import Incoming, Reply, header_map
from webhooks.inbound.services import Opened, create_endpoint
from webhooks.inbound.storing import answer

FORM = "application/x-www-form-urlencoded"


@pytest.mark.django_db(transaction=True)
def test_the_vectors_of_others_are_judged_over_a_socket(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checks 1, 2 and 16: each posted to the running product, whose clock stands at the vector's time."""
    clock = [0]
    moment = SimpleNamespace(now=lambda: datetime.fromtimestamp(clock[0], UTC))
    monkeypatch.setattr(committer, "timezone", moment)
    wanted = {
        **dict.fromkeys(GOOD, 202),
        "V3": 401,
        "V5": 400,
        "V6": 400,
    }  # these two are signed, and no JSON
    verdicts = {"V3": "bad_signature", "V5": "bad_body", "V6": "bad_body"}
    for name, vector in {**GOOD, "V3": V3}.items():
        sender = world.endpoint(name.lower(), secret=vector.secret)
        clock[0] = vector.timestamp
        headers = {"Content-Type": "application/json", **vector.headers}
        assert sender.send(vector.body, headers).status == wanted[name], name
        kept = Receipt.objects.get(endpoint=sender.endpoint)
        assert kept.verdict == verdicts.get(name, "accepted"), name
    stolen = world.endpoint("stolen", secret=GOOD["V1"].secret)
    clock[0] = GOOD["V1"].timestamp
    headers = {"Content-Type": "application/json", **GOOD["V1"].headers}
    assert stolen.send(GOOD["V7"].body, headers).status == 401

    slack = world.endpoint("slack", scheme="slack", secret=SLACK_SECRET)
    headers = {
        "Content-Type": FORM,
        "X-Slack-Signature": SLACK_SIGNATURE,
        "X-Slack-Request-Timestamp": str(SLACK_TIMESTAMP),
    }
    for later, status in ((360, 401), (0, 202)):
        clock[0] = SLACK_TIMESTAMP + later
        assert slack.send(SLACK_BODY, headers).status == status
    github = world.endpoint("github", scheme="github", secret=GITHUB_SECRET)
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": GITHUB_SIGNATURE,
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "d1",
    }
    assert github.send(GITHUB_BODY, headers).status == 400  # well signed, and no JSON
    assert Receipt.objects.get(endpoint=github.endpoint).verdict == "bad_body"
    assert github.send(GITHUB_BODY + b"!", headers).status == 401


def taken_in(made: Opened, headers: dict[str, str], body: bytes, at: int) -> Reply:
    """The answer to a request that came at this time."""
    incoming = Incoming(made.token, {"content-type": "application/json", **headers}, body, "203.0.113.7")
    (reply,) = answer([incoming], now=datetime.fromtimestamp(at, UTC), limits=Limits())
    return reply


@pytest.mark.django_db
@pytest.mark.parametrize("vector", [*GOOD.values(), V3], ids=[*GOOD, "V3"])
def test_vectors_with_the_clock_at_their_time(root: Any, vector: Vector) -> None:
    made = create_endpoint(key="v", name="V", actor=root, now=timezone.now(), secret=vector.secret)
    reply = taken_in(made, vector.headers, vector.body, vector.timestamp)
    receipt = Receipt.objects.get()
    if vector is V3:
        assert (reply.status, receipt.verdict) == (401, "bad_signature")
    elif vector.body in (b"", b"\xff\xfe\x00"):  # well signed, and no JSON
        assert (reply.status, receipt.verdict, receipt.secret_hint) == (400, "bad_body", vector.secret[-4:])
    else:
        assert (reply.status, receipt.verdict) == (202, "accepted")
        assert Event.objects.get().snapshot["data"] == json.loads(vector.body)


@pytest.mark.django_db
def test_slacks_command_is_taken_in_at_its_time_and_not_six_minutes_later(root: Any) -> None:
    made = create_endpoint(
        key="s", name="S", actor=root, now=timezone.now(), scheme="slack", secret=SLACK_SECRET
    )
    headers = {
        "content-type": FORM,
        "x-slack-signature": SLACK_SIGNATURE,
        "x-slack-request-timestamp": str(SLACK_TIMESTAMP),
    }
    assert taken_in(made, headers, SLACK_BODY, SLACK_TIMESTAMP + 360).status == 401
    assert taken_in(made, headers, SLACK_BODY, SLACK_TIMESTAMP).status == 202
    assert taken_in(made, headers, SLACK_BODY, SLACK_TIMESTAMP + 5).status == 200
    event = Event.objects.get()
    assert (event.type, event.snapshot["data"]["command"]) == ("webhook.s.command", "/webhook-collect")


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "status"), [(b"Webhook-Id", 400), (b"X-Forwarded-For", 202)])
def test_a_header_that_says_two_things_is_refused_where_it_matters(
    root: Any, name: bytes, status: int
) -> None:
    made = create_endpoint(key="v", name="V", actor=root, now=timezone.now(), secret=V1.secret)
    pairs = [(key.encode(), value.encode()) for key, value in V1.headers.items()]
    pairs += [(b"Content-Type", b"application/json"), (name, b"a"), (name, b"b")]
    headers, repeated = header_map(pairs)
    incoming = Incoming(made.token, headers, V1.body, "203.0.113.7", repeated)
    (reply,) = answer([incoming], now=datetime.fromtimestamp(V1.timestamp, UTC), limits=Limits())
    assert reply.status == status


@pytest.mark.django_db(transaction=True)
def test_slack_and_github_ask_whether_we_are_there(world: World) -> None:
    slack = world.endpoint("slack", scheme="slack", secret=SLACK_SECRET)
    asks = b'{"type": "url_verification", "challenge": "3eZbrw1a"}'
    answer = slack.send(asks)
    assert (answer.status, answer.body) == (200, b"3eZbrw1a")
    assert slack.send(asks, {**slack.signed(asks), "x-slack-signature": SLACK_SIGNATURE}).status == 401
    github = world.endpoint("github", scheme="github", secret=GITHUB_SECRET)
    answer = github.send(b'{"zen": "Keep it logically awesome."}', type="ping")
    assert (answer.status, answer.body) == (200, b"Keep it logically awesome.")
    assert not Event.objects.exists()
    assert [name for name, _ in verdicts(slack)] == ["handshake", "bad_signature"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("scheme", "secret", "body", "type_", "expected"),
    [
        ("github", "", {"action": "opened"}, "issues", "webhook.x.issues.opened"),
        (
            "stripe",
            "whsec_0123456789abcdef",
            {"id": "evt_1", "type": "invoice.paid"},
            "",
            "webhook.x.invoice.paid",
        ),
        (
            "slack",
            SLACK_SECRET,
            {"event_id": "Ev1", "event": {"type": "app_mention"}},
            "",
            "webhook.x.app_mention",
        ),
        ("shopify", "0123456789abcdef", {"id": 1}, "orders/create", "webhook.x.orders.create"),
    ],
)
def test_each_preset_types_its_event_and_knows_its_repetition(
    world: World, scheme: str, secret: str, body: dict[str, Any], type_: str, expected: str
) -> None:
    sender = world.endpoint("x", scheme=scheme, **({"secret": secret} if secret else {}))
    raw = json.dumps(body).encode()
    assert sender.send(raw, id="d1", type=type_).status == 202
    assert Event.objects.get().type == expected
    again = sender.send(
        raw, id="d1", type=type_, at=int(time.time()) + 1
    )  # signed anew, where time is signed
    assert (again.status, again.json["duplicate"]) == (200, True)
    headers = sender.signed(raw, id="d2", type=type_)
    assert sender.send(raw + b" ", headers).status == 401


@pytest.mark.django_db(transaction=True)
def test_buttons_of_slack_come_as_a_payload_in_a_form(world: World) -> None:
    sender = world.endpoint("x", scheme="slack", secret=SLACK_SECRET)
    body = b"payload=%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%22t1%22%7D"
    assert sender.send(body, {**sender.signed(body), "Content-Type": FORM}).status == 202
    assert Event.objects.get().type == "webhook.x.block_actions"
    for bad in (b"payload=%7B", b"payload=[1]", b"a=%00", b"a=%ff"):
        assert sender.send(bad, {**sender.signed(bad), "Content-Type": FORM}).status == 400


@pytest.mark.django_db
def test_receipts_go_when_their_time_is_over(root: Any) -> None:
    from webhooks.inbound.tidying import tidy

    made = create_endpoint(key="v", name="V", actor=root, now=timezone.now())
    now = timezone.now()
    for days, verdict in ((31, "accepted"), (29, "accepted"), (31, "duplicate"), (8, "stale"), (6, "stale")):
        at = now - timedelta(days=days)
        Receipt.objects.create(endpoint=made.endpoint, verdict=verdict, status=0, received_at=at, last_at=at)
    assert tidy(now=now) == 3
    kept = Receipt.objects.order_by("received_at").values_list("verdict", flat=True)
    assert list(kept) == ["accepted", "stale"]
