"""Failures of one cause share a fingerprint, whatever ids, times and addresses they name; others don't."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.causes import LENGTH, MOST_READ, cause_of, normalised

# Messages of our own, of PostgreSQL, Python, requests and peers; each row is one cause.
ONE_CAUSE: list[tuple[str, list[str]]] = [
    (
        "Given up after … attempts: The answer was 503.",
        ["Given up after 10 attempts: The answer was 503.", "Given up after 4 attempts: The answer was 503."],
    ),
    (
        "Given up after … attempts: “…” did not take the call within … s.",
        [
            "Given up after 10 attempts: “crm.example.com” did not take the call within 5 s.",
            "Given up after 10 attempts: “crm.example.com” did not take the call within 2.5 s.",
        ],
    ),
    (
        "Tickets may not go from “…” to “…”; allowed: pending, open.",
        [
            "Tickets may not go from “new” to “solved”; allowed: pending, open.",
            "Tickets may not go from “closed” to “solved”; allowed: pending, open.",
        ],
    ),
    ("Tickets already have “…”.", ["Tickets already have “311:a4”.", "Tickets already have “9:a4”."]),
    ("Due: “…” is no date.", ["Due: “2026-13-01” is no date.", "Due: “tomorrow” is no date."]),
    (
        "Key (id)=(…) already exists.",
        ["Key (id)=(42) already exists.", "Key (id)=(1,204) already exists."],
    ),
    (
        "deadlock: Process … waits for ShareLock on transaction …",
        [
            "deadlock: Process 4711 waits for ShareLock on transaction 99",
            "deadlock: Process 12 waits\n for ShareLock on transaction 1013",
        ],
    ),
    (
        "connection to … failed: Connection refused",
        [
            "connection to 10.0.3.17:5432 failed: Connection refused",
            "connection to 10.0.3.18 failed: Connection refused",
            "connection to [2001:db8::1]:5432 failed: Connection refused",
            "connection to fe80::17:1 failed: Connection refused",
            "connection to ::1 failed: Connection refused",
            "connection to 2001:db8:0:0:0:0:0:1 failed: Connection refused",
        ],
    ),
    (
        "crm.example.com:… hung up",
        ["crm.example.com:443 hung up", "crm.example.com:8443 hung up"],
    ),
    (
        "GET https://crm.example.com/… answered 404",
        [
            "GET https://crm.example.com/v1/people/77?token=x answered 404",
            "GET https://crm.example.com:8443/v1/people/78 answered 404",
        ],
    ),
    (
        "HTTPSConnectionPool(host=“…”, port=…): Read timed out.",
        [
            "HTTPSConnectionPool(host='crm.example.com', port=443): Read timed out.",
            "HTTPSConnectionPool(host='crm.example.com', port=8443): Read timed out.",
        ],
    ),
    (
        "no order … for …",
        [
            "no order 5a3c54f2-96a8-4c0e-8d1f-0e7a4f1c9a55 for ada@example.com",
            "no order 00000000-96a8-4c0e-8d1f-0e7a4f1c9a55 for grace.h@mail.example.org",
        ],
    ),
    (
        "late since …, now …",
        ["late since 2026-03-29T14:30:00.123Z, now 14:31", "late since 2026-03-30 08:00, now 08:00:01.5"],
    ),
    ("T-… is locked", ["T-1042 is locked", "T-7 is locked"]),
    ("KeyError: “…”", ["KeyError: 'x17'", 'KeyError: "y"', "KeyError: `z`"]),
    ("<Foo object at …>", ["<Foo object at 0x7f3a9c>", "<Foo object at 0x1>"]),
    ("blob … is gone", ["blob deadbeef12345678 is gone", "blob 0a0b0c0d0e0f is gone"]),
    ("It can't be done, isn't it?", ["It can't be done, isn't it?"]),
]
APART = [
    "Given up after 10 attempts: The answer was 404.",
    "GET https://crm.example.com/v1 answered 500",
    "GET https://erp.example.com/v1 answered 404",
    "erp.example.com:443 hung up",
    "Tickets may not go from “new” to “solved”; allowed: none.",
]


@pytest.mark.parametrize(("common", "messages"), ONE_CAUSE)
def test_messages_of_one_cause_share_a_fingerprint(common: str, messages: list[str]) -> None:
    causes = {cause_of(code="x", kind="action.assign", message=message) for message in messages}
    assert [cause.message for cause in causes] == [common]


def test_other_causes_have_other_fingerprints() -> None:
    messages = [messages[0] for _, messages in ONE_CAUSE] + APART
    found = {cause_of(code="x", kind="", message=message).fingerprint for message in messages}
    assert len(found) == len(messages)
    assert all(len(name) == LENGTH for name in found)


def test_one_attempt_and_ten_are_one_cause() -> None:
    one, ten = (
        cause_of(code="x", kind="", message=f"Given up after {times}: gone.")
        for times in ("1 attempt", "10 attempts")
    )
    assert one.fingerprint == ten.fingerprint


def test_the_code_and_the_kind_of_step_belong_to_the_cause() -> None:
    given = [("a", "", "m"), ("b", "", "m"), ("a", "action.assign", "m"), ("a", "", "n")]
    assert len({cause_of(code=c, kind=k, message=m).fingerprint for c, k, m in given}) == len(given)


def test_a_fingerprint_stays_from_release_to_release() -> None:
    cause = cause_of(code="bad-value", kind="action.update_fields", message="Due: “x” is no date.")
    assert cause.fingerprint == "df49eed8d83d6208"


def test_only_the_beginning_of_a_message_counts() -> None:
    head = "x " * (MOST_READ // 2)
    assert normalised(head + "a") == normalised(head + "b")


@pytest.mark.parametrize(
    "part", ["'", "1:", "a.", "http://", "a-b.", "::", "“", "1.", "x@y.", "[::", "0x", "ab12"]
)
def test_no_message_takes_long(part: str) -> None:
    began = time.process_time()
    normalised(part * MOST_READ)
    assert time.process_time() - began < 0.5


@given(st.text(max_size=200))
def test_any_text_has_a_cause_and_numbers_are_gone(text: str) -> None:
    cause = cause_of(code="x", kind="", message=text)
    assert cause == cause_of(code="x", kind="", message=text)
    assert len(cause.fingerprint) == LENGTH
