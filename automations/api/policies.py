"""The policy library: named rules, their owners, revision by revision."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Policy, PolicyRevision
from automations.services import policies as service
from automations.services.policy_uses import current_uses


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
    used_by = serializers.IntegerField(
        help_text="Workflows that you may see whose draft or live version uses it."
    )
    used_by_hidden = serializers.IntegerField(help_text="Workflows that use it and that you may not see.")
    rights = serializers.ListField(child=serializers.CharField(), help_text="Yours: view, change, use.")
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)

    def get_revision(self, policy: Policy) -> RevisionAnswer:
        newest = policy.newest[0] if policy.newest else None  # type: ignore[attr-defined]
        return RevisionAnswer(newest).data if newest is not None else None  # type: ignore[return-value]


class PolicyQuery(Body):
    module = serializers.CharField(required=False, max_length=63)
    archived = serializers.BooleanField(
        required=False, default=False, help_text="true: the archived ones instead."
    )


class PolicyBody(Body):
    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=160)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    module = serializers.CharField(max_length=63)
    rule = serializers.DictField()


class PolicyChangeBody(Body):
    read_only_names = ("key", "module", "rule")
    name = serializers.CharField(max_length=160, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    owner = serializers.CharField(
        max_length=150, required=False, help_text="A user name. The new owner gets every right on it."
    )


class RevisionBody(Body):
    rule = serializers.DictField()
    seen = serializers.CharField(
        max_length=4_000,
        required=False,
        allow_blank=True,
        default="",
        help_text="From impact/ of this very rule: that its effect was looked at.",
    )


class ArchiveBody(Body):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


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
    "used_by": 3,
    "used_by_hidden": 0,
    "rights": ["view", "change", "use"],
    "created_at": "2026-03-29T14:30:00Z",
    "archived_at": None,
}


def visible(actor: Any) -> QuerySet[Policy]:
    """The policies that the actor may see, with what their answers tell."""
    newest = (
        PolicyRevision.objects.order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("published_by")
    )
    seen = permissions.visible_workflows(actor).values("pk")
    return (
        permissions.visible_policies(actor)
        .select_related("module", "owner")
        .prefetch_related(Prefetch("revisions", newest, to_attr="newest"))
        .annotate(
            used_by=_counted(current_uses().filter(workflow__in=seen)),
            used_by_hidden=_counted(current_uses().exclude(workflow__in=seen)),
        )
    )


def _counted(uses: QuerySet[Any]) -> Any:
    counts = (
        uses.filter(policy_key=OuterRef("key"))
        .order_by()
        .values("policy_key")
        .annotate(count=Count("workflow", distinct=True))
        .values("count")
    )
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def policy_for(view: ApiView, key: str, *, change: bool = False) -> Policy:
    """The policy, if the actor may see it; with `change`, the right to change it is asked for too."""
    policy = visible(view.actor).filter(key=key).first()
    if policy is None:
        raise NotFoundError("There is no such policy.")
    if change:
        permissions.require_policy_change(view.actor, policy)
    return policy


def answers(view: ApiView, policies: list[Policy]) -> Any:
    """The answers about policies of one page; as many queries for one as for all."""
    keys = [policy.pk for policy in policies]
    rights = {
        "change": permissions.changeable_policies(view.actor),
        "use": permissions.usable_policies(view.actor),
    }
    held = {
        right: set(rows.filter(pk__in=keys).values_list("pk", flat=True)) for right, rows in rights.items()
    }
    for policy in policies:
        policy.rights = ["view", *(right for right in held if policy.pk in held[right])]  # type: ignore[attr-defined]
    return PolicyAnswer(policies, many=True).data


class PoliciesView(ApiView):
    @operation(
        "policies_list", "policies", answer=PolicyAnswer, many=True, query=PolicyQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """The policies that you may see, newest first, each with its newest revision and how many use it."""
        wanted = self.query(PolicyQuery)
        rows = visible(self.actor).filter(archived_at__isnull=not wanted["archived"])
        if "module" in wanted:
            rows = rows.filter(module__key=wanted["module"])
        return Response(page_of(request, rows, lambda page: answers(self, list(page))))

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
        """Make a policy with its first revision. It is yours, with every right on it."""
        if not permissions.may_create_policy(self.actor):
            raise ForbiddenError("You may not make policies. An admin can give you that right.")
        wanted = self.body(PolicyBody)
        module = permissions.visible_modules(self.actor).filter(key=wanted["module"]).first()
        if module is None:
            raise NotFoundError(f"There is no module “{wanted['module']}”.", code="unknown-module")
        made = service.create_policy(**{**wanted, "module": module}, actor=self.actor)
        return Response(answers(self, [policy_for(self, made.key)])[0], status=201)


class PolicyView(ApiView):
    @operation("policies_get", "policies", answer=PolicyAnswer, example=EXAMPLE)
    def get(self, request: Request, key: str) -> Response:
        """One policy with its newest revision."""
        return Response(answers(self, [policy_for(self, key)])[0])

    @operation(
        "policies_update",
        "policies",
        request=PolicyChangeBody,
        answer=PolicyAnswer,
        sent={"description": "As agreed with finance in March.", "owner": "bob"},
        example=EXAMPLE,
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change name, description or owner. The rule changes by a new revision."""
        policy = policy_for(self, key, change=True)
        changes = self.body(PolicyChangeBody)
        if "owner" in changes:
            changes["owner"] = person_for(changes["owner"])
        service.update_policy(policy=policy, changes=changes, actor=self.actor)
        return Response(answers(self, [policy_for(self, key)])[0])


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
        sent={"rule": RULE, "seen": "eyJwb2xpY3ki…"},
        example=REVISION,
    )
    @idempotent()
    def post(self, request: Request, key: str) -> Response:
        """Publish a new wording. Versions keep the one that they pinned; drafts use this one from now on. 409
        “impact-not-seen” unless “seen” comes from the impact of this very rule."""
        policy = policy_for(self, key, change=True)
        wanted = self.body(RevisionBody)
        revision = service.publish_policy_revision(
            policy=policy, rule=wanted["rule"], seen=wanted["seen"], actor=self.actor
        )
        return Response(RevisionAnswer(revision).data, status=201)


class ArchiveView(ApiView):
    @operation(
        "policies_archive",
        "policies",
        request=ArchiveBody,
        answer=PolicyAnswer,
        sent={"reason": "Replaced by “very-large-order”"},
        example=EXAMPLE,
    )
    def post(self, request: Request, key: str) -> Response:
        """Offer the policy no more. Workflows that use it go on; their drafts are warned."""
        policy = policy_for(self, key, change=True)
        service.archive_policy(policy=policy, reason=self.body(ArchiveBody)["reason"], actor=self.actor)
        return Response(answers(self, [policy_for(self, key)])[0])


class RestoreView(ApiView):
    @operation(
        "policies_restore",
        "policies",
        request=ArchiveBody,
        answer=PolicyAnswer,
        sent={"reason": ""},
        example=EXAMPLE,
    )
    def post(self, request: Request, key: str) -> Response:
        """Offer an archived policy again."""
        policy = policy_for(self, key, change=True)
        service.restore_policy(policy=policy, reason=self.body(ArchiveBody)["reason"], actor=self.actor)
        return Response(answers(self, [policy_for(self, key)])[0])
