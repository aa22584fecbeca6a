"""Backfills: slots and past events that nobody judged, counted, made up for at a rate or foreseen, followed, cancelled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from automations import approval_rights, permissions
from automations.api.backfill_shapes import (
    DETAIL,
    EXAMPLE,
    ITEM,
    PREVIEW,
    SENT,
    BackfillAnswer,
    BackfillBody,
    BackfillDetailAnswer,
    BackfillItemAnswer,
    BackfillItemsQuery,
    BackfillPreviewAnswer,
    BackfillsQuery,
    BackfillWindowBody,
)
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.api.workflows import ReasonBody, workflow_for
from automations.engine.documents import parse_document
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.failures import Where, failure_json
from automations.models import Backfill, BackfillItem, Decision, Workflow, WorkflowVersion
from automations.runtime.blast_radius import cap_of, sentence
from automations.runtime.subscriptions import definition_of
from automations.services import backfills as service
from automations.services.backfilling.words import WHY_LEFT_OUT
from automations.services.backfilling.work import question_of, waits_why
from automations.services.references import require_seen

STARTED = (Decision.Outcome.MATCHED, Decision.Outcome.LOOP)
TOLD = {"succeeds": "would_succeed", "fails": "would_fail", "asks": "would_ask"}


def _left_out(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": code, "count": number, "sentence": WHY_LEFT_OUT.get(code, code)}
        for code, number in counts.items()
    ]


def _named(state: str, answer: str, outcome: str) -> str:
    if state == BackfillItem.State.JUDGED:
        return "started" if answer in STARTED else "not_started"
    if state == BackfillItem.State.FORESEEN:
        return TOLD.get(outcome, outcome) or "would_not_start"
    return state


def _counted_as(name: str) -> Q:
    """The items that `_named` calls so."""
    if name in ("started", "not_started"):
        started = Q(answer__in=STARTED)
        return Q(state=BackfillItem.State.JUDGED) & (started if name == "started" else ~started)
    if name in BackfillItem.State.values:
        return Q(state=name)
    outcome = {told: outcome for outcome, told in TOLD.items()} | {"would_not_start": ""}
    return Q(state=BackfillItem.State.FORESEEN, outcome=outcome.get(name, name))


def _told(backfills: Iterable[Backfill]) -> Any:
    rows = list(backfills)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    items = BackfillItem.objects.filter(backfill__in=[row.pk for row in rows]).order_by()
    grouped = items.values_list("backfill", "state", "answer", "outcome").annotate(number=Count("pk"))
    for backfill, state, answer, outcome, number in grouped:
        counts[backfill][_named(state, answer, outcome)] += number
    for row in rows:
        row.counts, row.total = counts[row.pk], counts[row.pk].total()  # type: ignore[attr-defined]
        row.left_out = _left_out(row.left_out)
    return BackfillAnswer(rows, many=True).data


def _backfill(view: ApiView, pk: int) -> Backfill:
    rows = permissions.visible_backfills(view.actor)
    found = rows.select_related("workflow", "version", "requested_by").filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such backfill.")
    return found


def _detail(backfill: Backfill, actor: Any, *, status: int = 200) -> Response:
    unfinished = backfill.finished_at is None
    question = question_of(backfill) if unfinished else None
    deciders = approval_rights.deciders_of(question) if question is not None else []
    told = {
        **_told([backfill])[0],
        "waits_why": waits_why(backfill) if unfinished else "",
        "approval": question.pk if question is not None else None,
        "waits_for": [person.get_username() for person in deciders],
        "may_cancel": permissions.may_cancel_backfill(actor, backfill),
    }
    return Response(told, status=status)


def _asked(view: ApiView, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a body asks for, as the services take it."""
    workflow = workflow_for(view, wanted.pop("workflow"), "run")
    if workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), view.actor)
    zone = wanted.pop("zone", workflow.zone)
    window = service.read_window(wanted.pop("since"), wanted.pop("until"), zone, now=timezone.now())
    return {"workflow": workflow, "window": window, **wanted}


def _titles(version: WorkflowVersion | None) -> dict[str, str]:
    """The title of each node that has one; none of a version that can't be read any more."""
    definition = parse_document(version.document)[0] if version is not None else None
    return {node.id: node.title for node in definition.nodes if node.title} if definition is not None else {}


def _part(part: service.Part, titles: Mapping[str, str], *, payloads: bool) -> dict[str, Any]:
    found = part.found
    return {
        "trigger": found.trigger.node,
        "title": titles.get(found.trigger.node, found.trigger.node),
        "kind": found.trigger.kind,
        "makes_up_for": "slots" if found.is_schedule else "events",
        "total": part.taken,
        "complete": found.complete,
        "first": found.first,
        "last": found.last,
        "left_out": _left_out(found.left_out),
        "sample": [
            {
                "at": one.missed.at,
                "event": one.missed.event,
                "slot": one.missed.slot,
                "record": one.missed.record,
                "answer": one.answer,
                "why": one.why if payloads else "",
            }
            for one in part.sample
        ],
        "held": None
        if part.excess is None
        else {**part.excess.to_json(), "sentence": sentence(part.excess.to_json())},
    }


def _preview(workflow: Workflow, plan: service.Plan, rate: int, actor: Any) -> dict[str, Any]:
    payloads = permissions.may(actor, "view_payloads", workflow)
    held = any(part.excess is not None for part in plan.parts)
    approvers = approval_rights.approvers_of(workflow) if held else []
    titles = _titles(workflow.active_version)
    return {
        "workflow": workflow,
        "version": workflow.active_version.number if workflow.active_version is not None else None,
        "mode": plan.mode,
        "since": plan.window.since,
        "until": plan.window.until,
        "zone": plan.window.zone,
        "total": plan.total,
        "minutes": -(-plan.total // rate),
        "blast_radius": cap_of(workflow),
        "left_out": _left_out(plan.left_out()),
        "parts": [_part(part, titles, payloads=payloads) for part in plan.parts],
        "approvers": [person.get_username() for person in approvers if person.pk != actor.pk],
        "refusal": plan.refusal,
        "code": plan.code,
        "notes": [{"code": code, "message": message} for code, message in plan.notes],
    }


class BackfillsView(ApiView):
    @operation(
        "backfills_list", "backfills", answer=BackfillAnswer, many=True, query=BackfillsQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Backfills of workflows that you may see, newest first."""
        wanted = self.query(BackfillsQuery)
        rows = permissions.visible_backfills(self.actor).select_related("workflow", "version", "requested_by")
        return Response(page_of(request, rows.filter(**wanted), _told))

    @operation(
        "backfills_start",
        "backfills",
        request=BackfillBody,
        answer=BackfillDetailAnswer,
        status=201,
        idempotent=True,
        sent={**SENT, "reason": "The worker was down over night"},
        example={**DETAIL, "status": "queued"},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Have what nobody judged in a window judged, in the background and by the live version: slots of its schedules, past
        events, or both. With `dry_run` nothing is done, and it is told what would come of each."""
        asked = _asked(self, self.body(BackfillBody))
        return _detail(service.start_backfill(actor=self.actor, **asked), self.actor, status=201)


class BackfillPreviewView(ApiView):
    @operation(
        "backfills_preview",
        "backfills",
        request=BackfillWindowBody,
        answer=BackfillPreviewAnswer,
        sent=SENT,
        example=PREVIEW,
    )
    def post(self, request: Request) -> Response:
        """What a backfill would make up for: counted, and the oldest of it judged. Nothing is written."""
        asked = _asked(self, self.body(BackfillWindowBody))
        plan = service.plan_backfill(now=timezone.now(), **asked)
        told = _preview(asked["workflow"], plan, asked["rate"], self.actor)
        return Response(BackfillPreviewAnswer(told).data)


class BackfillView(ApiView):
    @operation("backfills_get", "backfills", answer=BackfillDetailAnswer, example=DETAIL)
    def get(self, request: Request, pk: int) -> Response:
        """One backfill, with how many of its slots and events came to what."""
        return _detail(_backfill(self, pk), self.actor)


class BackfillItemsView(ApiView):
    @operation(
        "backfills_items",
        "backfills",
        answer=BackfillItemAnswer,
        many=True,
        query=BackfillItemsQuery,
        example=ITEM,
    )
    def get(self, request: Request, pk: int) -> Response:
        """What each of its slots and events came to, or would; the last one first."""
        backfill = _backfill(self, pk)
        wanted = self.query(BackfillItemsQuery)
        payloads = permissions.may(self.actor, "view_payloads", backfill.workflow)
        rows = BackfillItem.objects.filter(backfill=backfill).select_related("run")
        if "came_to" in wanted:
            rows = rows.filter(_counted_as(wanted["came_to"]))

        titles = _titles(backfill.version)

        def told(page: Any) -> Any:
            items = list(page)
            for item in items:
                item.title = titles.get(item.trigger_node, item.trigger_node)
                if not payloads:
                    item.changes = []
                    item.message = item.message if item.code else ""
                where = Where(item.workflow_id, item.run_id)
                fails = item.outcome == "fails"
                item.failure = failure_json(item.code, item.message, where=where) if fails else None
            return BackfillItemAnswer(items, many=True).data

        return Response(page_of(request, rows, told))


class BackfillCancelView(ApiView):
    @operation(
        "backfills_cancel",
        "backfills",
        request=ReasonBody,
        answer=BackfillDetailAnswer,
        sent={"reason": "It starts too many"},
        example={**DETAIL, "status": "cancelled"},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Have no more of it judged. Runs that were started go on."""
        backfill = _backfill(self, pk)
        if not permissions.may_cancel_backfill(self.actor, backfill):
            raise ForbiddenError("Only who asked for it cancels it, or who may start runs of its workflow.")
        wanted = self.body(ReasonBody)
        return _detail(service.cancel_backfill(backfill=backfill, actor=self.actor, **wanted), self.actor)
