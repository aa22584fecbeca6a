"""Subscriptions over the API: which events of the product itself a destination is told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.runtime.product_events import KINDS
from webhooks.outbound import subscriptions as services
from webhooks.outbound.api import destination_for, visible
from webhooks.outbound.models import Subscription

TAG = "destinations"


class ProductEventAnswer(Answer):
    kind = serializers.CharField()
    words = serializers.CharField(help_text="What happened.")


class ProductEventsAnswer(Answer):
    results = ProductEventAnswer(many=True)


class SubscribedWorkflow(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField(allow_null=True, help_text="null where you may not see it.")


class SubscriptionAnswer(Answer):
    id = serializers.IntegerField()
    kinds = serializers.ListField(child=serializers.CharField())
    workflow = serializers.SerializerMethodField(help_text="Of this workflow alone; null: of all.")
    team = serializers.CharField(help_text="Of the workflows of this team alone; empty: of all.")
    rule = serializers.IntegerField(
        source="rule_id", allow_null=True, help_text="Of what this alert rule finds alone."
    )
    with_values = serializers.BooleanField(help_text="With what records hold and people wrote.")
    owner = UserName(allow_null=True, help_text="Whose sight limits what is sent; null: nothing is.")
    may_change = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_workflow(self, subscription: Subscription) -> dict[str, Any] | None:
        if subscription.workflow is None:
            return None
        seen = subscription.workflow_id in self.context["seen"]
        name = subscription.workflow.name if seen else None
        return {"id": subscription.workflow_id, "name": name}

    def get_may_change(self, subscription: Subscription) -> bool:
        return bool(self.context["changes"] or subscription.owner_id == self.context["actor"].pk)


class SubscriptionSettings(Body):
    workflow = serializers.IntegerField(required=False, allow_null=True)
    team = serializers.CharField(required=False, allow_blank=True, max_length=80)
    with_values = serializers.BooleanField(required=False)


class SubscriptionBody(SubscriptionSettings):
    kinds = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100)


class SubscriptionChangeBody(SubscriptionSettings):
    read_only_names = ("owner", "destination")
    kinds = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100, required=False)


EXAMPLE: dict[str, Any] = {
    "id": 5,
    "kinds": ["run.failed", "approval.asked"],
    "workflow": None,
    "team": "Finance",
    "rule": None,
    "with_values": False,
    "owner": "alice",
    "may_change": True,
    "created_at": "2026-03-29T14:30:00Z",
}
SENT: dict[str, Any] = {"kinds": ["run.failed", "approval.asked"], "team": "Finance"}


def answers(view: ApiView, rows: Sequence[Subscription], *, changes: bool) -> Any:
    named = [row.workflow_id for row in rows if row.workflow_id is not None]
    seen = permissions.visible_workflows(view.actor).filter(pk__in=named).values_list("pk", flat=True)
    context = {"seen": set(seen) if named else set(), "changes": changes, "actor": view.actor}
    return SubscriptionAnswer(rows, many=True, context=context).data


def subscription_for(view: ApiView, pk: int, *, change: bool = False) -> Subscription:
    """The subscription, if the actor sees its destination. Raises ForbiddenError where it is to be changed, and is neither theirs
    nor of a destination that they may change."""
    rows = Subscription.objects.select_related("destination", "workflow", "owner")
    found = rows.filter(pk=pk, destination__in=visible(view.actor).values("pk")).first()
    if found is None:
        raise NotFoundError("There is no such subscription.")
    if change and found.owner_id != view.actor.pk and not _changes(view, found):
        raise ForbiddenError(
            "This is the subscription of somebody else, and you may not change its destination."
        )
    return found


def _changes(view: ApiView, subscription: Subscription) -> bool:
    return permissions.holds(view.actor, "change", subscription.destination)


def _with_workflow(view: ApiView, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, with the workflow itself. Raises NotFoundError for one that the actor may not see."""
    wanted = dict(given)
    if wanted.get("workflow") is not None:
        found = permissions.visible_workflows(view.actor).filter(pk=wanted["workflow"]).first()
        if found is None:
            raise NotFoundError("There is no such workflow.", code="unknown-workflow")
        wanted["workflow"] = found
    return wanted


class ProductEventsView(ApiView):
    @operation(
        "product_events_list",
        TAG,
        answer=ProductEventsAnswer,
        example={"results": [{"kind": "run.failed", "words": "A run failed"}]},
    )
    def get(self, request: Request) -> Response:
        """The events of the product itself that a destination can be told of."""
        return Response({"results": [{"kind": kind, "words": words} for kind, words in KINDS.items()]})


class SubscriptionsView(ApiView):
    @operation("subscriptions_list", TAG, answer=SubscriptionAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """What the destination is told of, newest first."""
        destination = destination_for(self, key)
        changes = permissions.holds(self.actor, "change", destination)
        rows = Subscription.objects.filter(destination=destination).select_related("workflow", "owner")
        return Response(page_of(request, rows, lambda page: answers(self, list(page), changes=changes)))

    @operation(
        "subscriptions_create",
        TAG,
        request=SubscriptionBody,
        answer=SubscriptionAnswer,
        status=201,
        idempotent=True,
        sent=SENT,
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request, key: str) -> Response:
        """Tell the destination of these events, as far as you may see them."""
        destination = destination_for(self, key, right="use")
        wanted = _with_workflow(self, self.body(SubscriptionBody))
        made = services.create_subscription(destination=destination, **wanted, actor=self.actor)
        return Response(answers(self, [made], changes=True)[0], status=201)


class SubscriptionView(ApiView):
    @operation("subscriptions_get", TAG, answer=SubscriptionAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """One subscription."""
        found = subscription_for(self, pk)
        return Response(answers(self, [found], changes=_changes(self, found))[0])

    @operation(
        "subscriptions_update",
        TAG,
        request=SubscriptionChangeBody,
        answer=SubscriptionAnswer,
        sent={"with_values": True},
        example={**EXAMPLE, "with_values": True},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change it. It becomes yours: from now on your sight limits what is sent."""
        found = subscription_for(self, pk, change=True)
        changes = _with_workflow(self, self.body(SubscriptionChangeBody))
        services.update_subscription(subscription=found, changes=changes, actor=self.actor)
        return Response(answers(self, [subscription_for(self, pk)], changes=True)[0])

    @operation("subscriptions_delete", TAG, status=204)
    def delete(self, request: Request, pk: int) -> Response:
        """Tell no more. What is on its way arrives."""
        found = subscription_for(self, pk, change=True)
        services.delete_subscription(subscription=found, actor=self.actor)
        return Response(status=204)
