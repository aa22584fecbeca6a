"""Dead letters by cause: found, told whole, triaged and discarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.audit import AuditAnswer
from automations.api.dead_letter_shapes import (
    CAUSE,
    CHANGE,
    LETTER,
    MAY,
    CauseDetailAnswer,
    CausesAnswer,
    CausesQuery,
    DiscardAnswer,
    DiscardBody,
    LetterAnswer,
    LettersQuery,
    TriageAnswer,
    TriageBody,
)
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.engine.errors import Problem
from automations.errors import ForbiddenError, InvalidError, NotFoundError
from automations.insight.dead_letters import Found, changes_before, read_causes, visible_letters
from automations.insight.diagnosis.changes import in_words
from automations.insight.run_news import newest_retry_of
from automations.models import DeadLetter, Run, Triage, Workflow
from automations.services.dead_letters import discard_letters, triage_cause
from automations.services.redriving.rights import why_no_redrive

TOLD = (
    *("fingerprint", "cause", "code", "kind", "state", "total", "open", "redriven", "discarded"),
    *("first_seen_at", "last_seen_at"),
)
"""What of a cause is told as it is held."""


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
    return {**_told([cause], actor)[0], **_may_settle(cause, actor), "changes": told}


def _may_settle(cause: Found, actor: Any) -> Mapping[str, Any]:
    """How many of the open letters the actor may redrive and discard, and why he may not."""
    triages: list[Any] = [triage for triage in cause.triages if triage.open]  # type: ignore[attr-defined]
    mine = [triage for triage in triages if triage.may_triage]
    if not mine:
        why_not = permissions.why_not(actor, "retry", triages[0].workflow) if triages else "None is open."
        return {"may_settle": 0, "why_not_settle": why_not, "why_not_redrive": why_not}
    letters = DeadLetter.objects.filter(
        fingerprint=cause.fingerprint,
        state=DeadLetter.State.OPEN,
        workflow__in=[triage.workflow_id for triage in mine],
    )
    return {
        "may_settle": sum(triage.open for triage in mine),
        "why_not_settle": "",
        "why_not_redrive": why_no_redrive(runs=Run.objects.filter(dead_letter__in=letters), actor=actor),
    }


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
        "dead_letters_get",
        "dead-letters",
        answer=CauseDetailAnswer,
        example={**CAUSE, **MAY, "changes": [CHANGE]},
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
        mine = retryable(self.actor, {letter.workflow_id for letter in letters})
        for letter in letters:
            letter.input = letter.run.input if letter.workflow_id in shown else None
            letter.may_settle = letter.state == DeadLetter.State.OPEN and letter.workflow_id in mine
        return LetterAnswer(letters, many=True).data


class TriageView(ApiView):
    @operation(
        "dead_letters_triage",
        "dead-letters",
        request=TriageBody,
        answer=CauseDetailAnswer,
        sent={"state": "fixed", "fixed_in": "active", "assignee": "noor"},
        example={**CAUSE, **MAY, "changes": [CHANGE]},
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
