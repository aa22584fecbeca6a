"""Secrets at rest: opened by any of the keys, made with the first, and by nothing else."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from webhooks.encryption import UnreadableSecretError, decrypt, encrypt

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.mark.parametrize("secret", ["whsec_Zoë", b"\x00\xff", ""])
def test_a_secret_comes_back_and_is_not_in_what_is_stored(secret: bytes | str) -> None:
    raw = secret.encode() if isinstance(secret, str) else secret
    stored = encrypt(secret)
    assert decrypt(stored) == raw
    assert encrypt(secret) != stored
    assert not raw or raw not in stored.encode()


def test_a_new_first_key_encrypts_and_the_old_one_still_opens() -> None:
    with override_settings(AUTOMATIONS_SECRET_KEYS=[OLD]):
        stored = encrypt("s3cret")
    with override_settings(AUTOMATIONS_SECRET_KEYS=[NEW, OLD]):
        assert decrypt(stored) == b"s3cret"
        renewed = encrypt("s3cret")
    with override_settings(AUTOMATIONS_SECRET_KEYS=[NEW]):
        assert decrypt(renewed) == b"s3cret"
        with pytest.raises(UnreadableSecretError):
            decrypt(stored)


def test_a_changed_text_is_not_opened() -> None:
    stored = encrypt("s3cret")
    with pytest.raises(UnreadableSecretError):
        decrypt(stored[:-4] + "AAA=")
    with pytest.raises(UnreadableSecretError):
        decrypt("nothing of ours")


@pytest.mark.parametrize("keys", [[], ["short"]])
def test_without_a_key_nothing_is_stored(keys: list[str]) -> None:
    with override_settings(AUTOMATIONS_SECRET_KEYS=keys), pytest.raises(ImproperlyConfigured):
        encrypt("s3cret")
