"""The senders that sign in their own way, and the table of all schemes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from automations.registry import Registry
from webhooks.inbound import signatures
from webhooks.inbound.schemes import (
    FORM,
    Envelope,
    MalformedError,
    Scheme,
    StandardKeyScheme,
    StandardScheme,
    required,
    text_of,
    timestamp,
)


class GitHubScheme(Scheme):
    """Signs the body alone: neither the time nor the delivery's id, so that a repetition is known by an id that
    anybody who has the body and its signature could change."""

    key = "github"
    label = "GitHub"
    makes_secret = True

    def read(self, headers: Mapping[str, str]) -> Envelope:
        header = required(headers, "x-hub-signature-256")
        name = _named(headers, "x-github-delivery")
        raw = signatures.strict_hex(header.removeprefix("sha256=")) if header.startswith("sha256=") else None
        return Envelope([] if raw is None else [raw], name, type=required(headers, "x-github-event"))

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        signature = signatures.hmac_sha256(secret, body).hex()
        return {
            "x-github-delivery": id,
            "x-github-event": type or "push",
            "x-hub-signature-256": f"sha256={signature}",
        }

    def type_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        action = text_of(data.get("action"))
        return f"{envelope.type}.{action}" if action else envelope.type

    def handshake(self, envelope: Envelope, data: Mapping[str, Any]) -> str | None:
        return text_of(data.get("zen")) or "pong" if envelope.type == "ping" else None


class StripeScheme(Scheme):
    key = "stripe"
    label = "Stripe"

    def read(self, headers: Mapping[str, str]) -> Envelope:
        parts = signatures.pairs(required(headers, "stripe-signature"))
        times = [value for name, value in parts if name == "t"]
        if len(times) != 1 or not signatures.TIMESTAMP.fullmatch(times[0]):
            raise MalformedError("Stripe-Signature has one t=, the seconds since 1970.")
        given = [signatures.strict_hex(value) for name, value in parts if name == "v1"]
        return Envelope([raw for raw in given if raw is not None], timestamp=times[0])

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return f"{envelope.timestamp}.".encode() + body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        signature = signatures.hmac_sha256(secret, f"{at}.".encode() + body).hex()
        return {"stripe-signature": f"t={at},v1={signature}"}

    def id_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        return text_of(data.get("id"))


class SlackScheme(Scheme):
    key = "slack"
    label = "Slack"

    def read(self, headers: Mapping[str, str]) -> Envelope:
        at = timestamp(headers, "x-slack-request-timestamp")
        header = required(headers, "x-slack-signature")
        raw = signatures.strict_hex(header.removeprefix("v0=")) if header.startswith("v0=") else None
        return Envelope([] if raw is None else [raw], timestamp=at)

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return f"v0:{envelope.timestamp}:".encode() + body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        signature = signatures.hmac_sha256(secret, f"v0:{at}:".encode() + body).hex()
        return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={signature}"}

    def takes(self, content_type: str) -> bool:
        """Slash commands and buttons come as forms."""
        return content_type == FORM or super().takes(content_type)

    def id_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        """Events and commands have ids; whatever else there is is known by what was signed."""
        own = text_of(data.get("event_id")) or text_of(data.get("trigger_id"))
        return own or hashlib.sha256(b"".join(envelope.given)).hexdigest()

    def type_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        event = data.get("event")
        inner = text_of(event.get("type")) if isinstance(event, Mapping) else ""
        return inner or text_of(data.get("type")) or ("command" if "command" in data else "")

    def handshake(self, envelope: Envelope, data: Mapping[str, Any]) -> str | None:
        return text_of(data.get("challenge")) if data.get("type") == "url_verification" else None


class ShopifyScheme(Scheme):
    """Signs the body alone, as GitHub does."""

    key = "shopify"
    label = "Shopify"

    def read(self, headers: Mapping[str, str]) -> Envelope:
        raw = signatures.strict_base64(required(headers, "x-shopify-hmac-sha256"))
        name = _named(headers, "x-shopify-webhook-id")
        return Envelope([] if raw is None else [raw], name, type=required(headers, "x-shopify-topic"))

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        raw = signatures.hmac_sha256(secret, body)
        return {
            "x-shopify-webhook-id": id,
            "x-shopify-topic": type or "orders/create",
            "x-shopify-hmac-sha256": base64.b64encode(raw).decode(),
        }

    def type_of(self, envelope: Envelope, data: Mapping[str, Any]) -> str:
        return envelope.type


class UnsignedScheme(Scheme):
    """Believes everybody who knows the address. Only admins can choose it, and production refuses to start with it."""

    key = "unsigned"
    label = "Unsigned"
    needs_secret = False

    def read(self, headers: Mapping[str, str]) -> Envelope:
        return Envelope([], _named(headers, "webhook-id") if headers.get("webhook-id") else "")

    def signed(self, envelope: Envelope, body: bytes) -> bytes:
        return body

    def sign(self, *, secret: bytes, body: bytes, id: str, at: int, type: str = "") -> dict[str, str]:
        return {"webhook-id": id}


def _named(headers: Mapping[str, str], name: str) -> str:
    value = required(headers, name)
    if not signatures.ID.fullmatch(value):
        raise MalformedError(f"{name} has 1 to 256 letters, digits, “-” and “_”.")
    return value


SCHEMES: Registry[Scheme] = Registry("scheme")
for _scheme in (
    StandardScheme(),
    StandardKeyScheme(),
    GitHubScheme(),
    StripeScheme(),
    SlackScheme(),
    ShopifyScheme(),
    UnsignedScheme(),
):
    SCHEMES.register(_scheme.key, _scheme)
