"""Runs: followed step by step and line by line, cancelled."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from automations import permissions
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, LargeValueAnswer, UserName
from automations.api.stillness import RunStillAnswer
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody
from automations.engine.statuses import RunStatus, StepStatus
from automations.errors import NotFoundError
from automations.insight.failures import run_failure, step_failure
from automations.insight.places import standing_of
from automations.insight.related import related_to
from automations.insight.run_news import needs_review, newest_retry, steps_of
from automations.insight.standstills import run_held
from automations.models import DeadLetter, LogEntry, Mode, Run
from automations.services.runs import cancel_run

LOG_PAGE = 500
RUN_STATUSES = [status.value for status in RunStatus]
STEP_STATUSES = [status.value for status in StepStatus]


class WorkflowName(Answer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()


class RunFailure(serializers.DictField):
    """Why a run failed, in the one shape of failures."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", **kwargs)

    def to_representation(self, run: Any) -> dict[str, Any]:
        return run_failure(run)


class StepFailure(RunFailure):
    def to_representation(self, step: Any) -> Any:
        return step_failure(step, step.run.workflow_id)


class RunAnswer(Answer):
    id = serializers.IntegerField()
    workflow = WorkflowName()
    version = serializers.IntegerField(source="version.number")
    mode = serializers.ChoiceField(Mode.choices)
    status = serializers.ChoiceField(RUN_STATUSES)
    trigger_node = serializers.CharField()
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    record = serializers.CharField(source="record_key", help_text="Empty when the run is about no record.")
    event = serializers.IntegerField(source="event_id", allow_null=True)
    actor = UserName(allow_null=True)
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    retry_of = serializers.IntegerField(
        source="retry_of_id", allow_null=True, help_text="The run that this one goes on with, or does again."
    )
    retried_as = serializers.IntegerField(allow_null=True, help_text="The run by which it was retried.")
    depth = serializers.IntegerField()
    hold = serializers.IntegerField(
        source="hold_id", allow_null=True, help_text="The blast radius held it together with others."
    )
    needs_review = serializers.BooleanField(
        help_text="It waits for somebody to say whether a call of it happened."
    )
    waits_for_place = serializers.BooleanField(
        help_text="As many runs of its workflow are at work as may be at once."
    )
    inconclusive = serializers.BooleanField()
    failure_code = serializers.CharField()
    failure = RunFailure(
        help_text="As everywhere in this API, with the step as `node`; {} unless it failed or was cancelled."
    )
    attempt = serializers.IntegerField()
    correlation_id = serializers.UUIDField()
    last_seq = serializers.IntegerField(help_text="Number of its newest log line.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class RunPlaceAnswer(Answer):
    waits = serializers.BooleanField()
    at_once = serializers.IntegerField(allow_null=True, help_text="How many places there are.")
    taken = serializers.IntegerField()
    ahead = serializers.IntegerField(help_text="Runs that wait for longer.")
    about = serializers.CharField(help_text="What the places are of; empty: of the workflow.")
    sentence = serializers.CharField()


class RelatedAnswer(Answer):
    kind = serializers.CharField(help_text="receipt, or delivery.")
    node = serializers.CharField(help_text="The step that it belongs to; empty: it started the run.")
    name = serializers.CharField(help_text="Of the endpoint, or of the destination.")
    state = serializers.CharField(help_text="Of a delivery; of a receipt its number.")
    link = serializers.CharField(help_text="Its page, below the app's own address.")


class RunDetailAnswer(RunAnswer):
    place = RunPlaceAnswer(
        allow_null=True,
        help_text="Its place among the runs that may be at work at once; null without such a limit.",
    )
    standstill = RunStillAnswer(
        allow_null=True, help_text="What a standstill means for it; null for nothing."
    )
    fingerprint = serializers.CharField(
        allow_null=True, help_text="The cause of its dead letter; null unless it is one."
    )
    related = RelatedAnswer(
        many=True,
        help_text="The request by which a webhook started it, and its newest calls, as far as you may see them.",
    )
    input = serializers.DictField(allow_null=True, help_text="null without the right to see payloads.")
    outcome = serializers.DictField(allow_null=True, help_text="null without the right to see payloads.")


class RunChangeAnswer(Answer):
    module = serializers.CharField()
    record = serializers.CharField()
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class StepAnswer(Answer):
    node = serializers.CharField()
    position = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(STEP_STATUSES)
    branches = serializers.ListField(child=serializers.CharField())
    attempt = serializers.IntegerField()
    output = serializers.JSONField(
        allow_null=True, help_text="null without the right to see payloads, and where it is `large`."
    )
    large = LargeValueAnswer(allow_null=True, help_text="An output that is asked for by itself.")
    changes = RunChangeAnswer(many=True, help_text="[] without the right to see payloads.")
    error = StepFailure(allow_null=True, help_text="As everywhere in this API; null unless it failed.")
    wait = serializers.DictField(allow_null=True)
    assumed = serializers.BooleanField()
    kept_from = serializers.IntegerField(
        allow_null=True, help_text="The run that did it, when a retry kept it; its changes are told there."
    )
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class LogAnswer(Answer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    level = serializers.CharField()
    node = serializers.CharField()
    message = serializers.CharField()
    data = serializers.JSONField(allow_null=True, help_text="null without the right to see payloads.")  # type: ignore[assignment]


class LogQuery(Body):
    after = serializers.IntegerField(
        default=0, min_value=0, max_value=2**31 - 1, help_text="Only lines after this one."
    )


EXAMPLE: dict[str, Any] = {
    "id": 311,
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "version": 3,
    "mode": "execute",
    "status": "succeeded",
    "trigger_node": "t1",
    "module": "tickets",
    "record": "T-1042",
    "event": 5120,
    "actor": None,
    "parent": None,
    "retry_of": None,
    "retried_as": None,
    "depth": 0,
    "hold": None,
    "needs_review": False,
    "waits_for_place": False,
    "inconclusive": False,
    "failure_code": "",
    "failure": {},
    "attempt": 0,
    "correlation_id": "5a3c54f2-96a8-4c0e-8d1f-0e7a4f1c9a55",
    "last_seq": 4,
    "created_at": "2026-03-29T14:30:00Z",
    "started_at": "2026-03-29T14:30:01Z",
    "finished_at": "2026-03-29T14:30:01Z",
}
RELATED: dict[str, Any] = {
    "kind": "receipt",
    "node": "",
    "name": "Web shop",
    "state": "receipt 7",
    "link": "webhooks/endpoints/webshop/?receipt=7",
}
DETAIL = {
    **EXAMPLE,
    "place": None,
    "standstill": None,
    "fingerprint": None,
    "related": [RELATED],
    "input": {},
    "outcome": {},
}
STEP: dict[str, Any] = {
    "node": "a1",
    "position": 1,
    "kind": "action.assign",
    "status": "succeeded",
    "branches": [""],
    "attempt": 1,
    "output": {"assignee": "bob"},
    "large": None,
    "changes": [
        {"module": "tickets", "record": "T-1042", "field": "assignee", "before": None, "after": "bob"}
    ],
    "error": None,
    "wait": None,
    "assumed": False,
    "kept_from": None,
    "started_at": "2026-03-29T14:30:01Z",
    "finished_at": "2026-03-29T14:30:01Z",
}
LOG: dict[str, Any] = {
    "seq": 1,
    "at": "2026-03-29T14:30:01Z",
    "level": "info",
    "node": "a1",
    "message": "Assigned to bob.",
    "data": None,
}


def visible(actor: Any) -> QuerySet[Run]:
    return (
        permissions.visible_runs(actor)
        .select_related("workflow__owner", "version", "module", "actor")
        .defer("version__document")
        .annotate(retried_as=newest_retry(), needs_review=needs_review())
    )


def run_for(view: ApiView, pk: int, right: str) -> Run:
    """The run, if the actor may see its workflow and has the right on it. Raises NotFoundError or ForbiddenError."""
    run = visible(view.actor).filter(pk=pk).first()
    if run is None:
        raise NotFoundError("There is no such run.")
    permissions.require(view.actor, right, run.workflow)
    return run


def detail(run: Run, actor: Any, *, status: int = 200) -> Response:
    """The answer that tells one run."""
    shown = permissions.may(actor, "view_payloads", run.workflow)
    payloads = {"input": run.input if shown else None, "outcome": run.outcome if shown else None}
    letter = DeadLetter.objects.filter(run=run).values_list("fingerprint", flat=True).first()
    standing = standing_of(run)
    place = RunPlaceAnswer(standing).data if standing is not None else None
    held = run_held(run, actor, now=timezone.now())
    related = RelatedAnswer(related_to(run, actor), many=True).data
    told = {
        "place": place,
        "standstill": RunStillAnswer(held).data if held is not None else None,
        "fingerprint": letter,
        "related": related,
        **payloads,
    }
    return Response({**RunAnswer(run).data, **told}, status=status)


class RunView(ApiView):
    @operation("runs_get", "runs", answer=RunDetailAnswer, example=DETAIL)
    def get(self, request: Request, pk: int) -> Response:
        """One run, with what went in and what came out."""
        return detail(run_for(self, pk, "view"), self.actor)


class RunStepsView(ApiView):
    @operation("runs_steps", "runs", answer=StepAnswer, many=True, example=STEP)
    def get(self, request: Request, pk: int) -> Response:
        """Every step of the run, in the order of the graph; always one page. An output above a size is told by its beginning
        (`large`): ask for it by itself."""
        run = run_for(self, pk, "view")
        steps = list(steps_of(run).order_by("position"))
        for step in steps:
            step.run = run
        rows: Any = StepAnswer(steps, many=True).data
        if not permissions.may(self.actor, "view_payloads", run.workflow):
            rows = [{**row, "output": None, "large": None, "changes": []} for row in rows]
        return Response({"next": None, "results": rows})


class RunLogsView(ApiView):
    @operation(
        "runs_logs",
        "runs",
        answer=LogAnswer,
        many=True,
        query=LogQuery,
        example=LOG,
        parameters=[OpenApiParameter("after", int, description="Only lines after this number; 0 for all.")],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The run's log from a line on, oldest first, at most 500 lines. Ask again with the newest `seq` that you have."""
        run = run_for(self, pk, "view")
        after = self.query(LogQuery)["after"]
        found = list(LogEntry.objects.filter(run=run, seq__gt=after).order_by("seq")[: LOG_PAGE + 1])
        shown: Any = LogAnswer(found[:LOG_PAGE], many=True).data
        if not permissions.may(self.actor, "view_payloads", run.workflow):
            shown = [{**row, "data": None} for row in shown]
        more = len(found) > LOG_PAGE
        following = (
            replace_query_param(request.build_absolute_uri(), "after", shown[-1]["seq"]) if more else None
        )
        return Response({"next": following, "results": shown})


class RunCancelView(ApiView):
    @operation(
        "runs_cancel",
        "runs",
        request=ReasonBody,
        answer=RunDetailAnswer,
        sent={"reason": "Wrong record"},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """End a run that has not ended. What it did stands; 409 when it has ended already."""
        run = run_for(self, pk, "run")
        cancelled = cancel_run(run=run, actor=self.actor, reason=self.body(ReasonBody)["reason"])
        return detail(visible(self.actor).get(pk=cancelled.pk), self.actor)
