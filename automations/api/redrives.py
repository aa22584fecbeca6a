"""Redrives: many runs retried at a rate, or foreseen; asked for, followed and cancelled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.failures import FailureAnswer
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.runs import RUN_STATUSES, RunChangeAnswer, WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, ProblemEntry, UserName
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody
from automations.engine.edits import MOST_FIELDS
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.failures import Where, failure_json
from automations.models import (
    AuditEntry,
    DeadLetter,
    Mode,
    PacedStatus,
    Redrive,
    RedriveItem,
    Run,
    Workflow,
)
from automations.services import redrives as service
from automations.services.redriving.rights import require_redrive
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


class EditAnswer(Answer):
    set = serializers.DictField()
    remove = serializers.ListField(child=serializers.CharField())


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
    edited = serializers.IntegerField(
        help_text="Of how many of its runs an edit changes what they start with."
    )
    edit = EditAnswer(
        source="shown_edit",
        allow_null=True,
        help_text="null also without the right to see the payloads of all of its workflows.",
    )
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
    edited = serializers.BooleanField(help_text="It starts with something else than the run did.")
    failure = FailureAnswer(
        allow_null=True, help_text="The same as everywhere; null where nothing speaks against it."
    )
    changes = RunChangeAnswer(many=True, help_text="Of a dry run; [] without the right to see payloads.")


class EditBody(Body):
    set = serializers.DictField(required=False)
    remove = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, max_length=MOST_FIELDS
    )


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
    edit = EditBody(
        required=False,
        allow_null=True,
        default=None,
        help_text="Fields to set in, or to take out of, what each run starts with; the audit of each run keeps both.",
    )
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=AuditEntry._meta.get_field("reason").max_length
    )


class RedrivesQuery(Body):
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="Those of the dead letters of a cause."
    )


class RedrivePreviewAnswer(Answer):
    total = serializers.IntegerField()
    edited = serializers.IntegerField(help_text="Runs whose input the edit changes.")
    unfit = serializers.IntegerField(
        help_text="Of those, the ones that would be refused: their input would not answer the trigger's form."
    )
    fields_known = serializers.ListField(
        child=serializers.CharField(),
        source="fields",
        help_text="What an edit may name; [] without payloads.",
    )
    sentence = serializers.CharField(help_text="What would be done, for people.")
    problems = ProblemEntry(
        many=True, help_text="Of the edit, which is left away here, and refused with them."
    )


HOW = ("start", "version", "rate", "canary", "most_failures", "among", "dry_run", "reason", "edit")
FORESEEN = ("start", "version", "rate", "canary", "dry_run", "edit")
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
    "edited": 0,
    "edit": None,
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
    "edited": False,
    "failure": None,
    "changes": [],
}


def _named(state: str, outcome: str, status: str | None) -> str:
    if state == RedriveItem.State.STARTED:
        return status if status in ("succeeded", "failed", "cancelled") else "running"
    told = {"succeeds": "would_succeed", "fails": "would_fail", "asks": "would_ask"}
    return told.get(outcome, outcome) if state == RedriveItem.State.FORESEEN else state


def _told(redrives: Iterable[Redrive], actor: Any) -> Any:
    rows = list(redrives)
    hidden = (
        set(permissions.redrives_with_hidden_payloads(rows, actor))
        if any(row.edit for row in rows)
        else set()
    )
    edited: Counter[int] = Counter()
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    items = RedriveItem.objects.filter(redrive__in=[row.pk for row in rows]).order_by()
    grouped = items.values_list("redrive", "state", "outcome", "retry__status").annotate(
        number=Count("pk"), changed=Count("pk", filter=Q(edited=True))
    )
    for redrive, state, outcome, status, number, changed in grouped:
        counts[redrive][_named(state, outcome, status)] += number
        edited[redrive] += changed
    for row in rows:
        row.counts, row.total = counts[row.pk], counts[row.pk].total()  # type: ignore[attr-defined]
        row.edited = edited[row.pk]  # type: ignore[attr-defined]
        row.shown_edit = None if row.pk in hidden else row.edit  # type: ignore[attr-defined]
    return RedriveAnswer(rows, many=True).data


def _redrive(view: ApiView, pk: int) -> Redrive:
    rows = permissions.visible_redrives(view.actor).select_related("requested_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such redrive.")
    return found


def _detail(redrive: Redrive, actor: Any, *, status: int = 200) -> Response:
    may = permissions.may_cancel_redrive(actor, redrive)
    return Response({**_told([redrive], actor)[0], "may_cancel": may}, status=status)


def _runs(actor: Any, wanted: Mapping[str, Any]) -> QuerySet[Run]:
    rows = permissions.retryable_runs(actor)
    if "fingerprint" in wanted:
        letters = {"fingerprint": wanted["fingerprint"], "state": DeadLetter.State.OPEN}
        rows = rows.filter(dead_letter__in=DeadLetter.objects.filter(**letters))
    elif "runs" not in wanted:
        rows = rows.filter(status=wanted.get("status", "failed"))
    return rows.filter(**{lookup: wanted[name] for name, lookup in LOOKUPS.items() if name in wanted})


def _meant(actor: Any, wanted: Mapping[str, Any], how: Mapping[str, Any]) -> QuerySet[Run]:
    """The runs that are meant, as far as the actor may retry them in this way."""
    if "workflow" in wanted:
        workflow = Workflow.objects.filter(pk=wanted["workflow"]).first()
        if workflow is None:
            raise NotFoundError("There is no such workflow.")
        permissions.require(actor, "retry", workflow)
    runs = _runs(actor, wanted)
    require_redrive(runs=runs, version=how["version"], edits=how["edit"] is not None, actor=actor)
    return runs


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
        return Response(page_of(request, rows, lambda page: _told(page, self.actor)))

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
        runs = _meant(self.actor, wanted, how)
        asked = {
            name: value.isoformat() if name.startswith("created_") else value
            for name, value in wanted.items()
        }
        redrive = service.start_redrive(runs=runs, asked=asked, actor=self.actor, **how)
        return _detail(redrive, self.actor, status=201)


class RedrivePreviewView(ApiView):
    @operation(
        "redrives_preview",
        "redrives",
        request=RedriveBody,
        answer=RedrivePreviewAnswer,
        sent={"fingerprint": "5f2c0e8d1f0e7a4f", "edit": {"set": {"team": "Logistics"}}},
        example={
            "total": 240,
            "edited": 212,
            "unfit": 0,
            "fields_known": ["team"],
            "sentence": "240 runs are retried from the failed step, with the active version, 60 a minute, one first.",
            "problems": [],
        },
    )
    def post(self, request: Request) -> Response:
        """What a redrive that is asked for so would come to. Nothing is changed."""
        wanted = self.body(RedriveBody)
        how = {name: wanted.pop(name) for name in HOW}
        runs = _meant(self.actor, wanted, how)
        told = service.preview_redrive(runs=runs, **{name: how[name] for name in FORESEEN})
        if runs.exclude(
            workflow__in=permissions.workflows_with(self.actor, "view_payloads").values("pk")
        ).exists():
            told = replace(told, fields=())
        return Response(RedrivePreviewAnswer(told).data)


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
