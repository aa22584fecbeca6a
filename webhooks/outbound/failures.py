"""What helps against failures of calls to others, by the codes that steps, deliveries and their attempts have."""

from __future__ import annotations

from collections.abc import Mapping

from automations.engine.remedies import Place, Remedy
from automations.insight.failures import REMEDIES

_OF_CALLS = frozenset(("destination", "secret"))


def _theirs(what_to_do: str) -> Remedy:
    return Remedy("receiver", what_to_do, Place.DESTINATIONS, _OF_CALLS)


def _ours(what_to_do: str, place: Place = Place.DESTINATIONS) -> Remedy:
    return Remedy("user", what_to_do, place, _OF_CALLS)


_AWAY = "See that the address is right and that the other side is up; then send it anew, or redrive."
_ADDRESS = "Correct the destination's address; then send it anew, or redrive."
_TLS = "The other side renews its certificate, or the address is corrected; then send it anew, or redrive."

OF_CALLS: Mapping[str, Remedy] = {
    "delivery-failed": _theirs(
        "Look at what the destination answers, mend its address, headers or secrets, or let the other side mend it; try it,"
        " then redrive."
    ),
    "destination-disabled": _ours(
        "Mend what the destination is called with, enable it again, then send the failed ones anew or redrive."
    ),
    "unknown-destination": _ours(
        "Make the destination again or name another in the step and publish; then retry."
    ),
    "wrong-format": Remedy(
        "user",
        "Name a destination in the step that takes such messages, and publish; then retry.",
        Place.WORKFLOW,
        frozenset(("destination", "workflow")),
    ),
    "body-too-large": Remedy(
        "user",
        "Send less: take fields out of the step's body, and publish; then retry.",
        Place.WORKFLOW,
        frozenset(("workflow", "module")),
    ),
    "lost": Remedy(
        "engine",
        "Workers ended while they had the call in hand, so that it may have arrived: look there, then send it anew or redrive.",
        Place.DESTINATIONS,
    ),
    "run-ended": _ours(
        "Nothing: the run that it was for has ended. Retry that run if the work is still wanted."
    ),
    "secret-expired": _ours("Set another value of the secret, and redrive what failed.", Place.SECRETS),
    "secret-not-for-host": _ours(
        "Let the secret be sent to this host, or correct the address; then redrive.", Place.SECRETS
    ),
    "secret-unreadable": Remedy(
        "engine",
        "Put the key back into AUTOMATIONS_SECRET_KEYS, or set the secret's value anew; then redrive.",
        Place.SECRETS,
        _OF_CALLS,
    ),
    "bad-url": _ours(_ADDRESS),
    "bad-scheme": _ours(_ADDRESS),
    "bad-host": _ours(_ADDRESS),
    "odd-ipv4": _ours(_ADDRESS),
    "userinfo-in-url": _ours(_ADDRESS),
    "forbidden-address": _ours(
        "Calls into this network are forbidden: correct the address, or let an admin allow it in"
        " WEBHOOKS_ALLOWED_ADDRESSES."
    ),
    "name-lookup-failed": _theirs(_AWAY),
    "connection-failed": _theirs(_AWAY),
    "connect-timeout": _theirs(_AWAY),
    "connection-broken": _theirs(_AWAY),
    "timeout": _theirs(_AWAY),
    "bad-answer": _theirs(_AWAY),
    "bad-certificate": _theirs(_TLS),
    "tls-failed": _theirs(_TLS),
    "redirect": _ours(
        "Redirects are never followed: give the destination the address that the answer names."
    ),
    "status-": _theirs(
        "Look at what the destination answers: a wrong address or secret is mended here, all else on the other side; then"
        " send it anew, or redrive."
    ),
}
"""“status-” stands for every status that an answer can have: “status-503”."""


def register() -> None:
    for code, remedy in OF_CALLS.items():
        REMEDIES.register(code, remedy)
