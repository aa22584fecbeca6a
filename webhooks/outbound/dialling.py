"""The only place that opens a connection to an address that people chose.

A name is looked up once, every address of the answer is checked, and one of those very addresses is dialled: between
check and call nothing is looked up again. No redirect is followed, no proxy of the environment is used. The whole
conversation, the answer's body included, ends at one deadline; of the answer no more than a fixed amount is read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from threading import Thread

from webhooks.outbound.addressees import Addressee, forbidden, forbidden_hint
from webhooks.outbound.addresses import Address, Allowed, first_rule_against
from webhooks.outbound.deadline import Deadline, TimedSocket

MAX_READ = 64 * 1024
"""Bytes of an answer that are read, before and after it is unpacked."""
MAX_ADDRESSES = 16
KEPT_HEADERS = ("content-type", "date", "location", "retry-after", "server", "x-request-id")
"""What is kept of an answer's headers; cookies and the like are nobody's business."""
MAX_HEADER = 300
PIECE = 16 * 1024

Resolve = Callable[[str, int], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Limits:
    connect_seconds: float = 5
    total_seconds: float = 15


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered, whatever its status."""

    address: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    """Whether there was more of the body than was read."""


class CallError(Exception):
    """No answer came. `code` is stable; `address` is what was dialled, "" where nothing was; `refused` where the guard
    said no, so that trying again changes nothing; `unknown` where the request, or a part of it, may have arrived."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        address: str = "",
        refused: bool = False,
        unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.address, self.refused, self.unknown = address, refused, unknown


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the machine's resolver tells them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def call(
    method: str,
    addressee: Addressee,
    *,
    headers: Mapping[str, str],
    body: bytes,
    allowed: Allowed,
    limits: Limits | None = None,
    resolve: Resolve = look_up,
) -> Answer:
    """Call an address and read its answer. Raises CallError."""
    limits = limits or Limits()
    deadline = Deadline(limits.total_seconds)
    connecting = Deadline(min(limits.connect_seconds, limits.total_seconds))
    addresses = _checked(addressee, allowed, connecting, resolve)
    plain, address = _connected(addressee, addresses, connecting)
    try:
        wire = _secured(plain, addressee, connecting, address)
        try:
            return _talk(TimedSocket(wire, deadline), address, method, addressee, headers, body)
        finally:
            wire.close()
    finally:
        plain.close()


def _checked(addressee: Addressee, allowed: Allowed, connecting: Deadline, resolve: Resolve) -> list[Address]:
    """Every address that the name leads to, all of them allowed. Raises CallError, also where the lookup fails."""
    if addressee.literal is not None:
        addresses = [addressee.literal]
    else:
        try:
            addresses = [ip_address(text) for text in _resolved(addressee, connecting, resolve)]
        except (TimeoutError, FutureTimeoutError) as error:
            message = f"“{addressee.host}” was not found in time."
            raise CallError("name-lookup-failed", message) from error
        except (OSError, ValueError, UnicodeError) as error:
            raise CallError("name-lookup-failed", f"“{addressee.host}” can't be found.") from error
    if not addresses:
        raise CallError("name-lookup-failed", f"“{addressee.host}” leads nowhere.")
    rule = first_rule_against(addresses, allowed)
    if not rule and any(is_own(a, addressee.port) and not allowed.admits(a) for a in addresses):
        rule = "own address"
    if rule:
        message = forbidden(addressee.host, rule)
        raise CallError("forbidden-address", message, hint=forbidden_hint(rule), refused=True)
    return addresses[:MAX_ADDRESSES]


def _resolved(addressee: Addressee, connecting: Deadline, resolve: Resolve) -> list[str]:
    """`resolve` with a limit, which the system's own has not: its thread is left behind when it takes too long."""
    answer: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(list(resolve(addressee.host, addressee.port)))
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    Thread(target=ask, daemon=True, name="webhooks-lookup").start()
    return answer.result(timeout=connecting.left())


def is_own(address: Address, port: int) -> bool:
    """Whether an address is one of this machine's: only then would a packet to it leave from that same address. Nothing
    is sent."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), port))
            return ip_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no way leads there; the call itself will say so


def _connected(
    addressee: Addressee, addresses: list[Address], connecting: Deadline
) -> tuple[socket.socket, str]:
    """A connection to the first of the checked addresses that answers."""
    last: OSError | None = None
    for address in addresses:
        try:
            made = socket.create_connection((str(address), addressee.port), timeout=connecting.left())
        except OSError as error:
            last = error
            continue
        if ip_address(made.getpeername()[0]) != address:
            made.close()
            raise CallError("connection-failed", "The connection went somewhere else.", refused=True)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made, str(address)
    if isinstance(last, TimeoutError):
        message = f"“{addressee.host}” did not take the call within {connecting.seconds:g} s."
        raise CallError("connect-timeout", message, address=str(addresses[0])) from last
    message = f"“{addressee.host}” did not take the call."
    raise CallError("connection-failed", message, address=str(addresses[0])) from last


def _secured(plain: socket.socket, addressee: Addressee, connecting: Deadline, address: str) -> socket.socket:
    if addressee.scheme == "http":
        return plain
    try:
        plain.settimeout(connecting.left())
        return _trust().wrap_socket(plain, server_hostname=addressee.host)
    except TimeoutError as error:
        message = f"“{addressee.host}” did not take the call within {connecting.seconds:g} s."
        raise CallError("connect-timeout", message, address=address) from error
    except ssl.SSLCertVerificationError as error:
        message = f"The certificate of “{addressee.host}” is not good: {error.verify_message}."
        raise CallError("bad-certificate", message, address=address) from error
    except (ssl.SSLError, OSError) as error:
        message = f"“{addressee.host}” does not speak TLS as we do."
        raise CallError("tls-failed", message, address=address) from error


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _talk(
    wire: TimedSocket,
    address: str,
    method: str,
    addressee: Addressee,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    connection = http.client.HTTPConnection("not-used")  # it is given its socket, and never makes one
    connection.auto_open = 0
    connection.sock = wire  # type: ignore[assignment]
    try:
        connection.putrequest(method, addressee.path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": addressee.authority,
            "Accept-Encoding": "identity",
            "Connection": "close",
            "Content-Length": str(len(body)),
            **headers,
        }
        for name, value in sent.items():
            connection.putheader(name, value.encode())
        connection.endheaders(body)
        response = connection.getresponse()
        packed, cut = _read(response)
        content, cut = _unpacked(packed, cut, response.getheader("content-encoding", ""))
        return Answer(address, response.status, _kept(response), content, cut)
    except TimeoutError as error:
        message = "The answer was not whole in time."
        raise CallError("timeout", message, address=address, unknown=wire.began) from error
    except http.client.HTTPException as error:
        message = f"What came back is no HTTP answer ({type(error).__name__})."
        raise CallError("bad-answer", message, address=address, unknown=wire.began) from error
    except (OSError, ValueError) as error:
        message = f"The connection broke ({type(error).__name__})."
        raise CallError("connection-broken", message, address=address, unknown=wire.began) from error


def _kept(response: http.client.HTTPResponse) -> dict[str, str]:
    there = ((name, response.getheader(name)) for name in KEPT_HEADERS)
    return {name: value[:MAX_HEADER] for name, value in there if value is not None}


def _read(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """The first MAX_READ bytes of a body, and whether there are more."""
    pieces: list[bytes] = []
    size = 0
    while size <= MAX_READ and (piece := response.read1(PIECE)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:MAX_READ], size > MAX_READ


def _unpacked(packed: bytes, cut: bool, encoding: str) -> tuple[bytes, bool]:
    """A packed body, as far as MAX_READ bytes of what is in it; none that is packed in a way we don't know."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return packed, cut
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b"", bool(packed)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        content = unpacker.decompress(packed, MAX_READ)
    except zlib.error:
        return b"", True
    return content, cut or not unpacker.eof
