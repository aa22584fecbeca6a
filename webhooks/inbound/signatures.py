"""Signatures over bytes: what senders write into their headers, read strictly and compared in constant time.

Pure: bytes, texts and a time go in. Nothing here raises for what a stranger sends; it does not match, or is None.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_ENTRIES = 10
"""Of a header with many signatures so many are read: a rotation needs two."""

ID = re.compile(r"[A-Za-z0-9_\-]{1,256}")
TIMESTAMP = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"[0-9a-f]{64}")

Matches = Callable[[bytes, bytes], bool]
"""(secret, given signature) to whether the one made the other."""


def entries(header: str, versions: Iterable[str]) -> list[tuple[str, bytes]]:
    """The signatures of a Standard Webhooks header: (version, bytes) of what is well formed among its first entries.

    Entries that can't be read, and those of other versions, are passed over: a sender may add some that we don't know.
    """
    wanted = set(versions)
    found = []
    for entry in header.split(" ", 64)[:64]:
        if not entry:
            continue
        version, comma, text = entry.partition(",")
        found.append((version, strict_base64(text) if comma and version in wanted else None))
        if len(found) == MAX_ENTRIES:
            break
    return [(version, raw) for version, raw in found if raw is not None]


def pairs(header: str) -> list[tuple[str, str]]:
    """The `name=value` parts of a header such as Stripe's, at most as many as are read."""
    parts = (part.strip().partition("=") for part in header.split(",", 64)[:64])
    return [(name, value) for name, equals, value in parts if equals][: MAX_ENTRIES + 1]


def strict_base64(text: str) -> bytes | None:
    """The bytes of exact, padded base64, or None."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def strict_hex(text: str) -> bytes | None:
    """The 32 bytes of a SHA-256 in lower-case hex, or None."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def hmac_sha256(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, signed, hashlib.sha256).digest()


def first_match(secrets: Sequence[bytes], given: Sequence[bytes], signed: bytes) -> int | None:
    """Which of the secrets made one of the signatures. Every secret is tried on every signature, whatever matches."""
    made = None
    for number, secret in enumerate(secrets):
        expected = hmac_sha256(secret, signed)
        for signature in given:
            if hmac.compare_digest(expected, signature) and made is None:
                made = number
    return made


def first_key_match(keys: Sequence[bytes], given: Sequence[bytes], signed: bytes) -> int | None:
    """The same for ed25519: which of the public keys verifies one of the signatures."""
    made = None
    for number, key in enumerate(keys):
        public = Ed25519PublicKey.from_public_bytes(key)
        for signature in given:
            try:
                public.verify(signature, signed)
            except InvalidSignature:
                continue
            made = number if made is None else made
    return made
