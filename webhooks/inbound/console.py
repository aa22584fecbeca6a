"""The test console: a sample signed as its sender would, and what each check says to it. Nothing is taken in unless asked."""

from __future__ import annotations

import ipaddress
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.services.audit import write_audit
from webhooks.encryption import decrypt
from webhooks.inbound import storing
from webhooks.inbound.judging import Judgement, judge
from webhooks.inbound.limits import Limits
from webhooks.inbound.models import Endpoint
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.requests import MAX_BODY, Incoming, Reply


@dataclass(frozen=True, slots=True)
class Trial:
    """What a sample was sent as, what the checks said, and the answer that it gets, or would get."""

    headers: dict[str, str]
    judgement: Judgement
    reply: Reply | None


def try_endpoint(
    *,
    endpoint: Endpoint,
    body: str,
    actor: Any,
    now: datetime,
    type: str = "",
    id: str = "",
    age_seconds: int = 0,
    sender: str = "",
    accept: bool = False,
) -> Trial:
    """Sign a body with the endpoint's newest secret and hold it against the endpoint as if it had come in.

    Signed `age_seconds` ago; from `sender`, or the first address that is allowed. With `accept` it is taken in as a real one, which the
    trail tells. Raises InvalidError for a body that is too large, ConflictError where nothing can be signed.
    """
    raw = body.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BODY:
        message = f"The body has more than {MAX_BODY:,} bytes."
        raise InvalidError([Problem("too-long", "body", message, "Send a smaller sample.")])
    scheme = SCHEMES.get(endpoint.scheme)
    if not scheme.can_sign:
        raise ConflictError("Only the sender holds the private key, so nothing can be signed here.")
    counting = [row for row in endpoint.secrets.all() if row.expires_at is None or row.expires_at > now]
    if scheme.needs_secret and not counting:
        raise ConflictError("No secret counts any more. Add one first.")
    key = scheme.secret_bytes(decrypt(counting[0].secret).decode()) if scheme.needs_secret else b""
    headers = {
        "content-type": "application/json",
        **scheme.sign(
            secret=key,
            body=raw,
            id=id or f"test_{secrets.token_hex(12)}",
            at=int(now.timestamp()) - age_seconds,
            type=type,
        ),
    }
    token = decrypt(endpoint.token).decode()
    incoming = Incoming(token, headers, raw, sender or _allowed_address(endpoint), started=time.monotonic())
    found = judge(incoming, endpoint, counting, now=now)
    if not accept or found.reply is not None:
        return Trial(headers, found, found.reply)
    with transaction.atomic():
        (reply,) = storing.answer([incoming], now=now, limits=Limits(ahead=False))
        after = {"webhook_id": found.webhook_id, "type": found.type}
        write_audit(actor=actor, action="endpoint.sample_accepted", obj=endpoint, after=after)
    return Trial(headers, found, reply)


def _allowed_address(endpoint: Endpoint) -> str:
    networks = endpoint.allowed_networks
    return str(ipaddress.ip_network(networks[0])[0]) if networks else ""
