from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.receiver import Receiver, receiver
from webhooks.outbound.destinations import create_destination
from webhooks.outbound.models import Delivery, Destination, UnknownOutcome
from webhooks.outbound.signing import new_message_id
from webhooks.secrets.known import KNOWN


@pytest.fixture(autouse=True)
def _local_receivers(settings: Any) -> Iterator[None]:
    """The receivers of the tests stand on this machine; nothing else of it may be called."""
    settings.WEBHOOKS_ALLOWED_ADDRESSES = ["127.0.0.1/32"]
    KNOWN.forget()
    yield
    KNOWN.forget()


@pytest.fixture
def peer() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def crm(alice: Any, peer: Receiver) -> Destination:
    return make_destination(alice, peer.url)


def make_destination(owner: Any, url: str, key: str = "crm", **fields: Any) -> Destination:
    return create_destination(key=key, name=key.upper(), url=url, actor=owner, **fields)[0]


def make_delivery(destination: Destination, key: str = "1:a1", **fields: Any) -> Delivery:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    return Delivery.objects.create(
        **{
            "destination": destination,
            "key": key,
            "message_id": new_message_id(),
            "type": "order.refunded",
            "body": '{"type":"order.refunded","data":{"n":1}}',
            "max_attempts": destination.max_attempts,
            "due_at": now,
            "created_at": now,
            **fields,
        }
    )


def make_unknown(delivery: Delivery, attempt: int = 1) -> UnknownOutcome:
    """As `reviews.ask` leaves it."""
    return UnknownOutcome.objects.create(
        delivery=delivery,
        attempt=attempt,
        error="timeout",
        message="No answer.",
        asked_at=delivery.created_at,
    )
