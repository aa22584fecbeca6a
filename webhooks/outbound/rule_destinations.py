"""Where one alert rule is told: destinations that hear of what it finds, and nobody else does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import alert_rights, permissions
from automations.engine.errors import Problem
from automations.errors import ForbiddenError, InvalidError
from automations.grants import THING_RIGHTS
from automations.models import AlertRule
from automations.services.audit import write_audit
from webhooks.outbound.models import Destination, Subscription
from webhooks.outbound.telling import OF_RULES

MOST = 10
"""Destinations of one rule."""


@transaction.atomic
def set_rule_destinations(
    *, alert_rule: AlertRule, destinations: Sequence[Destination], actor: Any
) -> list[Destination]:
    """Tell these destinations, and no others, of what a rule finds; none: all that hear of alerts. Those that the actor does
    not see stay named. Gives those that are named and that he sees.

    Raises ForbiddenError when the actor may not say what the rule does, or may not send to one that is new, InvalidError for
    too many.
    """
    rule = AlertRule.objects.select_for_update(of=("self",), no_key=True).get(pk=alert_rule.pk)
    if not alert_rights.may_set_rule(actor, rule.workflow):
        raise ForbiddenError("Only who may change the rule says where it is told.")
    wanted = {one.pk: one for one in destinations}
    rows = Subscription.objects.filter(rule=rule).select_related("destination")
    before = {row.destination_id: row for row in rows}
    hidden = before.keys() - set(_seen(actor).filter(pk__in=before).values_list("pk", flat=True))
    if len(wanted.keys() | hidden) > MOST:
        message = f"A rule names at most {MOST} destinations."
        raise InvalidError([Problem("too-many", "destinations", message, "Leave some out.")])
    for pk in wanted.keys() - before.keys():
        permissions.require_right(actor, "use", wanted[pk])
        Subscription.objects.create(
            destination=wanted[pk], kinds=list(OF_RULES), rule=rule, owner=actor, created_at=timezone.now()
        )
    gone = before.keys() - wanted.keys() - hidden
    Subscription.objects.filter(rule=rule, destination__in=gone).delete()
    kept = [row.destination for pk, row in before.items() if pk not in gone]
    after = sorted({one.key for one in [*kept, *destinations]})
    was = sorted(row.destination.key for row in before.values())
    if after != was:
        write_audit(
            actor=actor,
            action="alert_rule.destinations_set",
            obj=rule,
            before={"destinations": was},
            after={"destinations": after},
        )
    return list(destinations)


def destinations_of(rules: Sequence[int], actor: Any) -> dict[int, list[Destination]]:
    """By rule, those of its destinations that the actor sees."""
    rows = Subscription.objects.filter(rule__in=rules, destination__in=_seen(actor).values("pk"))
    found: dict[int, list[Destination]] = {rule: [] for rule in rules}
    for row in rows.select_related("destination").order_by("destination__key"):
        found[row.rule_id or 0].append(row.destination)
    return found


def _seen(actor: Any) -> Any:
    return permissions.things_with(actor, "destination", *THING_RIGHTS).filter(archived_at=None)
