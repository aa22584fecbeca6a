"""Which destinations are told of which events of the product itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import permissions
from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, InvalidError
from automations.models import Workflow
from automations.runtime.product_events import KINDS
from automations.services.audit import write_audit
from automations.services.texts import require_texts
from webhooks.outbound.models import Destination, Subscription

MOST = 50
"""Subscriptions of one destination."""
CHANGEABLE = ("kinds", "workflow", "team", "with_values")


@transaction.atomic
def create_subscription(
    *,
    destination: Destination,
    kinds: Any,
    actor: Any,
    workflow: Workflow | None = None,
    team: str = "",
    with_values: bool = False,
) -> Subscription:
    """Tell a destination of events of these kinds, as far as the actor may see them, of one workflow or team or of all.

    Raises InvalidError for kinds and limits that can't be, ConflictError when it has too many, ForbiddenError when the actor may
    not send there.
    """
    permissions.require_right(actor, "use", destination)
    subscription = Subscription(
        destination=Destination.objects.select_for_update(of=("self",), no_key=True).get(pk=destination.pk),
        kinds=kinds,
        workflow=workflow,
        team=team,
        with_values=with_values,
        owner=actor,
        created_at=timezone.now(),
    )
    _require_good(subscription)
    if destination.subscriptions.count() >= MOST:
        raise ConflictError(f"“{destination.name}” has {MOST} subscriptions. End one first.", code="too-many")
    subscription.save()
    write_audit(actor=actor, action="subscription.created", obj=subscription, after=_facts(subscription))
    return subscription


@transaction.atomic
def update_subscription(
    *, subscription: Subscription, changes: Mapping[str, Any], actor: Any
) -> Subscription:
    """Change what `CHANGEABLE` names. What is sent from now on is limited by the sight of who changed it last. Raises what
    `create_subscription` raises."""
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        message = f"{quoted(unknown[0])} of a subscription can't be changed."
        raise InvalidError([Problem("read-only-field", unknown[0], message, "Make another subscription.")])
    if subscription.rule_id is not None:
        detail = "It tells of one alert rule. Change where that rule is told, on the page of alerts."
        raise ConflictError(detail, code="of-a-rule")
    permissions.require_right(actor, "use", subscription.destination)
    held = Subscription.objects.select_for_update(of=("self",)).select_related("destination")
    subscription = held.get(pk=subscription.pk)
    before = _facts(subscription)
    for name, value in changes.items():
        setattr(subscription, name, value)
    subscription.owner = actor
    _require_good(subscription)
    subscription.save()
    write_audit(
        actor=actor,
        action="subscription.updated",
        obj=subscription,
        before=before,
        after=_facts(subscription),
    )
    return subscription


@transaction.atomic
def delete_subscription(*, subscription: Subscription, actor: Any, reason: str = "") -> None:
    """Tell no more. What is on its way arrives."""
    write_audit(
        actor=actor,
        action="subscription.deleted",
        obj=subscription,
        before=_facts(subscription),
        reason=reason,
    )
    subscription.delete()


def _require_good(subscription: Subscription) -> None:
    kinds = subscription.kinds
    problems: list[Problem] = []
    if not isinstance(kinds, list | tuple) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        message = "A subscription names at least one kind of event."
        problems.append(Problem("no-kinds", "kinds", message, f"Of {', '.join(KINDS)}."))
    else:
        problems += [
            Problem(
                "unknown-kind",
                f"kinds[{index}]",
                f"There is no event {quoted(kind)}.",
                f"There are {', '.join(KINDS)}.",
            )
            for index, kind in enumerate(kinds)
            if kind not in KINDS
        ]
        subscription.kinds = list(dict.fromkeys(kinds))
    if subscription.workflow is not None and subscription.team:
        message = "A subscription is limited to a workflow or to a team, not to both."
        problems.append(Problem("two-limits", "team", message, "Leave one of them out."))
    if problems:
        raise InvalidError(problems)
    require_texts(Subscription, team=subscription.team)


def _facts(subscription: Subscription) -> dict[str, Any]:
    return {
        "destination": subscription.destination.key,
        "kinds": subscription.kinds,
        "workflow": subscription.workflow.key if subscription.workflow else None,
        "team": subscription.team,
        "rule": subscription.rule_id,
        "with_values": subscription.with_values,
        "owner": subscription.owner.get_username() if subscription.owner else None,
    }
