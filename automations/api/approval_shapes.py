"""What approvals look like over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from automations.api.runs import WorkflowName
from automations.api.serializers import Answer, Body, UserName
from automations.models import Approval, ApprovalDecision
from automations.services.approvals import MAX_REMARK

LISTED = 50
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


class ReachRecord(Answer):
    module = serializers.CharField(allow_null=True)
    record = serializers.CharField()


class ExcessShape(Answer):
    """Why work is above a bound."""

    bound = serializers.ChoiceField(
        ["firing", "share", "hour", "children"],
        help_text="What is above: runs at once, per cent, runs an hour.",
    )
    count = serializers.IntegerField(help_text="Runs that wait.")
    cap = serializers.IntegerField()
    population = serializers.IntegerField(allow_null=True, help_text="share: of how many records.")


class ReachShape(ExcessShape):
    records = ReachRecord(many=True, help_text="The first of them; `runs/?hold=` has all.")
    items = serializers.ListField(help_text="children: the first items that runs would be started for.")


class ApprovalAnswer(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Approval.Kind.choices)
    run = serializers.IntegerField(source="run_id", help_text="That asks; of a hold the first one held.")
    hold = serializers.IntegerField(source="hold_id", allow_null=True, help_text="Whose runs wait together.")
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
    plan_hash = serializers.CharField(help_text="Send it with the decision: it names what you were shown.")
    reach = serializers.SerializerMethodField(help_text="Of a blast radius: how far it reaches; else null.")

    @extend_schema_field(ReachShape(allow_null=True))
    def get_reach(self, approval: Approval) -> Any:
        reach = approval.reach
        if reach is None:
            return None
        shown = approval.summary is not None  # type: ignore[attr-defined]
        return {
            **{name: reach[name] for name in ("bound", "count", "cap", "population")},
            "records": reach.get("records", []) if shown else [],
            "items": reach.get("items", [])[:LISTED] if shown else [],
        }


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


class WhyShape(Answer):
    title = serializers.CharField(help_text="The condition.")
    branches = serializers.ListField(child=serializers.CharField(), help_text="The ways that it took.")
    saw = serializers.DictField(help_text="The values that it saw, by field.")


class RemarkShape(Answer):
    person = serializers.CharField(source="person_name")
    text = serializers.CharField()
    at = serializers.DateTimeField()


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
    why = WhyShape(many=True, allow_null=True, help_text="The conditions that led to the question.")
    changed_since = SinceShape(many=True, allow_null=True, help_text="What the record has become since.")
    why_not = serializers.CharField(help_text="Why you can't decide; empty when you can.")
    deciders = serializers.ListField(child=serializers.CharField(), help_text="Who can still decide.")
    remarks = RemarkShape(many=True, allow_null=True, help_text="What was asked about it, and answered.")
    may_remark = serializers.BooleanField(help_text="Whether you can ask or answer something.")
    alike = AlikeShape(many=True, help_text="The last answers to the same question of this workflow.")


class ApprovalQuery(Body):
    state = serializers.ChoiceField(STATES, required=False)
    workflow = serializers.IntegerField(required=False, min_value=1)
    run = serializers.IntegerField(required=False, min_value=1)
    mine = serializers.BooleanField(default=False, help_text="true: those that ask you, by name or group.")
    decided = serializers.BooleanField(default=False, help_text="true: those that you have decided.")


class DecideBody(Body):
    verdict = serializers.ChoiceField(ApprovalDecision.Verdict.choices)
    plan_hash = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="From the approval as you saw it.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    answers = serializers.DictField(required=False, default=dict)


class DelegateBody(Body):
    receiver = serializers.CharField(max_length=150, help_text="User name.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RemarkBody(Body):
    text = serializers.CharField(max_length=MAX_REMARK)


EXAMPLE: dict[str, Any] = {
    "id": 31,
    "kind": "step",
    "run": 311,
    "hold": None,
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
    "plan_hash": "5f2c…",
    "reach": None,
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
    "why": [{"title": "Is it large?", "branches": ["true"], "saw": {"amount": "420.00"}}],
    "changed_since": [],
    "why_not": "",
    "deciders": ["sam"],
    "remarks": [{"person": "sam", "text": "Was it paid by card?", "at": "2026-03-29T15:00:00Z"}],
    "may_remark": True,
    "alike": [],
}
