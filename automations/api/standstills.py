"""Standstills: pausing everything, a module, a team or a workflow, at once or in a maintenance window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights, permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.runs import WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody, workflow_for
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Standstill, Workflow
from automations.runtime.standstills import binding, unlifted
from automations.services.standstills import lift_standstill, set_standstill


class StandstillAnswer(Answer):
    id = serializers.IntegerField()
    subject = serializers.CharField(help_text="What stands still, as the subject of a sentence.")
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    team = serializers.CharField()
    workflow = WorkflowName(allow_null=True, help_text="Without it, a team and a module: of everything.")
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null: until somebody lifts it.")
    set_by = serializers.CharField(source="set_by_name")
    lifted_at = serializers.DateTimeField(allow_null=True)
    lifted_by = serializers.CharField(source="lifted_by_name")
    may_lift = serializers.BooleanField()


class StandstillBody(Body):
    module = serializers.CharField(
        max_length=63, required=False, allow_null=True, help_text="A module's key: its workflows only."
    )
    team = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Its workflows only."
    )
    workflow = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, help_text="This workflow only."
    )
    reason = serializers.CharField(max_length=300)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="null: now.")
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="null: until it is lifted."
    )


class StandstillQuery(Body):
    past = serializers.BooleanField(default=False, help_text="true: also those that are lifted or over.")
    workflow = serializers.IntegerField(
        min_value=1, required=False, help_text="Those that this workflow stands still by."
    )


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "subject": "The module Orders",
    "module": "orders",
    "team": "",
    "workflow": None,
    "reason": "The database of the shop moves",
    "starts_at": "2026-03-29T22:00:00Z",
    "ends_at": "2026-03-30T02:00:00Z",
    "set_by": "ada",
    "lifted_at": None,
    "lifted_by": "",
    "may_lift": True,
}


def _require_may(actor: Any, workflow: Workflow | None) -> None:
    if alert_rights.may_stand_still(actor, workflow):
        return
    if workflow is None:
        raise ForbiddenError("Only an admin lets everything, a module or a team stand still, and go on.")
    permissions.require(actor, "run", workflow)


def _told(rows: Sequence[Standstill], actor: Any) -> list[dict[str, Any]]:
    own = alert_rights.liftable(actor, rows)
    for row in rows:
        row.may_lift = row.pk in own  # type: ignore[attr-defined]
    return [StandstillAnswer(row).data for row in rows]


class StandstillsView(ApiView):
    @operation(
        "standstills_list",
        "standstills",
        answer=StandstillAnswer,
        many=True,
        query=StandstillQuery,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """What stands still now, and what is planned: everything, teams, and the modules and workflows that you may see."""
        wanted = self.query(StandstillQuery)
        rows = alert_rights.visible_standstills(self.actor)
        if "workflow" in wanted:
            rows = rows.filter(binding(workflow_for(self, wanted["workflow"], "view")))
        if not wanted["past"]:
            rows = rows.filter(unlifted(now=timezone.now()))
        return Response(page_of(request, rows, lambda page: _told(page, self.actor)))

    @operation(
        "standstills_set",
        "standstills",
        request=StandstillBody,
        answer=StandstillAnswer,
        status=201,
        idempotent=True,
        sent={
            "module": "orders",
            "reason": "The database of the shop moves",
            "ends_at": "2026-03-30T02:00:00Z",
        },
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Let no trigger judge anything, from now or at a planned time. Events are kept and judged afterwards. Of a workflow
        it takes the right to start and pause its runs; of everything, a module or a team it is for admins."""
        wanted = self.body(StandstillBody)
        key, pk = wanted.pop("module", None), wanted.pop("workflow", None)
        workflow = workflow_for(self, pk, "view") if pk is not None else None
        _require_may(self.actor, workflow)
        module = permissions.visible_modules(self.actor).filter(key=key).first() if key else None
        if key and module is None:
            raise NotFoundError(f"There is no module “{key}”.", code="unknown-module")
        row = set_standstill(**wanted, module=module, workflow=workflow, actor=self.actor)
        return Response(_told([row], self.actor)[0], status=201)


class StandstillLiftView(ApiView):
    @operation(
        "standstills_lift",
        "standstills",
        request=ReasonBody,
        answer=StandstillAnswer,
        sent={"reason": "It has moved"},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Go on: what has come meanwhile is judged now."""
        row = alert_rights.visible_standstills(self.actor).filter(pk=pk).first()
        if row is None:
            raise NotFoundError("There is no such standstill.")
        _require_may(self.actor, row.workflow)
        lifted = lift_standstill(standstill=row, actor=self.actor, reason=self.body(ReasonBody)["reason"])
        return Response(_told([lifted], self.actor)[0])
