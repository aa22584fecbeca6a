"""Workflows: what they are, made, changed, paused and put away. Their graph and versions have files of their own."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.stillness import StillAnswer, with_held
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import ActiveTrigger, Breaker, Mode, ModePolicy, Workflow
from automations.services import workflows as service
from automations.services.breakers import open_breaker
from automations.services.mode_policies import policies_binding
from automations.services.outside import warnings_of
from automations.services.references import require_module_seen


class WorkflowAnswer(Answer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    team = serializers.CharField()
    owner = UserName(allow_null=True)
    run_as = UserName(allow_null=True)
    runbook_url = serializers.CharField()
    zone = serializers.CharField()
    mode = serializers.ChoiceField(Mode.choices)
    active_version = serializers.IntegerField(source="active_version.number", default=None, allow_null=True)
    draft_revision = serializers.IntegerField()
    limits = serializers.DictField()
    retry = serializers.DictField(
        help_text="How often an action without a policy of its own is tried: `retry_schema` of the catalogue."
    )
    glass_broken = serializers.BooleanField(
        source="promotion.is_loud",
        default=False,
        help_text="It acts past the gate, which is not green yet.",
    )
    simulate_only = serializers.BooleanField(
        default=False, help_text="A policy lets nothing act here, whatever the mode is."
    )
    breaker_open = serializers.BooleanField(
        default=False, help_text="It went wrong, and was taken back to simulate by itself."
    )
    standstill = StillAnswer(
        source="held", default=None, allow_null=True, help_text="What holds it now: events wait to be judged."
    )
    paused_at = serializers.DateTimeField(allow_null=True)
    pause_reason = serializers.CharField()
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BreakerAnswer(Answer):
    """What keeps a workflow from acting that went wrong."""

    state = serializers.ChoiceField(["open", "half_open"])
    reason = serializers.CharField()
    tripped_at = serializers.DateTimeField()
    retry_at = serializers.DateTimeField(allow_null=True, help_text="When one run acts by itself, to try.")
    tries = serializers.IntegerField()
    canary = serializers.IntegerField(source="canary_id", allow_null=True, help_text="The run that acts now.")


class BindingAnswer(Answer):
    """A mode policy, as those see it whose workflow it binds."""

    id = serializers.IntegerField()
    rule = serializers.ChoiceField(ModePolicy.Rule.choices)
    module = serializers.CharField(
        source="module.name", default=None, allow_null=True, help_text="null: every workflow."
    )
    reason = serializers.CharField()
    set_by = serializers.CharField(source="set_by_name")
    set_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null: it holds until an admin ends it.")
    demand = serializers.CharField(help_text="What a shadow has to come to; “” for the other rules.")


class WorkflowDetailAnswer(WorkflowAnswer):
    rights = serializers.ListField(child=serializers.CharField(), help_text="What you may do with it.")
    may_change = serializers.ListField(
        child=serializers.CharField(), help_text="Which of its settings you may change."
    )
    mode_policies = BindingAnswer(many=True, help_text="What binds it.")
    breaker = BreakerAnswer(
        allow_null=True, help_text="Why it was taken back to simulate by itself, if it was."
    )
    changed_outside = serializers.ListField(
        child=serializers.CharField(),
        help_text="Where its live version calls something that is not what it was published with: sentences.",
    )


class WorkflowQuery(Body):
    archived = serializers.BooleanField(default=False, help_text="true: the archived ones instead.")
    module = serializers.CharField(required=False)
    team = serializers.CharField(required=False)
    mode = serializers.ChoiceField(Mode.choices, required=False)
    search = serializers.CharField(required=False, max_length=100, help_text="Part of the name.")
    right = serializers.ChoiceField(
        permissions.WORKFLOW_RIGHTS, required=False, help_text="Only those on which you have this right."
    )


class WorkflowBody(Body):
    name = serializers.CharField(max_length=160)
    key = serializers.SlugField(max_length=80, required=False, help_text="Made from the name when left out.")
    module = serializers.CharField(
        max_length=63, required=False, allow_null=True, help_text="A module's key."
    )
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    team = serializers.CharField(max_length=80, required=False, allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False)
    document = serializers.DictField(
        required=False, help_text="The draft to begin with, as `templates/` and `graph/` give it."
    )
    scenarios = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=50,
        help_text="Those to begin with, as `templates/` and a workflow's file give them.",
    )


class WorkflowChangeBody(Body):
    read_only_names = (
        *("id", "key", "module", "mode", "active_version", "draft_revision", "paused_at"),
        *("glass_broken", "simulate_only", "breaker_open", "may_change", "mode_policies", "breaker"),
        *("changed_outside", "standstill"),
        *("pause_reason", "archived_at", "created_at", "updated_at", "rights"),
    )
    name = serializers.CharField(max_length=160, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    team = serializers.CharField(max_length=80, required=False, allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False)
    runbook_url = serializers.URLField(max_length=200, required=False, allow_blank=True)
    limits = serializers.DictField(required=False)
    retry = serializers.DictField(
        required=False, help_text="Like the `retry` of an action; versions published from now on have it."
    )
    owner = serializers.CharField(
        max_length=150, required=False, help_text="A user name. Takes the right to share it."
    )
    run_as = serializers.CharField(
        max_length=150,
        required=False,
        allow_null=True,
        help_text="A user name; null: who publishes. Takes the right to publish, as do the limits.",
    )
    seen = serializers.DictField(
        required=False,
        help_text="What settings were when you looked: when one of them is another now, nothing is changed (409"
        " “settings-changed”, with `by`, `at` and what they are `now`).",
    )


class ReasonBody(Body):
    """Also the query string of what has no body."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


EXAMPLE: dict[str, Any] = {
    "id": 4,
    "key": "route-tickets",
    "name": "Route tickets",
    "description": "",
    "module": "tickets",
    "team": "support",
    "owner": "alice",
    "run_as": None,
    "runbook_url": "",
    "zone": "Europe/Berlin",
    "mode": "simulate",
    "active_version": 3,
    "draft_revision": 12,
    "limits": {"blast_radius": 100},
    "retry": {"max_attempts": 3},
    "glass_broken": False,
    "simulate_only": False,
    "breaker_open": False,
    "standstill": None,
    "paused_at": None,
    "pause_reason": "",
    "archived_at": None,
    "created_at": "2026-03-29T14:30:00Z",
    "updated_at": "2026-03-29T14:30:00Z",
}
DETAIL = {
    **EXAMPLE,
    "rights": ["view", "edit", "run_test"],
    "may_change": ["name", "description", "team", "zone", "runbook_url", "retry"],
    "mode_policies": [],
    "breaker": None,
    "changed_outside": [],
}


def visible(actor: Any) -> QuerySet[Workflow]:
    watched = ActiveTrigger.objects.filter(workflow=OuterRef(OuterRef("pk"))).values("module")
    policies = ModePolicy.objects.filter(
        Q(module=None) | Q(module=OuterRef("module")) | Q(module__in=watched),
        rule=ModePolicy.Rule.SIMULATE_ONLY,
    )
    return (
        permissions.visible_workflows(actor)
        .select_related("module", "owner", "run_as", "active_version", "promotion")
        .annotate(
            simulate_only=Exists(policies),
            breaker_open=Exists(Breaker.objects.filter(workflow=OuterRef("pk"), closed_at=None)),
        )
    )


def workflow_for(view: ApiView, pk: int, right: str) -> Workflow:
    """The workflow, if the actor may see it and has the right. Raises NotFoundError or ForbiddenError."""
    workflow = visible(view.actor).filter(pk=pk).first()
    if workflow is None:
        raise NotFoundError("There is no such workflow.")
    permissions.require(view.actor, right, workflow)
    return workflow


def detail(workflow: Workflow, actor: Any) -> Response:
    """The answer about one workflow, as the services have left it."""
    (workflow,) = with_held([visible(actor).get(pk=workflow.pk)])
    breaker = open_breaker(workflow)
    told = {
        **WorkflowAnswer(workflow).data,
        "rights": [right for right in permissions.WORKFLOW_RIGHTS if permissions.may(actor, right, workflow)],
        "may_change": permissions.changeable_settings(actor, workflow),
        "mode_policies": BindingAnswer(policies_binding(workflow), many=True).data,
        "breaker": BreakerAnswer(breaker).data if breaker is not None else None,
        "changed_outside": warnings_of(workflow.active_version),
    }
    return Response(told)


class WorkflowsView(ApiView):
    @operation(
        "workflows_list", "workflows", answer=WorkflowAnswer, many=True, query=WorkflowQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """The workflows that you may see, newest first."""
        wanted = self.query(WorkflowQuery)
        rows = visible(self.actor).filter(archived_at__isnull=not wanted["archived"])
        for name, lookup in (
            ("module", "module__key"),
            ("team", "team"),
            ("mode", "mode"),
            ("search", "name__icontains"),
        ):
            if name in wanted:
                rows = rows.filter(**{lookup: wanted[name]})
        if "right" in wanted:
            rows = rows.filter(pk__in=permissions.workflows_with(self.actor, wanted["right"]).values("pk"))
        return Response(page_of(request, rows, lambda page: WorkflowAnswer(with_held(page), many=True).data))

    @operation(
        "workflows_create",
        "workflows",
        request=WorkflowBody,
        answer=WorkflowDetailAnswer,
        status=201,
        idempotent=True,
        sent={"name": "Route tickets", "module": "tickets", "zone": "Europe/Berlin"},
        example=DETAIL,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a workflow; its draft is the `document`, or empty. You own it and have every right on it."""
        if not permissions.may_create_workflow(self.actor):
            raise ForbiddenError("You may not create workflows. An admin can give you that right.")
        wanted = self.body(WorkflowBody)
        key = wanted.pop("module", None)
        module = permissions.visible_modules(self.actor).filter(key=key).first() if key else None
        if key and module is None:
            raise NotFoundError(f"There is no module “{key}”.", code="unknown-module")
        for scenario in wanted.get("scenarios", ()):
            require_module_seen(self.actor, scenario.get("given"))
        made = service.create_workflow(**wanted, module=module, actor=self.actor)
        answer = detail(made, self.actor)
        answer.status_code = 201
        return answer


class WorkflowView(ApiView):
    @operation("workflows_get", "workflows", answer=WorkflowDetailAnswer, example=DETAIL)
    def get(self, request: Request, pk: int) -> Response:
        """One workflow, and what you may do with it."""
        return detail(workflow_for(self, pk, "view"), self.actor)

    @operation(
        "workflows_update",
        "workflows",
        request=WorkflowChangeBody,
        answer=WorkflowDetailAnswer,
        sent={"team": "support", "limits": {"blast_radius": 50}},
        example=DETAIL,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is not the graph: name, description, team, owner, zone, runbook, limits, retry policy, whom it acts as."""
        workflow = workflow_for(self, pk, "edit")
        changes = self.body(WorkflowChangeBody)
        seen = changes.pop("seen", None)
        for name in ("owner", "run_as"):
            if changes.get(name) is not None:
                changes[name] = person_for(changes[name])
        changed = service.update_workflow(workflow=workflow, changes=changes, actor=self.actor, seen=seen)
        return detail(changed, self.actor)

    @operation("workflows_archive", "workflows", status=204, query=ReasonBody)
    def delete(self, request: Request, pk: int) -> Response:
        """Archive a workflow: it no longer starts; its versions and runs stay."""
        workflow = workflow_for(self, pk, "publish")
        service.archive_workflow(workflow=workflow, reason=self.query(ReasonBody)["reason"], actor=self.actor)
        return Response(status=204)


class WorkflowRestoreView(ApiView):
    @operation(
        "workflows_restore",
        "workflows",
        request=ReasonBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": "The desk works on Sundays again."},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take an archived workflow back into use: paused and in simulate. 409 when it is not archived."""
        workflow = workflow_for(self, pk, "publish")
        reason = self.body(ReasonBody)["reason"]
        return detail(
            service.restore_workflow(workflow=workflow, reason=reason, actor=self.actor), self.actor
        )


class WorkflowPauseView(ApiView):
    @operation(
        "workflows_pause",
        "workflows",
        request=ReasonBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": "The mail server is down."},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Stop starting runs. Events are kept and told “paused”; runs in flight go on."""
        workflow = workflow_for(self, pk, "run")
        reason = self.body(ReasonBody)["reason"]
        return detail(service.pause_workflow(workflow=workflow, reason=reason, actor=self.actor), self.actor)


class WorkflowResumeView(ApiView):
    @operation("workflows_resume", "workflows", request=None, answer=WorkflowDetailAnswer, example=DETAIL)
    def post(self, request: Request, pk: int) -> Response:
        """Start runs again from now on."""
        workflow = workflow_for(self, pk, "run")
        return detail(service.resume_workflow(workflow=workflow, actor=self.actor), self.actor)
