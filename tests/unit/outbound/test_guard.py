"""What may be called and what may not: said at save, and held to at connect, on the address that is dialled."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from tests.receiver import Receiver, bomb, dribble, flood, hang_up, receiver, silence, status
from webhooks.outbound.addressees import BadUrlError, parse_url, require_callable
from webhooks.outbound.addresses import Allowed, allowed_from, rule_against
from webhooks.outbound.dialling import MAX_READ, Answer, CallError, Limits, call, is_own

NOBODY = Allowed()
HERE = allowed_from(("127.0.0.1/32",))

LITERALS = {
    "http://127.0.0.1/": "loopback",
    "http://[::1]/": "loopback",
    "http://[::ffff:169.254.169.254]/": "transition",
    "http://[::ffff:8.8.8.8]/": "transition",
    "http://[64:ff9b::a9fe:a9fe]/": "transition",
    "http://[64:ff9b:1::1]/": "transition",
    "http://[2002:a9fe:a9fe::]/": "transition",
    "http://[2001:0:1::1]/": "transition",
    "http://[::127.0.0.1]/": "transition",
    "http://[fd00:ec2::254]/": "metadata",
    "http://169.254.169.254/latest/": "metadata",
    "http://168.63.129.16/": "metadata",
    "http://100.100.100.200/": "metadata",
    "http://100.64.0.1/": "carrier-grade NAT",
    "http://0.0.0.0/": "unspecified",
    "http://[::]/": "unspecified",
    "http://10.1.2.3/": "private",
    "http://172.31.255.255/": "private",
    "http://192.168.1.1/": "private",
    "http://[fd12::1]/": "private",
    "http://169.254.1.1/": "link-local",
    "http://[fe80::1]/": "link-local",
    "http://224.0.0.1/": "multicast",
    "http://[ff02::1]/": "multicast",
    "http://192.0.2.1/": "documentation",
    "http://[2001:db8::1]/": "documentation",
    "http://255.255.255.255/": "reserved",
    "http://198.18.0.1/": "reserved",
    "http://[4000::1]/": "reserved",
    "http://localhost/": "loopback",
    "http://localhost./": "loopback",
    "http://a.localhost/": "loopback",
}
UNREADABLE = {
    "http://0x7f.1/": "odd-ipv4",
    "http://2130706433/": "odd-ipv4",
    "http://0177.0.0.1/": "odd-ipv4",
    "http://127.1/": "odd-ipv4",
    "http://1.2.3.4.5/": "odd-ipv4",
    "http://127.0.0.0x1/": "odd-ipv4",
    "file:///etc/passwd": "bad-scheme",
    "gopher://example.com/": "bad-scheme",
    "javascript:alert(1)": "bad-scheme",
    "http://a@b/": "userinfo-in-url",
    "http://example.com@127.0.0.1/": "userinfo-in-url",
    "http://example.com\\@127.0.0.1/": "bad-url",
    "http://example.com/\r\nX: y": "bad-url",
    "http://１２７.0.0.1/": "bad-url",
    "http://ex%61mple.com/": "bad-host",
    "http://[fe80::1%25eth0]/": "bad-host",
    "http://[v1.x]/": "bad-host",
    "http:///x": "bad-host",
    "http://example.com:0/": "bad-url",
    "http://example.com:99999/": "bad-url",
    "http://example.com/#x": "bad-url",
    "": "bad-url",
    "http://example.com/" + "x" * 2_000: "bad-url",
}


@pytest.mark.parametrize("url", LITERALS)
def test_a_forbidden_address_is_refused_when_it_is_saved(url: str) -> None:
    """Check 25."""
    with pytest.raises(BadUrlError) as refused:
        require_callable(url, NOBODY)
    assert refused.value.code == "forbidden-address"
    assert refused.value.message.endswith(f"may not be called: {LITERALS[url]}.")


@pytest.mark.parametrize("url", [url for url in LITERALS if "localhost" not in url])
def test_a_forbidden_address_is_refused_when_it_is_called(url: str) -> None:
    """Check 25."""
    with pytest.raises(CallError) as refused:
        call("POST", parse_url(url), headers={}, body=b"", allowed=NOBODY)
    assert refused.value.code == "forbidden-address"
    assert refused.value.refused
    assert refused.value.address == ""


@pytest.mark.parametrize("url", LITERALS)
def test_a_name_that_leads_there_is_refused_and_the_answer_is_not_told(url: str) -> None:
    host = parse_url(url).host
    if "localhost" in host:
        host = "127.0.0.1"
    with pytest.raises(CallError) as refused:
        call_name([host], allowed=NOBODY)
    assert refused.value.code == "forbidden-address"
    assert "hooks.example.com" in refused.value.message
    assert host not in refused.value.message


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_two_programs_could_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(BadUrlError) as refused:
        parse_url(url)
    assert refused.value.code == UNREADABLE[url]


def test_what_is_called_is_made_of_the_parts() -> None:
    parts = parse_url("HTTPS://Hooks.Example.com.:8443/a/b?c=d")
    assert (parts.scheme, parts.host, parts.port, parts.path) == (
        "https",
        "hooks.example.com",
        8443,
        "/a/b?c=d",
    )
    assert parts.url == "https://hooks.example.com:8443/a/b?c=d"
    assert parse_url("http://[2606:4700::1]").url == "http://[2606:4700::1]/"


def test_allowing_one_address_allows_no_neighbour() -> None:
    """Check 28."""
    allowed = allowed_from(("10.1.2.3/32",))
    assert rule_against(ip_address("10.1.2.3"), allowed) == ""
    assert rule_against(ip_address("10.1.2.4"), allowed) == "private"
    assert rule_against(ip_address("110.1.2.3"), allowed) == ""


@pytest.mark.parametrize("network", ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/32"])
def test_nothing_allows_the_metadata_service(network: str) -> None:
    """Check 28."""
    assert rule_against(ip_address("169.254.169.254"), allowed_from((network,))) == "metadata"


def test_nothing_allows_an_address_inside_an_address() -> None:
    everything = allowed_from(("::/0", "0.0.0.0/0"))
    for text in ("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"):
        assert rule_against(ip_address(text), everything) == "transition"
    assert rule_against(ip_address("fd00:ec2::254"), everything) == "metadata"


def test_an_allow_list_is_networks_and_not_text() -> None:
    for wrong in ("10.0.0.1/8", "10.0.0.*", "internal"):
        with pytest.raises(ValueError, match=r"\S"):
            allowed_from((wrong,))


def test_own_addresses_that_no_interface_shows_are_named_in_the_settings() -> None:
    allowed = allowed_from((), ("8.8.8.8",))
    assert rule_against(ip_address("8.8.8.8"), allowed) == "own address"


def call_name(
    addresses: list[str] | Callable[[str, int], list[str]], *, allowed: Allowed, port: int = 80
) -> Answer:
    resolve = addresses if callable(addresses) else lambda _host, _port: addresses
    url = parse_url(f"http://hooks.example.com:{port}/hook")
    return call("POST", url, headers={}, body=b"{}", allowed=allowed, resolve=resolve)


def test_one_bad_address_refuses_the_name() -> None:
    """Check 27."""
    with receiver() as peer, pytest.raises(CallError) as refused:
        call_name(["127.0.0.1", "10.0.0.1"], allowed=HERE, port=peer.port)
    assert refused.value.message.endswith("private.")
    assert peer.connections == 0


def test_the_name_is_looked_up_once_and_what_was_checked_is_dialled() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiver() as peer:
        answer = call_name(rebinding, allowed=HERE, port=peer.port)
    assert answer.address == "127.0.0.1"
    assert asked == ["hooks.example.com"]
    assert peer.requests[0].headers["host"] == f"hooks.example.com:{peer.port}"


def test_a_name_that_turns_to_the_machine_itself_is_not_followed() -> None:
    """Check 26. A public address first, ours at the next look: the second call is refused, and nothing has reached us."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    with receiver() as peer:
        for _ in range(2):
            with pytest.raises(CallError):
                call(
                    "POST",
                    parse_url(f"http://hooks.example.com:{peer.port}/"),
                    headers={},
                    body=b"",
                    allowed=NOBODY,
                    limits=Limits(connect_seconds=0.2),
                    resolve=lambda _host, _port: next(answers),
                )
    assert peer.connections == 0


def test_a_lookup_that_fails_ends_the_call() -> None:
    """Check 26."""

    def broken(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    for answer in (broken, lambda _host, _port: [], lambda _host, _port: ["nonsense"]):
        with pytest.raises(CallError) as failed:
            call_name(answer, allowed=HERE)
        assert failed.value.code == "name-lookup-failed"


def test_a_lookup_that_never_ends_is_given_up() -> None:
    def stuck(host: str, port: int) -> list[str]:
        time.sleep(5)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(CallError) as failed:
        call(
            "POST",
            parse_url("http://hooks.example.com/"),
            headers={},
            body=b"",
            allowed=HERE,
            limits=Limits(connect_seconds=0.2),
            resolve=stuck,
        )
    assert failed.value.code == "name-lookup-failed"
    assert time.monotonic() - began < 2


def test_the_machine_s_own_addresses_are_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("8.8.8.8", 9))  # sends nothing: it only chooses the address we would be seen with
        mine = probe.getsockname()[0]
    assert is_own(ip_address(mine), 80)
    assert is_own(ip_address("127.0.0.1"), 80)
    assert not is_own(ip_address("8.8.8.8"), 80)
    with pytest.raises(CallError) as refused:
        call_name([mine], allowed=NOBODY)
    assert refused.value.code == "forbidden-address"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 29."""
    with receiver() as proxy, receiver() as peer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        call_here(peer)
        with pytest.raises(CallError) as refused:
            call("POST", parse_url("http://169.254.169.254/"), headers={}, body=b"", allowed=HERE)
    assert proxy.connections == 0
    assert peer.connections == 1
    assert refused.value.refused


def call_here(peer: Receiver, *, seconds: float = 5) -> Answer:
    return call(
        "POST",
        parse_url(peer.url),
        headers={"Content-Type": "application/json"},
        body=b'{"a": 1}',
        allowed=HERE,
        limits=Limits(total_seconds=seconds),
    )


def test_a_redirect_is_an_answer_like_any_other() -> None:
    with receiver(status(302, Location="http://169.254.169.254/")) as peer:
        answer = call_here(peer)
    assert answer.status == 302
    assert peer.connections == 1


@pytest.mark.parametrize(
    "script", [dribble(), dribble(headers=True), silence], ids=["body", "headers", "silence"]
)
def test_a_peer_that_dribbles_is_left_at_the_limit(script: Callable[..., None]) -> None:
    began = time.monotonic()
    with receiver(script) as peer, pytest.raises(CallError) as failed:
        call_here(peer, seconds=0.5)
    assert failed.value.code == "timeout"
    assert failed.value.address == "127.0.0.1"
    assert time.monotonic() - began < 2


def test_of_an_endless_body_no_more_than_the_cap_is_read() -> None:
    tracemalloc.start()
    try:
        with receiver(flood(1_000_000_000)) as peer:
            answer = call_here(peer)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(answer.body) == MAX_READ
    assert answer.cut
    assert peak < 5_000_000


def test_a_bomb_is_unpacked_no_further_than_the_cap() -> None:
    script = bomb(50_000_000)
    tracemalloc.start()
    try:
        with receiver(script) as peer:
            answer = call_here(peer)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.body == b"\0" * MAX_READ
    assert answer.cut
    assert peak < 5_000_000


def test_a_packed_answer_that_is_none_is_no_error() -> None:
    for encoding in ("gzip", "br", "compress"):
        with receiver(status(200, b"nonsense", Content_Encoding=encoding)) as peer:
            answer = call_here(peer)
        assert (answer.status, answer.body, answer.cut) == (200, b"", True)


def test_a_peer_that_hangs_up_or_talks_nonsense_is_told_apart() -> None:
    def nonsense(wire: socket.socket, request: object) -> None:
        wire.sendall(b"220 ready for mail\r\n")

    for script, code in ((hang_up, "bad-answer"), (nonsense, "bad-answer")):
        with receiver(script) as peer, pytest.raises(CallError) as failed:
            call_here(peer)
        assert failed.value.code == code


def test_nobody_there_is_no_connection() -> None:
    with receiver() as peer:
        url = peer.url
    with pytest.raises(CallError) as failed:
        call("POST", parse_url(url), headers={}, body=b"", allowed=HERE)
    assert failed.value.code == "connection-failed"


def test_a_header_with_a_line_break_is_never_sent() -> None:
    with receiver() as peer, pytest.raises(CallError):
        call("POST", parse_url(peer.url), headers={"X-A": "b\r\nX-C: d"}, body=b"", allowed=HERE)
    assert peer.requests == []
