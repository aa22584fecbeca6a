"""Approvals: what waits for whom, what exactly would follow, and the answer."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.runs import WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.models import Approval, ApprovalDecision
from automations.runtime.subscriptions import definition_of
from automations.services.approvals import changed_since, decide_approval, delegate_approval

ALIKE = 5
SUMMED = 3
STATES = Approval.State.choices


class VerdictShape(Answer):
    person = serializers.CharField(source="person_name")
    verdict = serializers.ChoiceField(ApprovalDecision.Verdict.choices)
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class PlanChange(Answer):
    module = serializers.CharField()
    record = serializers.CharField()
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class SummaryShape(Answer):
    changes = PlanChange(many=True, help_text=f"The first {SUMMED} that would follow.")
    more = serializers.IntegerField(help_text="Changes beyond these.")
    records = serializers.IntegerField(help_text="Records that would be changed or created.")


class ApprovalAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    node = serializers.CharField()
    round = serializers.IntegerField(help_text="Above 1: it was asked anew, because something had changed.")
    workflow = WorkflowName()
    title = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    note = serializers.CharField(help_text="Why it ended as it did.")
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    record = serializers.CharField(source="record_key", help_text="Empty when the run has none.")
    requester = UserName(allow_null=True)
    quorum = serializers.IntegerField()
    users = serializers.ListField(child=serializers.CharField())
    groups = serializers.ListField(child=serializers.CharField())
    decisions = VerdictShape(many=True)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    escalated_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    summary = SummaryShape(allow_null=True, help_text="What would follow; null for who may not see it.")


class PlanStep(Answer):
    node = serializers.CharField()
    title = serializers.CharField(help_text="What people call the step.")
    kind = serializers.CharField()
    risk = serializers.CharField()
    allowed = serializers.BooleanField()
    status = serializers.CharField()
    assumed = serializers.BooleanField()
    changes = PlanChange(many=True)
    preview = serializers.CharField()


class SinceShape(Answer):
    field = serializers.CharField()
    asked = serializers.JSONField(allow_null=True)
    now = serializers.JSONField(allow_null=True)


class AlikeShape(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField()
    ended_at = serializers.DateTimeField()
    decisions = VerdictShape(many=True)


class ApprovalDetailAnswer(ApprovalAnswer):
    body = serializers.CharField()
    form = serializers.DictField(help_text="What whoever agrees is asked, as a JSON Schema; {} for nothing.")
    plan = PlanStep(many=True, allow_null=True, help_text="What would follow; null for who may not see it.")
    plan_hash = serializers.CharField(help_text="Send it with the decision: it names what you were shown.")
    changed_since = SinceShape(many=True, allow_null=True, help_text="What the record has become since.")
    why_not = serializers.CharField(help_text="Why you can't decide; empty when you can.")
    deciders = serializers.ListField(child=serializers.CharField(), help_text="Who can still decide.")
    alike = AlikeShape(many=True, help_text="The last answers to the same question of this workflow.")


class ApprovalQuery(Body):
    state = serializers.ChoiceField(STATES, required=False)
    workflow = serializers.IntegerField(required=False, min_value=1)
    run = serializers.IntegerField(required=False, min_value=1)
    mine = serializers.BooleanField(default=False, help_text="true: those that ask you, by name or group.")


class DecideBody(Body):
    verdict = serializers.ChoiceField(ApprovalDecision.Verdict.choices)
    plan_hash = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="From the approval as you saw it.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    answers = serializers.DictField(required=False, default=dict)


class DelegateBody(Body):
    receiver = serializers.CharField(max_length=150, help_text="User name.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


EXAMPLE: dict[str, Any] = {
    "id": 31,
    "run": 311,
    "node": "p1",
    "round": 1,
    "workflow": {"id": 4, "key": "refunds", "name": "Refunds"},
    "title": "Refund 420.00 on Order 1187?",
    "state": "pending",
    "note": "",
    "module": "orders",
    "record": "O-1187",
    "requester": "priya",
    "quorum": 1,
    "users": [],
    "groups": ["Leads"],
    "decisions": [],
    "asked_at": "2026-03-29T14:30:00Z",
    "expires_at": "2026-03-31T14:30:00Z",
    "escalated_at": None,
    "ended_at": None,
    "summary": {
        "changes": [
            {"module": "orders", "record": "O-1187", "field": "status", "before": "paid", "after": "refunded"}
        ],
        "more": 0,
        "records": 1,
    },
}
DETAIL: dict[str, Any] = {
    **EXAMPLE,
    "body": "",
    "form": {},
    "plan": [
        {
            "node": "a1",
            "title": "Refund",
            "kind": "action.change_status",
            "risk": "low",
            "allowed": True,
            "status": "succeeded",
            "assumed": False,
            "changes": [
                {
                    "module": "orders",
                    "record": "O-1187",
                    "field": "status",
                    "before": "paid",
                    "after": "refunded",
                }
            ],
            "preview": "Set: status: paid → refunded.",
        }
    ],
    "plan_hash": "5f2c…",
    "changed_since": [],
    "why_not": "",
    "deciders": ["sam"],
    "alike": [],
}


def _visible(actor: Any) -> QuerySet[Approval]:
    return (
        permissions.visible_approvals(actor)
        .select_related("workflow", "module", "requester")
        .prefetch_related(Prefetch("decisions", ApprovalDecision.objects.order_by("pk")), "delegations")
    )


def _approval(view: ApiView, pk: int) -> Approval:
    found = _visible(view.actor).select_related("run__version").filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such approval.")
    return found


def _row(approval: Approval, shown: bool) -> dict[str, Any]:
    approval.summary = _summary(approval) if shown else None  # type: ignore[attr-defined]
    return dict(ApprovalAnswer(approval).data)


def _summary(approval: Approval) -> dict[str, Any]:
    changes = [change for entry in approval.plan for change in entry["changes"]]
    records = {(change["module"], change["record"]) for change in changes}
    return {"changes": changes[:SUMMED], "more": max(0, len(changes) - SUMMED), "records": len(records)}


def _rows(page: list[Approval], actor: Any) -> list[dict[str, Any]]:
    """Rows of a list; what would follow only for those who are asked, or may see payloads."""
    workflows = {row.workflow_id for row in page}

    def where(right: str) -> set[int]:
        rows = permissions.workflows_with(actor, right).filter(pk__in=workflows)
        return set(rows.values_list("pk", flat=True))

    readable, decidable = where("view_payloads"), where("approve")
    asked = Approval.objects.filter(permissions.asked_of(actor), workflow__in=decidable)
    mine = set(asked.filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
    return [_row(row, row.pk in mine or row.workflow_id in readable) for row in page]


def _plan(approval: Approval) -> list[dict[str, Any]]:
    titles = {node.id: node.label for node in definition_of(approval.run.version).nodes}
    return [{**step, "title": titles.get(step["node"], step["node"])} for step in approval.plan]


def describe(approval: Approval, actor: Any) -> dict[str, Any]:
    """An approval as one of those who are asked, or who may see payloads, sees it; others don't see values."""
    why_not = permissions.why_not_decide(actor, approval)
    shown = not why_not or permissions.may(actor, "view_payloads", approval.workflow)
    alike = (
        Approval.objects.filter(
            workflow=approval.workflow, node=approval.node, state__in=["approved", "rejected"]
        )
        .exclude(pk=approval.pk)
        .prefetch_related("decisions")[:ALIKE]
    )
    pending = approval.state == Approval.State.PENDING
    return {
        **_row(approval, shown),
        "body": approval.body if shown else "",
        "form": approval.form,
        "plan": _plan(approval) if shown else None,
        "plan_hash": approval.plan_hash,
        "changed_since": (changed_since(approval) if pending else []) if shown else None,
        "why_not": why_not if pending else "",
        "deciders": [user.get_username() for user in permissions.deciders_of(approval)] if pending else [],
        "alike": AlikeShape(alike, many=True).data,
    }


class ApprovalsView(ApiView):
    @operation(
        "approvals_list", "approvals", answer=ApprovalAnswer, many=True, query=ApprovalQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Approvals of workflows that you may see, newest first; with `mine` those that ask you."""
        wanted = self.query(ApprovalQuery)
        rows = _visible(self.actor)
        if wanted.pop("mine"):
            asked = Approval.objects.filter(permissions.asked_of(self.actor)).exclude(
                requester=self.actor, allow_self=False
            )
            rows = rows.filter(
                pk__in=asked.values("pk"),
                workflow__in=permissions.workflows_with(self.actor, "approve").values("pk"),
            )
        lookups = {"state": "state", "workflow": "workflow_id", "run": "run_id"}
        rows = rows.filter(**{lookups[name]: value for name, value in wanted.items()})
        return Response(page_of(request, rows, lambda page: _rows(page, self.actor)))


class ApprovalView(ApiView):
    @operation("approvals_get", "approvals", answer=ApprovalDetailAnswer, example=DETAIL)
    def get(self, request: Request, pk: int) -> Response:
        """One approval: what would follow field by field, what changed since it was asked, who can still decide."""
        return Response(describe(_approval(self, pk), self.actor))


class DecideView(ApiView):
    @operation(
        "approvals_decide",
        "approvals",
        request=DecideBody,
        answer=ApprovalDetailAnswer,
        sent={"verdict": "approve", "plan_hash": "5f2c…", "reason": "A regular."},
        example={**DETAIL, "state": "approved"},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Agree or reject. The same answer again is one decision; 409 says that it has ended, or that what you were
        shown is no longer what would be done."""
        approval = _approval(self, pk)
        wanted = self.body(DecideBody)
        decide_approval(approval=approval, actor=self.actor, **wanted)
        return Response(describe(_approval(self, pk), self.actor))


class DelegateView(ApiView):
    @operation(
        "approvals_delegate",
        "approvals",
        request=DelegateBody,
        answer=ApprovalDetailAnswer,
        sent={"receiver": "tom", "reason": "On holiday."},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Put somebody else in your place for this question. He needs the right to approve."""
        approval = _approval(self, pk)
        wanted = self.body(DelegateBody)
        receiver = person_for(wanted["receiver"])
        delegate_approval(approval=approval, actor=self.actor, receiver=receiver, reason=wanted["reason"])
        return Response(describe(_approval(self, pk), self.actor))
