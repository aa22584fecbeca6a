"""The library as a whole: who uses a policy, what another wording would do to them, which rules stand twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.pagination import page_of
from automations.api.policies import RULE, policy_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.models import Workflow
from automations.services.duplicates import Duplicate, find_duplicates
from automations.services.policies import require_rule
from automations.services.policy_impact import Affected, Branch, Shift, measure_impact
from automations.services.policy_uses import current_uses


class LiveUseAnswer(Answer):
    version = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="Which the live version pins.")
    newer = serializers.IntegerField(
        allow_null=True, help_text="The newest revision, where it is another: publish the workflow to use it."
    )


class UserAnswer(Answer):
    workflow = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    mode = serializers.CharField()
    draft = serializers.BooleanField(help_text="Whether the draft uses it: its newest revision.")
    live = LiveUseAnswer(allow_null=True, help_text="What the live version pins, if it uses it.")


class ShiftAnswer(Answer):
    before = serializers.IntegerField(allow_null=True, help_text="Live records selected now; null: see why.")
    after = serializers.IntegerField(allow_null=True)
    gained = serializers.IntegerField(allow_null=True)
    lost = serializers.IntegerField(allow_null=True)
    first_gained = serializers.ListField(child=serializers.CharField(), help_text="Keys of the first five.")
    first_lost = serializers.ListField(child=serializers.CharField())
    assumed = serializers.BooleanField(
        help_text="Whether operators that look at an event's change were taken for true."
    )
    why = serializers.CharField(allow_blank=True, help_text="Why there is no count; else empty.")


class BranchShiftAnswer(ShiftAnswer):
    trigger = serializers.CharField(allow_blank=True)
    node = serializers.CharField()
    title = serializers.CharField()
    branch = serializers.CharField(allow_blank=True, help_text="Empty: what the trigger starts with.")


class AffectedAnswer(Answer):
    workflow = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(
        allow_null=True, help_text="The live version, once it is published anew; null: the draft."
    )
    branches = BranchShiftAnswer(many=True)
    why = serializers.CharField(allow_blank=True)


class ImpactBody(Body):
    rule = serializers.DictField(help_text="The wording that is proposed.")


class ImpactAnswer(Answer):
    total = serializers.IntegerField(help_text="Records of the module.")
    policy = ShiftAnswer(help_text="The policy's rule by itself.")
    workflows = AffectedAnswer(many=True)
    hidden = serializers.IntegerField(help_text="Workflows that use it and that you may not see.")
    seen = serializers.CharField(help_text="For publishing this very rule, by you, within a day.")


class DuplicatesQuery(Body):
    module = serializers.CharField(required=False, max_length=63, default="")


class PlaceAnswer(Answer):
    workflow = serializers.IntegerField()
    name = serializers.CharField()
    node = serializers.CharField()
    title = serializers.CharField()
    path = serializers.CharField(help_text="From the node: config.rule")


class DuplicateAnswer(Answer):
    module = serializers.CharField()
    form = serializers.CharField(help_text="SHA-256 of the rule's normal form.")
    rule = serializers.DictField()
    policy = serializers.CharField(allow_null=True, help_text="The key of a policy that says the same.")
    workflows = serializers.IntegerField()
    places = PlaceAnswer(many=True)


class DuplicatesAnswer(Answer):
    results = DuplicateAnswer(many=True)


SHIFT: dict[str, Any] = {
    "before": 38,
    "after": 41,
    "gained": 4,
    "lost": 1,
    "first_gained": ["O-1042"],
    "first_lost": ["O-77"],
    "assumed": False,
    "why": "",
}
PLACE = {"workflow": 12, "name": "SLA alert", "node": "c1", "title": "Large?", "path": "config.rule"}


class UsedByView(ApiView):
    @operation(
        "policies_used_by",
        "policies",
        answer=UserAnswer,
        many=True,
        example={
            "workflow": 12,
            "key": "refunds",
            "name": "Refunds",
            "mode": "execute",
            "draft": True,
            "live": {"version": 7, "revision": 1, "newer": 2},
        },
    )
    def get(self, request: Request, key: str) -> Response:
        """The workflows that you may see whose draft or live version uses the policy."""
        policy = policy_for(self, key)
        newest = policy.newest[0].number if policy.newest else 0  # type: ignore[attr-defined]
        uses = current_uses().filter(policy_key=policy.key)
        rows = (
            permissions.visible_workflows(self.actor)
            .filter(pk__in=uses.values("workflow"))
            .prefetch_related(Prefetch("policy_uses", uses.select_related("version"), to_attr="uses"))
        )
        return Response(page_of(request, rows, lambda page: [_user(row, newest) for row in page]))


class ImpactView(ApiView):
    @operation(
        "policies_impact",
        "policies",
        request=ImpactBody,
        answer=ImpactAnswer,
        sent={"rule": RULE},
        example={
            "total": 1242,
            "policy": SHIFT,
            "workflows": [
                {
                    "workflow": 12,
                    "name": "Refunds",
                    "version": 7,
                    "branches": [
                        {"trigger": "t1", "node": "c1", "title": "Large?", "branch": "true", **SHIFT}
                    ],
                    "why": "",
                }
            ],
            "hidden": 0,
            "seen": "eyJwb2xpY3ki…",
        },
    )
    def post(self, request: Request, key: str) -> Response:
        """What another wording would do to the live records of every workflow that uses the policy, before and after,
        branch by branch. Nothing is changed."""
        policy = policy_for(self, key)
        rule = self.body(ImpactBody)["rule"]
        require_rule(policy.module, rule)
        impact = measure_impact(policy=policy, rule=rule, viewer=self.actor, now=timezone.now())
        return Response(
            {
                "total": impact.total,
                "policy": _shift(impact.policy),
                "workflows": [_affected(entry) for entry in impact.workflows],
                "hidden": impact.hidden,
                "seen": impact.seen,
            }
        )


class DuplicatesView(ApiView):
    @operation(
        "policies_duplicates",
        "policies",
        answer=DuplicatesAnswer,
        query=DuplicatesQuery,
        example={
            "results": [
                {
                    "module": "orders",
                    "form": "5f2c…",
                    "rule": RULE,
                    "policy": None,
                    "workflows": 2,
                    "places": [PLACE, {**PLACE, "workflow": 14, "name": "Refunds"}],
                }
            ]
        },
    )
    def get(self, request: Request) -> Response:
        """Rules that stand in the drafts of several workflows that you may see, or that a policy says already: equal up
        to order, nesting and double negation. Those of most workflows first, at most 100."""
        found = find_duplicates(viewer=self.actor, module=self.query(DuplicatesQuery)["module"])
        return Response({"results": [_duplicate(entry) for entry in found]})


def _user(workflow: Workflow, newest: int) -> dict[str, Any]:
    uses: Sequence[Any] = workflow.uses  # type: ignore[attr-defined]
    live = next((use for use in uses if use.version is not None), None)
    return {
        "workflow": workflow.pk,
        "key": workflow.key,
        "name": workflow.name,
        "mode": workflow.mode,
        "draft": any(use.version is None for use in uses),
        "live": live
        and {
            "version": live.version.number,
            "revision": live.revision,
            "newer": newest if newest > live.revision else None,
        },
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "before": shift.before,
        "after": shift.after,
        "gained": shift.gained,
        "lost": shift.lost,
        "first_gained": list(shift.first_gained),
        "first_lost": list(shift.first_lost),
        "assumed": shift.assumed,
        "why": shift.why,
    }


def _affected(entry: Affected) -> dict[str, Any]:
    return {
        "workflow": entry.use.workflow.pk,
        "name": entry.use.workflow.name,
        "version": entry.use.version,
        "branches": [_branch(branch) for branch in entry.branches],
        "why": entry.why,
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "trigger": branch.trigger,
        "node": branch.node.id,
        "title": branch.node.label,
        "branch": branch.branch,
        **_shift(branch.shift),
    }


def _duplicate(entry: Duplicate) -> dict[str, Any]:
    return {
        "module": entry.module,
        "form": entry.form,
        "rule": entry.rule,
        "policy": entry.policy.key if entry.policy is not None else None,
        "workflows": entry.workflows,
        "places": [
            {
                "workflow": place.workflow.pk,
                "name": place.workflow.name,
                "node": place.node,
                "title": place.title,
                "path": place.path,
            }
            for place in entry.places
        ],
    }
