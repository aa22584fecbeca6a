"""An endpoint's share of requests is one for all web processes, drawn in portions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from webhooks.inbound.judging import Judgement
from webhooks.inbound.limits import Limits
from webhooks.inbound.models import Endpoint, EndpointPace
from webhooks.inbound.requests import Incoming
from webhooks.inbound.services import create_endpoint

pytestmark = pytest.mark.django_db

Ask = Callable[[Limits, int], list[bool]]


@pytest.fixture
def endpoint(root: Any) -> Endpoint:
    made = create_endpoint(key="shop", name="Shop", actor=root, now=timezone.now(), rate_per_minute=600)
    return made.endpoint


@pytest.fixture
def ask(endpoint: Endpoint) -> Ask:
    """Whether each of so many requests is let in, by one process."""

    def asked(limits: Limits, count: int) -> list[bool]:
        judged = [Judgement(Incoming("t", {}, b"", ""), endpoint) for _ in range(count)]
        limits.apply(judged)
        return [found.reply is None for found in judged]

    return asked


def test_two_processes_let_in_one_share_together(ask: Ask) -> None:
    one, other = Limits(), Limits()
    let_in = sum(sum(ask(process, 50)) for _ in range(12) for process in (one, other))
    assert 600 <= let_in <= 620  # what the bucket gets meanwhile is let in too
    assert not any(ask(one, 1) + ask(Limits(), 1))


def test_a_busy_endpoint_costs_a_statement_for_a_portion_and_none_while_it_is_empty(ask: Ask) -> None:
    limits = Limits()
    with CaptureQueriesContext(
        connection,
    ) as done:
        assert all(ask(limits, 1) + ask(limits, 9))
    assert len(done) == 1
    EndpointPace.objects.update(room=0, at=timezone.now() + timedelta(hours=1))
    assert not any(ask(limits, 5))
    with CaptureQueriesContext(connection) as done:
        assert not any(ask(limits, 5))
    assert len(done) == 0


def test_the_bucket_fills_again_evenly_and_no_further_than_the_share(ask: Ask) -> None:
    assert all(ask(Limits(), 600))
    EndpointPace.objects.update(room=0, at=timezone.now() - timedelta(seconds=30))
    assert 300 <= sum(ask(Limits(), 600)) <= 310
    EndpointPace.objects.update(room=0, at=timezone.now() - timedelta(days=1))
    assert sum(ask(Limits(), 700)) == 600


def test_what_was_drawn_in_a_transaction_that_failed_is_drawn_anew(ask: Ask) -> None:
    limits = Limits()
    with transaction.atomic():
        ask(limits, 600)
        transaction.set_rollback(True)
    limits.forget()
    assert all(ask(limits, 600))


def test_the_console_draws_no_more_than_it_uses(ask: Ask) -> None:
    ask(Limits(ahead=False), 1)
    assert EndpointPace.objects.get().room == 599
