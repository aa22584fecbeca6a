"""What a request is held against, in order. Nothing is written here; `storing` writes what came of it.

Each check leaves a line, so that the test console shows the very path that real requests take.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from rest_framework.exceptions import ParseError

from automations.api.parsing import parse_json
from automations.runtime import contracts
from webhooks.encryption import UnreadableSecretError, decrypt
from webhooks.inbound import mapping
from webhooks.inbound.models import UNSIGNED, Endpoint, EndpointSecret, Receipt
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.requests import AWAY, NOT_FOUND, UNAUTHENTIC, Incoming, Reply, refusal
from webhooks.inbound.schemes import FORM, Envelope, MalformedError, Scheme

logger = logging.getLogger(__name__)

Verdict = Receipt.Verdict
OF_SENDERS = ("webhook-", "x-hub-", "x-github-", "stripe-", "x-slack-", "x-shopify-")
"""How the headers begin that a sender signs or names things with: twice, they would say two things."""


@dataclass(slots=True, eq=False)
class Judgement:
    """What one request is: a verdict with the answer where it is refused, else what its event will be made of.

    `checks` are (what was looked at, whether it held, a sentence), up to the first that did not hold.
    """

    incoming: Incoming
    endpoint: Endpoint | None = None
    verdict: str = Verdict.ACCEPTED
    reply: Reply | None = None
    detail: str = ""
    webhook_id: str = ""
    secret_hint: str = ""
    receipt: int = 0
    """The number of its delivery, once it has one."""
    event: int | None = None
    """The number of its event, likewise."""
    type: str = ""
    record_key: str = ""
    dedupe: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    checks: list[tuple[str, bool, str]] = field(default_factory=list)


class _RefusedError(Exception):
    """A check did not hold."""

    def __init__(self, check: str, verdict: str, reply: Reply, detail: str) -> None:
        super().__init__(detail)
        self.check, self.verdict, self.reply, self.detail = check, verdict, reply, detail


def judge(
    incoming: Incoming, endpoint: Endpoint | None, secrets: Sequence[EndpointSecret], *, now: datetime
) -> Judgement:
    """Hold one request against its endpoint. `secrets` are those that count now."""
    found = Judgement(incoming, endpoint)
    if endpoint is None or not endpoint.is_enabled or _is_refused(endpoint):
        found.endpoint, found.reply = None, NOT_FOUND
        return found
    try:
        _judge(found, endpoint, secrets, now)
    except _RefusedError as refused:
        found.verdict, found.reply, found.detail = refused.verdict, refused.reply, refused.detail
        found.checks.append((refused.check, False, refused.detail))
    return found


def _is_refused(endpoint: Endpoint) -> bool:
    """An unsigned endpoint answers only where the project allows it, however it came into the table."""
    return endpoint.scheme == UNSIGNED and not getattr(settings, "AUTOMATIONS_UNSIGNED_WEBHOOKS", False)


def _judge(found: Judgement, endpoint: Endpoint, secrets: Sequence[EndpointSecret], now: datetime) -> None:
    incoming, scheme = found.incoming, SCHEMES.get(endpoint.scheme)

    def passed(check: str, sentence: str) -> None:
        found.checks.append((check, True, sentence))

    passed("sender", _check_sender(endpoint, incoming.sender))
    body = _check_size(endpoint, incoming)
    passed("size", f"{len(body):,} bytes; {endpoint.max_body:,} are read.")
    content_type = _check_type(scheme, incoming)
    passed("content type", content_type)
    envelope = _check_headers(scheme, incoming)
    passed("headers", "What the scheme asks for is there and well formed.")
    found.webhook_id = envelope.id
    if envelope.at is not None:
        passed("time", _check_time(endpoint, envelope.at, now))
    if scheme.needs_secret:
        found.secret_hint = _check_signature(scheme, envelope, body, secrets)
        passed("signature", f"Made with the secret that ends in …{found.secret_hint}.")
    found.data = _read_body(body, content_type)
    passed("body", f"A JSON object with {len(found.data)} names.")
    found.webhook_id = scheme.id_of(envelope, found.data)[:256]
    answer = scheme.handshake(envelope, found.data)
    if answer is not None:
        found.verdict = Verdict.HANDSHAKE
        found.reply = Reply(200, answer[:1000].encode("utf-8", "replace"), "text/plain; charset=utf-8")
        passed("handshake", "The sender asks whether we are there, and is answered; no event is made.")
        return
    if endpoint.source.contract:
        _check_contract(endpoint, found.data)
        passed("contract", "The body is what the contract asks for.")
    _map(found, endpoint, scheme, envelope)
    passed(
        "event",
        f"Its type is {found.type}" + (f", its record {found.record_key}." if found.record_key else "."),
    )


def _check_sender(endpoint: Endpoint, sender: str) -> str:
    if not endpoint.allowed_networks:
        return "Requests from everywhere are read."
    try:
        address = ipaddress.ip_address(sender)
    except ValueError:
        address = None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    for text in endpoint.allowed_networks:
        network = _network(text)
        if address is not None and address.version == network.version and address in network:
            return f"{address} is in {network}."
    detail = f"{sender or 'An unknown address'} is in none of the allowed networks."
    raise _RefusedError("sender", Verdict.SENDER_REFUSED, NOT_FOUND, detail)


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _check_size(endpoint: Endpoint, incoming: Incoming) -> bytes:
    if incoming.body is None or len(incoming.body) > endpoint.max_body:
        detail = f"The body has more than {endpoint.max_body:,} bytes."
        raise _RefusedError("size", Verdict.TOO_LARGE, refusal(413, "body-too-large", detail), detail)
    return incoming.body


def _check_type(scheme: Scheme, incoming: Incoming) -> str:
    content_type = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = incoming.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        detail = "Send the body without Content-Encoding; compressed bodies are not read."
    elif not scheme.takes(content_type):
        detail = f"Send application/json, not {content_type[:80] or 'a body without Content-Type'}."
    else:
        return content_type
    raise _RefusedError(
        "content type", Verdict.WRONG_TYPE, refusal(415, "unsupported-media-type", detail), detail
    )


def _check_headers(scheme: Scheme, incoming: Incoming) -> Envelope:
    try:
        for name in sorted(incoming.repeated):
            if name.startswith(OF_SENDERS):
                raise MalformedError(f"The header {name[:80]} came more than once.")
        return scheme.read(incoming.headers)
    except MalformedError as error:
        reply = refusal(400, "malformed-headers", str(error))
        raise _RefusedError("headers", Verdict.MALFORMED, reply, str(error)) from error


def _check_time(endpoint: Endpoint, at: int, now: datetime) -> str:
    apart = int(now.timestamp()) - at
    said = f"{abs(apart):,} s {'old' if apart >= 0 else 'ahead of our clock'}"
    if abs(now.timestamp() - at) > endpoint.tolerance_seconds:
        detail = f"The signed time is {said}; {endpoint.tolerance_seconds} s are let pass."
        raise _RefusedError("time", Verdict.STALE, UNAUTHENTIC, detail)
    return f"The signed time is {said}."


def _check_signature(
    scheme: Scheme, envelope: Envelope, body: bytes, secrets: Sequence[EndpointSecret]
) -> str:
    try:
        keys = [_key_of(scheme.key, row.secret) for row in secrets]
    except UnreadableSecretError as error:
        logger.error("An endpoint's secret can't be read: %s", error)
        raise _RefusedError("signature", Verdict.BAD_SIGNATURE, AWAY, str(error)) from error
    made = scheme.verify(envelope, body, keys)
    if made is not None:
        return secrets[made].hint
    if not secrets:
        detail = "No secret counts any more. Add one."
    elif not envelope.given:
        detail = "The header holds no signature of this scheme that can be read."
    else:
        count = "the secret" if len(secrets) == 1 else f"any of the {len(secrets)} secrets"
        detail = f"The signature was not made with {count} over these bytes."
    raise _RefusedError("signature", Verdict.BAD_SIGNATURE, UNAUTHENTIC, detail)


@lru_cache(maxsize=1024)
def _key_of(scheme: str, stored: str) -> bytes:
    return SCHEMES.get(scheme).secret_bytes(decrypt(stored).decode())


def _read_body(body: bytes, content_type: str) -> dict[str, Any]:
    try:
        data = _form(body) if content_type == FORM else parse_json(body)
        if not isinstance(data, dict):
            raise ParseError("The body is no JSON object. Send {…}.")
    except ParseError as error:
        detail = str(error.detail)[:300]
        reply = refusal(400, "malformed-body", detail)
        raise _RefusedError("body", Verdict.BAD_BODY, reply, detail) from error
    return data


def _form(body: bytes) -> Any:
    """A form's fields, or what its field `payload` holds (Slack's buttons)."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000, errors="strict"))
    except (UnicodeDecodeError, ValueError) as error:
        raise ParseError("The form can't be read.") from error
    if "payload" in fields:
        return parse_json(fields["payload"].encode("utf-8", "replace"), what="The payload")
    if any("\0" in text for pair in fields.items() for text in pair):
        raise ParseError("A field holds a NUL, which can't be stored.")
    return fields


def _check_contract(endpoint: Endpoint, data: dict[str, Any]) -> None:
    broken = contracts.first_violation(endpoint.source.contract, data)
    if broken is not None:
        detail = f"{broken[0]}: {broken[1]}"[:300]
        reply = refusal(400, "contract-violation", detail)
        raise _RefusedError("contract", Verdict.CONTRACT, reply, detail)


def _map(found: Judgement, endpoint: Endpoint, scheme: Scheme, envelope: Envelope) -> None:
    try:
        if endpoint.type_path:
            named = mapping.name_at(found.data, endpoint.type_path)
        else:
            named = scheme.type_of(envelope, found.data)
        found.type = mapping.event_type(endpoint.key, named)
        if endpoint.record_path:
            found.record_key = mapping.name_at(found.data, endpoint.record_path)
        if endpoint.dedupe_path:
            found.dedupe = mapping.name_at(found.data, endpoint.dedupe_path)
    except mapping.MappingError as error:
        reply = refusal(400, "unmapped-body", str(error))
        raise _RefusedError("event", Verdict.CONTRACT, reply, str(error)[:300]) from error
