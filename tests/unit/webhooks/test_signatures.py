"""The vectors that others have computed verify; whatever else a header holds matches nothing and raises nothing."""

from __future__ import annotations

import base64
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhooks.vectors import (
    FOREIGN,
    GITHUB_BODY,
    GITHUB_SECRET,
    GITHUB_SIGNATURE,
    GOOD,
    SLACK_BODY,
    SLACK_SECRET,
    SLACK_SIGNATURE,
    SLACK_TIMESTAMP,
    V1,
    V2,
    V3,
    V7,
    V9,
    Vector,
)
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.schemes import MalformedError, Scheme, SecretError


def made_with(vector: Vector, *secrets: str) -> int | None:
    scheme = SCHEMES.get("standard")
    keys = [scheme.secret_bytes(secret) for secret in secrets or (vector.secret,)]
    return scheme.verify(scheme.read(vector.headers), vector.body, keys)


@pytest.mark.parametrize("vector", GOOD.values(), ids=GOOD)
def test_vectors_verify(vector: Vector) -> None:
    assert made_with(vector) == 0


@pytest.mark.parametrize(
    "vector",
    [
        V3,
        replace(V1, body=V1.body.replace(b"1", b"2")),
        replace(V7, signature=V1.signature),
        replace(V1, id="msg_other"),
        replace(V1, timestamp=V1.timestamp + 1),
    ],
    ids=["last byte of the signature", "a byte of the body", "a blank of the body", "the id", "the time"],
)
def test_one_byte_of_difference_does_not_verify(vector: Vector) -> None:
    assert made_with(vector) is None


def test_any_live_secret_verifies_and_says_which() -> None:
    assert made_with(V1, V2.secret, V1.secret) == 1
    assert made_with(V9, V2.secret, V1.secret) == 0
    both = replace(V1, signature=f"{V1.signature} {V9.signature}")
    assert made_with(both, V1.secret) == made_with(both, V2.secret) == 0


@pytest.mark.parametrize(
    "header",
    [
        f"garbage {V1.signature}",
        f"{FOREIGN}  {V1.signature}",
        f"v1a,{'A' * 88} {V1.signature}",
        f"v1,a,b v1,%% {V1.signature}",
        " ".join([FOREIGN] * 9 + [V1.signature]),
    ],
)
def test_foreign_entries_before_the_good_one_do_not_hide_it(header: str) -> None:
    assert made_with(replace(V1, signature=header)) == 0


@pytest.mark.parametrize(
    "header",
    [
        "v1,abc",
        "v1,",
        "garbage",
        "v1,a,b",
        ",",
        "v1",
        "v1,Zoë",
        V1.signature.rstrip("="),
        V1.signature.replace("+", "-"),
        f"v1,{V1.signature[3:10]}\n{V1.signature[10:]}",
        V1.signature.replace("v1", "v1a"),
        " ".join([FOREIGN] * 10 + [V1.signature]),
        " ".join(["v1,abc"] * 10_000),
    ],
)
def test_what_is_no_signature_matches_nothing_at_once(header: str) -> None:
    started = time.perf_counter()
    assert made_with(replace(V1, signature=header)) is None
    assert time.perf_counter() - started < 0.05


@given(st.text())
def test_no_header_raises(header: str) -> None:
    for scheme, name in (("standard", "webhook-signature"), ("stripe", "stripe-signature")):
        row = SCHEMES.get(scheme)
        headers = {**V1.headers, name: header}
        with suppress(MalformedError):  # the one answer that is no answer
            assert row.verify(row.read(headers), V1.body, [V1.secret.encode()]) is None


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(name: str) -> None:
    headers = {key: value for key, value in V1.headers.items() if key != name}
    with pytest.raises(MalformedError, match=name):
        SCHEMES.get("standard").read(headers)


@pytest.mark.parametrize(
    "text", ["hello", "nan", "1e9", "1614265330.9", "-1", "", "1" * 30, "١٦١٤", "+1", " 1"]
)
def test_a_time_is_seconds_in_digits(text: str) -> None:
    with pytest.raises(MalformedError, match="webhook-timestamp"):
        SCHEMES.get("standard").read({**V1.headers, "webhook-timestamp": text})


@pytest.mark.parametrize("text", ["", "a b", "a.b", "Zoë", "x" * 257, "a\n"])
def test_an_id_has_letters_and_digits(text: str) -> None:
    with pytest.raises(MalformedError, match="webhook-id"):
        SCHEMES.get("standard").read({**V1.headers, "webhook-id": text})


def test_a_zero_before_the_time_is_signed_as_it_was_sent() -> None:
    scheme = SCHEMES.get("standard")
    key = scheme.secret_bytes(V1.secret)
    at = f"0{V1.timestamp}"
    signature = scheme.sign(secret=key, body=b"", id="m", at=at)["webhook-signature"]  # type: ignore[arg-type]
    envelope = scheme.read({"webhook-id": "m", "webhook-timestamp": at, "webhook-signature": signature})
    assert (scheme.verify(envelope, b"", [key]), envelope.at) == (0, V1.timestamp)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_abc", "whsec_%%%%", "A" * 20, "whsec_" + "A" * 800])
def test_a_secret_that_is_none_is_refused_when_it_is_set(secret: str) -> None:
    with pytest.raises(SecretError):
        SCHEMES.get("standard").secret_bytes(secret)


@pytest.mark.parametrize("length", [24, 25, 26])
def test_a_secret_may_lack_its_padding_and_its_prefix(length: int) -> None:
    raw = bytes(range(length))
    text = base64.b64encode(raw).decode().rstrip("=")
    scheme = SCHEMES.get("standard")
    assert scheme.secret_bytes(f"whsec_{text}") == scheme.secret_bytes(text) == raw


def test_ed25519_verifies_with_the_senders_public_key() -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    scheme = SCHEMES.get("standard_key")
    key = scheme.secret_bytes(f"whpk_{base64.b64encode(public).decode()}")
    signature = private.sign(f"{V1.id}.{V1.timestamp}.".encode() + V1.body)
    entry = f"v1a,{base64.b64encode(signature).decode()}"
    envelope = scheme.read({**V1.headers, "webhook-signature": f"{V1.signature} {entry}"})
    other = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert scheme.verify(envelope, V1.body, [other, key]) == 1
    assert scheme.verify(envelope, V1.body + b" ", [key]) is None
    assert scheme.verify(scheme.read(V1.headers), V1.body, [key]) is None
    with pytest.raises(SecretError, match="32 bytes"):
        scheme.secret_bytes(V1.secret.removeprefix("whsec_"))


def test_githubs_own_example_verifies() -> None:
    scheme = SCHEMES.get("github")
    headers = {
        "x-hub-signature-256": GITHUB_SIGNATURE,
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-github-event": "issues",
    }
    assert scheme.verify(scheme.read(headers), GITHUB_BODY, [scheme.secret_bytes(GITHUB_SECRET)]) == 0
    assert scheme.type_of(scheme.read(headers), {"action": "opened"}) == "issues.opened"


def test_slacks_own_example_verifies() -> None:
    scheme = SCHEMES.get("slack")
    headers = {"x-slack-signature": SLACK_SIGNATURE, "x-slack-request-timestamp": str(SLACK_TIMESTAMP)}
    assert scheme.verify(scheme.read(headers), SLACK_BODY, [scheme.secret_bytes(SLACK_SECRET)]) == 0


@pytest.mark.parametrize("scheme", [row for _, row in SCHEMES.items() if row.can_sign and row.needs_secret])
def test_what_a_scheme_signs_it_verifies_and_nothing_else(scheme: Scheme) -> None:
    key = b"0123456789abcdef"
    headers = scheme.sign(secret=key, body=b'{"id": "evt_1"}', id="m1", at=V1.timestamp, type="order.paid")
    envelope = scheme.read(headers)
    assert scheme.verify(envelope, b'{"id": "evt_1"}', [b"another secret..", key]) == 1
    assert scheme.verify(envelope, b'{"id": "evt_2"}', [key]) is None
    assert scheme.id_of(envelope, {"id": "evt_1", "event_id": "Ev1"})
    for name in headers:
        with pytest.raises(MalformedError):
            scheme.read({other: value for other, value in headers.items() if other != name})


def test_stripes_header_may_hold_several_signatures() -> None:
    scheme = SCHEMES.get("stripe")
    key = b"whsec_0123456789"
    header = scheme.sign(secret=key, body=b"{}", id="", at=V1.timestamp)["stripe-signature"]
    at, good = header.split(",")
    many = f"{at},v1={'0' * 64},{good},v0={'1' * 64}"
    assert scheme.verify(scheme.read({"stripe-signature": many}), b"{}", [key]) == 0
    for bad in (good, f"{at},{at},{good}", f"t=1e9,{good}"):
        with pytest.raises(MalformedError):
            scheme.read({"stripe-signature": bad})
