"""An ordered destination takes what is about one record one after the other, and nothing else waits for it."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.models import Module
from automations.services.records import create_record, update_record
from automations.testing import chain, make_module, make_workflow, node, run_everything
from tests.receiver import Receiver, Request, Script, status
from webhooks.outbound.claims import claim, is_due
from webhooks.outbound.destinations import update_destination
from webhooks.outbound.lane import deliver
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.redelivery import resend_delivery

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered(alice: Any, peer: Receiver) -> Destination:
    return make_destination(alice, peer.url, key="erp", ordered=True)


def three(destination: Destination, *about: str) -> list[Delivery]:
    return [
        make_delivery(destination, key=f"{number}:a1", about=name, body=json.dumps(number))
        for number, name in enumerate(about or ("orders:1", "orders:1", "orders:2"))
    ]


def refuses_once(number: int) -> Script:
    """Answer 500 to the first call with this body, 200 to every other, in whatever order they come."""
    refused: list[int] = []

    def answer(wire: socket.socket, request: Request) -> None:
        bad = json.loads(request.body) == number and not refused
        refused.extend([number] if bad else [])
        status(500 if bad else 200)(wire, request)

    return answer


def came(peer: Receiver) -> list[int]:
    return [json.loads(request.body) for request in peer.requests]


def go_on(delivery: Delivery) -> None:
    """As if the time of its next attempt had come."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() - timedelta(days=1))
    Destination.objects.update(open_until=None)


def test_one_that_waits_holds_back_those_of_its_record_alone(peer: Receiver, ordered: Destination) -> None:
    peer.scripts = [refuses_once(0)]
    first, second, other = three(ordered)
    deliver()
    assert sorted(came(peer)) == [0, 2]
    for one in (first, second, other):
        one.refresh_from_db()
    assert (first.state, second.state, other.state, second.attempt) == ("pending", "pending", "succeeded", 0)
    assert not is_due()  # so that no worker looks for ever at what it may not send
    go_on(first)
    deliver()
    assert came(peer)[2:] == [0, 1]


def test_one_that_is_given_up_lets_the_next_go(peer: Receiver, alice: Any) -> None:
    ordered = make_destination(alice, peer.url, key="erp", ordered=True, max_attempts=1)
    peer.scripts = [status(500), status(200)]
    three(ordered, "orders:1", "orders:1")
    deliver()
    assert came(peer) == [0, 1]
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "succeeded"]


def test_two_of_one_record_are_never_in_the_air_together(ordered: Destination) -> None:
    first, second, other = three(ordered)
    assert [one.id for one in claim(limit=10)] == [first.pk, other.pk]
    assert claim(limit=10) == []
    assert second.state == "pending"


def test_one_that_is_sent_anew_goes_before_the_later_ones(
    peer: Receiver, ordered: Destination, alice: Any
) -> None:
    first, second, _ = three(ordered)
    Delivery.objects.filter(pk=first.pk).update(state="failed", finished_at=timezone.now())
    first.refresh_from_db()
    resend_delivery(delivery=first, actor=alice)
    assert second.pk not in [one.id for one in claim(limit=10)]


def test_without_the_option_nothing_waits(peer: Receiver, crm: Destination, alice: Any) -> None:
    peer.scripts = [status(500), status(200)]
    three(crm)
    deliver()
    assert sorted(came(peer)) == [0, 1, 2]
    waiting = Delivery.objects.get(state="pending")
    later = make_delivery(crm, key="9:a1", about=waiting.about, body="9")
    update_destination(destination=crm, changes={"ordered": True}, actor=alice)
    deliver()
    assert 9 not in came(peer)  # it counts from then on, also for those that are there
    go_on(waiting)
    deliver()
    assert came(peer)[-1] == 9
    later.refresh_from_db()
    assert later.state == "succeeded"


def test_the_steps_of_runs_say_which_record_they_are_about(
    peer: Receiver, ordered: Destination, alice: Any
) -> None:
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created", "updated"])
    call = node("a1", "action.call_webhook", destination="erp", data={"title": "{{ record.title }}"})
    make_workflow("tell", chain(trigger, call), owner=alice)
    module = Module.objects.get(key="tickets")
    create_record(module=module, key="T1", values={"title": "one"}, actor=None)
    run_everything()
    update_record(module=module, key="T1", values={"title": "two"}, actor=None)
    create_record(module=module, key="T2", values={"title": "other"}, actor=None)
    run_everything()
    assert sorted(Delivery.objects.values_list("about", flat=True)) == [
        "tickets:T1",
        "tickets:T1",
        "tickets:T2",
    ]
    deliver()
    titles = [json.loads(request.body)["data"]["title"] for request in peer.requests]
    assert titles.index("one") < titles.index("two")
