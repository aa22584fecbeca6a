"""What exactly is sent in one attempt: the address, the headers with their secrets in them, the signatures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch

from automations import tracing
from webhooks.conf import allowed_addresses
from webhooks.encryption import UnreadableSecretError, decrypt
from webhooks.outbound.addressees import Addressee, BadUrlError, parse_url, require_callable
from webhooks.outbound.claims import Claimed, span_of_attempt
from webhooks.outbound.models import Destination, DestinationHeader
from webhooks.outbound.schedule import Result
from webhooks.outbound.signing import signed_headers
from webhooks.secrets.models import Secret
from webhooks.secrets.sending import SecretRefusedError, value_for

OURS = frozenset(
    (
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "accept-encoding",
        "expect",
        "te",
        "trailer",
        "upgrade",
        "proxy-authorization",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    )
)
"""Headers that a destination can't set: they say how the message is read."""
SIGNATURE = "webhook-signature"
AGENT = "Automations-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Composed:
    """A call as it goes out, and how long it may take. Holds secrets: it is sent, and never kept; `shown` are its headers
    with the name of each secret in its place, and without signatures."""

    addressee: Addressee
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 60
    shown: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<call to {self.addressee.host}>"


def destinations(pks: Iterable[int]) -> dict[int, Destination]:
    """Destinations with all that a call to them needs, in four queries."""
    rows = Destination.objects.select_related("url_secret").prefetch_related(
        Prefetch("headers", DestinationHeader.objects.select_related("secret")), "signing_keys"
    )
    return {row.pk: row for row in rows.filter(pk__in=set(pks))}


def secrets_of(destination: Destination) -> list[Secret]:
    """Those that a call to it sends."""
    sent = (destination.url_secret, *(row.secret for row in destination.headers.all()))
    return [secret for secret in sent if secret is not None]


def compose(claimed: Claimed, destination: Destination, *, now: datetime) -> Composed | Result:
    """The call of this attempt, or the result of one that can't be made."""
    body = claimed.body.encode()
    try:
        addressee = require_callable(destination.url, allowed_addresses())
        if destination.url_secret is not None:
            address = destination.url + value_for(destination.url_secret, addressee.host)
            whole = parse_url(address)
            if (whole.scheme, whole.host, whole.port) != (addressee.scheme, addressee.host, addressee.port):
                return Result(
                    error="secret-not-for-host",
                    message="The secret would change whom the call goes to.",
                    refused=True,
                )
            addressee = whole
        headers = {
            "Content-Type": claimed.content_type,
            "User-Agent": AGENT,
            **_correlation(claimed, {row.name.lower() for row in destination.headers.all()}),
            **{row.name: _text(row, addressee.host) for row in destination.headers.all()},
        }
        if destination.format == Destination.Format.WEBHOOK:
            keys = [
                decrypt(key.value)
                for key in destination.signing_keys.all()
                if key.expires_at is None or key.expires_at > now
            ]
            headers |= signed_headers(
                keys, message_id=claimed.message_id, timestamp=int(now.timestamp()), body=body
            )
    except BadUrlError as error:
        return Result(error=error.code, message=error.message, refused=True)
    except SecretRefusedError as error:
        return Result(error=error.code, message=error.message, refused=True)
    except UnreadableSecretError:
        message = "The signing key can't be read: its key is no longer in the settings."
        return Result(error="secret-unreadable", message=message, refused=True)
    return Composed(addressee, headers, body, destination.timeout_seconds, _shown(headers, destination))


def _shown(headers: Mapping[str, str], destination: Destination) -> dict[str, str]:
    """The headers as people may read them."""
    named = {row.name: f"{row.text}<{row.secret.key}>" for row in destination.headers.all() if row.secret}
    signed = {SIGNATURE: "<signature>"} if SIGNATURE in headers else {}
    return {**headers, **named, **signed}


def _correlation(claimed: Claimed, own: Collection[str]) -> dict[str, str]:
    """What the other side's log and traces can be matched by; a header that the destination sets itself has its way."""
    if claimed.correlation is None:
        return {}
    told = {"X-Request-Id": str(claimed.correlation)}
    if tracing.is_traced(claimed.correlation):
        told["traceparent"] = tracing.traceparent(claimed.correlation, span_of_attempt(claimed))
    return {name: text for name, text in told.items() if name.lower() not in own}


def _text(row: DestinationHeader, host: str) -> str:
    return row.text + (value_for(row.secret, host) if row.secret is not None else "")
