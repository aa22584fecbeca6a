"""An address that somebody typed, taken apart once: what is called afterwards is made of these parts, so that no second
reader of the same text can come to another host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from webhooks.outbound.addresses import Address, Allowed, rule_against

MAX_LENGTH = 2_000
PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_PRINTABLE = re.compile(r"[\x21-\x7e]+\Z")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
_LOCAL_NAMES = ("localhost", "localhost.localdomain")


class BadUrlError(Exception):
    """An address can't be called; `code` says which rule it breaks."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a call goes: the host as a name or, where it was written as one, an address."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None = None

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_url(text: str) -> Addressee:
    """The parts of an http(s) address. Raises BadUrlError for other schemes, user names in it, and every spelling of a
    host that two programs could read in two ways."""
    if not text or len(text) > MAX_LENGTH or not _PRINTABLE.match(text) or "\\" in text:
        message = f"This is no address: it holds blanks, line breaks or letters beyond ASCII, or is longer than {MAX_LENGTH} characters."
        raise BadUrlError("bad-url", message, "Write it as https://host/path; other letters as %-escapes.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadUrlError(
            "bad-url", f"This is no address: {error}.", "Write it as https://host/path."
        ) from error
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise BadUrlError("bad-scheme", "Only http and https can be called.", "Begin with https://.")
    if "@" in parts.netloc:
        message = "An address may hold no user name and no password."
        raise BadUrlError(
            "userinfo-in-url", message, "Keep the password as a secret, and send it as a header."
        )
    if parts.fragment or text.endswith("#"):
        raise BadUrlError("bad-url", "What follows # is never sent.", "Leave it out.")
    if port == 0 or parts.netloc.endswith(":"):
        raise BadUrlError("bad-url", "The port is not one.", "Name one from 1 to 65535, or none.")
    host, literal = _host(parts.netloc, (parts.hostname or "").rstrip("."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Addressee(scheme, host, port or PORTS[scheme], path, literal)


def _host(netloc: str, host: str) -> tuple[str, Address | None]:
    if netloc.startswith("["):
        try:
            literal = IPv6Address(host)
        except AddressValueError as error:
            raise BadUrlError("bad-host", "This is no IPv6 address.", "Write it as [2001:…].") from error
        if literal.scope_id is not None:
            raise BadUrlError("bad-host", "An address may name no network card.", "Leave out what follows %.")
        return str(literal), literal
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise BadUrlError("bad-host", "This is no host name.", "Other letters than a–z are written as xn--….")
    if not _NUMBER.match(labels[-1]):
        return host, None
    try:
        return host, IPv4Address(host)
    except AddressValueError as error:
        message = "An IPv4 address is written as four decimal numbers without leading zeros."
        raise BadUrlError(
            "odd-ipv4", message, "Other spellings are read differently by different programs."
        ) from error


def require_callable(text: str, allowed: Allowed) -> Addressee:
    """What can be said before anything is looked up: the parts, if neither the text nor an address written out in it
    breaks a rule. Raises BadUrlError."""
    addressee = parse_url(text)
    rule = ""
    if addressee.literal is not None:
        rule = rule_against(addressee.literal, allowed)
    elif addressee.host in _LOCAL_NAMES or addressee.host.endswith(".localhost"):
        rule = "" if allowed.networks else "loopback"
    if rule:
        raise BadUrlError("forbidden-address", forbidden(addressee.host, rule), forbidden_hint(rule))
    return addressee


def forbidden(host: str, rule: str) -> str:
    return f"“{host}” may not be called: {rule}."


def forbidden_hint(rule: str) -> str:
    if rule in ("metadata", "transition"):
        return "No setting allows this."
    return "An admin can allow single addresses and networks in WEBHOOKS_ALLOWED_ADDRESSES."
