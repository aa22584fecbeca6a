"""Mode policies: where nothing may act, and where every promotion needs a second person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Mode, ModePolicy
from automations.services.mode_policies import (
    governs_after,
    lift_mode_policy,
    set_mode_policy,
    workflows_bound,
)

SHOWN = 50


class BoundAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    mode = serializers.ChoiceField(Mode.choices)


class DemandAnswer(Answer):
    id = serializers.IntegerField()
    module = serializers.CharField(
        source="module.key", default=None, allow_null=True, help_text="null: every workflow."
    )
    rule = serializers.ChoiceField(ModePolicy.Rule.choices)
    reason = serializers.CharField()
    set_by = serializers.CharField(source="set_by_name")
    set_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null: it holds until an admin ends it.")
    demand = serializers.CharField(help_text="What a shadow has to come to; “” for the other rules.")


class ModePolicyAnswer(DemandAnswer):
    """With whom it binds."""

    afterwards = serializers.CharField(help_text="What holds when it has ended, a sentence.")

    binds = serializers.IntegerField(help_text="How many of the workflows that you may see.")
    acting = serializers.IntegerField(help_text="How many of these are in execute.")
    workflows = BoundAnswer(many=True, help_text=f"By name, at most {SHOWN}.")


class ModePolicyBody(Body):
    module = serializers.CharField(max_length=63, allow_null=True, help_text="A module's key; null: all.")
    rule = serializers.ChoiceField(ModePolicy.Rule.choices)
    reason = serializers.CharField(max_length=300)
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it ends by itself; left out: when it is lifted."
    )
    min_events = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="Of “shadow”: live events judged; else 100.",
    )
    min_hours = serializers.IntegerField(
        required=False, min_value=0, max_value=24 * 90, help_text="Of “shadow”: over so many hours; else 24."
    )
    min_agreement = serializers.DecimalField(
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal("0.1"),
        max_value=Decimal(100),
        help_text="Of “shadow”: of a hundred events so many answered alike; else 99.",
    )


class LiftBody(Body):
    reason = serializers.CharField(max_length=300)


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "module": "orders",
    "rule": "simulate_only",
    "reason": "Year-end close",
    "set_by": "ada",
    "set_at": "2026-12-30T17:00:00Z",
    "ends_at": "2027-01-04T07:00:00Z",
    "demand": "",
    "afterwards": "Each workflow follows its own mode again.",
    "binds": 1,
    "acting": 1,
    "workflows": [{"id": 4, "name": "Refund watch", "mode": "execute"}],
}


def _require_admin(actor: Any) -> None:
    if not permissions.may_set_mode_policies(actor):
        raise ForbiddenError("Only an admin sets and lifts mode policies.")


def _visible(actor: Any) -> QuerySet[ModePolicy]:
    seen = permissions.visible_modules(actor).values("pk")
    return ModePolicy.objects.filter(Q(module=None) | Q(module__in=seen)).select_related("module")


def _told(policies: Sequence[ModePolicy], actor: Any) -> list[dict[str, Any]]:
    seen = permissions.visible_workflows(actor).filter(archived_at=None)
    bound = workflows_bound(policies=policies, workflows=seen)
    after = governs_after(policies=policies, among=_visible(actor))
    return [
        {
            **DemandAnswer(policy).data,
            "afterwards": after[policy.pk],
            "binds": len(bound[policy.pk]),
            "acting": sum(workflow.mode == Mode.EXECUTE for workflow in bound[policy.pk]),
            "workflows": BoundAnswer(bound[policy.pk][:SHOWN], many=True).data,
        }
        for policy in policies
    ]


class ModePoliciesView(ApiView):
    @operation("mode_policies_list", "mode-policies", answer=ModePolicyAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The policies that hold now: those of all, and those of modules that you may see; and whom they bind."""
        return Response(page_of(request, _visible(self.actor), lambda page: _told(page, self.actor)))

    @operation(
        "mode_policies_set",
        "mode-policies",
        request=ModePolicyBody,
        answer=ModePolicyAnswer,
        status=201,
        idempotent=True,
        sent={"module": "orders", "rule": "simulate_only", "reason": "Year-end close"},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Demand something of every workflow on a module, or of all, until it is lifted or until a moment. “simulate_only”
        binds at once: what would act from now on is simulated or held back."""
        _require_admin(self.actor)
        wanted = self.body(ModePolicyBody)
        key = wanted.pop("module")
        module = permissions.visible_modules(self.actor).filter(key=key).first() if key else None
        if key and module is None:
            raise NotFoundError(f"There is no module “{key}”.", code="unknown-module")
        policy = set_mode_policy(**wanted, module=module, actor=self.actor)
        return Response(_told([policy], self.actor)[0], status=201)


class LiftView(ApiView):
    @operation(
        "mode_policies_lift",
        "mode-policies",
        request=LiftBody,
        status=204,
        sent={"reason": "The books are closed"},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Demand it no longer; what was held back goes on."""
        _require_admin(self.actor)
        policy = ModePolicy.objects.select_related("module").filter(pk=pk).first()
        if policy is None:
            raise NotFoundError("There is no such policy.")
        lift_mode_policy(policy=policy, reason=self.body(LiftBody)["reason"], actor=self.actor)
        return Response(status=204)
