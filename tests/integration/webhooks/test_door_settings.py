"""What an endpoint's settings and many requests at once do at the door, over real sockets against the running product."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from automations.models import Decision, Event, RecordComment
from automations.services.records import create_record
from automations.testing import chain, make_module, make_workflow, node, run_everything
from tests.integration.webhooks.conftest import Sender, World, post, verdicts
from tests.unit.webhooks.vectors import FOREIGN
from webhooks.inbound.committer import Committer
from webhooks.inbound.models import Endpoint, Receipt
from webhooks.inbound.requests import Incoming

BODY = b'{"type": "order.paid", "order": {"number": 17}}'


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Content-Type": "text/plain"}, "unsupported-media-type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "unsupported-media-type"),
        ({"Content-Encoding": "gzip"}, "unsupported-media-type"),
    ],
)
def test_other_content_is_refused(world: World, changes: dict[str, str], code: str) -> None:
    sender = world.endpoint()
    answer = sender.send(BODY, {**sender.signed(BODY), **changes})
    assert (answer.status, answer.json["code"]) == (415, code)


def test_an_endpoint_lets_in_so_many_and_a_stranger_uses_up_nothing(world: World) -> None:
    sender = world.endpoint(rate_per_minute=3)
    forged = {**sender.signed(BODY), "webhook-signature": FOREIGN}
    assert [sender.send(BODY, forged).status for _ in range(5)] == [401] * 5
    answers = [sender.send(BODY) for _ in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert verdicts(sender)[-1] == ("throttled", 1)


def test_refusals_share_a_row(world: World) -> None:
    sender = world.endpoint()
    for _ in range(20):
        sender.send(BODY, {**sender.signed(BODY), "webhook-signature": FOREIGN})
    counted = verdicts(sender)
    assert len(counted) <= 2  # the minute may have changed on the way
    assert sum(count for _, count in counted) == 20


def test_only_post_is_answered(world: World) -> None:
    sender = world.endpoint()
    for method in ("GET", "PUT", "DELETE"):
        answer = post(sender.port, f"/hooks/{sender.token}/", b"", {}, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert post(sender.port, f"/hooks/{sender.token}", BODY, sender.signed(BODY)).status == 202


def test_a_contract_refuses_what_breaks_it(world: World) -> None:
    contract = {"type": "object", "required": ["order"]}
    sender = world.endpoint(contract=contract)
    assert sender.send(BODY).status == 202
    answer = sender.send(b'{"type": "order.paid"}')
    assert (answer.status, answer.json["code"]) == (400, "contract-violation")
    sender.endpoint.source.refresh_from_db()
    assert sender.endpoint.source.rejected_count == 1


def test_a_dedupe_key_is_stronger_than_the_id(world: World) -> None:
    sender = world.endpoint(dedupe_path="order.number", type_path="order.number")
    assert sender.send(BODY).status == 202
    other = BODY.replace(b"paid", b"sent")
    answer = sender.send(other)
    assert (answer.status, answer.json) == (200, {"delivery": None, "duplicate": True})
    assert Event.objects.get().type == "webhook.shop.17"
    answer = sender.send(b'{"order": {}}')
    assert (answer.status, answer.json["code"]) == (400, "unmapped-body")


def test_a_record_that_a_body_names_is_what_rules_look_at(world: World) -> None:
    module = make_module("tickets", {"title": "text", "amount": "number"})
    create_record(module=module, key="17", values={"title": "Large", "amount": "900"}, actor=world.actor)
    create_record(module=module, key="18", values={"title": "Small", "amount": "9"}, actor=world.actor)
    sender = world.endpoint(module=module, record_path="order.number")
    large = {"field": "amount", "op": "gt", "value": "100"}
    trigger = node("t1", "trigger.webhook", endpoint="shop", module="tickets", filter=large)
    say = node("a1", "action.comment", text="{{ event.data.type }}")
    make_workflow("w", chain(trigger, say), owner=world.actor)
    for body in (BODY, BODY.replace(b"17", b"18"), BODY.replace(b"17", b"19")):
        assert sender.send(body).status == 202
    run_everything()
    events = Event.objects.filter(source=sender.endpoint.source).order_by("id")
    assert [(event.record_key, (event.snapshot["after"] or {}).get("title")) for event in events] == [
        ("17", "Large"),
        ("18", "Small"),
        ("19", None),
    ]
    assert [row.outcome for row in Decision.objects.order_by("event_id")] == [
        "matched",
        "filtered",
        "out_of_scope",
    ]
    assert RecordComment.objects.get().text == "order.paid"


def test_an_id_outlives_its_receipt(world: World) -> None:
    sender = world.endpoint()
    sender.send(BODY, id="msg_1")
    Receipt.objects.all().delete()
    assert sender.send(BODY, id="msg_1").json["duplicate"] is True
    Receipt.objects.all().delete()
    assert sender.send(b"{}", id="msg_1").status == 409
    assert Event.objects.count() == 1


def test_an_unsigned_endpoint_answers_only_where_the_project_allows_it(world: World, settings: Any) -> None:
    settings.AUTOMATIONS_UNSIGNED_WEBHOOKS = True
    sender = world.endpoint(scheme="unsigned", reason="A printer that can't sign.")
    plain = {"Content-Type": "application/json"}
    assert [sender.send(BODY, plain).status for _ in range(2)] == [202, 202]
    named = {**plain, "webhook-id": "p1"}
    assert [sender.send(BODY, named).status for _ in range(2)] == [202, 200]
    settings.AUTOMATIONS_UNSIGNED_WEBHOOKS = False
    assert sender.send(BODY, plain).status == 404


def test_many_at_once_are_all_taken_in(world: World) -> None:
    senders: list[Sender] = [world.endpoint(f"shop{n}") for n in range(3)]

    def send(number: int) -> int:
        return senders[number % 3].send(BODY, id=f"msg_{number}").status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(120))) == {202}
    assert Event.objects.count() == Receipt.objects.count() == 120
    assert Endpoint.objects.count() == 3


def test_one_that_can_not_be_stored_with_the_others_stops_none(world: World) -> None:
    """Its id is known by its event alone, with another body, so that the batch as a whole is refused."""
    sender = world.endpoint()
    assert sender.send(BODY, id="msg_0").status == 202
    Receipt.objects.all().delete()
    bodies = {f"msg_{number}": b"{}" if number == 0 else BODY for number in range(5)}
    batch = [
        Incoming(
            sender.token,
            {name.lower(): value for name, value in sender.signed(body, id=key).items()},
            body,
            "203.0.113.7",
        )
        for key, body in bodies.items()
    ]
    committer = Committer()
    replies = committer.stored(batch)
    assert [reply.status for reply in replies] == [409, 202, 202, 202, 202]
    assert Event.objects.count() == 5
    assert Receipt.objects.filter(verdict="accepted").count() == 4
