"""How long a refusal takes tells nobody which addresses there are."""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Mapping
from statistics import median

import pytest

from webhooks.inbound.models import Misdirected

from .conftest import Sender, World

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b"{}"
ROUNDS, PAIRS = 3, 12
APART = 0.10


def _took(line: http.client.HTTPConnection, token: str, headers: Mapping[str, str]) -> float:
    began = time.perf_counter()
    line.request("POST", f"/hooks/{token}/", BODY, dict(headers))
    answer = line.getresponse()
    answer.read()
    took = time.perf_counter() - began
    assert answer.status == 404
    return took


def _apart(world: World, sender: Sender) -> float:
    """How far the median of a known address lies from that of unknown ones: asked in turns, of several rounds the middle
    one, so that what else the machine does counts for both alike."""
    headers, rounds = sender.signed(BODY), []
    line = http.client.HTTPConnection("127.0.0.1", world.live.port, timeout=30)
    try:
        for _ in range(ROUNDS):
            known, unknown = [], []
            for turn in range(PAIRS):
                pair = [(known, sender.token), (unknown, secrets.token_urlsafe(32))]
                for times, token in pair if turn % 2 else reversed(pair):
                    times.append(_took(line, token, headers))
            rounds.append(median(known) / median(unknown) - 1)
    finally:
        line.close()
    return abs(median(rounds))


@pytest.mark.parametrize("why", ["switched off", "sender not allowed"])
def test_a_known_and_an_unknown_address_take_equally_long_to_be_refused(world: World, why: str) -> None:
    settings = {"is_enabled": False} if why == "switched off" else {"allowed_networks": ["203.0.113.0/24"]}
    sender = world.endpoint(**settings)
    tried = [_apart(world, sender)]
    if tried[0] > APART:
        tried.append(_apart(world, sender))
    assert min(tried) <= APART, f"The medians are apart by {', '.join(f'{one:.1%}' for one in tried)}."
    counted = sum(Misdirected.objects.values_list("count", flat=True))
    asked = ROUNDS * PAIRS * len(tried)
    assert counted == (2 * asked if why == "switched off" else asked)
