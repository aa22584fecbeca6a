"""How long a workflow's runs are kept, and legal holds."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody, workflow_for
from automations.conf import setting
from automations.errors import ForbiddenError
from automations.models import Retention, Workflow
from automations.models.retention import LEAST_DAYS
from automations.runtime.retention import is_held
from automations.services.retention import MOST_DAYS, lift_legal_hold, set_legal_hold, set_retention


class LegalHoldAnswer(Answer):
    reason = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True, help_text="null: until somebody lifts it.")
    by = serializers.CharField()
    at = serializers.DateTimeField()


class RetentionAnswer(Answer):
    days = serializers.IntegerField(
        allow_null=True, help_text="The workflow's own; null: as the settings say."
    )
    kept_days = serializers.IntegerField(allow_null=True, help_text="What holds now; null: for ever.")
    hold = LegalHoldAnswer(allow_null=True)


class RetentionBody(Body):
    days = serializers.IntegerField(allow_null=True, min_value=LEAST_DAYS, max_value=MOST_DAYS)


class LegalHoldBody(Body):
    reason = serializers.CharField(max_length=300)
    until = serializers.DateTimeField(required=False, allow_null=True)


EXAMPLE: dict[str, Any] = {
    "days": 90,
    "kept_days": 90,
    "hold": {
        "reason": "Claim 2026-117",
        "until": None,
        "by": "ada",
        "at": "2026-03-29T14:30:00Z",
    },
}


def _told(workflow: Workflow) -> Response:
    row = Retention.objects.filter(workflow=workflow).first()
    hold = None
    if row is not None and is_held(row, timezone.now()):
        hold = {"reason": row.hold_reason, "until": row.hold_until, "by": row.held_by_name, "at": row.held_at}
    own = row.days if row is not None else None
    kept = setting("AUTOMATIONS_RUNS_KEPT_DAYS") if own is None else own
    return Response(RetentionAnswer({"days": own, "kept_days": kept or None, "hold": hold}).data)


def _require_admin(actor: Any) -> None:
    if not permissions.may_do_all(actor):
        raise ForbiddenError("Only an admin sets and lifts legal holds.")


class RetentionView(ApiView):
    @operation("retention_get", "workflows", answer=RetentionAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """How long the workflow's runs are kept, and whether a legal hold forbids that they are dropped."""
        return _told(workflow_for(self, pk, "view"))

    @operation(
        "retention_set",
        "workflows",
        request=RetentionBody,
        answer=RetentionAnswer,
        sent={"days": 90},
        example=EXAMPLE,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Keep runs that ended for so many days; null for what the settings say. It takes the right to publish."""
        workflow = workflow_for(self, pk, "publish")
        set_retention(workflow=workflow, days=self.body(RetentionBody)["days"], actor=self.actor)
        return _told(workflow)


class LegalHoldView(ApiView):
    @operation(
        "legal_hold_set",
        "workflows",
        request=LegalHoldBody,
        answer=RetentionAnswer,
        sent={"reason": "Claim 2026-117"},
        example=EXAMPLE,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Let nothing of the workflow be dropped, until a moment or until it is lifted. Admins only."""
        workflow = workflow_for(self, pk, "view")
        _require_admin(self.actor)
        set_legal_hold(workflow=workflow, actor=self.actor, **self.body(LegalHoldBody))
        return _told(workflow)


class LegalHoldLiftView(ApiView):
    @operation(
        "legal_hold_lift",
        "workflows",
        request=ReasonBody,
        answer=RetentionAnswer,
        sent={"reason": "The claim is settled"},
        example={**EXAMPLE, "hold": None},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let things be dropped again. 409 where there is no hold. Admins only."""
        workflow = workflow_for(self, pk, "view")
        _require_admin(self.actor)
        lift_legal_hold(workflow=workflow, actor=self.actor, reason=self.body(ReasonBody)["reason"])
        return _told(workflow)
