"""A review asks, people answer, and it is signed when somebody looks at every failure; then nothing changes any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import AuditEntry, KeptReview, ReviewDecision, ReviewSignature, Triage
from automations.services.dead_letters import triage_cause
from automations.services.review_decisions import answer_question, read_triage, sign_review

from .world import Desk, the_week

pytestmark = pytest.mark.django_db

WEEK = the_week()


@pytest.fixture
def review(desk: Desk) -> KeptReview:
    """Of a week with two causes of failure; the workflow acts and is watched by nobody in particular."""
    desk.failed(WEEK.start)
    desk.failed(WEEK.start + timedelta(days=1))
    desk.failed(WEEK.start + timedelta(days=2), "The form is unreadable")
    return desk.kept(WEEK)


def answered(review: KeptReview, actor: Any, **given: Any) -> ReviewDecision:
    first = {"question": "unwatched", "choice": "keep", "now": WEEK.end}
    return answer_question(review=review, actor=actor, **{**first, **given})


def signed(review: KeptReview, actor: Any, **given: Any) -> ReviewSignature:
    return sign_review(
        review=review, actor=actor, **{"digest": review.digest, "note": "Read it.", "now": WEEK.end, **given}
    )


def test_it_is_signed_only_when_every_cause_has_a_state_and_somebody(review: KeptReview, desk: Desk) -> None:
    def left() -> list[tuple[str, str, str]]:
        with pytest.raises(ConflictError) as refused:
            signed(review, desk.bob)
        assert refused.value.code == "triage-open"
        return [(row["cause"], row["state"], row["assignee"]) for row in refused.value.facts["open"]]

    host, form = Triage.objects.order_by("pk")
    assert left() == [(host.cause, "new", ""), (form.cause, "new", "")]
    triage_cause(triage=host, state="looking", actor=desk.alice)  # nobody's yet
    triage_cause(triage=form, assignee=desk.alice, actor=desk.alice)  # new still
    assert left() == [(host.cause, "looking", ""), (form.cause, "new", "alice")]
    triage_cause(triage=host, assignee=desk.alice, actor=desk.alice)
    assert left() == [(form.cause, "new", "alice")]
    triage_cause(triage=form, state="ignored", actor=desk.alice)
    answered(review, desk.bob, choice="later", note="In April.")
    signature = signed(review, desk.bob)
    assert (signature.signed_by, signature.digest) == (desk.bob, review.digest)
    assert [(row["question"], row["choice"], row["note"], row["by"]) for row in signature.decided] == [
        ("unwatched", "later", "In April.", "bob")
    ]
    assert {row["state"] for row in signature.triage} == {"looking", "ignored"}
    entry = AuditEntry.objects.get(action="review.signed")
    assert (entry.actor, entry.reason, entry.after["digest"]) == (desk.bob, "Read it.", review.digest)


def test_what_is_signed_stays(desk: Desk) -> None:
    review = desk.kept(WEEK)  # nothing failed in it
    signature = signed(review, desk.bob)
    for again in (lambda: signed(review, desk.root), lambda: answered(review, desk.root)):
        with pytest.raises(ConflictError) as refused:
            again()
        assert (refused.value.code, "bob has signed it" in refused.value.detail) == ("signed", True)
    table = ReviewSignature._meta.db_table
    for statement in (f"UPDATE {table} SET note = 'x'", f"DELETE FROM {table}"):  # noqa: S608 - our own names
        with pytest.raises(DatabaseError, match="rows are never changed"), transaction.atomic():
            connection.cursor().execute(statement)
    desk.bob.delete()
    signature.refresh_from_db()
    assert (signature.signed_by, signature.signed_by_name) == (None, "bob")


def test_only_the_figures_that_were_shown_are_signed(desk: Desk) -> None:
    review = desk.kept(WEEK)
    with pytest.raises(ConflictError) as refused:
        signed(review, desk.bob, digest="0" * 64)
    assert refused.value.code == "other-figures"
    with pytest.raises(InvalidError):
        signed(review, desk.bob, note=" ")
    assert not ReviewSignature.objects.exists()


def test_a_cause_whose_letters_are_gone_for_good_stands_in_nobodys_way(
    review: KeptReview, desk: Desk
) -> None:
    Triage.objects.all().delete()
    assert [row["is_open"] for row in read_triage(review=review)] == [False, False]
    assert signed(review, desk.bob).pk


def test_the_newest_answer_stands_and_each_is_in_the_trail(review: KeptReview, desk: Desk) -> None:
    answered(review, desk.bob)
    answered(review, desk.alice, choice="change", note="Bob looks at it.")
    decision = ReviewDecision.objects.get()
    assert (decision.choice, decision.decided_by_name) == ("change", "alice")
    first, second = AuditEntry.objects.filter(action="review.answered").order_by("pk")
    assert (first.before, second.before["choice"], second.after["choice"]) == (None, "keep", "change")
    with pytest.raises(NotFoundError):
        answered(review, desk.bob, question="idle:999")
    with pytest.raises(InvalidError):
        answered(review, desk.bob, choice="perhaps")
