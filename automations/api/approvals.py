"""Approvals: what waits for whom, what exactly would follow, and the answer."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from automations import approval_rights, permissions
from automations.api.approval_shapes import (
    DETAIL,
    EXAMPLE,
    SUMMED,
    AlikeShape,
    ApprovalAnswer,
    ApprovalDetailAnswer,
    ApprovalQuery,
    DecideBody,
    DelegateBody,
    RemarkBody,
    RemarkShape,
)
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.models import Approval, ApprovalDecision, Step
from automations.runtime.subscriptions import definition_of
from automations.services.approvals import (
    changed_since,
    decide_approval,
    delegate_approval,
    remark_on_approval,
)

ALIKE = 5


def _visible(actor: Any) -> QuerySet[Approval]:
    return (
        approval_rights.visible_approvals(actor)
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
    if approval.reach is not None:
        return {"changes": [], "more": 0, "records": approval.reach["count"]}
    records = {(change["module"], change["record"]) for change in changes}
    return {"changes": changes[:SUMMED], "more": max(0, len(changes) - SUMMED), "records": len(records)}


def _rows(page: list[Approval], actor: Any) -> list[dict[str, Any]]:
    """Rows of a list; what would follow only for those who are asked, or may see payloads."""
    workflows = {row.workflow_id for row in page}

    def where(right: str) -> set[int]:
        rows = permissions.workflows_with(actor, right).filter(pk__in=workflows)
        return set(rows.values_list("pk", flat=True))

    readable, decidable = where("view_payloads"), where("approve")
    asked = Approval.objects.filter(approval_rights.asked_of(actor), workflow__in=decidable)
    mine = set(asked.filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
    return [_row(row, row.pk in mine or row.workflow_id in readable) for row in page]


def _plan(approval: Approval) -> list[dict[str, Any]]:
    titles = {node.id: node.label for node in definition_of(approval.run.version).nodes}
    return [{**step, "title": titles.get(step["node"], step["node"])} for step in approval.plan]


def _why(approval: Approval) -> list[dict[str, Any]]:
    """The conditions that the run went through before it asked: what they saw, and which way they took."""
    titles = {node.id: node.label for node in definition_of(approval.run.version).nodes}
    judged = Step.objects.filter(run=approval.run_id, kind__startswith="condition.", status="succeeded")
    judged = judged.select_related("large")
    return [
        {
            "title": titles.get(step.node, step.node),
            "branches": step.branches,
            "saw": (step.whole_output or {}).get("saw", {}),
        }
        for step in judged.filter(finished_at__lte=approval.asked_at).order_by("position")
    ]


def describe(approval: Approval, actor: Any) -> dict[str, Any]:
    """An approval as one of those who are asked, or who may see payloads, sees it; others don't see values."""
    why_not = approval_rights.why_not_decide(actor, approval)
    shown = not why_not or permissions.may(actor, "view_payloads", approval.workflow)
    alike = (
        Approval.objects.filter(
            workflow=approval.workflow, node=approval.node, state__in=["approved", "rejected"]
        )
        .exclude(pk=approval.pk)
        .prefetch_related("decisions")[:ALIKE]
    )
    pending = approval.state == Approval.State.PENDING
    may_remark = not approval_rights.why_not_remark(actor, approval)
    return {
        **_row(approval, shown),
        "body": approval.body if shown else "",
        "form": approval.form,
        "plan": _plan(approval) if shown else None,
        "why": _why(approval) if shown else None,
        "changed_since": (changed_since(approval) if pending else []) if shown else None,
        "why_not": why_not if pending else "",
        "deciders": [user.get_username() for user in approval_rights.deciders_of(approval)]
        if pending
        else [],
        "remarks": RemarkShape(approval.remarks.all(), many=True).data if shown or may_remark else None,
        "may_remark": pending and may_remark,
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
            asked = Approval.objects.filter(approval_rights.asked_of(self.actor)).exclude(
                requester=self.actor, allow_self=False
            )
            rows = rows.filter(
                pk__in=asked.values("pk"),
                workflow__in=permissions.workflows_with(self.actor, "approve").values("pk"),
            )
        if wanted.pop("decided"):
            rows = rows.filter(pk__in=ApprovalDecision.objects.filter(person=self.actor).values("approval"))
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


class RemarksView(ApiView):
    @operation(
        "approvals_remark",
        "approvals",
        request=RemarkBody,
        answer=ApprovalDetailAnswer,
        status=201,
        idempotent=True,
        sent={"text": "Was it paid by card?"},
        example=DETAIL,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Ask something about a question, or answer; it decides nothing. Those concerned are told."""
        approval = _approval(self, pk)
        remark_on_approval(approval=approval, actor=self.actor, text=self.body(RemarkBody)["text"])
        return Response(describe(_approval(self, pk), self.actor), status=201)
