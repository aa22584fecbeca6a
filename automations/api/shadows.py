"""Shadows: a draft or version judged on live events as they come, beside the version that is live."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.backtests import (
    EXAMPLE,
    BacktestAnswer,
    BacktestDetailAnswer,
    TriedBody,
    backtest_for,
    backtest_rows,
    backtest_told,
)
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody, workflow_for
from automations.runtime.subscriptions import definition_of
from automations.services import backtests as service
from automations.services.references import require_seen
from automations.services.versions import load_definition


class ShadowBody(TriedBody):
    days = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=service.MOST_SHADOW_DAYS,
        help_text=f"It ends by itself after so many; {service.SHADOW_DAYS} when left out.",
    )


class ShadowAnswer(BacktestAnswer):
    pass


SHADOW: dict[str, Any] = {
    **EXAMPLE,
    "shadow": True,
    "status": "running",
    "since": "2026-03-22T14:30:00Z",
    "until": "2026-04-05T14:30:00Z",
    "judged_until": "2026-03-29T14:30:01Z",
    "to_read": None,
    "finished_at": None,
}


class ShadowsView(ApiView):
    @operation("shadows_list", "backtests", answer=ShadowAnswer, many=True, example=SHADOW)
    def get(self, request: Request, pk: int) -> Response:
        """The workflow's shadows, newest first. One goes on at a time; its detail, differences and cancelling are those of
        backtests."""
        rows = backtest_rows(workflow_for(self, pk, "view"), shadows=True)
        return Response(page_of(request, rows, lambda page: ShadowAnswer(page, many=True).data))

    @operation(
        "shadows_create",
        "backtests",
        request=ShadowBody,
        answer=BacktestDetailAnswer,
        status=201,
        idempotent=True,
        sent={"version": "draft", "days": 14},
        example={**SHADOW, "runs_in_flight": 6},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Let the draft or a version be judged on every live event from now on, beside the version that is live. Nothing is
        written but the counts, and the live version is not touched. It ends when its days are over, when it is stopped, or
        when another version becomes the live one. 409 when nothing is live or there is a shadow; 422 with all problems
        when what is tried is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.body(ShadowBody)
        require_seen(workflow, load_definition(workflow, wanted.get("version", "draft")), self.actor)
        if workflow.active_version is not None:
            require_seen(workflow, definition_of(workflow.active_version), self.actor)
        made = service.start_shadow(workflow=workflow, actor=self.actor, **wanted)
        return Response(backtest_told(made), status=201)


class ShadowStopView(ApiView):
    @operation(
        "shadows_stop",
        "backtests",
        request=ReasonBody,
        answer=BacktestDetailAnswer,
        sent={"reason": "Seen enough"},
        example={**SHADOW, "ended_why": "alice stopped it.", "runs_in_flight": 6},
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """End a shadow now: what came before is still judged, then its counts stand. 409 when it has ended or is none."""
        shadow = backtest_for(self, pk, number, "run_test")
        reason = self.body(ReasonBody)["reason"]
        return Response(backtest_told(service.stop_shadow(backtest=shadow, actor=self.actor, reason=reason)))
