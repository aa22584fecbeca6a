"""Subscriptions and sendings of many in the admin: what there is, and ending it. They are made on the pages and over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet

from automations import alert_rights, permissions
from automations.admin.base import SeenAdmin, with_reason
from automations.admin.tools import Task, Tool, ToolForm, ToolPages
from automations.grants import THING_RIGHTS
from automations.models import AlertRule
from webhooks.outbound.models import Destination, Resending, Subscription
from webhooks.outbound.resendings import stop_resending, visible_resendings
from webhooks.outbound.rule_destinations import set_rule_destinations
from webhooks.outbound.subscriptions import delete_subscription


def _end(subscription: Subscription, actor: Any, reason: str) -> None:
    if subscription.owner_id != actor.pk:
        permissions.require_right(actor, "change", subscription.destination)
    delete_subscription(subscription=subscription, actor=actor, reason=reason)


class RuleForm(ToolForm):
    rule = forms.ModelChoiceField(AlertRule.objects.none(), label="Of which rule")
    destinations = forms.ModelMultipleChoiceField(
        Destination.objects.none(),
        required=False,
        help_text="None: what it finds goes to all that hear of alerts.",
    )

    def prepare(self, thing: Any, actor: Any) -> None:
        rule, destinations = self.fields["rule"], self.fields["destinations"]
        assert isinstance(rule, forms.ModelChoiceField)
        assert isinstance(destinations, forms.ModelMultipleChoiceField)
        rule.queryset = alert_rights.visible_rules(actor)
        destinations.queryset = permissions.things_with(actor, "destination", "use", "change")


def _set(_: Any, actor: Any, given: Mapping[str, Any]) -> str:
    named = list(given["destinations"])
    set_rule_destinations(alert_rule=given["rule"], destinations=named, actor=actor)
    where = ", ".join(str(one) for one in named) or "all that hear of alerts"
    return f"What “{given['rule']}” finds is told to {where}."


OF_A_RULE = Tool(
    slug="of-a-rule",
    link="Tell of one alert rule…",
    may=lambda actor, _: True,
    tasks=lambda _, actor: [Task("set", "Set", _set, RuleForm)],
)


@admin.register(Subscription)
class SubscriptionAdmin(ToolPages):
    list_tools = (OF_A_RULE,)
    list_display = ("id", "destination", "kinds", "workflow", "team", "rule", "owner", "created_at")
    list_filter = ("destination", "with_values")
    list_select_related = ("destination", "workflow", "rule", "owner")
    search_fields = ("=destination__key", "team")
    actions = (with_reason("End…", _end),)

    @staticmethod
    def sees(actor: Any) -> QuerySet[Subscription]:
        seen = permissions.things_with(actor, "destination", *THING_RIGHTS)
        return Subscription.objects.filter(destination__in=seen.values("pk"))


@admin.register(Resending)
class ResendingAdmin(SeenAdmin):
    sees = staticmethod(visible_resendings)
    list_display = ("id", "count", "per_minute", "wanted", "actor", "created_at", "stopped_at")
    list_select_related = ("actor",)
    actions = (
        with_reason(
            "Stop…",
            lambda resending, actor, reason: stop_resending(resending=resending, actor=actor),
            needs_reason=False,
        ),
    )
