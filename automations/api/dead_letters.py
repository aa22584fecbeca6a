"""Dead letters by cause: found, told whole, triaged and discarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.audit import AuditAnswer
from automations.api.failures import EXAMPLE as FAILURE
from automations.api.failures import FailureAnswer
from automations.api.pagination import page_of
from automations.api.runs import WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.engine.errors import Problem
from automations.errors import ForbiddenError, InvalidError, NotFoundError
from automations.insight.dead_letters import MOST, Found, changes_before, read_causes, visible_letters
from automations.insight.diagnosis.changes import in_words
from automations.insight.failures import run_failure
from automations.insight.run_news import newest_retry_of
from automations.models import AuditEntry, DeadLetter, Run, Triage, Workflow
from automations.services.dead_letters import ACTIVE, TYPED_ABOVE, discard_letters, triage_cause

MOST_NAMED = 1_000
TOLD = (
    *("fingerprint", "cause", "code", "kind", "state", "total", "open", "redriven", "discarded"),
    *("first_seen_at", "last_seen_at"),
)
"""What of a cause is told as it is held."""


class TriageAnswer(Answer):
    workflow = WorkflowName()
    state = serializers.ChoiceField(Triage.State.choices)
    fixed_in = serializers.IntegerField(
        source="fixed_in.number",
        default=None,
        allow_null=True,
        help_text="The version that mends it; failures of earlier ones don't make it new again.",
    )
    assignee = UserName(allow_null=True)
    note = serializers.CharField()
    first_seen_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)
    reopened = serializers.IntegerField(help_text="How often it was seen although it was fixed.")
    reopened_at = serializers.DateTimeField(allow_null=True)
    may_triage = serializers.BooleanField(help_text="Whether you may triage, redrive and discard it here.")


class LettersOfDayAnswer(Answer):
    day = serializers.DateField()
    number = serializers.IntegerField()


class CauseAnswer(Answer):
    fingerprint = serializers.CharField(help_text="Names the cause; the same from release to release.")
    cause = serializers.CharField(help_text="The message, without what differs from case to case.")
    code = serializers.CharField()
    kind = serializers.CharField(help_text="Of the step that failed; empty when no step is to blame.")
    state = serializers.ChoiceField(
        Triage.State.choices, help_text="Where it stands differently in several workflows, the most urgent."
    )
    total = serializers.IntegerField()
    open = serializers.IntegerField()
    redriven = serializers.IntegerField()
    discarded = serializers.IntegerField()
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    workflows = TriageAnswer(many=True)
    days = LettersOfDayAnswer(many=True, help_text="Letters of each of the last 14 days, oldest first.")


class CausesAnswer(Answer):
    total = serializers.IntegerField(help_text=f"How many there are; at most {MOST} are told.")
    results = CauseAnswer(many=True)


class CauseChangeAnswer(AuditAnswer):
    sentence = serializers.CharField(help_text="Who did what.")
    page = serializers.CharField(help_text="Of what was changed, below the app's own address; or empty.")


class CauseDetailAnswer(CauseAnswer):
    changes = CauseChangeAnswer(
        many=True, help_text="What people changed in the week before it was first seen, newest first."
    )


class CausesQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    code = serializers.CharField(required=False, max_length=64)
    state = serializers.ChoiceField(Triage.State.choices, required=False)
    assignee = serializers.CharField(
        required=False, max_length=150, allow_blank=True, help_text="A user name; empty: nobody's."
    )
    open = serializers.BooleanField(required=False, default=False, help_text="true: only with open letters.")


class LetterFailure(FailureAnswer):
    """Why the run of a letter gave up."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="run", **kwargs)

    def to_representation(self, run: Run) -> dict[str, Any]:
        told = run_failure(run)
        return {str(name): told.get(str(name)) for name in self.fields}


class LetterAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    retried_as = serializers.IntegerField(allow_null=True, help_text="The run by which that one was retried.")
    workflow = WorkflowName()
    version = serializers.IntegerField(source="run.version.number")
    state = serializers.ChoiceField(DeadLetter.State.choices)
    code = serializers.CharField()
    message = serializers.CharField()
    failure = LetterFailure(read_only=True)
    node = serializers.CharField(help_text="Empty when no step is to blame.")
    attempts = serializers.IntegerField()
    module = serializers.CharField(source="run.module.key", default=None, allow_null=True)
    record = serializers.CharField(source="run.record_key")
    event = serializers.IntegerField(source="run.event_id", allow_null=True)
    input = serializers.DictField(allow_null=True, help_text="null without the right to see payloads.")
    created_at = serializers.DateTimeField()


class LettersQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    state = serializers.ChoiceField(DeadLetter.State.choices, required=False)


class TriageBody(Body):
    workflow = serializers.IntegerField(
        required=False, min_value=1, help_text="Else all workflows on which you may retry."
    )
    state = serializers.ChoiceField(Triage.State.choices, required=False)
    fixed_in = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="With “fixed”: a version's number, “active”, or null: mended outside of the workflow.",
    )
    assignee = serializers.CharField(
        required=False, allow_null=True, max_length=150, help_text="A user name; null: nobody."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)

    def validate_fixed_in(self, value: Any) -> int | str | None:
        named = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
        if named or value is None or value == ACTIVE:
            return value  # type: ignore[no-any-return]
        raise serializers.ValidationError("“fixed_in” is a version's number, “active” or null.")


class DiscardBody(Body):
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="All open ones of a cause."
    )
    letters = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=MOST_NAMED,
        help_text="Single letters by number, in place of a cause.",
    )
    workflow = serializers.IntegerField(required=False, min_value=1, help_text="Only of this workflow.")
    count = serializers.IntegerField(
        required=False, min_value=0, help_text=f"How many are open; needed for more than {TYPED_ABOVE}."
    )
    reason = serializers.CharField(max_length=AuditEntry._meta.get_field("reason").max_length)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("fingerprint" in values) == ("letters" in values):
            raise serializers.ValidationError({"fingerprint": ["Send either a cause or letters."]})
        return values


class DiscardAnswer(Answer):
    discarded = serializers.IntegerField()


TRIAGE: dict[str, Any] = {
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "state": "looking",
    "fixed_in": None,
    "assignee": "noor",
    "note": "Asked the CRM people",
    "first_seen_at": "2026-03-29T11:40:00Z",
    "changed_at": "2026-03-29T12:00:00Z",
    "reopened": 0,
    "reopened_at": None,
    "may_triage": True,
}
CAUSE: dict[str, Any] = {
    "fingerprint": "5f2c0e8d1f0e7a4f",
    "cause": "Given up after … attempts: The answer was 503.",
    "code": "delivery-failed",
    "kind": "action.call_webhook",
    "state": "looking",
    "total": 14,
    "open": 12,
    "redriven": 2,
    "discarded": 0,
    "first_seen_at": "2026-03-29T11:40:00Z",
    "last_seen_at": "2026-03-29T14:30:00Z",
    "workflows": [TRIAGE],
    "days": [{"day": "2026-03-29", "number": 14}],
}
CHANGE: dict[str, Any] = {
    "id": 815,
    "at": "2026-03-29T11:32:00Z",
    "actor": "priya",
    "action": "destination.updated",
    "object_type": "destination",
    "object_id": "3",
    "before": {"url": "https://crm.example.com/v1"},
    "after": {"url": "https://crm.example.com/v2"},
    "reason": "",
    "request_id": "",
    "link": 815,
    "hash": "9b1c…",
    "sentence": "priya changed the destination “CRM”: url.",
    "page": "webhooks/destinations/crm/",
}
LETTER: dict[str, Any] = {
    "id": 21,
    "run": 311,
    "retried_as": None,
    "workflow": TRIAGE["workflow"],
    "version": 3,
    "state": "open",
    "code": "delivery-failed",
    "message": "Given up after 10 attempts: The answer was 503.",
    "failure": FAILURE,
    "node": "a1",
    "attempts": 1,
    "module": "tickets",
    "record": "T-1042",
    "event": 5120,
    "input": {},
    "created_at": "2026-03-29T14:30:00Z",
}


def _told(found: Iterable[Found], actor: Any) -> Any:
    """The causes as they are answered, each with what the actor may do about it."""
    rows = list(found)
    may = retryable(actor, {triage.workflow_id for row in rows for triage in row.triages})
    return [
        {
            **{name: getattr(row, name) for name in TOLD},
            "workflows": [{**dict(TriageAnswer(_with(triage, may)).data)} for triage in row.triages],
            "days": [{"day": day, "number": number} for day, number in row.days],
        }
        for row in rows
    ]


def _with(triage: Triage, may: set[int]) -> Triage:
    triage.may_triage = triage.workflow_id in may  # type: ignore[attr-defined]
    return triage


def retryable(actor: Any, workflows: Iterable[int]) -> set[int]:
    """Those of these workflows whose runs the actor may retry."""
    rows = permissions.workflows_with(actor, "retry").filter(pk__in=list(workflows))
    return set(rows.values_list("pk", flat=True))


def _cause(actor: Any, fingerprint: str) -> Found:
    found, _ = read_causes(actor, now=timezone.now(), fingerprint=fingerprint)
    if not found:
        raise NotFoundError("There is no such cause of dead letters.")
    return found[0]


def _detail(actor: Any, fingerprint: str) -> Mapping[str, Any]:
    cause = _cause(actor, fingerprint)
    changes = changes_before(
        actor, workflows=[triage.workflow_id for triage in cause.triages], moment=cause.first_seen_at
    )
    words = in_words(changes, actor)
    told = [
        {**entry, "sentence": sentence, "page": page}
        for entry, (sentence, page) in zip(AuditAnswer(changes, many=True).data, words, strict=True)
    ]
    return {**_told([cause], actor)[0], "changes": told}


def retryable_among(actor: Any, triages: Iterable[Triage], workflow: int | None) -> list[Triage]:
    """The triages that the actor may change, of one workflow or all. Raises NotFoundError, or ForbiddenError when there is
    none."""
    found = [triage for triage in triages if workflow in (None, triage.workflow_id)]
    if not found:
        raise NotFoundError("This cause was not seen in such a workflow.")
    may = retryable(actor, {triage.workflow_id for triage in found})
    mine = [triage for triage in found if triage.workflow_id in may]
    if not mine:
        permissions.require(actor, "retry", found[0].workflow)
    return mine


class CausesView(ApiView):
    @operation(
        "dead_letters_list",
        "dead-letters",
        answer=CausesAnswer,
        query=CausesQuery,
        example={"total": 1, "results": [CAUSE]},
    )
    def get(self, request: Request) -> Response:
        """Causes of dead letters in the workflows that you may see, the last seen first; always one page."""
        wanted = self.query(CausesQuery)
        wanted["only_open"] = wanted.pop("open")
        found, total = read_causes(self.actor, now=timezone.now(), **wanted)
        return Response({"total": total, "results": _told(found, self.actor)})


class CauseView(ApiView):
    @operation(
        "dead_letters_get", "dead-letters", answer=CauseDetailAnswer, example={**CAUSE, "changes": [CHANGE]}
    )
    def get(self, request: Request, fingerprint: str) -> Response:
        """One cause, how it stands in each workflow, and what changed just before it was first seen."""
        return Response(_detail(self.actor, fingerprint))


class LettersView(ApiView):
    @operation(
        "dead_letters_letters",
        "dead-letters",
        answer=LetterAnswer,
        many=True,
        query=LettersQuery,
        example=LETTER,
    )
    def get(self, request: Request, fingerprint: str) -> Response:
        """The letters of a cause, newest first, each with the run that gave up."""
        _cause(self.actor, fingerprint)
        wanted = self.query(LettersQuery)
        rows = visible_letters(self.actor).filter(fingerprint=fingerprint, **wanted)
        rows = rows.select_related("workflow", "run__version", "run__module").defer("run__version__document")
        return Response(page_of(request, rows.annotate(retried_as=newest_retry_of("run")), self._letters))

    def _letters(self, page: Any) -> Any:
        letters = list(page)
        seen = permissions.workflows_with(self.actor, "view_payloads").filter(
            pk__in={letter.workflow_id for letter in letters}
        )
        shown = set(seen.values_list("pk", flat=True))
        for letter in letters:
            letter.input = letter.run.input if letter.workflow_id in shown else None
        return LetterAnswer(letters, many=True).data


class TriageView(ApiView):
    @operation(
        "dead_letters_triage",
        "dead-letters",
        request=TriageBody,
        answer=CauseDetailAnswer,
        sent={"state": "fixed", "fixed_in": "active", "assignee": "noor"},
        example={**CAUSE, "changes": [CHANGE]},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """Say how a cause stands, and whose it is, in one workflow or in all on which you may retry."""
        cause = _cause(self.actor, fingerprint)
        mine = retryable_among(self.actor, cause.triages, None)
        wanted = self.body(TriageBody)
        of = wanted.pop("workflow", None)
        triages = mine if of is None else retryable_among(self.actor, cause.triages, of)
        if wanted.get("assignee") is not None:
            wanted["assignee"] = _person(wanted["assignee"])
        with transaction.atomic():
            for triage in triages:
                triage_cause(triage=triage, actor=self.actor, **wanted)
        return Response(_detail(self.actor, fingerprint))


def _person(name: str) -> Any:
    found = get_user_model()._default_manager.filter(username=name).first()
    if found is None:
        raise NotFoundError(f"There is nobody called “{name[:150]}”.", code="unknown-user")
    return found


class DiscardView(ApiView):
    @operation(
        "dead_letters_discard",
        "dead-letters",
        request=DiscardBody,
        answer=DiscardAnswer,
        sent={"fingerprint": "5f2c0e8d1f0e7a4f", "reason": "The orders were cancelled"},
        example={"discarded": 12},
    )
    def post(self, request: Request) -> Response:
        """Give up the open letters of a cause, or single ones, for a reason. Their runs can still be retried."""
        wanted = self.body(DiscardBody)
        seen = letters_of(self.actor, wanted)
        mine = seen.filter(workflow__in=permissions.workflows_with(self.actor, "retry").values("pk"))
        if not seen.exists():
            raise NotFoundError("There are no such letters.")
        of = list(mine.order_by().values_list("workflow", flat=True).distinct()[:2])
        if not of:
            raise ForbiddenError("You lack the right “retry” on every workflow that these letters are of.")
        if len(of) > 1:
            message = "These letters are of several workflows."
            raise InvalidError([Problem("several-workflows", "workflow", message, "Name one of them.")])
        number = discard_letters(
            workflow=Workflow.objects.get(pk=of[0]),
            letters=mine,
            actor=self.actor,
            reason=wanted["reason"],
            count=wanted.get("count"),
        )
        return Response({"discarded": number})


def letters_of(actor: Any, wanted: Mapping[str, Any]) -> QuerySet[DeadLetter]:
    """The letters in sight that a body names."""
    rows = visible_letters(actor)
    if "fingerprint" in wanted:
        rows = rows.filter(fingerprint=wanted["fingerprint"])
    if "letters" in wanted:
        rows = rows.filter(pk__in=wanted["letters"])
    return rows.filter(workflow=wanted["workflow"]) if "workflow" in wanted else rows
