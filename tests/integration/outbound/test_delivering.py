"""Deliveries to a real receiver that misbehaves: what is tried again, when, under which id, and what is kept of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import Error as DatabaseError
from django.utils import timezone

from automations.models import AuditEntry, Notification
from tests.receiver import Receiver, bomb, dribble, flood, hang_up, status
from webhooks.encryption import decrypt
from webhooks.outbound.claims import claim, is_due
from webhooks.outbound.destinations import enable_destination, rotate_signing_key
from webhooks.outbound.lane import deliver
from webhooks.outbound.models import Attempt, Delivery, Destination
from webhooks.outbound.redelivery import recover_destination, resend_delivery
from webhooks.outbound.schedule import SCHEDULE, Result
from webhooks.outbound.sending import Came, record

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db


def let_time_pass(delivery: Delivery) -> None:
    """As if the next attempt's time had come, and the circuit had closed."""
    past = timezone.now() - timedelta(days=1)
    Delivery.objects.filter(pk=delivery.pk, state__in=("pending", "sending")).update(due_at=past)
    Destination.objects.update(open_until=None)


def verifies(request: Any, destination: Destination) -> bool:
    """What a receiver checks: any of the signatures, by the newest key."""
    key = decrypt(destination.signing_keys.get(expires_at=None).value)
    headers = request.headers
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    wanted = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_500_500_200_is_three_attempts_under_one_id(peer: Receiver, crm: Destination) -> None:
    """Check 17."""
    peer.scripts = [status(500), status(500), status(200, b"thanks")]
    delivery = make_delivery(crm)
    for _ in range(3):
        assert deliver() == 1
        let_time_pass(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt, delivery.status) == ("succeeded", 3, 200)
    assert {request.headers["webhook-id"] for request in peer.requests} == {delivery.message_id}
    assert {request.body.decode() for request in peer.requests} == {delivery.body}
    assert all(verifies(request, crm) for request in peer.requests)
    assert peer.requests[0].line == "POST /hook HTTP/1.1"
    assert peer.requests[0].headers["content-type"] == "application/json"
    first, second, third = Attempt.objects.order_by("number")
    assert [row.error for row in (first, second, third)] == ["status-500", "status-500", ""]
    for number, row in enumerate((first, second), 1):
        wait = (row.next_attempt_at - row.finished_at).total_seconds()
        assert 0.8 * SCHEDULE[number] <= wait <= 1.2 * SCHEDULE[number]
    assert third.next_attempt_at is None
    assert (third.address, third.response_body) == ("127.0.0.1", "thanks")
    assert deliver() == 0


def test_nothing_is_sent_before_its_time(peer: Receiver, crm: Destination) -> None:
    peer.scripts = [status(500)]
    make_delivery(crm)
    assert deliver() == 1
    assert not is_due()
    assert deliver() == 0
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("asked", "low", "high"), [("30", 30, 30), ("315360000", 3_600, 3_600), ("-1", 4, 6), ("x", 4, 6)]
)
def test_retry_after_is_heard_within_limits(
    peer: Receiver, crm: Destination, asked: str, low: float, high: float
) -> None:
    """Check 18."""
    peer.scripts = [status(429, Retry_After=asked)]
    make_delivery(crm)
    deliver()
    row = Attempt.objects.get()
    assert row.next_attempt_at is not None
    assert low <= (row.next_attempt_at - row.finished_at).total_seconds() <= high


def test_410_disables_the_destination_and_tells_its_owner(
    peer: Receiver, crm: Destination, alice: Any
) -> None:
    """Check 19."""
    peer.scripts = [status(410)]
    gone, waiting = make_delivery(crm), make_delivery(crm, "2:a1", due_at=timezone.now() + timedelta(hours=1))
    deliver()
    crm.refresh_from_db()
    assert crm.state == "disabled"
    assert "410" in crm.disabled_reason
    gone.refresh_from_db()
    waiting.refresh_from_db()
    assert (gone.state, gone.error) == ("failed", "status-410")
    assert (waiting.state, waiting.error) == ("failed", "destination-disabled")
    assert Notification.objects.filter(user=alice, title__contains="was disabled").count() == 1
    assert AuditEntry.objects.filter(action="destination.disabled", object_id=str(crm.pk)).exists()
    make_delivery(crm, "3:a1")
    assert deliver() == 0
    assert len(peer.requests) == 1


def test_a_redirect_is_a_failure_and_is_not_followed(peer: Receiver, crm: Destination) -> None:
    """Check 20."""
    peer.scripts = [status(302, Location="http://169.254.169.254/latest/meta-data/")]
    make_delivery(crm, retry_refusals=False)
    deliver()
    row = Attempt.objects.get()
    assert (row.status, row.error, row.next_attempt_at) == (302, "redirect", None)
    assert peer.connections == 1


def test_a_dribbling_receiver_is_left_at_the_limit(peer: Receiver, crm: Destination, settings: Any) -> None:
    """Check 21."""
    settings.WEBHOOKS_TOTAL_SECONDS = 0.4
    peer.scripts = [dribble()]
    make_delivery(crm)
    assert deliver() == 1
    row = Attempt.objects.get()
    assert (row.status, row.error) == (None, "timeout")
    assert (row.finished_at - row.started_at).total_seconds() < 3
    assert row.next_attempt_at is not None


@pytest.mark.parametrize("script", [flood(200_000_000), bomb(20_000_000)], ids=["flood", "bomb"])
def test_of_a_huge_answer_little_is_kept(peer: Receiver, crm: Destination, script: Any) -> None:
    """Check 22."""
    peer.scripts = [script]
    make_delivery(crm)
    deliver()
    row = Attempt.objects.get()
    assert row.error == ""
    assert len(row.response_body) == 20_000
    assert row.response_cut


def test_a_receiver_that_hangs_up_is_tried_again(peer: Receiver, crm: Destination) -> None:
    peer.scripts = [hang_up]
    make_delivery(crm)
    deliver()
    assert Attempt.objects.get().next_attempt_at is not None


def test_other_refusals_end_it_where_a_step_asks(peer: Receiver, crm: Destination) -> None:
    peer.scripts = [status(404)]
    step, event = make_delivery(crm, "1:a1", retry_refusals=False), make_delivery(crm, "sub:1")
    deliver()
    step.refresh_from_db()
    event.refresh_from_db()
    assert (step.state, event.state) == ("failed", "pending")


def test_a_delivery_that_gave_up_is_kept_whole_and_sent_anew_under_its_id(
    peer: Receiver, crm: Destination, alice: Any
) -> None:
    """Check 23."""
    peer.scripts = [status(500)]
    delivery = make_delivery(crm, max_attempts=3)
    for _ in range(4):
        deliver()
        let_time_pass(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt, delivery.attempts.count()) == ("failed", 3, 3)

    peer.scripts = [status(500), status(204)]
    resend_delivery(delivery=delivery, actor=alice)
    for _ in range(2):
        deliver()
        let_time_pass(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == ("succeeded", 5)
    assert [row.number for row in delivery.attempts.all()] == [5, 4, 3, 2, 1]
    fourth = delivery.attempts.get(number=4)
    assert (fourth.next_attempt_at - fourth.finished_at).total_seconds() <= 6
    assert {request.headers["webhook-id"] for request in peer.requests} == {delivery.message_id}


def test_what_was_missed_is_recovered_at_once(peer: Receiver, crm: Destination, alice: Any) -> None:
    peer.scripts = [status(410)]
    made = [make_delivery(crm, f"{n}:a1") for n in range(5)]
    deliver()
    crm.refresh_from_db()
    enable_destination(destination=crm, actor=alice)
    peer.scripts = [status(200)]
    crm.refresh_from_db()
    since = timezone.now() - timedelta(hours=1)
    assert recover_destination(destination=crm, since=since, actor=alice) == 5
    deliver()
    assert Delivery.objects.filter(pk__in=[d.pk for d in made], state="succeeded").count() == 5


def play(delivery: Delivery, *, after: timedelta, ok: bool = False, start: Any = None) -> None:
    """One attempt with a result of our own, at a time of our own."""
    let_time_pass(delivery)
    (one,) = claim(limit=1)
    at = start + after
    record(one, Came(Result(status=200 if ok else 500)), now=at, roll=lambda: 0.5)


def test_five_days_of_failures_disable_once_and_a_success_starts_anew(crm: Destination, alice: Any) -> None:
    """Check 24."""
    start = timezone.now()
    deliveries = iter([make_delivery(crm, f"{n}:a1") for n in range(8)])

    def fail(days: float, ok: bool = False) -> None:
        delivery = next(deliveries)
        Delivery.objects.exclude(pk=delivery.pk).filter(state="pending").update(
            due_at=start + timedelta(days=99)
        )
        play(delivery, after=timedelta(days=days), ok=ok, start=start)
        crm.refresh_from_db()

    fail(0)
    fail(3)
    fail(4, ok=True)
    assert (crm.failures, crm.failing_since) == (0, None)
    fail(5)
    fail(9.9)
    assert crm.state == "enabled"
    fail(10.1)
    assert crm.state == "disabled"
    assert "has failed" in crm.disabled_reason
    assert Notification.objects.filter(user=alice, title__contains="was disabled").count() == 1


def test_after_four_failed_attempts_the_owner_is_told_once(
    peer: Receiver, crm: Destination, alice: Any
) -> None:
    peer.scripts = [status(500)]
    delivery = make_delivery(crm)
    for tried in range(1, 7):
        deliver()
        let_time_pass(delivery)
        told = Notification.objects.filter(user=alice, title__contains="does not take").count()
        assert told == (1 if tried >= 4 else 0)


def test_the_circuit_opens_and_one_call_tries(peer: Receiver, crm: Destination) -> None:
    peer.scripts = [status(500)]
    for number in range(10):
        make_delivery(crm, f"{number}:a1")
    deliver()
    crm.refresh_from_db()
    tried = len(peer.requests)
    assert 5 <= tried <= 8
    assert crm.open_until is not None
    assert not is_due()

    Destination.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    assert len(claim(limit=10)) == 1
    assert claim(limit=10) == []


def test_a_destination_is_called_no_more_often_than_it_bears(peer: Receiver, alice: Any) -> None:
    slow = make_destination(alice, peer.url, "slow", concurrency=2, rate=3)
    for number in range(10):
        make_delivery(slow, f"{number}:a1")
    assert len(claim(limit=10)) == 2
    assert claim(limit=10) == []
    Delivery.objects.filter(state="sending").update(state="pending", lease_token=None)
    assert len(claim(limit=10)) == 1
    assert claim(limit=10) == []
    Destination.objects.update(rate_window=timezone.now() - timedelta(seconds=61))
    assert len(claim(limit=10)) == 1


def test_one_slow_destination_takes_no_place_of_another(peer: Receiver, crm: Destination, alice: Any) -> None:
    other = make_destination(alice, peer.url, "other")
    for number in range(50):
        make_delivery(crm, f"{number}:a1")
    make_delivery(other, "x:a1")
    claimed = claim(limit=20)
    assert sum(one.destination_id == other.pk for one in claimed) == 1
    assert len(claimed) == crm.concurrency + 1


def test_a_lost_worker_s_delivery_is_made_again_under_the_same_id(peer: Receiver, crm: Destination) -> None:
    delivery = make_delivery(crm)
    (lost,) = claim(limit=1)
    assert deliver() == 0
    let_time_pass(delivery)
    assert deliver() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt) == ("succeeded", 2)
    assert [row.error for row in delivery.attempts.order_by("number")] == ["lost", ""]
    late = Came(Result(status=500))
    assert not record(lost, late)
    delivery.refresh_from_db()
    assert delivery.state == "succeeded"
    assert delivery.attempts.count() == 2


def test_a_delivery_that_kills_its_workers_is_given_up(peer: Receiver, crm: Destination) -> None:
    delivery = make_delivery(crm, max_attempts=2)
    for _ in range(2):
        claim(limit=1)
        let_time_pass(delivery)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("failed", "lost")
    assert peer.requests == []


def test_a_rotated_key_signs_beside_the_new_one(peer: Receiver, crm: Destination, alice: Any) -> None:
    old = decrypt(crm.signing_keys.get().value)
    rotate_signing_key(destination=crm, actor=alice)
    make_delivery(crm)
    deliver()
    (request,) = peer.requests
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    assert verifies(request, crm)
    content = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    signature = base64.b64encode(hmac.digest(old, content, hashlib.sha256)).decode()
    assert f"v1,{signature}" in request.headers["webhook-signature"]

    rotate_signing_key(destination=crm, actor=alice, overlap=timedelta(0))
    make_delivery(crm, "2:a1")
    deliver()
    assert len(peer.requests[1].headers["webhook-signature"].split(" ")) == 1


def test_an_expired_key_signs_no_more(peer: Receiver, crm: Destination, alice: Any) -> None:
    rotate_signing_key(destination=crm, actor=alice)
    crm.signing_keys.exclude(expires_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    make_delivery(crm)
    deliver()
    assert len(peer.requests[0].headers["webhook-signature"].split(" ")) == 1


def test_a_forbidden_address_is_refused_at_the_call_too(crm: Destination, settings: Any) -> None:
    """Check 25."""
    settings.WEBHOOKS_ALLOWED_ADDRESSES = []
    delivery = make_delivery(crm)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("failed", "forbidden-address")
    assert Attempt.objects.get().address == ""


def test_attempts_and_what_was_sent_never_change(peer: Receiver, crm: Destination) -> None:
    delivery = make_delivery(crm)
    deliver()
    for change in (
        lambda: Attempt.objects.update(response_body="other"),
        lambda: Delivery.objects.filter(pk=delivery.pk).update(body="other"),
        lambda: Delivery.objects.filter(pk=delivery.pk).update(message_id="msg_other"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_database_holds_the_rules_of_deliveries(crm: Destination) -> None:
    make_delivery(crm)
    for wrong in (
        {"state": "sending"},
        {"state": "succeeded"},
        {"finished_at": timezone.now()},
        {"waits": True},
        {"key": "1:a1"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_delivery(crm, **{"key": "other", **wrong})
