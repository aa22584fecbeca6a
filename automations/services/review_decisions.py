"""What people make of a kept review: they answer what it asks, and sign it when every failure was looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from automations.errors import ConflictError, NotFoundError
from automations.models import KeptReview, ReviewDecision, ReviewSignature, Triage
from automations.services.audit import write_audit
from automations.services.reviews import digest_of
from automations.services.texts import require_texts

JSONDict = dict[str, Any]


@transaction.atomic
def answer_question(
    *, review: KeptReview, question: str, choice: str, actor: Any, now: datetime, note: str = ""
) -> ReviewDecision:
    """Answer one question of a review, by its key; the newest answer stands until the review is signed.

    Raises InvalidError for the texts, NotFoundError for what is not asked, ConflictError when it is signed (“signed”).
    """
    require_texts(ReviewDecision, question=question, choice=choice, note=note)
    review = _unsigned(review)
    if all(one["key"] != question for one in review.figures["questions"]):
        raise NotFoundError("The review asks no such question.", code="unknown-question")
    there = ReviewDecision.objects.filter(review=review, question=question).first()
    decision, _ = ReviewDecision.objects.update_or_create(
        review=review,
        question=question,
        defaults={
            "choice": choice,
            "note": note,
            "decided_by": actor,
            "decided_by_name": actor.get_username(),
            "at": now,
        },
    )
    write_audit(
        actor=actor,
        action="review.answered",
        obj=review,
        before=_said(there) if there else None,
        after=_said(decision),
        reason=note,
    )
    return decision


@transaction.atomic
def sign_review(*, review: KeptReview, digest: str, note: str, actor: Any, now: datetime) -> ReviewSignature:
    """Sign the figures that `digest` names, with the answers as they stand.

    Raises InvalidError for the texts; ConflictError when it is signed already (“signed”), when other figures were shown
    (“other-figures”), and while a cause of failure of that week is new or nobody's (“triage-open”; `open` lists them).
    """
    require_texts(ReviewSignature, digest=digest, note=note)
    review = _unsigned(review)
    if digest != review.digest or digest_of(figures=review.figures) != digest:
        raise ConflictError(
            "These are not the figures that are kept. Load the review again.", code="other-figures"
        )
    triage = read_triage(review=review)
    if left := [row for row in triage if row["is_open"]]:
        count = "1 cause of failure is" if len(left) == 1 else f"{len(left)} causes of failure are"
        message = f"{count} new, or nobody's. Say how each stands and who looks at it; then sign."
        raise ConflictError(message, code="triage-open", facts={"open": left})
    signature = ReviewSignature.objects.create(
        review=review,
        digest=digest,
        note=note,
        decided=[{**_said(row), "at": row.at.isoformat()} for row in review.decisions.all()],
        triage=triage,
        signed_by=actor,
        signed_by_name=actor.get_username(),
        at=now,
    )
    after = {"week": review.week, "team": review.team, "digest": digest, "answers": len(signature.decided)}
    write_audit(actor=actor, action="review.signed", obj=review, after=after, reason=note)
    return signature


def read_triage(*, review: KeptReview) -> list[JSONDict]:
    """How the causes of failure of the week stand now. One is open while it is new or nobody looks at it; one whose letters
    and triage are gone for good is not."""
    causes = {(row["workflow"]["id"], row["fingerprint"]): row for row in review.figures["failures"]}
    rows: Iterable[Triage] = Triage.objects.filter(
        workflow__in={pk for pk, _ in causes}, fingerprint__in={fingerprint for _, fingerprint in causes}
    ).select_related("assignee")
    found = {(row.workflow_id, row.fingerprint): row for row in rows}
    return [_stands(cause, found.get(place)) for place, cause in causes.items()]


def _stands(cause: JSONDict, triage: Triage | None) -> JSONDict:
    assignee = triage.assignee.get_username() if triage and triage.assignee else ""
    return {
        "workflow": cause["workflow"],
        "fingerprint": cause["fingerprint"],
        "cause": cause["cause"],
        "state": triage.state if triage else "",
        "assignee": assignee,
        "is_open": triage is not None and (triage.state == Triage.State.NEW or not assignee),
        "address": f"dead-letters/{cause['fingerprint']}/",
    }


def _unsigned(review: KeptReview) -> KeptReview:
    """The review, held so that nobody signs it meanwhile."""
    review = KeptReview.objects.select_for_update(of=("self",)).get(pk=review.pk)
    signed = ReviewSignature.objects.filter(review=review).first()
    if signed is not None:
        message = (
            f"{signed.signed_by_name} has signed it on {signed.at:%Y-%m-%d}. Nothing of it changes any more."
        )
        raise ConflictError(message, code="signed")
    return review


def _said(decision: ReviewDecision) -> JSONDict:
    return {
        "question": decision.question,
        "choice": decision.choice,
        "note": decision.note,
        "by": decision.decided_by_name,
    }
