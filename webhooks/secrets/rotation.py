"""Putting every stored secret under the newest key, so that an old one can be taken out of the settings."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from webhooks.encryption import UnreadableSecretError, decrypt, encrypt
from webhooks.secrets.known import SOURCES, Source

BATCH = 500


def rotate_all() -> Mapping[str, tuple[int, int]]:
    """Encrypt anew what every table of secrets holds. Returns {table: (encrypted anew, unreadable)}; what no key opens
    stays as it is. Safe beside everything else: each row is locked while it is changed, and keeps its value."""
    return {name: _rotate(source) for name, source in SOURCES.items()}


def _rotate(source: Source) -> tuple[int, int]:
    done = unreadable = last = 0
    while True:
        with transaction.atomic():
            page = (
                source.rows().order_by("pk").filter(pk__gt=last).select_for_update(of=("self",), no_key=True)
            )
            rows = list(page[:BATCH])
            for row in rows:
                try:
                    setattr(row, source.value, encrypt(decrypt(getattr(row, source.value))))
                    row.save(update_fields=[source.value])
                    done += 1
                except UnreadableSecretError:
                    unreadable += 1
        if not rows:
            return done, unreadable
        last = rows[-1].pk
