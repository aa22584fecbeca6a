"""Where alert rules are told, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from webhooks.outbound.api import destination_for
from webhooks.outbound.rule_destinations import MOST, destinations_of, set_rule_destinations


class RuleDestination(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField(help_text="A disabled one is sent nothing; it keeps what it misses.")


class RuleDestinationsAnswer(Answer):
    rule = serializers.IntegerField()
    destinations = RuleDestination(
        many=True, help_text="Those that you may see. None: what it finds goes to all that hear of alerts."
    )


class RuleDestinationsBody(Body):
    destinations = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST, help_text="Their keys; [] for none."
    )


EXAMPLE: dict[str, Any] = {
    "rule": 3,
    "destinations": [{"key": "finance-channel", "name": "Finance channel", "state": "enabled"}],
}


class RulesDestinationsView(ApiView):
    @operation(
        "alert_rule_destinations_list", "alerts", answer=RuleDestinationsAnswer, many=True, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Where each of the rules that you may see is told."""
        rows = alert_rights.visible_rules(self.actor)
        return Response(page_of(request, rows, self._told))

    def _told(self, page: Any) -> Any:
        found = destinations_of([rule.pk for rule in page], self.actor)
        told = [{"rule": rule, "destinations": named} for rule, named in found.items()]
        return RuleDestinationsAnswer(told, many=True).data


class RuleDestinationsView(ApiView):
    @operation(
        "alert_rule_destinations_set",
        "alerts",
        request=RuleDestinationsBody,
        answer=RuleDestinationsAnswer,
        sent={"destinations": ["finance-channel"]},
        example=EXAMPLE,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Tell these destinations, and no others, of what the rule finds."""
        rule = alert_rights.visible_rules(self.actor).select_related("workflow").filter(pk=pk).first()
        if rule is None:
            raise NotFoundError("There is no such rule.")
        if not alert_rights.may_set_rule(self.actor, rule.workflow):
            raise ForbiddenError("Only who may change the rule says where it is told.")
        wanted = [
            destination_for(self, key)
            for key in dict.fromkeys(self.body(RuleDestinationsBody)["destinations"])
        ]
        set_rule_destinations(alert_rule=rule, destinations=wanted, actor=self.actor)
        return Response(
            RuleDestinationsAnswer(
                {"rule": rule.pk, "destinations": destinations_of([rule.pk], self.actor)[rule.pk]}
            ).data
        )
