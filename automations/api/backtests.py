"""Backtests: what a draft or version would have done with past events, beside another version."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.run_test_shapes import PathStepAnswer, PlannedActionAnswer
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody, workflow_for
from automations.engine.comparison import Kind
from automations.engine.statuses import ACTIVE_RUN
from automations.errors import NotFoundError
from automations.models import Backtest, BacktestDifference, BacktestStatus, Run, Workflow
from automations.runtime.subscriptions import definition_of
from automations.services import backtests as service
from automations.services.references import require_seen
from automations.services.versions import load_definition

DIFFERENT = [kind.value for kind in Kind if kind is not Kind.SAME]


class TriedBody(Body):
    version = serializers.JSONField(
        required=False, help_text="“draft” (when left out) or a version's number."
    )

    def validate_version(self, value: Any) -> str | int:
        if value == "draft" or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31):
            return value  # type: ignore[no-any-return]
        raise serializers.ValidationError("“version” is “draft” or a number.")


class BacktestBody(TriedBody):
    against = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**31 - 1, help_text="Else the live version."
    )
    days = serializers.IntegerField(
        required=False, min_value=1, max_value=service.MOST_DAYS, help_text="The last so many days; else 7."
    )
    since = serializers.DateTimeField(required=False, help_text="In place of days.")
    until = serializers.DateTimeField(required=False)


class BacktestCountsAnswer(Answer):
    same = serializers.IntegerField()
    newly_selected = serializers.IntegerField()
    no_longer_selected = serializers.IntegerField()
    other_effect = serializers.IntegerField()
    other_branch = serializers.IntegerField()


class BacktestNoteAnswer(Answer):
    code = serializers.CharField()
    message = serializers.CharField()


class BacktestAnswer(Answer):
    id = serializers.IntegerField()
    version = serializers.IntegerField(source="version.number", default=None, help_text="Null: the draft.")
    digest = serializers.CharField(help_text="Of what was tried.")
    against = serializers.IntegerField(
        source="against.number", default=None, help_text="Null: nothing was published before."
    )
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    status = serializers.ChoiceField(BacktestStatus.choices)
    failure = serializers.CharField()
    shadow = serializers.BooleanField(
        source="is_shadow", help_text="It follows live events from “since” on, “until” at the latest."
    )
    judged_until = serializers.DateTimeField(
        allow_null=True, help_text="Of a shadow: all that came up to then is judged."
    )
    ended_why = serializers.CharField(help_text="Why a shadow goes no further; “” while it does.")
    to_read = serializers.IntegerField(allow_null=True, help_text="Null until it is counted.")
    read = serializers.IntegerField()
    looked_at = serializers.IntegerField(help_text="Events that both sides judged; the sum of the counts.")
    counts = BacktestCountsAnswer(source="*")
    agreement = serializers.FloatField(
        allow_null=True, help_text="Of a hundred events, how many both sides answer alike; null without any."
    )
    selected_before = serializers.IntegerField()
    selected_after = serializers.IntegerField()
    assumed = serializers.IntegerField(help_text="Events of which something had to be assumed.")
    notes = BacktestNoteAnswer(many=True)
    requested_by = UserName(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class BacktestDetailAnswer(BacktestAnswer):
    runs_in_flight = serializers.IntegerField(
        help_text="Runs of the version it is compared with that have not ended; they stay on it."
    )


class BacktestRunAnswer(Answer):
    trigger = serializers.CharField()
    path = PathStepAnswer(many=True)
    status = serializers.CharField()
    failure = serializers.CharField()
    actions = PlannedActionAnswer(many=True)


class BacktestSideAnswer(Answer):
    selected = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True)
    why_not = serializers.CharField(help_text="Why no trigger matched; “” where one did.")
    runs = BacktestRunAnswer(many=True)


class BacktestDifferenceAnswer(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(DIFFERENT)
    event = serializers.IntegerField(
        source="event_id", allow_null=True, help_text="Null for alarms and slots: they were reckoned."
    )
    type = serializers.CharField(source="event_type")
    module = serializers.CharField(source="module.key", default=None)
    record = serializers.CharField(source="record_key")
    at = serializers.DateTimeField()
    before = BacktestSideAnswer(allow_null=True, help_text="Null without the right to see payloads.")
    after = BacktestSideAnswer(allow_null=True, help_text="Null without the right to see payloads.")
    assumed = serializers.ListField(child=serializers.CharField(), help_text="What could not be known.")


class DifferencesQuery(Body):
    kind = serializers.ChoiceField(DIFFERENT, required=False)


EXAMPLE: dict[str, Any] = {
    "id": 12,
    "version": None,
    "digest": "5f2c…",
    "against": 7,
    "since": "2026-03-22T14:30:00Z",
    "until": "2026-03-29T14:30:00Z",
    "status": "succeeded",
    "failure": "",
    "shadow": False,
    "judged_until": None,
    "ended_why": "",
    "to_read": 1284,
    "read": 1284,
    "looked_at": 1284,
    "counts": {
        "same": 1241,
        "newly_selected": 31,
        "no_longer_selected": 12,
        "other_effect": 0,
        "other_branch": 0,
    },
    "agreement": 96.65,
    "selected_before": 204,
    "selected_after": 223,
    "assumed": 0,
    "notes": [],
    "requested_by": "alice",
    "created_at": "2026-03-29T14:30:00Z",
    "started_at": "2026-03-29T14:30:00Z",
    "finished_at": "2026-03-29T14:30:01Z",
}
SIDE: dict[str, Any] = {
    "selected": False,
    "at": "2026-03-28T09:12:44Z",
    "why_not": "",
    "runs": [
        {
            "trigger": "t1",
            "path": [{"node": "t1", "branches": []}, {"node": "c1", "branches": ["false"]}],
            "status": "succeeded",
            "failure": "",
            "actions": [],
        }
    ],
}
DIFFERENCE: dict[str, Any] = {
    "id": 503,
    "kind": "newly_selected",
    "event": 90211,
    "type": "record.created",
    "module": "tickets",
    "record": "T-1042",
    "at": "2026-03-28T09:12:44Z",
    "before": SIDE,
    "after": {**SIDE, "selected": True},
    "assumed": [],
}


def backtest_for(view: ApiView, pk: int, number: int, right: str) -> Backtest:
    workflow = workflow_for(view, pk, right)
    rows = Backtest.objects.select_related("version", "against", "requested_by").defer("document")
    found = rows.filter(workflow=workflow, pk=number).first()
    if found is None:
        raise NotFoundError(f"“{workflow.name}” has no backtest {number}.")
    found.workflow = workflow
    return found


def backtest_rows(workflow: Workflow, *, shadows: bool) -> QuerySet[Backtest]:
    """The workflow's backtests, or its shadows, as lists show them."""
    rows = Backtest.objects.filter(workflow=workflow, is_shadow=shadows).defer("document")
    return rows.select_related("version", "against", "requested_by")


def backtest_told(backtest: Backtest) -> dict[str, Any]:
    flying = Run.objects.filter(
        workflow=backtest.workflow_id, version=backtest.against_id, status__in=ACTIVE_RUN
    )
    return {**BacktestAnswer(backtest).data, "runs_in_flight": flying.count() if backtest.against_id else 0}


class BacktestsView(ApiView):
    @operation("backtests_list", "backtests", answer=BacktestAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """The workflow's backtests, newest first."""
        workflow = workflow_for(self, pk, "view")
        rows = backtest_rows(workflow, shadows=False)
        return Response(page_of(request, rows, lambda page: BacktestAnswer(page, many=True).data))

    @operation(
        "backtests_create",
        "backtests",
        request=BacktestBody,
        answer=BacktestDetailAnswer,
        status=201,
        idempotent=True,
        sent={"version": "draft", "days": 7},
        example={**EXAMPLE, "runs_in_flight": 6},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Queue a backtest; a worker does it between runs, and its detail tells how far it is. Nothing is written but the
        backtest. 422 with all problems when what is tried is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.body(BacktestBody)
        require_seen(workflow, load_definition(workflow, wanted.get("version", "draft")), self.actor)
        beside = wanted.get("against")
        if beside is not None:
            require_seen(workflow, load_definition(workflow, beside), self.actor)
        elif workflow.active_version is not None:
            require_seen(workflow, definition_of(workflow.active_version), self.actor)
        made = service.start_backtest(workflow=workflow, actor=self.actor, **wanted)
        return Response(backtest_told(made), status=201)


class BacktestView(ApiView):
    @operation(
        "backtests_get",
        "backtests",
        answer=BacktestDetailAnswer,
        example={**EXAMPLE, "runs_in_flight": 6},
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """One backtest or shadow: how far it is, and what it has counted so far."""
        return Response(backtest_told(backtest_for(self, pk, number, "view")))


class BacktestCancelView(ApiView):
    @operation(
        "backtests_cancel",
        "backtests",
        request=ReasonBody,
        answer=BacktestDetailAnswer,
        sent={"reason": ""},
        example={**EXAMPLE, "status": "cancelled", "runs_in_flight": 6},
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """End a backtest or shadow that has not ended, as no proof of anything. 409 when it has."""
        backtest = backtest_for(self, pk, number, "run_test")
        reason = self.body(ReasonBody)["reason"]
        ended = service.cancel_backtest(backtest=backtest, actor=self.actor, reason=reason)
        return Response(backtest_told(ended))


class BacktestDifferencesView(ApiView):
    @operation(
        "backtests_differences",
        "backtests",
        answer=BacktestDifferenceAnswer,
        many=True,
        query=DifferencesQuery,
        example=DIFFERENCE,
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """The events that the two sides answer differently, the newest found first; of each kind the first 1,000."""
        backtest = backtest_for(self, pk, number, "view")
        readable = permissions.may(self.actor, "view_payloads", backtest.workflow)
        rows = BacktestDifference.objects.filter(backtest=backtest, **self.query(DifferencesQuery))
        rows = rows.select_related("module")
        hidden = {} if readable else {"before": None, "after": None}

        def told(page: list[BacktestDifference]) -> list[dict[str, Any]]:
            return [{**row, **hidden} for row in BacktestDifferenceAnswer(page, many=True).data]

        return Response(page_of(request, rows, told))
