"""What people change about endpoints: `verb_noun(*, …, actor)`, one transaction each: rows, then the audit row."""

from __future__ import annotations

import base64
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from automations import permissions
from automations.engine.errors import Problem, quoted
from automations.engine.schemas import listed
from automations.errors import ConflictError, InvalidError
from automations.models import ActiveTrigger, AuditEntry, Module, TriggerSource, Workflow
from automations.runtime import contracts
from automations.services.audit import write_audit
from automations.services.texts import require_object, require_texts, slug_problems
from webhooks.encryption import encrypt
from webhooks.inbound import mapping
from webhooks.inbound.kind import PREFIX, WebhookTrigger
from webhooks.inbound.models import UNSIGNED, Endpoint, EndpointSecret
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.requests import MAX_BODY, hash_of
from webhooks.inbound.schemes import Scheme, SecretError

MAX_NETWORKS = 100
MAX_SECRETS = 5
MAX_OVERLAP = timedelta(days=7)
OVERLAP = timedelta(hours=24)
RANGES = {"tolerance_seconds": (1, 3600), "max_body": (1, MAX_BODY), "rate_per_minute": (1, 600_000)}
PATHS = ("type_path", "record_path", "dedupe_path")
CHANGEABLE = ("name", "is_enabled", "allowed_networks", *RANGES, *PATHS)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new endpoint, with its address's token and its secret as they are shown this once ("" without one)."""

    endpoint: Endpoint
    token: str
    secret: str


@transaction.atomic
def create_endpoint(
    *,
    key: str,
    name: str,
    actor: Any,
    now: datetime,
    scheme: str = "standard",
    secret: str = "",
    module: Module | None = None,
    contract: Mapping[str, Any] | None = None,
    reason: str = "",
    **more: Any,
) -> Opened:
    """Open an address. Without a secret one is made, where the scheme's senders take one; `more` is any of CHANGEABLE.

    Raises InvalidError for anything that can't be used, an unsigned endpoint without a reason or where the project does
    not allow them included, and ConflictError for a key in use.
    """
    require_texts(Endpoint, key=key, name=name, scheme=scheme)
    problems = slug_problems("key", key)
    if key != key.lower():
        problems.append(Problem("bad-key", "key", "A key has small letters.", "Write it small."))
    if scheme == UNSIGNED:
        problems += _unsigned_problems(secret, reason)
    _refuse([*problems, *_problems({"name": name, **more}, module, contract)])
    row = SCHEMES.get(scheme)
    text, hint = _secret_of(row, secret) if row.needs_secret else ("", "")
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            source = TriggerSource.objects.create(
                key=f"{PREFIX}{key}",
                kind=TriggerSource.Kind.WEBHOOK,
                name=name,
                module=module,
                contract=dict(contract or {}),
            )
            endpoint = Endpoint.objects.create(
                key=key,
                name=name,
                source=source,
                scheme=scheme,
                token_hash=hash_of(token.encode()),
                token=encrypt(token),
                owner=actor,
                **more,
            )
    except IntegrityError as error:
        message = f"There is already an endpoint with the key “{key}”, or was one. Choose another."
        raise ConflictError(message) from error
    if text:
        _keep(endpoint, text, hint, actor, now)
    if actor is not None:
        permissions.grant_thing_owner(endpoint, actor)
    write_audit(actor=actor, action="endpoint.created", obj=endpoint, after=_facts(endpoint), reason=reason)
    return Opened(endpoint, token, text)


@transaction.atomic
def change_endpoint(
    *, endpoint: Endpoint, changes: Mapping[str, Any], actor: Any, contract: Mapping[str, Any] | None = None
) -> Endpoint:
    """Set any of CHANGEABLE, and the contract where one is given. Raises InvalidError; unknown names are our caller's
    fault."""
    endpoint = _locked(endpoint)
    _refuse(_problems(changes, endpoint.source.module, contract))
    before = _facts(endpoint)
    for name, value in changes.items():
        setattr(endpoint, name, value)
    if contract is not None:
        endpoint.source.contract = dict(contract)
    endpoint.source.name = endpoint.name
    if _facts(endpoint) == before:
        return endpoint
    endpoint.source.save(update_fields=["contract", "name"])
    endpoint.save(update_fields=[*changes, "updated_at"])
    write_audit(actor=actor, action="endpoint.changed", obj=endpoint, before=before, after=_facts(endpoint))
    return endpoint


@transaction.atomic
def add_secret(
    *, endpoint: Endpoint, actor: Any, now: datetime, secret: str = "", overlap: timedelta = OVERLAP
) -> tuple[EndpointSecret, str]:
    """A new secret, and its text as it is shown this once. The others count for `overlap` more: none at all after a leak.

    Raises InvalidError for a text that can't be one and an overlap of more than seven days, ConflictError for a sixth
    that counts and for an endpoint without secrets.
    """
    endpoint = _locked(endpoint)
    scheme = SCHEMES.get(endpoint.scheme)
    if not scheme.needs_secret:
        raise ConflictError("This endpoint takes unsigned requests. Make another one that does not.")
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        message = "The old secrets count for 0 to 7 days more."
        raise InvalidError([Problem("bad-overlap", "overlap_hours", message, "Send 0 to 168.")])
    text, hint = _secret_of(scheme, secret)
    others = endpoint.secrets.exclude(expires_at__lte=now)
    others.exclude(expires_at__lte=now + overlap).update(expires_at=now + overlap)
    if endpoint.secrets.exclude(expires_at__lte=now).count() >= MAX_SECRETS:
        raise ConflictError(f"{MAX_SECRETS} secrets count already. End one first.", code="too-many-secrets")
    row = _keep(endpoint, text, hint, actor, now)
    after = {"hint": hint, "overlap_hours": overlap.total_seconds() / 3600}
    write_audit(actor=actor, action="endpoint.secret_added", obj=endpoint, after=after)
    return row, text


@transaction.atomic
def end_secret(*, secret: EndpointSecret, actor: Any, now: datetime) -> EndpointSecret:
    """Let a secret count no more, at once. Raises ConflictError when it does not count any more."""
    ended = EndpointSecret.objects.filter(pk=secret.pk).exclude(expires_at__lte=now).update(expires_at=now)
    if not ended:
        raise ConflictError("This secret does not count any more.")
    secret.refresh_from_db()
    before = {"hint": secret.hint}
    write_audit(actor=actor, action="endpoint.secret_ended", obj=secret.endpoint, before=before)
    return secret


@transaction.atomic
def renew_address(*, endpoint: Endpoint, actor: Any, now: datetime) -> str:
    """A new token for the endpoint's address; the old address is none from now on."""
    _locked(endpoint)
    token = secrets.token_urlsafe(32)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        token_hash=hash_of(token.encode()), token=encrypt(token), updated_at=now
    )
    write_audit(actor=actor, action="endpoint.address_renewed", obj=endpoint)
    return token


@transaction.atomic
def delete_endpoint(*, endpoint: Endpoint, actor: Any, now: datetime, reason: str = "") -> None:
    """Close an endpoint for good: its address is none, its secrets count no more. Its receipts and events stay, and its key
    stays taken, so that no later endpoint is mistaken for it. Raises ConflictError while a live workflow starts from it."""
    require_texts(AuditEntry, reason=reason)
    endpoint = _locked(endpoint)
    live = ActiveTrigger.objects.filter(kind=f"trigger.{WebhookTrigger.key}", config__endpoint=endpoint.key)
    workflows = live.values("workflow")
    if count := live.order_by().values("workflow").distinct().count():
        seen = permissions.visible_workflows(actor) if actor is not None else Workflow.objects.all()
        names = seen.filter(pk__in=workflows).order_by("name").values_list("name", flat=True)[:3]
        message = f"{listed(list(names)) or count} {'starts' if count == 1 else 'start'} from this endpoint."
        raise ConflictError(f"{message} Take the trigger out there first.", code="endpoint-in-use")
    endpoint.secrets.exclude(expires_at__lte=now).update(expires_at=now)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        is_enabled=False,
        archived_at=now,
        token_hash=hash_of(secrets.token_bytes(32)),
        updated_at=now,
    )
    write_audit(actor=actor, action="endpoint.deleted", obj=endpoint, before=_facts(endpoint), reason=reason)


def _locked(endpoint: Endpoint) -> Endpoint:
    """Raises ConflictError for one that was deleted."""
    rows = Endpoint.objects.select_for_update(of=("self",)).select_related("source__module")
    found = rows.get(pk=endpoint.pk)
    if found.archived_at is not None:
        raise ConflictError(f"“{found.name}” was deleted.", code="endpoint-deleted")
    return found


def _secret_of(scheme: Scheme, given: str) -> tuple[str, str]:
    """The text of a secret that the scheme can use, made where none is given, and its hint."""
    text = given.strip()
    if not text:
        if not scheme.makes_secret:
            message = f"{scheme.label} shows you the secret."
            raise InvalidError([Problem("missing-secret", "secret", message, "Copy it from there.")])
        text = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    try:
        scheme.secret_bytes(text)
    except SecretError as error:
        hint = "Copy it whole, or leave it out." if scheme.makes_secret else "Copy it whole."
        raise InvalidError([Problem("bad-secret", "secret", str(error), hint)]) from error
    return text, text.rstrip("=")[-4:]


def _keep(endpoint: Endpoint, text: str, hint: str, actor: Any, now: datetime) -> EndpointSecret:
    return EndpointSecret.objects.create(
        endpoint=endpoint, secret=encrypt(text), hint=hint, created_at=now, created_by=actor
    )


def _unsigned_problems(secret: str, reason: str) -> list[Problem]:
    problems = []
    if not getattr(settings, "AUTOMATIONS_UNSIGNED_WEBHOOKS", False):
        message = "This project takes no unsigned webhooks."
        hint = "Choose another scheme; AUTOMATIONS_UNSIGNED_WEBHOOKS allows it for development."
        problems.append(Problem("unsigned-refused", "scheme", message, hint))
    if secret:
        problems.append(
            Problem("secret-refused", "secret", "Unsigned means without a secret.", "Leave it out.")
        )
    if not reason.strip():
        problems.append(
            Problem(
                "missing-reason",
                "reason",
                "Why does it have to be unsigned?",
                "Say it; it is kept in the trail.",
            )
        )
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidError(problems)


def _problems(
    values: Mapping[str, Any], module: Module | None, contract: Mapping[str, Any] | None
) -> list[Problem]:
    """What can't be used of an endpoint's settings. Raises InvalidError for texts that can't be stored."""
    require_texts(
        Endpoint, **{name: value for name, value in values.items() if name == "name" or name in PATHS}
    )
    problems = []
    for name, (least, most) in RANGES.items():
        value = values.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"{quoted(value)} can't be used."
            problems.append(Problem("out-of-range", name, message, f"Send {least:,} to {most:,}."))
    for name in PATHS:
        if values.get(name) and not mapping.PATH.fullmatch(values[name]):
            message = f"{quoted(values[name])} is no path into a body."
            problems.append(Problem("bad-path", name, message, "Write it like order.number."))
    if values.get("record_path") and module is None:
        message = "A record is one of a module, and the endpoint has none."
        problems.append(Problem("record-without-module", "record_path", message, "Choose the module."))
    problems += _network_problems(values.get("allowed_networks", []))
    if contract is not None:
        require_object(contract, "contract")
        violation = contracts.contract_violation(contract)
        if violation is not None:
            problems.append(Problem("bad-contract", *violation, "Send a JSON Schema (2020-12)."))
    return problems


def _network_problems(networks: Any) -> list[Problem]:
    if not isinstance(networks, list) or len(networks) > MAX_NETWORKS:
        message = f"This is a list of at most {MAX_NETWORKS} addresses and networks."
        return [Problem("wrong-value-type", "allowed_networks", message, 'Send ["203.0.113.0/24"].')]
    problems = []
    for number, text in enumerate(networks):
        try:
            ipaddress.ip_network(text if isinstance(text, str) else "")
        except ValueError:
            hint = f"Write it like {listed(['203.0.113.7', '203.0.113.0/24', '2001:db8::/32'])}."
            message = f"{quoted(text)} is no address and no network."
            problems.append(Problem("bad-network", f"allowed_networks[{number}]", message, hint))
    return problems


def _facts(endpoint: Endpoint) -> dict[str, Any]:
    """What the trail tells of an endpoint: everything but its address and its secrets."""
    return {
        "key": endpoint.key,
        "scheme": endpoint.scheme,
        "module": endpoint.source.module.key if endpoint.source.module else None,
        "contract": endpoint.source.contract,
        **{name: getattr(endpoint, name) for name in CHANGEABLE},
    }
