"""Where deliveries go: made, changed, enabled, disabled; their headers and their signing keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.services.audit import write_audit
from automations.services.texts import require_text, require_texts
from webhooks.conf import allowed_addresses
from webhooks.encryption import encrypt
from webhooks.outbound import health
from webhooks.outbound.addressees import BadUrlError, require_callable
from webhooks.outbound.composing import OURS
from webhooks.outbound.fingerprints import fingerprint_key, touched, void_for
from webhooks.outbound.models import Destination, DestinationHeader, SigningKey
from webhooks.outbound.signing import new_key, shown
from webhooks.secrets.hosts import may_go_to
from webhooks.secrets.models import Secret

MAX_HEADERS = 20
RESERVED = ("new",)
"""Keys that would be addresses of something else."""
OVERLAP = timedelta(hours=24)
MAX_OVERLAP = timedelta(days=7)
LIMITS = {"max_attempts": (1, 10), "concurrency": (1, 50), "rate": (1, 60_000), "timeout_seconds": (1, 60)}
CHANGEABLE = (
    "name",
    "url",
    "url_secret",
    "headers",
    "retry_other_refusals",
    "retry_safe",
    "ordered",
    "owner",
    *LIMITS,
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}\Z")


@transaction.atomic
def create_destination(
    *,
    key: str,
    name: str,
    url: str,
    actor: Any,
    format: str = Destination.Format.WEBHOOK,
    url_secret: Secret | None = None,
    headers: Sequence[Mapping[str, Any]] = (),
    retry_other_refusals: bool | None = None,
    retry_safe: bool = True,
    ordered: bool = False,
    **limits: int,
) -> tuple[Destination, str]:
    """A destination that is owned by the actor, who gets every right on it, and its signing secret, which nobody sees
    again (“” where the format is not signed). `headers` are {"name", "text", "secret": Secret or None}.

    Raises InvalidError for an address that can't or may not be called, for headers and limits, ConflictError for a key in
    use, ForbiddenError for a secret that the actor may not use.
    """
    require_texts(Destination, key=key, name=name, format=format)
    if key in RESERVED:
        message = f"“{key}” can't be a destination's key."
        raise InvalidError([Problem("reserved-key", "key", message, "Choose another.")])
    destination = Destination(
        key=key,
        name=name,
        url=url,
        format=format,
        url_secret=url_secret,
        owner=actor,
        retry_other_refusals=retry_other_refusals,
        retry_safe=retry_safe,
        ordered=ordered,
        **_limits(limits),
    )
    _require_good(destination, headers, actor)
    try:
        with transaction.atomic():
            destination.save(force_insert=True)
    except IntegrityError as error:
        raise ConflictError(
            f"There is already a destination with the key “{key}”. Choose another."
        ) from error
    _set_headers(destination, headers)
    fingerprint_key()
    if actor is not None:
        permissions.grant_thing_owner(destination, actor)
    secret = _add_key(destination, timezone.now()) if format == Destination.Format.WEBHOOK else ""
    write_audit(actor=actor, action="destination.created", obj=destination, after=_facts(destination))
    return destination, secret


@transaction.atomic
def update_destination(*, destination: Destination, changes: Mapping[str, Any], actor: Any) -> Destination:
    """Change what `CHANGEABLE` names; headers are replaced whole. Another address, or other headers, make consent to
    versions that call it void. Raises what `create_destination` raises."""
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        message = f"{quoted(unknown[0])} of a destination can't be changed."
        raise InvalidError([Problem("read-only-field", unknown[0], message, "Make another destination.")])
    if "name" in changes:
        require_texts(Destination, name=changes["name"])
    if not isinstance(changes.get("owner"), get_user_model() | None):
        message = f"{quoted(changes['owner'])} is no person."
        raise InvalidError([Problem("wrong-value-type", "owner", message, "Name one, or nobody.")])
    destination = _locked(destination)
    before = _facts(destination)
    _limits({name: value for name, value in changes.items() if name in LIMITS})
    for name, value in changes.items():
        if name != "headers":
            setattr(destination, name, value)
    headers = changes.get("headers", _headers_of(destination))
    _require_good(destination, headers, actor, known=_used(destination))
    destination.save(update_fields=[name for name in changes if name != "headers"])
    if "headers" in changes:
        _set_headers(destination, headers)
    if changes.get("owner") is not None:
        permissions.grant_thing_owner(destination, changes["owner"])
    after = _facts(Destination.objects.get(pk=destination.pk))
    void_for([destination], touched(before, after))
    if after != before:
        write_audit(actor=actor, action="destination.updated", obj=destination, before=before, after=after)
    return destination


@transaction.atomic
def disable_destination(*, destination: Destination, actor: Any, reason: str = "") -> Destination:
    """Send nothing there any more. What waits to be sent fails. Raises ConflictError when it is disabled."""
    require_texts(Destination, disabled_reason=reason)
    destination = _locked(destination)
    if destination.state == Destination.State.DISABLED:
        raise ConflictError(f"“{destination.name}” is disabled already.", code="disabled")
    health.disable(destination, reason=reason or "A person disabled it.", actor=actor, now=timezone.now())
    return destination


@transaction.atomic
def enable_destination(*, destination: Destination, actor: Any) -> Destination:
    """Send there again, as if it had never failed. What has failed meanwhile is sent anew on demand only. Raises
    ConflictError when it is enabled."""
    changed = Destination.objects.filter(pk=destination.pk, state=Destination.State.DISABLED).update(
        state=Destination.State.ENABLED,
        disabled_reason="",
        disabled_at=None,
        failures=0,
        failing_since=None,
        warned_at=None,
        open_until=None,
    )
    if not changed:
        raise ConflictError(f"“{destination.name}” is not disabled.", code="not-disabled")
    destination.refresh_from_db()
    write_audit(actor=actor, action="destination.enabled", obj=destination, after={"key": destination.key})
    return destination


@transaction.atomic
def rotate_signing_key(
    *, destination: Destination, actor: Any, overlap: timedelta = OVERLAP
) -> tuple[SigningKey, str]:
    """A new signing secret, shown this once. The old one signs beside it for `overlap` (0 after a leak: not at all).
    Raises InvalidError for an overlap that is too long, ConflictError where the format is not signed."""
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        hint = f"0 to {MAX_OVERLAP.days} days."
        raise InvalidError(
            [Problem("bad-overlap", "overlap", "The old secret can't sign for so long.", hint)]
        )
    destination = _locked(destination)
    if destination.format != Destination.Format.WEBHOOK:
        raise ConflictError(f"What goes to “{destination.name}” is not signed.", code="not-signed")
    now = timezone.now()
    if overlap:
        destination.signing_keys.filter(expires_at=None).update(expires_at=now + overlap)
        destination.signing_keys.filter(expires_at__lte=now).delete()
    else:
        destination.signing_keys.all().delete()
    secret = _add_key(destination, now)
    void_for([destination], ["secrets"])
    write_audit(
        actor=actor,
        action="destination.key_rotated",
        obj=destination,
        after={"key": destination.key, "overlap_hours": overlap.total_seconds() / 3600},
    )
    return destination.signing_keys.get(expires_at=None), secret


def _add_key(destination: Destination, now: datetime) -> str:
    key = new_key()
    SigningKey.objects.create(destination=destination, value=encrypt(key), created_at=now)
    return shown(key)


def _locked(destination: Destination) -> Destination:
    return Destination.objects.select_for_update(of=("self",), no_key=True).get(pk=destination.pk)


def _require_good(
    destination: Destination,
    headers: Sequence[Mapping[str, Any]],
    actor: Any,
    *,
    known: frozenset[int] = frozenset(),
) -> None:
    """Raise for an address that can't be called, headers that can't be sent, secrets that may not go there, and for those
    that the actor may not use, `known` ones aside: they are there already."""
    require_text(destination.url, "url")
    try:
        addressee = require_callable(destination.url, allowed_addresses())
    except BadUrlError as error:
        raise InvalidError([Problem(error.code, "url", error.message, error.hint)]) from error
    problems = _header_problems(headers)
    sent = [("url_secret", destination.url_secret)] if destination.url_secret is not None else []
    sent += [(f"headers[{i}].secret", row["secret"]) for i, row in enumerate(headers) if row.get("secret")]
    for path, secret in sent:
        if not may_go_to(secret.hosts, addressee.host):
            message = f"The secret “{secret.key}” may not be sent to “{addressee.host}”."
            hint = "Add the host to the secret's hosts, or send another secret."
            problems.append(Problem("secret-not-for-host", path, message, hint))
    if problems:
        raise InvalidError(problems)
    for _, secret in sent:
        if actor is not None and secret.pk not in known and not permissions.holds(actor, "use", secret):
            raise ForbiddenError(f"You lack the right “use” on the secret “{secret.key}”.")


def _header_problems(headers: Any) -> list[Problem]:
    if not isinstance(headers, list | tuple) or len(headers) > MAX_HEADERS:
        return [
            Problem("bad-headers", "headers", f"Headers are a list of at most {MAX_HEADERS}.", "Send [].")
        ]
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, row in enumerate(headers):
        path, name, text = f"headers[{index}]", row.get("name"), row.get("text", "")
        if not isinstance(name, str) or not _NAME.match(name):
            problems.append(
                Problem("bad-header", f"{path}.name", "This is no name of a header.", "Like X-Team.")
            )
        elif name.lower() in OURS or name.lower() in seen:
            message = f"{name} is set by us, or stands here twice."
            problems.append(Problem("reserved-header", f"{path}.name", message, "Leave it out."))
        else:
            seen.add(name.lower())
        if not isinstance(text, str) or len(text) > 1_000 or not (text.isascii() and text.isprintable()):
            hint = "At most 1,000 ASCII characters in one line."
            problems.append(Problem("bad-header", f"{path}.text", "This can't stand in a header.", hint))
        elif not text and not row.get("secret"):
            problems.append(
                Problem("missing-value", path, "The header has no value.", "Give it a text or a secret.")
            )
    return problems


def _set_headers(destination: Destination, headers: Sequence[Mapping[str, Any]]) -> None:
    destination.headers.all().delete()
    DestinationHeader.objects.bulk_create(
        DestinationHeader(
            destination=destination, name=row["name"], text=row.get("text", ""), secret=row.get("secret")
        )
        for row in headers
    )


def _headers_of(destination: Destination) -> list[dict[str, Any]]:
    rows = destination.headers.select_related("secret")
    return [{"name": row.name, "text": row.text, "secret": row.secret} for row in rows]


def _used(destination: Destination) -> frozenset[int]:
    """The secrets that it sends as it is stored."""
    stored = Destination.objects.filter(pk=destination.pk)
    there = {
        *stored.values_list("url_secret", flat=True),
        *destination.headers.values_list("secret", flat=True),
    }
    return frozenset(pk for pk in there if pk is not None)


def _limits(given: Mapping[str, Any]) -> dict[str, int]:
    problems = []
    for name, value in given.items():
        low, high = LIMITS.get(name, (0, -1))
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            problems.append(Problem("out-of-range", name, "This is out of range.", f"From {low} to {high}."))
    if problems:
        raise InvalidError(problems)
    return dict(given)


def _facts(destination: Destination) -> dict[str, Any]:
    """What the trail keeps: never a value of a secret, only its key."""
    return {
        "key": destination.key,
        "name": destination.name,
        "format": destination.format,
        "url": destination.url,
        "url_secret": destination.url_secret.key if destination.url_secret else None,
        "headers": [
            {**row, "secret": row["secret"].key if row["secret"] else None}
            for row in _headers_of(destination)
        ],
        "retry_other_refusals": destination.retry_other_refusals,
        "retry_safe": destination.retry_safe,
        "ordered": destination.ordered,
        "owner": destination.owner.get_username() if destination.owner else None,
        **{name: getattr(destination, name) for name in LIMITS},
    }
