"""Paths into a body, and the types of events: nothing but names and indexes, whatever the body holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.inbound.mapping import MAX_TYPE, PATH, MappingError, event_type, name_at

BODY: dict[str, Any] = {
    "order": {"number": 17, "lines": [{"sku": "A1"}], "open": True, "name": "", "long": "x" * 121},
    "__class__": "plain data",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [("order.number", "17"), ("order.lines.0.sku", "A1"), ("__class__", "plain data")],
)
def test_a_path_leads_to_a_text_or_a_number(path: str, found: str) -> None:
    assert PATH.fullmatch(path)
    assert name_at(BODY, path) == found


@pytest.mark.parametrize(
    "path",
    [
        "order",
        "order.lines",
        "order.lines.1.sku",
        "order.lines.x",
        "order.open",
        "order.name",
        "order.long",
        "no",
        "order.number.__class__",
        "order.number.real",
    ],
)
def test_what_is_no_name_is_refused_and_said(path: str) -> None:
    with pytest.raises(MappingError, match=path):
        name_at(BODY, path)


@pytest.mark.parametrize(
    "path", ["", ".", "a..b", "a.", "a b", "a[0]", "a()", "ä", "a." * 12 + "a", "x" * 65]
)
def test_what_is_no_path_is_known(path: str) -> None:
    assert not PATH.fullmatch(path)


@pytest.mark.parametrize(
    ("named", "type_"),
    [
        ("", "webhook.shop"),
        ("invoice.paid", "webhook.shop.invoice.paid"),
        ("orders/create", "webhook.shop.orders.create"),
        ("Issues.Opened", "webhook.shop.issues.opened"),
        ("two words ..", "webhook.shop.two_words"),
        ("*", "webhook.shop"),
    ],
)
def test_what_a_sender_calls_it_becomes_a_type(named: str, type_: str) -> None:
    assert event_type("shop", named) == type_


@given(st.text())
def test_every_type_can_be_stored_and_begins_with_its_endpoint(named: str) -> None:
    made = event_type("shop", named)
    assert len(made) <= MAX_TYPE
    assert made.isascii()
    assert made.startswith("webhook.shop")
    assert not set(made) - set("abcdefghijklmnopqrstuvwxyz0123456789._-")
