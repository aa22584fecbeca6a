"""Undoing a run: what would be put back, the deed, and taking it back."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.runs import run_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.models import Run, RunUndo
from automations.services.undo import Stays, summary_of, take_back_undo, undo_run, what_stays, why_not_undo
from automations.services.undo_plans import Piece, UndoPlan, plan_take_back, plan_undo


class PieceAnswer(Answer):
    run = serializers.IntegerField(help_text="Whose change it was.")
    module = serializers.CharField(source="module.key")
    record = serializers.CharField()
    field = serializers.CharField(help_text="Empty for a whole record.")
    found = serializers.JSONField(allow_null=True, help_text="What stands there now.")
    back_to = serializers.JSONField(
        allow_null=True, help_text="What it would become; null for no value, or no record."
    )
    overrides = serializers.BooleanField(
        help_text="A status that goes back by a way that the module's transitions don't have."
    )


class LeftAnswer(PieceAnswer):
    why = serializers.CharField(help_text="Why it is left, as a stable code.")
    said = serializers.CharField(help_text="The same as a sentence.")


class StaysAnswer(Answer):
    what = serializers.CharField()
    count = serializers.IntegerField()
    said = serializers.CharField()


class DoneFieldAnswer(Answer):
    module = serializers.CharField(source="module.key")
    record = serializers.CharField(source="record_key")
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    restored = serializers.BooleanField()
    why = serializers.CharField()
    said = serializers.CharField()


class UndoAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    takes_back = serializers.IntegerField(
        source="takes_back_id", allow_null=True, help_text="The undo that this one has taken back."
    )
    taken_back = serializers.BooleanField(help_text="Whether it was taken back itself.")
    actor = serializers.CharField(source="actor_name")
    reason = serializers.CharField()
    children = serializers.BooleanField()
    at = serializers.DateTimeField()
    fields_done = DoneFieldAnswer(many=True)


class UndoPlanAnswer(Answer):
    run = serializers.IntegerField()
    runs = serializers.ListField(
        child=serializers.IntegerField(), help_text="The runs that are undone together."
    )
    children = serializers.BooleanField()
    plan_hash = serializers.CharField(help_text="Send it back: it names what you were shown.")
    why_not = serializers.CharField(help_text="Why nothing can be undone; empty when something can.")
    summary = serializers.CharField()
    restored = PieceAnswer(many=True)
    left = LeftAnswer(many=True)
    stays = StaysAnswer(many=True, help_text="What no undo takes back.")
    undos = UndoAnswer(many=True, help_text="What was undone of this run so far, newest first.")


class UndoQuery(Body):
    children = serializers.BooleanField(default=False, help_text="true: also the runs that it started.")


class UndoBody(Body):
    plan_hash = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="From what you were shown.")
    children = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class TakeBackBody(Body):
    plan_hash = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="From what you were shown.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


PIECE: dict[str, Any] = {
    "run": 311,
    "module": "tickets",
    "record": "T-1042",
    "field": "assignee",
    "found": "bob",
    "back_to": None,
    "overrides": False,
}
EXAMPLE: dict[str, Any] = {
    "run": 311,
    "runs": [311],
    "children": False,
    "plan_hash": "5f2c…",
    "why_not": "",
    "summary": "1 field restored, 1 left; status of T-1042: It was changed by noor since.",
    "restored": [PIECE],
    "left": [
        {
            **PIECE,
            "field": "status",
            "found": "closed",
            "back_to": "open",
            "why": "changed-since",
            "said": "It was changed by noor since.",
        }
    ],
    "stays": [{"what": "comments", "count": 1, "said": "1 comment stays on its record."}],
    "undos": [],
}
DONE: dict[str, Any] = {
    "id": 7,
    "run": 311,
    "takes_back": None,
    "taken_back": False,
    "actor": "priya",
    "reason": "Wrong team",
    "children": False,
    "at": "2026-03-29T15:00:00Z",
    "fields_done": [
        {
            "module": "tickets",
            "record": "T-1042",
            "field": "assignee",
            "before": "bob",
            "after": None,
            "restored": True,
            "why": "",
            "said": "",
        }
    ],
}


def _run(view: ApiView, pk: int) -> Run:
    run = run_for(view, pk, "retry")
    permissions.require(view.actor, "view_payloads", run.workflow)
    return run


def _undo(run: Run, number: int) -> RunUndo:
    found = RunUndo.objects.select_related("run__workflow").filter(run=run, pk=number).first()
    if found is None:
        raise NotFoundError("There is no such undo of this run.")
    return found


def _done(undos: list[RunUndo]) -> Any:
    taken = set(RunUndo.objects.filter(takes_back__in=undos).values_list("takes_back_id", flat=True))
    for undo in undos:
        undo.taken_back = undo.pk in taken  # type: ignore[attr-defined]
        undo.fields_done = undo.fields.all()  # type: ignore[attr-defined]
    return UndoAnswer(undos, many=True).data


def _answer(plan: UndoPlan, why_not: str, *, children: bool) -> Response:
    undos = RunUndo.objects.filter(run=plan.run).prefetch_related("fields__module")
    restored: list[Piece] = [] if why_not else plan.restored
    if not why_not and not restored:
        why_not = plan.left[0].said if plan.left else "The run has changed no record."
    stays: list[Stays] = what_stays(plan)
    shown = {
        "run": plan.run.pk,
        "runs": list(plan.runs),
        "children": children,
        "plan_hash": plan.digest(),
        "why_not": why_not,
        "summary": summary_of(plan),
        "restored": restored,
        "left": plan.left,
        "stays": stays,
    }
    answer = dict(UndoPlanAnswer({**shown, "undos": []}).data)
    return Response({**answer, "undos": _done(list(undos))})


class RunUndoView(ApiView):
    @operation("runs_undo_preview", "runs", answer=UndoPlanAnswer, query=UndoQuery, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """What undoing the run would put back, field by field, what it would leave and why, and what no undo takes
        back."""
        run = _run(self, pk)
        children = self.query(UndoQuery)["children"]
        plan = plan_undo(run=run, actor=self.actor, children=children)
        return _answer(plan, why_not_undo(run), children=children)

    @operation(
        "runs_undo",
        "runs",
        request=UndoBody,
        answer=UndoAnswer,
        status=201,
        idempotent=True,
        sent={"plan_hash": "5f2c…", "reason": "Wrong team"},
        example=DONE,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Put back what the run changed, where nobody has changed it since. 409 when something else would be put back
        than you were shown, or nothing can be."""
        run = _run(self, pk)
        undo = undo_run(run=run, actor=self.actor, **self.body(UndoBody))
        return Response(_done([undo])[0], status=201)


class UndoTakeBackView(ApiView):
    @operation("runs_undo_back_preview", "runs", answer=UndoPlanAnswer, example=EXAMPLE)
    def get(self, request: Request, pk: int, number: int) -> Response:
        """What taking this undo back would do."""
        undo = _undo(_run(self, pk), number)
        why_not = ""
        if undo.takes_back_id is not None or RunUndo.objects.filter(takes_back=undo).exists():
            why_not = "It was taken back already. Undo the run again instead."
        plan = plan_take_back(undo=undo, actor=self.actor)
        return _answer(plan, why_not, children=undo.children)

    @operation(
        "runs_undo_back",
        "runs",
        request=TakeBackBody,
        answer=UndoAnswer,
        status=201,
        idempotent=True,
        sent={"plan_hash": "5f2c…", "reason": "It was right after all"},
        example={**DONE, "id": 8, "takes_back": 7},
    )
    @idempotent()
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Make an undo undone: its fields become again what the run had made of them, where nobody changed them
        since."""
        undo = _undo(_run(self, pk), number)
        taken = take_back_undo(undo=undo, actor=self.actor, **self.body(TakeBackBody))
        return Response(_done([taken])[0], status=201)
