"""Events of the product itself as deliveries: put into the outbox in the transaction that makes them happen, for each
subscription whose owner may see them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow

from automations import grants, permissions
from automations.models import Workflow
from automations.runtime.product_events import KINDS, ProductEvent
from automations.runtime.queue import wake_on_commit
from webhooks.outbound.bodies import MAX_BODY, chat_body, event_body
from webhooks.outbound.health import DISABLED
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import Delivery, Destination, Subscription
from webhooks.outbound.signing import new_message_id
from webhooks.secrets.known import KNOWN

OF_RULES = ("alert.raised", "alert.resolved")
"""What is told of an alert rule."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a batch of events somebody may see, whose values he may read, and where he may send."""

    everything: bool
    workflows: frozenset[int]
    readable: frozenset[int]
    subjects: frozenset[tuple[str, int]]
    destinations: frozenset[int]

    def sees(self, event: ProductEvent) -> bool:
        """An event of a workflow is for who sees the workflow; one of none for who sees its subject, or everything."""
        if event.workflow is not None:
            return event.workflow in self.workflows
        return self.everything or event.subject in self.subjects

    def reads(self, event: ProductEvent) -> bool:
        if event.workflow is not None:
            return event.workflow in self.readable
        return self.sees(event)


def hear(events: Sequence[ProductEvent]) -> None:
    """Make the deliveries of a batch of events: one query where nobody has subscribed to any of them, one insert else."""
    kinds = sorted({event.kind for event in events})
    rows = Subscription.objects.filter(
        kinds__has_any_keys=kinds, owner__is_active=True, destination__archived_at=None
    )
    subscriptions = list(rows.select_related("destination", "owner").order_by("pk"))
    if not subscriptions:
        return
    workflows = Workflow.objects.in_bulk({event.workflow for event in events if event.workflow is not None})
    sights = _sights(subscriptions, events)
    bound = _bound(subscriptions, events, sights)
    KNOWN.refresh()
    made = [
        _delivery(subscription, event, workflows, name, sights[subscription.owner_id])
        for event in events
        for name in (uuid.uuid4().hex,)
        for subscription in subscriptions
        if _wants(subscription, event, workflows, bound)
        and _may(sights[subscription.owner_id], subscription, event)
    ]
    if made:
        Delivery.objects.bulk_create(made)
        wake_on_commit(TASK)


def _sights(subscriptions: Iterable[Subscription], events: Sequence[ProductEvent]) -> dict[int | None, Sight]:
    owners = {subscription.owner_id: subscription.owner for subscription in subscriptions}
    workflows = {event.workflow for event in events if event.workflow is not None}
    subjects: dict[str, set[int]] = {}
    for event in events:
        if event.workflow is None and event.subject[0] in grants.MODELS:
            subjects.setdefault(event.subject[0], set()).add(event.subject[1])
    return {pk: _sight(owner, workflows, subjects) for pk, owner in owners.items()}


def _sight(owner: Any, workflows: set[int], subjects: Mapping[str, set[int]]) -> Sight:
    def of(rows: Any) -> frozenset[int]:
        return (
            frozenset(rows.filter(pk__in=workflows).values_list("pk", flat=True))
            if workflows
            else frozenset()
        )

    return Sight(
        everything=permissions.may_do_all(owner),
        workflows=of(permissions.visible_workflows(owner)),
        readable=of(permissions.workflows_with(owner, "view_payloads")),
        subjects=frozenset(
            (noun, pk)
            for noun, pks in subjects.items()
            for pk in permissions.things_with(owner, noun, *grants.RIGHTS[noun])
            .filter(pk__in=pks)
            .values_list("pk", flat=True)
        ),
        destinations=frozenset(
            permissions.things_with(owner, "destination", "use", "change").values_list("pk", flat=True)
        ),
    )


def _rule_of(event: ProductEvent) -> int | None:
    """The rule that an alert is of."""
    rule = event.facts.get("rule_id")
    return rule if isinstance(rule, int) and event.kind in OF_RULES else None


def _bound(
    subscriptions: Iterable[Subscription], events: Sequence[ProductEvent], sights: Mapping[int | None, Sight]
) -> set[int]:
    """The rules that name a destination which may be told: what they find goes there alone. Where none of those that are
    named may be told any more, it goes to all that hear of alerts, so that nothing falls silent."""
    return {
        rule
        for event in events
        if (rule := _rule_of(event)) is not None
        for subscription in subscriptions
        if subscription.rule_id == rule and _may(sights[subscription.owner_id], subscription, event)
    }


def _wants(
    subscription: Subscription, event: ProductEvent, workflows: Mapping[int, Workflow], bound: set[int]
) -> bool:
    if event.kind not in subscription.kinds:
        return False
    rule = _rule_of(event)
    if subscription.rule_id is not None or rule in bound:
        return subscription.rule_id == rule
    if subscription.workflow_id is not None:
        return event.workflow == subscription.workflow_id
    if subscription.team:
        workflow = workflows.get(event.workflow) if event.workflow is not None else None
        return workflow is not None and workflow.team == subscription.team
    return True


def _may(sight: Sight, subscription: Subscription, event: ProductEvent) -> bool:
    return subscription.destination_id in sight.destinations and sight.sees(event)


def _delivery(
    subscription: Subscription,
    event: ProductEvent,
    workflows: Mapping[int, Workflow],
    name: str,
    sight: Sight,
) -> Delivery:
    destination = subscription.destination
    workflow = workflows.get(event.workflow) if event.workflow is not None else None
    ended = destination.state == Destination.State.DISABLED
    return Delivery(
        destination=destination,
        key=f"subscription:{subscription.pk}:{name}",
        message_id=new_message_id(),
        type=event.kind,
        body=KNOWN.text(body_of(subscription, event, workflow, with_values=sight.reads(event))),
        about=f"{event.subject[0]}:{event.subject[1]}",
        retry_refusals=destination.retry_other_refusals is not False,
        max_attempts=destination.max_attempts,
        state=Delivery.State.FAILED if ended else Delivery.State.PENDING,
        error=DISABLED if ended else "",
        due_at=TransactionNow(),
        finished_at=event.now if ended else None,
        created_at=event.now,
    )


def body_of(
    subscription: Subscription, event: ProductEvent, workflow: Workflow | None, *, with_values: bool
) -> str:
    """What a destination is told of an event: a message of Standard Webhooks, or a line for a channel. Values that people or
    records gave are in it where the subscription wants them and `with_values` allows it."""
    kind, number = event.subject
    site = getattr(settings, "AUTOMATIONS_SITE_URL", "").rstrip("/")
    url = f"{site}/{event.address}" if site and event.address else None
    if subscription.destination.format != Destination.Format.WEBHOOK:
        of = f"“{workflow.name}”: " if workflow is not None else ""
        text = f"{of}{KINDS.get(event.kind)} ({kind} {number})." + (f" {url}" if url else "")
        return chat_body(subscription.destination.format, text)
    data: dict[str, Any] = {
        "subject": {"kind": kind, "id": number},
        "workflow": {"id": workflow.pk, "key": workflow.key, "name": workflow.name} if workflow else None,
        "facts": dict(event.facts),
        "url": url,
    }
    if subscription.with_values and with_values:
        whole = event_body(event.kind, event.now, {**data, "values": dict(event.private)})
        if len(whole.encode()) <= MAX_BODY:
            return whole
    return event_body(event.kind, event.now, data)
