"""The one place where a secret is read, at the moment when it is sent."""

from __future__ import annotations

from webhooks.encryption import UnreadableSecretError, decrypt
from webhooks.secrets.hosts import may_go_to
from webhooks.secrets.models import Secret


class SecretRefusedError(Exception):
    """A secret may not be sent there, or can't be read; `code` is stable, the message names the secret alone."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def value_for(secret: Secret, host: str) -> str:
    """The value, for a call to this host. Raises SecretRefusedError."""
    if not may_go_to(secret.hosts, host):
        raise SecretRefusedError(
            "secret-not-for-host", f"The secret “{secret.key}” may not be sent to “{host}”."
        )
    try:
        return decrypt(secret.value).decode()
    except UnreadableSecretError as error:
        message = f"The secret “{secret.key}” can't be read: its key is no longer in the settings."
        raise SecretRefusedError("secret-unreadable", message) from error
