"""Webhooks in, over real sockets against the running product: each refusal, each acceptance, and what is left of it."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.utils import timezone

from automations.models import AuditEntry, Event
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.webhooks.conftest import World, post, verdicts
from tests.unit.webhooks.vectors import FOREIGN
from webhooks.inbound.models import Misdirected, Receipt
from webhooks.inbound.services import add_secret, change_endpoint, end_secret

BODY = b'{"type": "order.paid", "order": {"number": 17}}'


def test_a_signed_webhook_becomes_one_event(world: World) -> None:
    sender = world.endpoint()
    answer = sender.send(BODY, id="msg_1")
    receipt = Receipt.objects.get()
    assert (answer.status, answer.json) == (202, {"delivery": receipt.pk, "duplicate": False})
    assert answer.headers["cache-control"] == "no-store"
    event = Event.objects.get()
    assert (event.type, event.snapshot["data"], event.source.key) == (
        "webhook.shop.order.paid",
        json.loads(BODY),
        "webhook:shop",
    )
    assert (receipt.verdict, receipt.event_id, receipt.webhook_id, receipt.sender, receipt.secret_hint) == (
        "accepted",
        event.pk,
        "msg_1",
        "127.0.0.1",
        sender.secret.rstrip("=")[-4:],
    )
    assert 0 < receipt.took_ms < 30_000


TRACE = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


@pytest.mark.parametrize(
    ("header", "sent", "named", "kept"),
    [
        ("X-Request-Id", TRACE, TRACE, TRACE),
        ("X-Request-Id", "shop:17", "shop:17", str(uuid.uuid5(uuid.NAMESPACE_OID, "shop:17"))),
        ("traceparent", f"00-{TRACE.replace('-', '')}-00f067aa0ba902b7-01", TRACE, TRACE),
        ("X-Request-Id", "x" * 65, None, None),
        ("X-Request-Id", 'a b"', None, None),
        ("traceparent", "00-zz-zz-01", None, None),
    ],
)
def test_the_senders_name_of_a_request_goes_on_to_what_it_begins(
    world: World, header: str, sent: str, named: str | None, kept: str | None
) -> None:
    sender = world.endpoint()
    make_workflow(
        "paid",
        chain(
            node("t1", "trigger.webhook", endpoint="shop"),
            node("a1", "action.stop", outcome="succeeded", message="."),
        ),
        owner=world.actor,
    )
    answer = sender.send(BODY, {**sender.signed(BODY, id="msg_1"), header: sent})
    assert answer.status == 202
    told = answer.headers["x-request-id"]
    assert told == named or (named is None and told != sent)
    run_everything()
    run = Event.objects.get().runs.get()
    assert str(run.correlation_id) == (kept or told)
    refused = sender.send(b"{}", {"Content-Type": "application/json", header: sent})
    assert (refused.status, refused.headers["x-request-id"] == told) == (400, named is not None)


@pytest.mark.parametrize("change", ["signature", "body", "id"])
def test_one_byte_of_difference_is_refused_and_only_counted(world: World, change: str) -> None:
    """Check 2."""
    sender = world.endpoint()
    headers = sender.signed(BODY, id="msg_1")
    if change == "signature":
        last = headers["webhook-signature"][-3]
        headers["webhook-signature"] = (
            headers["webhook-signature"][:-3] + ("A" if last != "A" else "B") + "A="
        )
    body = BODY.replace(b"17", b"18") if change == "body" else BODY
    if change == "id":
        headers["webhook-id"] = "msg_2"
    answer = sender.send(body, headers)
    assert (answer.status, answer.json["code"]) == (401, "not-authentic")
    assert verdicts(sender) == [("bad_signature", 1)]
    assert not Event.objects.exists()


@pytest.mark.parametrize("prefix", [f"{FOREIGN} {FOREIGN.replace('v1', 'v2')} ", "garbage ", f"{FOREIGN}  "])
def test_the_good_signature_is_found_among_foreign_ones(world: World, prefix: str) -> None:
    """Check 3."""
    sender = world.endpoint()
    headers = sender.signed(BODY)
    headers["webhook-signature"] = prefix + headers["webhook-signature"]
    assert sender.send(BODY, headers).status == 202


@pytest.mark.parametrize(
    "header", ["v1,abc", "v1,", "garbage", "v1,a,b", " ".join(["v1,abc"] * 8000), "v1,Zo\xeb", "\xff\xfe"]
)
def test_a_header_that_is_no_signature_is_refused_at_once(world: World, header: str) -> None:
    """Check 4."""
    sender = world.endpoint()
    sender.send(BODY)  # the first request starts the thread and its connection
    started = time.perf_counter()
    answer = sender.send(BODY, {**sender.signed(BODY), "webhook-signature": header})
    assert answer.status in (400, 401)
    assert time.perf_counter() - started < 2  # the parsing itself is timed in the unit tests


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_time_within_the_tolerance_is_accepted(world: World, seconds: int) -> None:
    """Check 5."""
    assert world.endpoint().send(BODY, at=int(time.time()) + seconds).status == 202


@pytest.mark.parametrize("seconds", [-302, 302])
def test_a_time_outside_of_it_is_refused_as_a_bad_signature_is(world: World, seconds: int) -> None:
    """Check 5."""
    sender = world.endpoint()
    stale = sender.send(BODY, at=int(time.time()) + seconds)
    forged = sender.send(BODY, {**sender.signed(BODY), "webhook-signature": FOREIGN})
    assert stale.status == forged.status == 401
    assert stale.body == forged.body
    assert verdicts(sender) == [("stale", 1), ("bad_signature", 1)]


@pytest.mark.parametrize("text", ["nan", "1e9", "1614265330.9", "", "1" * 30])
def test_a_time_that_is_none_is_refused(world: World, text: str) -> None:
    """Check 5."""
    sender = world.endpoint()
    answer = sender.send(BODY, {**sender.signed(BODY), "webhook-timestamp": text})
    assert (answer.status, answer.json["code"]) == (400, "malformed-headers")
    assert verdicts(sender) == [("malformed", 1)]


def test_a_repetition_is_answered_with_the_first_delivery(world: World) -> None:
    """Check 6."""
    sender = world.endpoint()
    first = sender.send(BODY, id="msg_1")
    again = sender.send(BODY, id="msg_1")
    assert (again.status, again.json) == (200, {"delivery": first.json["delivery"], "duplicate": True})
    assert Event.objects.count() == 1
    assert verdicts(sender) == [("accepted", 1), ("duplicate", 1)]


def test_an_honest_retry_a_day_later_is_a_repetition(world: World) -> None:
    """Check 7."""
    sender = world.endpoint()
    first = sender.send(BODY, id="msg_1")
    Receipt.objects.update(received_at=timezone.now() - timedelta(hours=24))
    again = sender.send(BODY, id="msg_1")  # signed anew, now
    assert (again.status, again.json) == (200, {"delivery": first.json["delivery"], "duplicate": True})
    assert Event.objects.count() == 1


def test_the_same_id_with_another_body_is_a_conflict_that_the_trail_tells_once(world: World) -> None:
    """Check 8."""
    sender = world.endpoint()
    sender.send(BODY, id="msg_1")
    for _ in range(2):
        answer = sender.send(BODY.replace(b"17", b"18"), id="msg_1")
        assert (answer.status, answer.json["code"]) == (409, "webhook-id-reused")
    assert Event.objects.count() == 1
    assert AuditEntry.objects.get(action="endpoint.id_reused").after["webhook_id"] == "msg_1"
    assert verdicts(sender) == [("accepted", 1), ("conflict", 2)]


def test_fifty_at_once_make_one_event(world: World) -> None:
    """Check 9."""
    sender = world.endpoint()
    headers = sender.signed(BODY, id="msg_1")
    start = threading.Barrier(50)

    def send(_: int) -> Any:
        start.wait()
        return sender.send(BODY, headers)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(send, range(50)))
    assert sorted(answer.status for answer in answers) == [200] * 49 + [202]
    assert {answer.json["delivery"] for answer in answers} == {Receipt.objects.get(verdict="accepted").pk}
    assert Event.objects.count() == 1
    assert verdicts(sender) == [("accepted", 1), ("duplicate", 49)]


def test_old_secrets_count_for_their_overlap_and_no_longer(world: World, root: Any) -> None:
    """Check 10."""
    sender = world.endpoint()
    new, text = add_secret(endpoint=sender.endpoint, actor=root, now=timezone.now())
    assert sender.send(BODY).status == 202
    assert sender.send(BODY, secret=text).status == 202
    both = sender.signed(BODY, id="msg_both", at=int(time.time()))
    other = replace(sender, secret=text).signed(BODY, id="msg_both", at=int(both["webhook-timestamp"]))
    both["webhook-signature"] += f" {other['webhook-signature']}"
    assert sender.send(BODY, both).status == 202
    sender.endpoint.secrets.exclude(pk=new.pk).update(expires_at=timezone.now())
    assert sender.send(BODY).status == 401
    assert sender.send(BODY, secret=text).status == 202
    add_secret(endpoint=sender.endpoint, actor=root, now=timezone.now(), overlap=timedelta(0))
    assert sender.send(BODY, secret=text).status == 401


def test_an_ended_secret_counts_no_more(world: World, root: Any) -> None:
    sender = world.endpoint()
    end_secret(secret=sender.endpoint.secrets.get(), actor=root, now=timezone.now())
    assert sender.send(BODY).status == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read_on(world: World, root: Any, chunked: bool) -> None:
    """Check 11."""
    sender = world.endpoint(max_body=1000)
    path = f"/hooks/{sender.token}/"
    whole = b'{"a": "' + b"x" * 991 + b'"}'
    assert len(whole) == 1000
    assert post(sender.port, path, whole, sender.signed(whole), chunked=chunked).status == 202
    more = whole + b" "
    answer = post(sender.port, path, more, sender.signed(more), chunked=chunked)
    assert (answer.status, answer.json["code"]) == (413, "body-too-large")
    assert verdicts(sender) == [("accepted", 1), ("too_large", 1)]


def test_memory_stays_flat_under_endless_bodies(world: World) -> None:
    """Check 11. 400 MB in chunks, never ending by themselves: the server answers and closes after the first of them."""
    sender = world.endpoint()
    sender.send(BODY)
    before = psutil.Process().memory_info().rss
    for _ in range(4):
        part = b"x" * 1_048_576
        connection = socket.create_connection(("127.0.0.1", sender.port))
        head = f"POST /hooks/{sender.token}/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        try:
            for _ in range(100):
                connection.sendall(b"100000\r\n" + part + b"\r\n")
                sent += 1
            answer = connection.recv(100)
        except OSError:
            answer = b"HTTP/1.1 413"
        finally:
            connection.close()
        assert answer.startswith(b"HTTP/1.1 413")
    assert psutil.Process().memory_info().rss - before < 60_000_000


def test_unsigned_requests_are_refused(world: World) -> None:
    """Check 12."""
    sender = world.endpoint()
    answer = sender.send(BODY, {"Content-Type": "application/json"})
    assert answer.status == 400  # a header is missing
    headers = sender.signed(BODY)
    assert sender.send(BODY, {**headers, "webhook-signature": "none"}).status == 401
    assert not Event.objects.exists()


def test_addresses_that_are_none_are_not_told_apart(world: World, root: Any) -> None:
    """Check 12."""
    off, strict = world.endpoint("off"), world.endpoint("strict", allowed_networks=["10.0.0.1"])
    change_endpoint(endpoint=off.endpoint, changes={"is_enabled": False}, actor=root)
    unknown = replace(off, token="x" * 43)
    answers = [sender.send(BODY) for sender in (off, strict, unknown, replace(off, token="a.b"))]
    assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}
    assert {tuple(sorted(answer.headers)) for answer in answers} == {tuple(sorted(answers[0].headers))}
    assert (verdicts(off), verdicts(strict)) == ([], [("sender_refused", 1)])
    counted = Misdirected.objects.get()
    assert (counted.count, counted.sender) == (2, "127.0.0.1")


def test_an_allowed_network_is_no_text(world: World, root: Any) -> None:
    sender = world.endpoint(allowed_networks=["27.0.0.1", "127.0.0.10/31"])
    assert sender.send(BODY).status == 404
    change_endpoint(endpoint=sender.endpoint, changes={"allowed_networks": ["127.0.0.0/30"]}, actor=root)
    assert sender.send(BODY).status == 202


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ',
        b"[" * 100_000,
        b'{"a": NaN}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": "\\u0000"}',
        b"[1]",
        b"",
        b"\xff\xfe\x00",
    ],
    ids=["half", "deep", "NaN", "digits", "NUL", "list", "empty", "not UTF-8"],
)
def test_a_signed_body_that_is_no_plain_json_is_refused(world: World, body: bytes) -> None:
    """Check 13."""
    sender = world.endpoint()
    answer = sender.send(body)
    assert (answer.status, answer.json["code"]) == (400, "malformed-body")
    assert verdicts(sender) == [("bad_body", 1)]
    assert not Event.objects.exists()


def test_forged_facts_in_a_body_are_data(world: World) -> None:
    body = (
        b'{"files": [{"filepath": "/etc/passwd"}], "_state": 1, "__proto__": {}, "run_id": 7, "source_id": 1}'
    )
    assert world.endpoint().send(body).status == 202
    event = Event.objects.get()
    assert (event.snapshot["data"], event.type) == (json.loads(body), "webhook.shop")
