"""The policy library: named rules, revision by revision."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
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
from automations.models import Policy, PolicyRevision
from automations.services.policies import create_policy, publish_policy_revision


class RevisionAnswer(Answer):
    number = serializers.IntegerField()
    rule = serializers.DictField()
    published_by = UserName(allow_null=True)
    published_at = serializers.DateTimeField()


class PolicyAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    module = serializers.CharField(source="module.key")
    owner = UserName(allow_null=True)
    revision = serializers.SerializerMethodField(help_text="The newest revision, which drafts use.")
    created_at = serializers.DateTimeField()

    def get_revision(self, policy: Policy) -> RevisionAnswer:
        newest = policy.newest[0] if policy.newest else None  # type: ignore[attr-defined]
        return RevisionAnswer(newest).data if newest is not None else None  # type: ignore[return-value]


class PolicyQuery(Body):
    module = serializers.CharField(required=False, max_length=63)


class PolicyBody(Body):
    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=160)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    module = serializers.CharField(max_length=63)
    rule = serializers.DictField()


class RevisionBody(Body):
    rule = serializers.DictField()


RULE = {"all": [{"field": "amount", "op": "gt", "value": "200.00"}]}
REVISION: dict[str, Any] = {
    "number": 2,
    "rule": RULE,
    "published_by": "alice",
    "published_at": "2026-03-29T14:30:00Z",
}
EXAMPLE: dict[str, Any] = {
    "key": "large-order",
    "name": "Large order",
    "description": "",
    "module": "orders",
    "owner": "alice",
    "revision": REVISION,
    "created_at": "2026-03-29T14:30:00Z",
}


def _visible(actor: Any) -> QuerySet[Policy]:
    newest = (
        PolicyRevision.objects.order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("published_by")
    )
    return (
        permissions.visible_policies(actor)
        .select_related("module", "owner")
        .prefetch_related(Prefetch("revisions", newest, to_attr="newest"))
    )


def policy_for(view: ApiView, key: str, *, change: bool = False) -> Policy:
    """The policy, if the actor may see it, and change it where that is asked. Raises NotFoundError, ForbiddenError."""
    policy = _visible(view.actor).filter(key=key).first()
    if policy is None:
        raise NotFoundError("There is no such policy.")
    if change and not permissions.may_change_policy(view.actor, policy):
        raise ForbiddenError("You may not change this policy. Its owner or an admin can share it with you.")
    return policy


class PoliciesView(ApiView):
    @operation(
        "policies_list", "policies", answer=PolicyAnswer, many=True, query=PolicyQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """The policies that you may see, newest first, each with its newest revision."""
        wanted = self.query(PolicyQuery)
        rows = _visible(self.actor)
        if "module" in wanted:
            rows = rows.filter(module__key=wanted["module"])
        return Response(page_of(request, rows, lambda page: PolicyAnswer(page, many=True).data))

    @operation(
        "policies_create",
        "policies",
        request=PolicyBody,
        answer=PolicyAnswer,
        status=201,
        idempotent=True,
        sent={"key": "large-order", "name": "Large order", "module": "orders", "rule": RULE},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a policy with its first revision."""
        if not permissions.may_manage_policies(self.actor):
            raise ForbiddenError("You may not make policies. An admin can give you that right.")
        wanted = self.body(PolicyBody)
        module = permissions.visible_modules(self.actor).filter(key=wanted["module"]).first()
        if module is None:
            raise NotFoundError(f"There is no module “{wanted['module']}”.", code="unknown-module")
        made = create_policy(**{**wanted, "module": module}, actor=self.actor)
        made.newest = list(made.revisions.select_related("published_by")[:1])  # type: ignore[attr-defined]
        return Response(PolicyAnswer(made).data, status=201)


class PolicyView(ApiView):
    @operation("policies_get", "policies", answer=PolicyAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """One policy with its newest revision."""
        return Response(PolicyAnswer(policy_for(self, key)).data)


class RevisionsView(ApiView):
    @operation("policies_revisions", "policies", answer=RevisionAnswer, many=True, example=REVISION)
    def get(self, request: Request, key: str) -> Response:
        """Every wording that the policy has had, newest first."""
        rows = PolicyRevision.objects.filter(policy=policy_for(self, key)).select_related("published_by")
        return Response(page_of(request, rows, lambda page: RevisionAnswer(page, many=True).data))

    @operation(
        "policies_publish",
        "policies",
        request=RevisionBody,
        answer=RevisionAnswer,
        status=201,
        idempotent=True,
        sent={"rule": RULE},
        example=REVISION,
    )
    @idempotent()
    def post(self, request: Request, key: str) -> Response:
        """Publish a new wording. Versions keep the one that they pinned; drafts use this one from now on."""
        policy = policy_for(self, key, change=True)
        revision = publish_policy_revision(
            policy=policy, rule=self.body(RevisionBody)["rule"], actor=self.actor
        )
        return Response(RevisionAnswer(revision).data, status=201)
