"""Redrives: many runs retried at a rate, or foreseen; asked for, followed and cancelled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.redrive_shapes import (
    EXAMPLE,
    ITEM,
    OPEN,
    REST,
    RedriveAnswer,
    RedriveBody,
    RedriveDetailAnswer,
    RedriveItemAnswer,
    RedrivePreviewAnswer,
    RedrivesQuery,
    RestAnswer,
)
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.diagnosis.rests import Rest, read_rests
from automations.insight.failures import Where, failure_json
from automations.models import (
    PACED_UNFINISHED,
    DeadLetter,
    Redrive,
    RedriveItem,
    Run,
    Triage,
    Workflow,
)
from automations.services import redrives as service
from automations.services.redriving.rights import require_redrive

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
HOW = ("start", "version", "rate", "canary", "most_failures", "among", "dry_run", "reason", "edit")
FORESEEN = ("start", "version", "rate", "canary", "dry_run", "edit")


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
    causes = _causes(rows, actor)
    for row in rows:
        row.cause = causes.get(_fingerprint(row))  # type: ignore[attr-defined]
        row.counts, row.total = counts[row.pk], counts[row.pk].total()  # type: ignore[attr-defined]
        row.edited = edited[row.pk]  # type: ignore[attr-defined]
        row.shown_edit = None if row.pk in hidden else row.edit  # type: ignore[attr-defined]
    return RedriveAnswer(rows, many=True).data


def _causes(redrives: Iterable[Redrive], actor: Any) -> Mapping[str, Mapping[str, str]]:
    """By fingerprint, the causes of these redrives that the actor may see. One query."""
    names = {_fingerprint(row) for row in redrives} - {""}
    if not names:
        return {}
    seen = Triage.objects.filter(
        fingerprint__in=names, workflow__in=permissions.visible_workflows(actor).values("pk")
    )
    rows = seen.order_by("pk").values_list("fingerprint", "cause", "code")
    return {name: {"fingerprint": name, "cause": cause or code} for name, cause, code in rows}


def _fingerprint(redrive: Redrive) -> str:
    """Of the one cause that it redrives; "" where it is none, or, started in the admin, several."""
    asked = redrive.asked.get("fingerprint", "")
    if isinstance(asked, list):
        return str(asked[0]) if len(asked) == 1 else ""
    return str(asked)


def _rests(actor: Any, runs: QuerySet[Run]) -> Sequence[Rest]:
    """What keeps these runs from getting on."""
    workflows = list(runs.order_by().values_list("workflow", flat=True).distinct())
    return read_rests(actor, workflows, now=timezone.now())


def _redrive(view: ApiView, pk: int) -> Redrive:
    rows = permissions.visible_redrives(view.actor).select_related("requested_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such redrive.")
    return found


def _detail(redrive: Redrive, actor: Any, *, status: int = 200) -> Response:
    may = permissions.may_cancel_redrive(actor, redrive)
    items = RedriveItem.objects.filter(redrive=redrive).values("run")
    going_on = redrive.status in PACED_UNFINISHED
    rests = _rests(actor, Run.objects.filter(pk__in=items)) if going_on else ()
    shown = {"may_cancel": may, "rests": RestAnswer(rests, many=True).data}
    return Response({**_told([redrive], actor)[0], **shown}, status=status)


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
        example={**OPEN, "status": "queued"},
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
            "rests": [REST],
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
        shape = {each.name: getattr(told, each.name) for each in fields(told)}
        return Response(RedrivePreviewAnswer({**shape, "rests": _rests(self.actor, runs)}).data)


class RedriveView(ApiView):
    @operation("redrives_get", "redrives", answer=RedriveDetailAnswer, example=OPEN)
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
        example={**OPEN, "status": "cancelled", "rests": []},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Begin no more of its runs. Those that were begun go on."""
        redrive = _redrive(self, pk)
        if not permissions.may_cancel_redrive(self.actor, redrive):
            raise ForbiddenError("Only who asked for it cancels it, or who may retry all of its runs.")
        wanted = self.body(ReasonBody)
        return _detail(service.cancel_redrive(redrive=redrive, actor=self.actor, **wanted), self.actor)
