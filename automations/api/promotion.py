"""The promotion gate: how it stands, what closes its lines, and the ways through it and past it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.api.workflows import DETAIL, ReasonBody, WorkflowDetailAnswer, detail, workflow_for
from automations.errors import ForbiddenError
from automations.models import Consent, Promotion, Workflow
from automations.models.promotion import MIN_REASON
from automations.runtime.subscriptions import definition_of
from automations.services import consents, releases
from automations.services.gate import Gate, check_gate, read_gate
from automations.services.references import require_seen


class LinkAnswer(Answer):
    text = serializers.CharField()
    to = serializers.CharField(help_text="A page, below the app's own address.")


class LineAnswer(Answer):
    key = serializers.CharField(help_text="Stable, kebab-case; the `code` of the problem when it is open.")
    title = serializers.CharField()
    state = serializers.ChoiceField(["met", "open", "not_needed"])
    sentence = serializers.CharField()
    hint = serializers.CharField(help_text="How it is closed; “” where there is nothing to do.")
    evidence = LinkAnswer(many=True)


class ConsentAnswer(Answer):
    state = serializers.ChoiceField(Consent.State.choices)
    asked_by = serializers.CharField(source="asked_by_name")
    asked_at = serializers.DateTimeField()
    note = serializers.CharField()
    given_by = serializers.CharField(source="given_by_name")
    given_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()


class PromotionAnswer(Answer):
    version = serializers.IntegerField(source="version.number")
    way = serializers.ChoiceField(Promotion.Way.choices)
    promoted_by = serializers.CharField(source="promoted_by_name")
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    glass_broken = serializers.BooleanField(source="is_loud", help_text="The alarm about it still stands.")
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_why = serializers.CharField()


class GateAnswer(Answer):
    version = serializers.IntegerField(help_text="The live version, which this is about.")
    digest = serializers.CharField()
    mode = serializers.CharField()
    published_by = UserName(allow_null=True)
    green = serializers.BooleanField()
    lines = LineAnswer(many=True)
    consent = ConsentAnswer(allow_null=True)
    why_not_consent = serializers.CharField(
        allow_blank=True, help_text="Why you can't be the second person; “” when you can."
    )
    may_withdraw = serializers.BooleanField(help_text="You have asked or agreed, and can take it back.")
    may_break_glass = serializers.BooleanField()
    min_reason = serializers.IntegerField(help_text="Characters that breaking the glass asks for.")
    promotion = PromotionAnswer(allow_null=True, help_text="What let the version act; null in simulate.")


class NoteBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class GiveBody(Body):
    digest = serializers.CharField(max_length=64, help_text="Of the version that you were shown.")
    answer = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class PromoteBody(ReasonBody):
    break_glass = serializers.BooleanField(
        default=False, help_text="Past a closed gate: for admins, with a reason, and loud."
    )


CONSENT: dict[str, Any] = {
    "state": "given",
    "asked_by": "priya",
    "asked_at": "2026-03-29T14:30:00Z",
    "note": "",
    "given_by": "ada",
    "given_at": "2026-03-29T15:02:00Z",
    "answer": "Looked at the cases.",
}
PROMOTION: dict[str, Any] = {
    "version": 3,
    "way": "gate",
    "promoted_by": "priya",
    "reason": "Simulated for a week, no surprises",
    "at": "2026-03-29T15:10:00Z",
    "glass_broken": False,
    "settled_at": None,
    "settled_why": "",
}
GATE: dict[str, Any] = {
    "version": 3,
    "digest": "5f2c…",
    "mode": "simulate",
    "published_by": "priya",
    "green": True,
    "lines": [
        {
            "key": "valid",
            "title": "No validation error",
            "state": "met",
            "sentence": "Version 3 has no validation error.",
            "hint": "",
            "evidence": [{"text": "Design", "to": "workflows/4/"}],
        }
    ],
    "consent": CONSENT,
    "why_not_consent": "You have asked for it yourself, so somebody else has to agree.",
    "may_withdraw": True,
    "may_break_glass": False,
    "min_reason": MIN_REASON,
    "promotion": None,
}


def _released(view: ApiView, pk: int, right: str) -> Workflow:
    """The workflow, if the actor has the right and sees all that its live version names."""
    workflow = workflow_for(view, pk, right)
    if workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), view.actor)
    return workflow


def _gate(workflow: Workflow, gate: Gate, actor: Any) -> Response:
    version, promotion = gate.version, workflow.promotion
    told = {
        "version": version.number,
        "digest": version.digest,
        "mode": workflow.mode,
        "published_by": version.published_by,
        "green": gate.is_green,
        "lines": [
            {
                "key": line.key,
                "title": line.title,
                "state": line.state.value,
                "sentence": line.sentence,
                "hint": line.hint,
                "evidence": gate.evidence.get(line.key, ()),
            }
            for line in gate.lines
        ],
        "consent": gate.consent,
        "why_not_consent": permissions.why_not_consent(actor, gate.consent) if gate.consent else "",
        "may_withdraw": permissions.may_withdraw_consent(actor, gate.consent) if gate.consent else False,
        "may_break_glass": permissions.may_break_glass(actor) and permissions.may(actor, "promote", workflow),
        "min_reason": MIN_REASON,
        "promotion": promotion,
    }
    return Response(GateAnswer(told).data)


class GateView(ApiView):
    @operation("gate_get", "versions", answer=GateAnswer, example=GATE)
    def get(self, request: Request, pk: int) -> Response:
        """How the gate stands for the live version, line by line, each with its evidence and how it is closed."""
        workflow = workflow_for(self, pk, "view")
        return _gate(workflow, read_gate(workflow=workflow), self.actor)

    @operation("gate_check", "versions", request=None, answer=GateAnswer, example=GATE)
    def post(self, request: Request, pk: int) -> Response:
        """Run every scenario on the live version and look anew; a gate that is green ends the alarm about a broken glass."""
        workflow = _released(self, pk, "run_test")
        gate = check_gate(workflow=workflow, actor=self.actor)
        return _gate(workflow_for(self, pk, "view"), gate, self.actor)


class FirstReleaseView(ApiView):
    @operation(
        "gate_confirm_first_release",
        "versions",
        request=NoteBody,
        answer=GateAnswer,
        sent={"note": "Done by hand until now"},
        example=GATE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Confirm that nothing has acted before the live version, so that there is nothing to roll back to."""
        workflow = workflow_for(self, pk, "promote")
        consents.confirm_first_release(workflow=workflow, actor=self.actor, note=self.body(NoteBody)["note"])
        return _looked_at(self, pk)


class ConsentView(ApiView):
    @operation(
        "consent_ask",
        "versions",
        request=NoteBody,
        answer=GateAnswer,
        sent={"note": "The limit is 500 now"},
        example=GATE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Ask everybody else who may promote to agree to the live version; they are told in the app and by mail."""
        workflow = _released(self, pk, "publish")
        consents.ask_consent(workflow=workflow, actor=self.actor, note=self.body(NoteBody)["note"])
        return _looked_at(self, pk)


class GiveConsentView(ApiView):
    @operation(
        "consent_give",
        "versions",
        request=GiveBody,
        answer=GateAnswer,
        sent={"digest": "5f2c…", "answer": "Looked at the cases."},
        example=GATE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Agree, as the second person. 409 “version-changed” when another version is live than you were shown."""
        workflow = _released(self, pk, "promote")
        consents.give_consent(workflow=workflow, actor=self.actor, **self.body(GiveBody))
        return _looked_at(self, pk)


class WithdrawConsentView(ApiView):
    @operation(
        "consent_withdraw",
        "versions",
        request=ReasonBody,
        answer=GateAnswer,
        sent={"reason": "Found a case that is missing"},
        example=GATE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take back your request, or your consent before the version acts."""
        workflow = workflow_for(self, pk, "view")
        consents.withdraw_consent(workflow=workflow, actor=self.actor, reason=self.body(ReasonBody)["reason"])
        return _looked_at(self, pk)


class PromoteView(ApiView):
    @operation(
        "versions_promote",
        "versions",
        request=PromoteBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": ""},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let the live version act: from simulate to execute, through the gate; 409 “gate-closed” names the open lines.
        With `break_glass` an admin goes past them."""
        workflow = workflow_for(self, pk, "promote")
        wanted = self.body(PromoteBody)
        if wanted["break_glass"] and not permissions.may_break_glass(self.actor):
            raise ForbiddenError("Only an admin may promote past the gate.")
        if workflow.active_version is not None:
            require_seen(workflow, definition_of(workflow.active_version), self.actor)
        promote = releases.break_glass if wanted["break_glass"] else releases.promote_workflow
        return detail(promote(workflow=workflow, actor=self.actor, reason=wanted["reason"]), self.actor)


class PromotionsView(ApiView):
    @operation("versions_promotions", "versions", answer=PromotionAnswer, many=True, example=PROMOTION)
    def get(self, request: Request, pk: int) -> Response:
        """Every time that a version of it was let into execute, newest first."""
        workflow = workflow_for(self, pk, "view")
        rows = (
            Promotion.objects.filter(workflow=workflow).select_related("version").defer("version__document")
        )
        return Response(page_of(request, rows, lambda page: PromotionAnswer(page, many=True).data))


class DemoteView(ApiView):
    @operation(
        "versions_demote",
        "versions",
        request=ReasonBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": ""},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let the live version only simulate again."""
        workflow = workflow_for(self, pk, "promote")
        reason = self.body(ReasonBody)["reason"]
        return detail(
            releases.demote_workflow(workflow=workflow, actor=self.actor, reason=reason), self.actor
        )


def _looked_at(view: ApiView, pk: int) -> Response:
    workflow = workflow_for(view, pk, "view")
    return _gate(workflow, read_gate(workflow=workflow), view.actor)
