"""How long a workflow's runs are kept, and legal holds."""

from __future__ import annotations

from datetime import timedelta
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
from automations.models import Retention, Swept, Workflow
from automations.models.retention import LEAST_DAYS
from automations.runtime.retention import MOST_COUNTED, foresee, is_held
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
    dropped = serializers.IntegerField(
        help_text="Runs of this workflow that were dropped since the beginning."
    )
    dropped_at = serializers.DateTimeField(allow_null=True, help_text="When the last of them were.")
    swept_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When nothing was left to drop of any workflow; null: not yet, or all is kept.",
    )
    least_days = serializers.IntegerField()
    may_hold = serializers.BooleanField(help_text="Whether you may set and lift legal holds.")


class RetentionQuery(Body):
    days = serializers.IntegerField(required=False, min_value=LEAST_DAYS, max_value=MOST_DAYS)


class ForeseenAnswer(Answer):
    now = serializers.IntegerField(
        help_text=f"Runs that would go at once; {MOST_COUNTED:,}: that many or more."
    )
    in_30_days = serializers.IntegerField(help_text="Those and what is past its time by then.")


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
    "dropped": 1204,
    "dropped_at": "2026-03-29T14:30:00Z",
    "swept_at": "2026-03-29T14:31:00Z",
    "least_days": 30,
    "may_hold": False,
}


def _told(workflow: Workflow, actor: Any) -> Response:
    row = Retention.objects.filter(workflow=workflow).first()
    hold = None
    if row is not None and is_held(row, timezone.now()):
        hold = {"reason": row.hold_reason, "until": row.hold_until, "by": row.held_by_name, "at": row.held_at}
    own = row.days if row is not None else None
    kept = setting("AUTOMATIONS_RUNS_KEPT_DAYS") if own is None else own
    answer = {
        "days": own,
        "kept_days": kept or None,
        "hold": hold,
        "dropped": row.dropped if row is not None else 0,
        "dropped_at": row.dropped_at if row is not None else None,
        "swept_at": Swept.objects.filter(kind=Swept.Kind.RUNS).values_list("done_at", flat=True).first(),
        "least_days": LEAST_DAYS,
        "may_hold": permissions.may_do_all(actor),
    }
    return Response(RetentionAnswer(answer).data)


def _require_admin(actor: Any) -> None:
    if not permissions.may_do_all(actor):
        raise ForbiddenError("Only an admin sets and lifts legal holds.")


class RetentionView(ApiView):
    @operation("retention_get", "workflows", answer=RetentionAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """How long the workflow's runs are kept, and whether a legal hold forbids that they are dropped."""
        return _told(workflow_for(self, pk, "view"), self.actor)

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
        return _told(workflow, self.actor)


class RetentionForeseenView(ApiView):
    @operation(
        "retention_foreseen",
        "workflows",
        answer=ForeseenAnswer,
        query=RetentionQuery,
        example={"now": 1204, "in_30_days": 1391},
    )
    def get(self, request: Request, pk: int) -> Response:
        """How many runs would go if they were kept for so many `days` (left out: as the settings say) and there were no hold."""
        workflow = workflow_for(self, pk, "view")
        days, now = self.query(RetentionQuery).get("days"), timezone.now()
        later = now + timedelta(days=30)
        return Response(
            {"now": foresee(workflow, days, now=now), "in_30_days": foresee(workflow, days, now=later)}
        )


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
        return _told(workflow, self.actor)


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
        return _told(workflow, self.actor)
