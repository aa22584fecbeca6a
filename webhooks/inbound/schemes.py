"""What a scheme is: how one kind of sender signs, names and types what it sends. Pure, like the signatures.

A scheme reads the headers once into an `Envelope`, then says which secret made the signature. What a body says about
itself (its id, its type) is asked only after that.
"""

from __future__ import annotations

import base64
import binascii
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from webhooks.inbound import signatures

MIN_SECRET, MAX_SECRET = 16, 512
"""Bytes. Standard Webhooks wants 24 to 64; other senders give what they give, and less than 16 can be guessed."""

JSON_TYPES = re.compile(r"application/(?:[a-z0-9.\-]+\+)?json")
FORM = "application/x-www-form-urlencoded"


class MalformedError(Exception):
    """The headers can't be what this scheme's senders send; the message says which and how they should be."""


class SecretError(Exception):
    """A text can't be a secret of this scheme; the message says why, never what it was."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a body. `timestamp` is as it was sent, "" where the scheme signs none."""

    given: Sequence[bytes]
    id: str = ""
    timestamp: str = ""
    type: str = ""

    @property
    def at(self) -> int | None:
        return int(self.timestamp) if self.timestamp else None


class Scheme(ABC):
    key: ClassVar[str]
    label: ClassVar[str]
    makes_secret: ClassVar[bool] = False
    """Whether we make the secret where none is given; else the sender shows it, and it is typed in here."""
    needs_secret: ClassVar[bool] = True
    can_sign: ClassVar[bool] = True
    """Whether what we hold can sign, so that a sample can be made."""

    @abstractmethod
    def read(self, headers: Mapping[str, str]) -> Envelope:
        """The envelope, from headers by lower-case name. Raises MalformedError."""

    @abstractmethod
    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        """The bytes that the signature is over."""

    @abstractmethod
    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        """The headers with which this scheme's sender would send a body."""

    def verify(self, envelope: Envelope, body: bytes, secrets: Sequence[bytes]) -> int | None:
        """Which of the secrets signed it, or None."""
        return signatures.first_match(secrets, envelope.given, self.signed(envelope, body))

    def secret_bytes(self, text: str) -> bytes:
        """The key of a secret as people write it. Raises SecretError."""
        return long_enough(text.encode())

    def takes(self, content_type: str) -> bool:
        """Whether a body of this content type (lower case, without parameters) is read."""
        return JSON_TYPES.fullmatch(content_type) is not None

    def id_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        """By what a repetition is known; "" where nothing says."""
        return envelope.id

    def type_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        """What the sender calls it."""
        return envelope.type or text_of(data.get("type"))

    def handshake(self, envelope: Envelope, data: Mapping[str, Any]) -> str | None:
        """The text that answers a sender who only asks whether we are there; None for everything else."""
        return None


class StandardScheme(Scheme):
    key = "standard"
    label = "Standard Webhooks"
    makes_secret = True
    version: ClassVar[str] = "v1"

    def read(self, headers: Mapping[str, str]) -> Envelope:
        name = required(headers, "webhook-id")
        if not signatures.ID.fullmatch(name):
            raise MalformedError("webhook-id has 1 to 256 letters, digits, “-” and “_”.")
        at = timestamp(headers, "webhook-timestamp")
        header = required(headers, "webhook-signature")
        return Envelope([raw for _, raw in signatures.entries(header, [self.version])], name, at)

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return f"{envelope.id}.{envelope.timestamp}.".encode() + body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        raw = signatures.hmac_sha256(secret, f"{id}.{at}.".encode() + body)
        signature = f"{self.version},{base64.b64encode(raw).decode()}"
        return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signature}

    def secret_bytes(self, text: str) -> bytes:
        return long_enough(_base64_after("whsec_", text))


class StandardKeyScheme(StandardScheme):
    key = "standard_key"
    label = "Standard Webhooks, ed25519"
    makes_secret = False
    can_sign = False
    version = "v1a"

    def verify(self, envelope: Envelope, body: bytes, secrets: Sequence[bytes]) -> int | None:
        return signatures.first_key_match(secrets, envelope.given, self.signed(envelope, body))

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        raise NotImplementedError("Only the sender holds the private key.")

    def secret_bytes(self, text: str) -> bytes:
        """The sender's public key."""
        raw = _base64_after("whpk_", text)
        if len(raw) != 32:
            raise SecretError("A public key of ed25519 has 32 bytes. Copy it whole, as whpk_….")
        return raw


def required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise MalformedError(f"The header {name} is missing.")
    return value


def timestamp(headers: Mapping[str, str], name: str) -> str:
    text = required(headers, name)
    if not signatures.TIMESTAMP.fullmatch(text):
        raise MalformedError(f"{name} has 1 to 12 digits: seconds since 1970.")
    return text


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def long_enough(raw: bytes) -> bytes:
    if len(raw) < MIN_SECRET:
        raise SecretError(f"A secret has at least {MIN_SECRET} bytes; shorter ones can be guessed.")
    if len(raw) > MAX_SECRET:
        raise SecretError(f"A secret has at most {MAX_SECRET} bytes.")
    return raw


def _base64_after(prefix: str, text: str) -> bytes:
    """The bytes after an optional prefix; padding may be missing, as in secrets that were copied from an address."""
    coded = text.strip().removeprefix(prefix)
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretError(f"This is no base64. Copy it whole, as {prefix}….") from error
