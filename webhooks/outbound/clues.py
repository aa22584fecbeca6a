"""What a diagnosis hears of the destinations that a workflow calls, and of the secrets that are sent there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from automations.insight.diagnosis.parts import Finding, Press, Severity, Thing
from automations.insight.diagnosis.presses import MENDERS
from automations.insight.diagnosis.scene import CLUES, PAGES, Clues, Scene, thing_of
from webhooks.outbound.composing import destinations, secrets_of
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.schedule import WARN_AFTER
from webhooks.secrets.models import Secret

NOUN, SECRET = "destination", "secret"


def beneath(things: Sequence[Thing]) -> list[Thing]:
    """The secrets that calls to these destinations send, each with the steps that call. Four queries."""
    called = {int(thing.pk): thing for thing in things if thing.noun == NOUN}
    nodes: dict[int, set[str]] = defaultdict(set)
    secrets: dict[int, Secret] = {}
    for pk, destination in (destinations(called) if called else {}).items():
        for secret in secrets_of(destination):
            secrets[secret.pk] = secret
            nodes[secret.pk] |= called[pk].nodes
    return [thing_of(secret, frozenset(nodes[pk]), behind=True) for pk, secret in secrets.items()]


def findings(scene: Scene) -> list[Finding]:
    """Destinations that are disabled or fail, and secrets that have expired. One query."""
    called = [thing for thing in scene.things if thing.noun == NOUN]
    found = [*_expired(scene)]
    if not called:
        return found
    rows = Delivery.objects.filter(destination__in=[thing.pk for thing in called], workflow=scene.workflow)
    failing = rows.filter(state__in=(Delivery.State.PENDING, Delivery.State.SENDING)).exclude(error="")
    tried = {
        row["destination"]: row
        for row in failing.order_by()
        .values("destination")
        .annotate(number=Count("pk"), next=Min("due_at", filter=Q(state="pending")), error=Max("error"))
    }
    for thing in called:
        destination: Destination = thing.row
        if destination.state == Destination.State.DISABLED:
            found.append(_disabled(thing))
        elif destination.failures:
            waiting: Mapping[str, Any] = tried.get(destination.pk, {})
            found.append(
                _failing(thing, waiting.get("number", 0), waiting.get("next"), waiting.get("error", ""))
            )
    return found


def _disabled(thing: Thing) -> Finding:
    destination: Destination = thing.row
    return Finding(
        "destination-disabled",
        Severity.BROKEN,
        f"“{destination.name}” is disabled: {destination.disabled_reason}",
        since=destination.failing_since or destination.disabled_at,
        node=min(thing.nodes, default=""),
        failure_code="destination-disabled",
        things=(thing,),
        link=thing.address,
    )


def _failing(thing: Thing, number: int, next_attempt_at: datetime | None, error: str) -> Finding:
    destination: Destination = thing.row
    many = "1 delivery is" if number == 1 else f"{number} deliveries are"
    waiting = f"; {many} still tried" if number else ""
    times = "once" if destination.failures == 1 else f"{destination.failures} times in a row"
    return Finding(
        "destination-failing",
        Severity.BROKEN if destination.failures >= WARN_AFTER else Severity.WARNING,
        f"“{destination.name}” has not taken what it was sent, {times}{waiting}.",
        since=destination.failing_since,
        number=number,
        node=min(thing.nodes, default=""),
        failure_code=error or "delivery-failed",
        retryable=bool(number),
        next_attempt_at=next_attempt_at,
        things=(thing,),
        link=thing.address,
    )


def _expired(scene: Scene) -> Iterator[Finding]:
    for thing in scene.things:
        expires_at = thing.row.expires_at if thing.noun == SECRET else None
        if expires_at is not None and expires_at <= scene.now:
            yield Finding(
                "secret-expired",
                Severity.BROKEN,
                f"The secret “{thing.key}” has expired.",
                since=expires_at,
                node=min(thing.nodes, default=""),
                failure_code="secret-expired",
                things=(thing,),
                link=thing.address,
            )


def mend_destination(scene: Scene, finding: Finding, thing: Thing) -> list[Press]:
    """Enable it, or mend what it is called with and try it."""
    row: Destination = thing.row
    if finding.code == "identity-lacks-right":
        return []
    why_not = _why_not(scene, thing)
    if row.state == Destination.State.DISABLED:
        call = {"method": "POST", "address": f"webhooks/destinations/{row.key}/enable/", "body": {}}
        why = f"{finding.sentence} Mend what it is called with first."
        return [Press("enable-destination", f"Enable “{row.name}”", why, thing.address, why_not, call)]
    test = {"method": "POST", "address": f"webhooks/destinations/{row.key}/test/", "body": {}}
    why = "What fails is a call to it: look at what it answers, correct its address, headers or secrets, and try it."
    return [Press("fix-destination", f"Mend “{row.name}” and try it", why, thing.address, why_not, test)]


def mend_secret(scene: Scene, finding: Finding, thing: Thing) -> list[Press]:
    if finding.code != "secret-expired":
        return []
    why = f"{finding.sentence} Calls are sent with it."
    return [
        Press(
            "renew-secret", f"Set another value of “{thing.key}”", why, thing.address, _why_not(scene, thing)
        )
    ]


def _why_not(scene: Scene, thing: Thing) -> str:
    if scene.holds("change", thing):
        return ""
    return f"You lack the right “change” on “{thing.name}”. {thing.row.owner or 'An admin'} can share it with you."


def register() -> None:
    PAGES[NOUN] = "webhooks/destinations/{key}/"
    PAGES[SECRET] = "webhooks/secrets/{key}/"
    PAGES["endpoint"] = "webhooks/endpoints/{key}/"
    CLUES.register("deliveries", Clues(findings, beneath))
    MENDERS[NOUN] = mend_destination
    MENDERS[SECRET] = mend_secret
