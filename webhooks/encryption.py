"""Secrets at rest: what is stored can be read only with the project's own keys, which are not in the database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

MAKE_ONE = (
    "Make one with `python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`"
    " and set AUTOMATIONS_SECRET_KEYS to it. Keep it: without it no stored secret can be read."
)


class UnreadableSecretError(Exception):
    """None of AUTOMATIONS_SECRET_KEYS opens it: its key was taken out of the settings, or the text was changed."""


def encrypt(secret: bytes | str) -> str:
    """The secret as it may be stored, under the first of the keys. Two calls give two texts."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return _keys().encrypt(raw).decode("ascii")


def decrypt(stored: str) -> bytes:
    """The secret, under whichever key it was stored. Raises UnreadableSecretError."""
    try:
        return _keys().decrypt(stored)
    except InvalidToken as error:
        raise UnreadableSecretError("No key of AUTOMATIONS_SECRET_KEYS opens this secret.") from error


def _keys() -> MultiFernet:
    return _fernet(tuple(getattr(settings, "AUTOMATIONS_SECRET_KEYS", ())))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(f"AUTOMATIONS_SECRET_KEYS can't be used: {error}. {MAKE_ONE}") from error


@register(Tags.security)
def check_secret_keys(**_: Any) -> list[CheckMessage]:
    """A key has to be there, and be one, before anything is stored under it."""
    if not getattr(settings, "AUTOMATIONS_SECRET_KEYS", ()):
        return [Error("AUTOMATIONS_SECRET_KEYS names no key.", hint=MAKE_ONE, id="webhooks.E001")]
    try:
        _keys()
    except ImproperlyConfigured:
        return [Error("A key of AUTOMATIONS_SECRET_KEYS is none.", hint=MAKE_ONE, id="webhooks.E002")]
    return []
