"""Redrives: many runs retried at a rate, or foreseen; asked for, followed and cancelled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.failures import FailureAnswer
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.runs import RUN_STATUSES, RunChangeAnswer, WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.failures import Where, failure_json
from automations.models import (
    AuditEntry,
    DeadLetter,
    Mode,
    PacedStatus,
    Redrive,
    RedriveItem,
    Workflow,
    WorkflowVersion,
)
from automations.runtime.subscriptions import definition_of
from automations.services import redrives as service
from automations.services.references import require_seen
from automations.services.retries import STARTS, VERSIONS

GAVE_UP = ("failed", "cancelled")
OUTCOMES = ("succeeds", "fails", "asks", "inconclusive")
LOOKUPS = {
    "runs": "pk__in",
    "workflow": "workflow_id",
    "run_version": "version__number",
    "status": "status",
    "mode": "mode",
    "module": "module__key",
    "record": "record_key",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}


class RedriveCounts(Answer):
    waiting = serializers.IntegerField(default=0)
    running = serializers.IntegerField(default=0, help_text="Retried by a run that has not ended.")
    succeeded = serializers.IntegerField(default=0)
    failed = serializers.IntegerField(default=0)
    cancelled = serializers.IntegerField(default=0)
    refused = serializers.IntegerField(default=0)
    skipped = serializers.IntegerField(default=0, help_text="Not begun, because the redrive ended before.")
    would_succeed = serializers.IntegerField(default=0, help_text="Foreseen by a dry run, as the next ones.")
    would_fail = serializers.IntegerField(default=0)
    would_ask = serializers.IntegerField(default=0, help_text="Would wait for people to agree.")
    inconclusive = serializers.IntegerField(
        default=0, help_text="Met an action that can't say what it would do."
    )


class RedriveAnswer(Answer):
    id = serializers.IntegerField()
    requested_by = UserName(allow_null=True)
    asked = serializers.DictField(help_text="By what its runs were chosen.")
    start = serializers.ChoiceField(STARTS)
    version = serializers.ChoiceField(VERSIONS)
    rate = serializers.IntegerField(help_text="Runs a minute.")
    canary = serializers.BooleanField()
    most_failures = serializers.IntegerField()
    among = serializers.IntegerField()
    dry_run = serializers.BooleanField(source="is_dry_run")
    reason = serializers.CharField()
    status = serializers.ChoiceField(PacedStatus.choices)
    ended_why = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField(help_text="Of its runs.")
    counts = RedriveCounts()


class RedriveDetailAnswer(RedriveAnswer):
    may_cancel = serializers.BooleanField()


class RedriveItemAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    workflow = WorkflowName(source="run.workflow")
    record = serializers.CharField(source="run.record_key")
    state = serializers.ChoiceField(RedriveItem.State.choices)
    retry = serializers.IntegerField(source="retry_id", allow_null=True, help_text="The run that retries it.")
    retry_status = serializers.ChoiceField(RUN_STATUSES, source="retry.status", default=None, allow_null=True)
    outcome = serializers.ChoiceField(OUTCOMES, allow_blank=True, help_text="Of a dry run; empty else.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="Why it was refused, or would fail.")
    failure = FailureAnswer(
        allow_null=True, help_text="The same as everywhere; null where nothing speaks against it."
    )
    changes = RunChangeAnswer(many=True, help_text="Of a dry run; [] without the right to see payloads.")


class RedriveBody(Body):
    runs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=1_000,
    )
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="The open dead letters of a cause."
    )
    workflow = serializers.IntegerField(required=False, min_value=1)
    run_version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    status = serializers.ChoiceField(GAVE_UP, required=False, help_text="“failed” when left out.")
    mode = serializers.ChoiceField(Mode.choices, required=False)
    module = serializers.CharField(required=False, max_length=63)
    record = serializers.CharField(required=False, max_length=120)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    start = serializers.ChoiceField(STARTS, default="failed_step")
    version = serializers.ChoiceField(VERSIONS, default="active")
    rate = serializers.IntegerField(default=service.RATE, min_value=1, max_value=service.FASTEST)
    canary = serializers.BooleanField(default=True)
    most_failures = serializers.IntegerField(default=service.FAILURES, min_value=1, max_value=100)
    among = serializers.IntegerField(default=service.AMONG, min_value=1, max_value=100)
    dry_run = serializers.BooleanField(default=False)
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=AuditEntry._meta.get_field("reason").max_length
    )


class RedrivesQuery(Body):
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="Those of the dead letters of a cause."
    )


HOW = ("start", "version", "rate", "canary", "most_failures", "among", "dry_run", "reason")
EXAMPLE: dict[str, Any] = {
    "id": 5,
    "requested_by": "noor",
    "asked": {"fingerprint": "5f2c0e8d1f0e7a4f"},
    "start": "failed_step",
    "version": "active",
    "rate": 60,
    "canary": True,
    "most_failures": 3,
    "among": 10,
    "dry_run": False,
    "reason": "The CRM is back",
    "status": "running",
    "ended_why": "",
    "created_at": "2026-03-29T15:00:00Z",
    "started_at": "2026-03-29T15:00:00Z",
    "finished_at": None,
    "total": 14,
    "counts": {**dict.fromkeys(RedriveCounts().fields, 0), "waiting": 12, "running": 1, "succeeded": 1},
}
ITEM: dict[str, Any] = {
    "id": 51,
    "run": 311,
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "record": "T-1042",
    "state": "started",
    "retry": 402,
    "retry_status": "succeeded",
    "outcome": "",
    "code": "",
    "message": "",
    "failure": None,
    "changes": [],
}


def _named(state: str, outcome: str, status: str | None) -> str:
    if state == RedriveItem.State.STARTED:
        return status if status in ("succeeded", "failed", "cancelled") else "running"
    told = {"succeeds": "would_succeed", "fails": "would_fail", "asks": "would_ask"}
    return told.get(outcome, outcome) if state == RedriveItem.State.FORESEEN else state


def _told(redrives: Iterable[Redrive]) -> Any:
    rows = list(redrives)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    items = RedriveItem.objects.filter(redrive__in=[row.pk for row in rows]).order_by()
    grouped = items.values_list("redrive", "state", "outcome", "retry__status").annotate(number=Count("pk"))
    for redrive, state, outcome, status, number in grouped:
        counts[redrive][_named(state, outcome, status)] += number
    for row in rows:
        row.counts, row.total = counts[row.pk], counts[row.pk].total()  # type: ignore[attr-defined]
    return RedriveAnswer(rows, many=True).data


def _redrive(view: ApiView, pk: int) -> Redrive:
    rows = permissions.visible_redrives(view.actor).select_related("requested_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such redrive.")
    return found


def _detail(redrive: Redrive, actor: Any, *, status: int = 200) -> Response:
    may = permissions.may_cancel_redrive(actor, redrive)
    return Response({**_told([redrive])[0], "may_cancel": may}, status=status)


def _runs(actor: Any, wanted: Mapping[str, Any]) -> Any:
    rows = permissions.retryable_runs(actor)
    if "fingerprint" in wanted:
        letters = {"fingerprint": wanted["fingerprint"], "state": DeadLetter.State.OPEN}
        rows = rows.filter(dead_letter__in=DeadLetter.objects.filter(**letters))
    elif "runs" not in wanted:
        rows = rows.filter(status=wanted.get("status", "failed"))
    return rows.filter(**{lookup: wanted[name] for name, lookup in LOOKUPS.items() if name in wanted})


def _require_sight(runs: Any, version: str, actor: Any) -> None:
    """Raise InvalidError when one of the versions that would run names what the actor can't see."""
    column = "version" if version == "run" else "workflow__active_version"
    versions = runs.order_by().values(column).distinct()
    for one in WorkflowVersion.objects.filter(pk__in=versions).select_related("workflow"):
        require_seen(one.workflow, definition_of(one), actor)


class RedrivesView(ApiView):
    @operation(
        "redrives_list", "redrives", answer=RedriveAnswer, many=True, query=RedrivesQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Redrives all of whose runs you may see, newest first."""
        wanted = self.query(RedrivesQuery)
        rows = permissions.visible_redrives(self.actor).select_related("requested_by")
        if "fingerprint" in wanted:
            rows = rows.filter(asked__fingerprint=wanted["fingerprint"])
        return Response(page_of(request, rows, _told))

    @operation(
        "redrives_start",
        "redrives",
        request=RedriveBody,
        answer=RedriveDetailAnswer,
        status=201,
        idempotent=True,
        sent={"fingerprint": "5f2c0e8d1f0e7a4f", "version": "active", "reason": "The CRM is back"},
        example={**EXAMPLE, "status": "queued", "may_cancel": True},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Retry many runs that gave up, in the background: those named, those of a cause, or those of a filter, as far as you
        may retry them. With `dry_run` nothing is done, and it is told what would come of each."""
        wanted = self.body(RedriveBody)
        how = {name: wanted.pop(name) for name in HOW}
        if "workflow" in wanted:
            workflow = Workflow.objects.filter(pk=wanted["workflow"]).first()
            if workflow is None:
                raise NotFoundError("There is no such workflow.")
            permissions.require(self.actor, "retry", workflow)
        runs = _runs(self.actor, wanted)
        _require_sight(runs, how["version"], self.actor)
        asked = {
            name: value.isoformat() if name.startswith("created_") else value
            for name, value in wanted.items()
        }
        redrive = service.start_redrive(runs=runs, asked=asked, actor=self.actor, **how)
        return _detail(redrive, self.actor, status=201)


class RedriveView(ApiView):
    @operation(
        "redrives_get", "redrives", answer=RedriveDetailAnswer, example={**EXAMPLE, "may_cancel": True}
    )
    def get(self, request: Request, pk: int) -> Response:
        """One redrive, with how many of its runs came to what."""
        return _detail(_redrive(self, pk), self.actor)


class RedriveItemsView(ApiView):
    @operation("redrives_items", "redrives", answer=RedriveItemAnswer, many=True, example=ITEM)
    def get(self, request: Request, pk: int) -> Response:
        """What became of each of its runs, or would."""
        rows = RedriveItem.objects.filter(redrive=_redrive(self, pk)).select_related("run__workflow", "retry")
        return Response(page_of(request, rows, self._items))

    def _items(self, page: Any) -> Any:
        items = list(page)
        seen = permissions.workflows_with(self.actor, "view_payloads").filter(
            pk__in={item.run.workflow_id for item in items}
        )
        shown = set(seen.values_list("pk", flat=True))
        for item in items:
            if item.run.workflow_id not in shown:
                item.changes = []
            where = Where(item.run.workflow_id, item.run_id)
            item.failure = failure_json(item.code, item.message, where=where) if item.code else None
        return RedriveItemAnswer(items, many=True).data


class RedriveCancelView(ApiView):
    @operation(
        "redrives_cancel",
        "redrives",
        request=ReasonBody,
        answer=RedriveDetailAnswer,
        sent={"reason": "The CRM is down again"},
        example={**EXAMPLE, "status": "cancelled", "may_cancel": True},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Begin no more of its runs. Those that were begun go on."""
        redrive = _redrive(self, pk)
        if not permissions.may_cancel_redrive(self.actor, redrive):
            raise ForbiddenError("Only who asked for it cancels it, or who may retry all of its runs.")
        wanted = self.body(ReasonBody)
        return _detail(service.cancel_redrive(redrive=redrive, actor=self.actor, **wanted), self.actor)
