"""The libraries of others at the other end of a real socket: they verify what we send, and we accept what they sign."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks

from tests.integration.outbound.conftest import make_delivery
from tests.integration.webhooks.conftest import World, verdicts
from tests.receiver import Receiver, receiver
from webhooks.models import Destination
from webhooks.outbound.destinations import create_destination, rotate_signing_key
from webhooks.outbound.lane import deliver
from webhooks.secrets.known import KNOWN

LIBRARIES: dict[str, Callable[[str], Any]] = {
    "standardwebhooks": standardwebhooks.Webhook,
    "svix": svix.webhooks.Webhook,
}
library = pytest.mark.parametrize("library", LIBRARIES)
BODY = '{"type":"order.paid","data":{"name":"Zoë","n":7}}'


@pytest.fixture
def peer(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOWED_ADDRESSES = ["127.0.0.1/32"]
    KNOWN.forget()
    with receiver() as made:
        yield made
    KNOWN.forget()


def verified(library: str, secret: str, peer: Receiver) -> list[Any]:
    """All that came, if the library believes it; it raises for what it does not."""
    for request in peer.requests:
        LIBRARIES[library](secret).verify(request.body, request.headers)
    return [json.loads(request.body) for request in peer.requests]


@library
@pytest.mark.django_db
def test_they_verify_what_we_send(library: str, alice: Any, peer: Receiver) -> None:
    crm, secret = create_destination(key="crm", name="CRM", url=peer.url, actor=alice)
    make_delivery(crm, body=BODY)
    deliver()
    assert verified(library, secret, peer) == [json.loads(BODY)]
    peer.requests[0].body = peer.requests[0].body.replace(b"7", b"8")
    with pytest.raises(Exception, match="No matching signature"):
        verified(library, secret, peer)


@library
@pytest.mark.django_db
def test_while_a_secret_is_rotated_the_old_and_the_new_one_verify(
    library: str, alice: Any, peer: Receiver
) -> None:
    crm, old = create_destination(key="crm", name="CRM", url=peer.url, actor=alice)
    _, new = rotate_signing_key(destination=crm, actor=alice, overlap=timedelta(hours=1))
    make_delivery(crm, body=BODY)
    deliver()
    assert verified(library, old, peer) == verified(library, new, peer) == [json.loads(BODY)]
    crm = Destination.objects.get()
    _, newest = rotate_signing_key(destination=crm, actor=alice, overlap=timedelta(0))
    peer.requests.clear()
    make_delivery(crm, key="2:a1", body=BODY)
    deliver()
    assert verified(library, newest, peer) == [json.loads(BODY)]
    with pytest.raises(Exception, match="No matching signature"):
        verified(library, old, peer)


@library
def test_what_they_sign_is_accepted(library: str, world: World) -> None:
    sender = world.endpoint()
    now = datetime.now(UTC)
    signature = LIBRARIES[library](sender.secret).sign("msg_1", now, BODY)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    assert sender.send(BODY.encode(), headers).status == 202
    assert sender.send(BODY.replace("7", "8").encode(), {**headers, "webhook-id": "msg_2"}).status == 401
    assert verdicts(sender) == [("accepted", 1), ("bad_signature", 1)]
