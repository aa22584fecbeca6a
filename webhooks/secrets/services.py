"""Making secrets, setting their values anew, saying where they may go. The value goes in and never comes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, InvalidError
from automations.services.audit import write_audit
from automations.services.texts import require_text, require_texts
from webhooks.encryption import encrypt
from webhooks.secrets.hosts import MAX_HOSTS, is_host, may_go_to
from webhooks.secrets.models import Secret
from webhooks.secrets.spellings import MIN_LENGTH

MAX_LENGTH = 4_096
CHANGEABLE = ("description", "hosts", "owner", "expires_at")
RESERVED = ("new",)
"""Keys that would be addresses of something else."""
OVERLAP = timedelta(hours=24)
MAX_OVERLAP = timedelta(days=7)


@transaction.atomic
def create_secret(
    *,
    key: str,
    value: str,
    hosts: list[str],
    actor: Any,
    description: str = "",
    expires_at: datetime | None = None,
) -> Secret:
    """Keep a value under a key; the actor owns it, with every right on it. Raises InvalidError for what can't be one,
    ConflictError for a key in use."""
    require_texts(Secret, key=key, description=description)
    if key in RESERVED:
        message = f"“{key}” can't be a secret's key."
        raise InvalidError([Problem("reserved-key", "key", message, "Choose another.")])
    _require_value(value)
    hosts = _hosts(hosts)
    try:
        with transaction.atomic():
            secret = Secret.objects.create(
                key=key,
                value=encrypt(value),
                hosts=hosts,
                description=description,
                expires_at=expires_at,
                owner=actor,
                changed_at=timezone.now(),
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a secret with the key “{key}”. Choose another.") from error
    if actor is not None:
        permissions.grant_thing_owner(secret, actor)
    write_audit(actor=actor, action="secret.created", obj=secret, after={"key": key, "hosts": hosts})
    return secret


@transaction.atomic
def set_secret_value(
    *,
    secret: Secret,
    value: str,
    actor: Any,
    overlap: timedelta = timedelta(0),
    expires_at: datetime | None = None,
) -> Secret:
    """Put another value in the place of the old one; calls that are made from now on send it. The old one is kept for
    `overlap`, to be taken back and masked where it comes back (0 after a leak: not at all). Raises InvalidError."""
    _require_value(value)
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        message = "The value before can't be kept for so long."
        raise InvalidError([Problem("bad-overlap", "overlap", message, f"0 to {MAX_OVERLAP.days} days.")])
    secret = _locked(secret)
    now = timezone.now()
    _put(
        secret,
        value=encrypt(value),
        kept_value=secret.value if overlap else "",
        kept_until=now + overlap if overlap else None,
        expires_at=expires_at,
        now=now,
    )
    after = {"key": secret.key, "overlap_hours": overlap.total_seconds() / 3600}
    write_audit(actor=actor, action="secret.value_set", obj=secret, after=after)
    return secret


@transaction.atomic
def take_back_secret_value(*, secret: Secret, actor: Any) -> Secret:
    """Put the value before this one in its place again, where it is still kept; this one is forgotten. Raises
    ConflictError where none is."""
    secret = _locked(secret)
    now = timezone.now()
    if secret.kept_until is None or secret.kept_until <= now:
        raise ConflictError(f"No value before this one is kept of “{secret.key}”.", code="nothing-kept")
    _put(secret, value=secret.kept_value, kept_value="", kept_until=None, expires_at=None, now=now)
    write_audit(actor=actor, action="secret.value_taken_back", obj=secret, after={"key": secret.key})
    return secret


def _put(secret: Secret, *, now: datetime, **fields: Any) -> None:
    """Another value with all that goes with it; who owns it is told anew when that one expires, and consent to versions
    that call with it is void."""
    from webhooks.outbound.fingerprints import void_for  # destinations know secrets; so does this look back

    for name, value in {**fields, "changed_at": now, "expiry_told_at": None}.items():
        setattr(secret, name, value)
    secret.save(update_fields=[*fields, "changed_at", "expiry_told_at"])
    void_for(list({destination.pk: destination for destination in _senders(secret)}.values()), ["secrets"])


@transaction.atomic
def update_secret(*, secret: Secret, changes: Mapping[str, Any], actor: Any) -> Secret:
    """Change any of CHANGEABLE; a new owner gets every right on it. Raises InvalidError, and ConflictError where
    a destination that sends it would be left outside its hosts."""
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        message = f"{quoted(unknown[0])} of a secret can't be changed."
        raise InvalidError([Problem("read-only-field", unknown[0], message, "Make another secret.")])
    if "description" in changes:
        require_texts(Secret, description=changes["description"])
    if not isinstance(changes.get("owner"), get_user_model() | None):
        message = f"{quoted(changes['owner'])} is no person."
        raise InvalidError([Problem("wrong-value-type", "owner", message, "Name one, or nobody.")])
    secret = _locked(secret)
    before = {name: _plain(getattr(secret, name)) for name in changes}
    for name, value in changes.items():
        setattr(secret, name, _hosts(value) if name == "hosts" else value)
    if "hosts" in changes and (
        left := [name for name, host in _sent_to(secret) if not may_go_to(secret.hosts, host)]
    ):
        raise ConflictError(
            f"“{left[0]}” sends this secret to a host that would no longer be among its hosts.",
            code="secret-in-use",
        )
    if "expires_at" in changes:
        secret.expiry_told_at = None
    secret.save(update_fields=[*changes, "expiry_told_at"])
    if changes.get("owner") is not None:
        permissions.grant_thing_owner(secret, changes["owner"])
    after = {name: _plain(getattr(secret, name)) for name in changes}
    write_audit(actor=actor, action="secret.updated", obj=secret, before=before, after=after)
    return secret


@transaction.atomic
def delete_secret(*, secret: Secret, actor: Any, reason: str = "") -> None:
    """Forget a secret. Raises ConflictError while a destination sends it."""
    secret = _locked(secret)
    write_audit(actor=actor, action="secret.deleted", obj=secret, before={"key": secret.key}, reason=reason)
    try:
        secret.delete()
    except ProtectedError as error:
        names = ", ".join(sorted({f"“{name}”" for name, _ in _sent_to(secret)}))
        raise ConflictError(
            f"{names} sends this secret. Take it out there first.", code="secret-in-use"
        ) from error


def _sent_to(secret: Secret) -> list[tuple[str, str]]:
    """(name, host) of each destination that sends it."""
    from webhooks.outbound.addressees import parse_url  # destinations know secrets; this is a look back

    return [(destination.name, parse_url(destination.url).host) for destination in _senders(secret)]


def _senders(secret: Secret) -> list[Any]:
    """The destinations that send it, one as often as it does."""
    return [
        *secret.addresses.all(),
        *(row.destination for row in secret.headers.select_related("destination")),
    ]


def _locked(secret: Secret) -> Secret:
    return Secret.objects.select_for_update(of=("self",), no_key=True).get(pk=secret.pk)


def _require_value(value: object) -> None:
    require_text(value, "value")
    assert isinstance(value, str)
    hint = f"{MIN_LENGTH} to {MAX_LENGTH} characters, in one line, without blanks at its ends."
    if not MIN_LENGTH <= len(value) <= MAX_LENGTH:
        raise InvalidError([Problem("bad-secret", "value", "The value is too short or too long.", hint)])
    if not value.isprintable() or value != value.strip():
        raise InvalidError([Problem("bad-secret", "value", "The value could not stand in a header.", hint)])


def _hosts(given: object) -> list[str]:
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_HOSTS:
        hint = f"Name 1 to {MAX_HOSTS}, like api.example.com or *.example.com."
        raise InvalidError(
            [Problem("bad-hosts", "hosts", "It isn't said where the secret may be sent.", hint)]
        )
    hosts = [host.strip().lower().rstrip(".") if isinstance(host, str) else "" for host in given]
    problems = [
        Problem(
            "bad-host",
            f"hosts[{index}]",
            f"{quoted(given[index])} names no host.",
            "Write it like api.example.com or *.example.com: no scheme, no port, no path.",
        )
        for index, host in enumerate(hosts)
        if not is_host(host)
    ]
    if problems:
        raise InvalidError(problems)
    return list(dict.fromkeys(hosts))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | list) else value.get_username()
