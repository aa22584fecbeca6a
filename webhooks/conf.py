"""The settings of a Django project that calls to others read, each with what it is where the project says nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from webhooks.outbound.addresses import Allowed, allowed_from
from webhooks.outbound.dialling import Limits

DEFAULTS: dict[str, Any] = {
    "WEBHOOKS_ALLOWED_ADDRESSES": (),
    "WEBHOOKS_OWN_ADDRESSES": (),
    "WEBHOOKS_CONNECT_SECONDS": 5,
    "WEBHOOKS_TOTAL_SECONDS": 15,
    "WEBHOOKS_SENDERS": 1,
    "WEBHOOKS_CALLS_AT_ONCE": 20,
    "WEBHOOKS_DELIVERED_KEPT_DAYS": 30,
    "WEBHOOKS_FAILED_KEPT_DAYS": 90,
}


def setting(name: str) -> Any:
    """A project's own value of one of DEFAULTS, or the default."""
    return getattr(settings, name, DEFAULTS[name])


def allowed_addresses() -> Allowed:
    return allowed_from(
        tuple(setting("WEBHOOKS_ALLOWED_ADDRESSES")), tuple(setting("WEBHOOKS_OWN_ADDRESSES"))
    )


def limits() -> Limits:
    return Limits(
        connect_seconds=setting("WEBHOOKS_CONNECT_SECONDS"), total_seconds=setting("WEBHOOKS_TOTAL_SECONDS")
    )


@register(Tags.security)
def check_addresses(**_: Any) -> list[CheckMessage]:
    """What may be called is written as addresses and networks, or nothing can be called."""
    try:
        allowed_addresses()
    except ValueError as error:
        return [
            Error(
                f"WEBHOOKS_ALLOWED_ADDRESSES or WEBHOOKS_OWN_ADDRESSES can't be used: {error}.",
                hint="Write networks as 10.1.2.0/24 and single addresses as 10.1.2.3.",
                id="webhooks.E010",
            )
        ]
    return []
