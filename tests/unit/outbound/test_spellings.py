"""A secret is found however it is echoed, and nothing else is taken for one."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.secrets.hosts import is_host, may_go_to
from webhooks.secrets.spellings import MASKED, Spelt

VALUES = ["S3CR3T-canary-0123456789", 'p"a\\ss/w+o=r d&<é>%', "12345678", "whsec_" + "QUJDRA==" * 4]
PRINTABLE = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=8, max_size=60)


def echoes(value: str) -> list[str]:
    raw = value.encode()
    return [
        value,
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.b64encode(b"user:" + raw).decode(),
        base64.b64encode(b"Bearer " + raw + b"\r\n").decode(),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps({"said": value}),
        json.dumps({"said": value}, ensure_ascii=False),
        json.dumps(json.dumps({"said": value})),
        json.dumps({"a": quote(value, safe="")}),
        html.escape(value),
        raw.hex(),
    ]


@pytest.mark.parametrize("value", VALUES)
def test_every_spelling_of_a_secret_is_masked(value: str) -> None:
    mask = Spelt([value])
    for echo in echoes(value):
        said = mask.masked(f"before {echo} after")
        assert MASKED in said
        assert value not in said
        assert echo not in said


@given(PRINTABLE, st.binary(max_size=5), st.binary(max_size=5))
def test_base64_hides_no_secret_wherever_it_begins(value: str, before: bytes, after: bytes) -> None:
    mask = Spelt([value])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert MASKED in mask.masked(encode(before + value.encode() + after).decode())


@given(PRINTABLE)
def test_a_masked_text_holds_the_secret_no_more(value: str) -> None:
    mask = Spelt([value])
    for echo in echoes(value):
        assert value not in mask.masked(echo)


def test_ordinary_words_stay() -> None:
    text = "The order 4711 was refunded. " * 50
    assert Spelt(VALUES).masked(text) == text
    assert Spelt([]).masked(text) == text
    assert not Spelt([])


def test_json_stays_json_behind_the_mask() -> None:
    value = VALUES[1]
    said = json.loads(Spelt([value]).masked(json.dumps({"said": f"x{value}y"})))
    assert said == {"said": f"x{MASKED}y"}


def test_many_secrets_are_looked_for_at_once() -> None:
    values = [f"secret-number-{index:05}" for index in range(500)]
    mask = Spelt(values)
    assert mask.masked(" ".join(values)) == " ".join([MASKED] * 500)


@pytest.mark.parametrize(
    ("hosts", "host", "may"),
    [
        (["api.example.com"], "api.example.com", True),
        (["api.example.com"], "evil-api.example.com", False),
        (["api.example.com"], "api.example.com.evil.org", False),
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "a.b.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "badexample.com", False),
        (["10.0.0.1"], "110.0.0.1", False),
        ([], "api.example.com", False),
    ],
)
def test_a_secret_goes_to_its_hosts_alone(hosts: list[str], host: str, may: bool) -> None:
    assert may_go_to(hosts, host) is may


def test_what_names_a_host() -> None:
    for good in ("example.com", "*.example.com", "localhost", "10.0.0.1", "2001:db8::1", "a_b.example.com"):
        assert is_host(good), good
    for bad in (
        "*",
        "*.com",
        "https://example.com",
        "example.com/x",
        "example.com:80",
        "a..b",
        "",
        "*.*.com",
        "exa mple",
    ):
        assert not is_host(bad), bad
