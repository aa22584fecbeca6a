"""Mode policies: where nothing may act, and where every promotion needs a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from automations.services.mode_policies import lift_mode_policy, set_mode_policy, workflows_bound

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


class ModePolicyAnswer(DemandAnswer):
    """With whom it binds."""

    binds = serializers.IntegerField(help_text="How many of the workflows that you may see.")
    acting = serializers.IntegerField(help_text="How many of these are in execute.")
    workflows = BoundAnswer(many=True, help_text=f"By name, at most {SHOWN}.")


class ModePolicyBody(Body):
    module = serializers.CharField(max_length=63, allow_null=True, help_text="A module's key; null: all.")
    rule = serializers.ChoiceField(ModePolicy.Rule.choices)
    reason = serializers.CharField(max_length=300)


class LiftBody(Body):
    reason = serializers.CharField(max_length=300)


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "module": "orders",
    "rule": "simulate_only",
    "reason": "Year-end close",
    "set_by": "ada",
    "set_at": "2026-12-30T17:00:00Z",
    "binds": 1,
    "acting": 1,
    "workflows": [{"id": 4, "name": "Refund watch", "mode": "execute"}],
}


def _require_admin(actor: Any) -> None:
    if not permissions.may_set_mode_policies(actor):
        raise ForbiddenError("Only an admin sets and lifts mode policies.")


def _told(policies: Sequence[ModePolicy], actor: Any) -> list[dict[str, Any]]:
    seen = permissions.visible_workflows(actor).filter(archived_at=None)
    bound = workflows_bound(policies=policies, workflows=seen)
    return [
        {
            **DemandAnswer(policy).data,
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
        rows = ModePolicy.objects.select_related("module")
        seen = permissions.visible_modules(self.actor).values("pk")
        rows = rows.filter(module=None) | rows.filter(module__in=seen)
        return Response(page_of(request, rows, lambda page: _told(page, self.actor)))

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
        """Demand something of every workflow on a module, or of all. “simulate_only” binds at once: what would act from
        now on is simulated or held back."""
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
