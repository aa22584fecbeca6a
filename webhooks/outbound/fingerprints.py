"""Fingerprints of destinations: by them versions tell that one was changed, without knowing its address or its secrets.

Each is an HMAC under a random key of its own, which is stored like a secret: who reads a version can neither turn a
fingerprint back nor try addresses and tokens against it, and changing AUTOMATIONS_SECRET_KEYS changes no fingerprint.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from automations.engine.documents import canonical_json
from automations.models import AuditEntry
from automations.services.outside import Outside, OutsideChange, void_consents
from webhooks.encryption import UnreadableSecretError, decrypt, encrypt
from webhooks.outbound.models import Destination, FingerprintKey

NOUN = "destination"
PARTS = {"address": "address", "headers": "headers", "secrets": "secrets"}
LASTING = frozenset({"address", "headers"})
"""What a person should look at again before it acts. Secrets are rotated, which must stop nobody."""
DIGITS = 32
UNKNOWN = "0" * DIGITS
"""Where no key opens the one that fingerprints are made with."""
_FIELDS = {"address": ("format", "url", "url_secret"), "headers": ("headers",)}


def prints(keys: Collection[str]) -> dict[str, dict[str, str]]:
    """The fingerprints of these destinations, part by part, as they are now."""
    rows = list(
        Destination.objects.filter(key__in=keys)
        .select_related("url_secret")
        .prefetch_related("headers__secret", "signing_keys")
    )
    if not rows:
        return {}
    try:
        key = fingerprint_key()
    except UnreadableSecretError:
        return {row.key: dict.fromkeys(PARTS, UNKNOWN) for row in rows}
    return {
        row.key: {part: _print(key, part, row.key, content) for part, content in _contents(row).items()}
        for row in rows
    }


def moved(destination: Destination, pinned: Mapping[str, str]) -> list[str]:
    """Which of the lasting parts of a destination are not what a version was published with."""
    now = prints([destination.key]).get(destination.key, {})
    return [PARTS[part] for part in sorted(LASTING) if now.get(part) != pinned.get(part)]


def fingerprint_key() -> bytes:
    """The key that all fingerprints are made with; made when it is first asked for."""
    row, _ = FingerprintKey.objects.get_or_create(
        pk=1, defaults={"value": encrypt(secrets.token_bytes(32)), "created_at": timezone.now()}
    )
    return decrypt(row.value)


def changes(keys: Collection[str], since: datetime) -> list[OutsideChange]:
    """Who has changed what of these destinations since, from the trail, the oldest first."""
    rows = Destination.objects.filter(key__in=keys).prefetch_related("headers")
    by_id = {str(row.pk): row.key for row in rows}
    using: dict[str, list[str]] = {}
    for row in rows:
        for secret in {row.url_secret_id, *(header.secret_id for header in row.headers.all())} - {None}:
            using.setdefault(str(secret), []).append(row.key)
    entries = AuditEntry.objects.filter(
        Q(object_type="destination", object_id__in=by_id, action="destination.updated")
        | Q(object_type="destination", object_id__in=by_id, action="destination.key_rotated")
        | Q(
            object_type="secret",
            object_id__in=using,
            action__in=("secret.value_set", "secret.value_taken_back"),
        ),
        at__gte=since,
    ).order_by("pk")
    found = []
    for entry in entries:
        touched = [by_id[entry.object_id]] if entry.object_type == "destination" else using[entry.object_id]
        parts = _parts_of(entry)
        found += [OutsideChange(key, parts, entry.actor_name, entry.at) for key in touched if parts]
    return found


def _parts_of(entry: AuditEntry) -> frozenset[str]:
    if entry.action != "destination.updated":
        return frozenset({"secrets"})
    parts = touched(entry.before or {}, entry.after or {})
    return frozenset({*parts, "secrets"} if parts else ())


def touched(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The parts that differ between what the trail says of a destination and what it says afterwards."""
    return [
        part
        for part, fields in _FIELDS.items()
        if any(before.get(name) != after.get(name) for name in fields)
    ]


def void_for(destinations: Sequence[Destination], parts: Sequence[str]) -> None:
    """End the consent to versions that call these: they have come to be something else than was agreed to."""
    for row in destinations if parts else ():
        why = f"The {' and '.join(PARTS[part] for part in parts)} of the destination “{row.key}” changed."
        void_consents(noun=NOUN, keys=[row.key], why=why, now=timezone.now())


def _contents(destination: Destination) -> dict[str, Any]:
    headers = sorted(destination.headers.all(), key=lambda row: row.name.lower())
    sent = [("", destination.url_secret), *((row.name.lower(), row.secret) for row in headers)]
    signing = [row for row in destination.signing_keys.all() if row.expires_at is None]
    return {
        "address": [
            destination.format,
            destination.url,
            destination.url_secret.key if destination.url_secret else None,
        ],
        "headers": [[row.name.lower(), row.text, row.secret.key if row.secret else None] for row in headers],
        "secrets": [
            *([where, _value(secret.value)] for where, secret in sent if secret is not None),
            *(["signing", _value(row.value)] for row in signing),
        ],
    }


def _value(stored: str) -> str:
    try:
        return decrypt(stored).hex()
    except UnreadableSecretError:
        return "unreadable"


def _print(key: bytes, part: str, destination: str, content: Any) -> str:
    message = canonical_json([part, destination, content]).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:DIGITS]


OUTSIDE = Outside(PARTS, LASTING, prints, changes)
