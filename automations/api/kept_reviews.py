"""Reviews that are kept: the archive, one of them with what it asks, its answers and its signature, and all of it as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, F
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import review_rights
from automations.api.go_live import NamedWorkflowAnswer
from automations.api.pagination import page_of
from automations.api.reviews import (
    EXAMPLE,
    THEMES,
    QuestionAnswer,
    ReviewAnswer,
    chart_of,
    printed_as,
)
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.models import KeptReview, ReviewDecision, ReviewSignature
from automations.services.review_decisions import answer_question, read_triage, sign_review
from automations.services.reviews import digest_of


class KeptQuery(Body):
    week = serializers.CharField(required=False, max_length=8)
    team = serializers.CharField(required=False, max_length=80)
    signed = serializers.BooleanField(required=False, allow_null=True, default=None)


class KeptThemeQuery(Body):
    theme = serializers.ChoiceField(list(THEMES), default="light")


class KeptListAnswer(Answer):
    id = serializers.IntegerField()
    schedule = serializers.IntegerField(source="schedule_id")
    week = serializers.CharField()
    team = serializers.CharField(help_text="“”: all workflows, or what one person may see.")
    personal = serializers.BooleanField(
        source="schedule.personal", help_text="Only of what its reader may see."
    )
    zone = serializers.CharField()
    headline = serializers.CharField()
    made_at = serializers.DateTimeField(help_text="The figures are as of then, and never change.")
    made_by = serializers.CharField(source="made_by_name")
    digest = serializers.CharField(help_text="SHA-256 of the figures.")
    asked = serializers.IntegerField(help_text="Questions that it asks.")
    answered = serializers.IntegerField()
    signed_by = serializers.CharField(default=None, allow_null=True)
    signed_at = serializers.DateTimeField(default=None, allow_null=True)


class MadeDecisionAnswer(Answer):
    choice = serializers.ChoiceField(ReviewDecision.Choice.choices)
    note = serializers.CharField()
    by = serializers.CharField(source="decided_by_name")
    at = serializers.DateTimeField()


class AskedAnswer(QuestionAnswer):
    answer = MadeDecisionAnswer(allow_null=True)
    last = MadeDecisionAnswer(allow_null=True, help_text="What was answered to it in the review before.")


class DecidedBeforeAnswer(MadeDecisionAnswer):
    question = serializers.CharField()
    title = serializers.CharField()
    week = serializers.CharField()


class StandingAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    fingerprint = serializers.CharField()
    cause = serializers.CharField()
    state = serializers.CharField(help_text="Of its triage, now; “” where its letters are gone.")
    assignee = serializers.CharField()
    is_open = serializers.BooleanField(help_text="It is new, or nobody looks at it: nobody can sign.")
    address = serializers.CharField(help_text="The page of the cause, below the app's own address.")


class SignatureAnswer(Answer):
    by = serializers.CharField(source="signed_by_name")
    at = serializers.DateTimeField()
    note = serializers.CharField()
    digest = serializers.CharField()


class KeptAnswer(KeptListAnswer):
    intact = serializers.BooleanField(help_text="The figures are those of the digest.")
    figures = ReviewAnswer()
    questions = AskedAnswer(many=True)
    decided_before = DecidedBeforeAnswer(many=True, help_text="What was decided in the review before.")
    triage = StandingAnswer(many=True, help_text="How the causes of failure of that week stand now.")
    signature = SignatureAnswer(allow_null=True)


class AnswerBody(Body):
    question = serializers.CharField(max_length=160, help_text="Its key.")
    choice = serializers.ChoiceField(ReviewDecision.Choice.choices)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class SignReviewBody(Body):
    digest = serializers.CharField(max_length=64, help_text="Of the figures that you were shown.")
    note = serializers.CharField(max_length=300)


ROW: dict[str, Any] = {
    "id": 12,
    "schedule": 1,
    "week": "2026-W48",
    "team": "Desk",
    "personal": False,
    "zone": "UTC",
    "headline": EXAMPLE["headline"],
    "made_at": "2026-11-30T08:00:00Z",
    "made_by": "system",
    "digest": "5f2c…",
    "asked": 1,
    "answered": 1,
    "signed_by": None,
    "signed_at": None,
}
ANSWER: dict[str, Any] = {
    "choice": "change",
    "note": "We filter by queue.",
    "by": "noor",
    "at": "2026-11-30T09:00:00Z",
}
KEPT: dict[str, Any] = {
    **ROW,
    "intact": True,
    "figures": EXAMPLE,
    "questions": [{**EXAMPLE["questions"][0], "answer": ANSWER, "last": None}],
    "decided_before": [],
    "triage": [],
    "signature": None,
}


def seen(actor: Any) -> Any:
    """The kept reviews that the actor reads, without their figures."""
    rows = review_rights.visible_reviews(actor).select_related("schedule")
    return rows.defer("figures").annotate(
        answered=Count("decisions"), signed_by=F("signature__signed_by_name"), signed_at=F("signature__at")
    )


def review_for(view: ApiView, pk: int) -> KeptReview:
    """Raises NotFoundError for who does not read it."""
    found = review_rights.visible_reviews(view.actor).select_related("schedule").filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such review.")
    return found


def told(review: KeptReview) -> dict[str, Any]:
    """A kept review with what people have made of it."""
    answers = {row.question: row for row in review.decisions.all()}
    earlier = review.schedule.reviews.filter(starts_at__lt=review.starts_at).order_by("-starts_at").first()
    last = {row.question: row for row in earlier.decisions.all()} if earlier is not None else {}
    titles = {one["key"]: one["title"] for one in earlier.figures["questions"]} if earlier is not None else {}
    signature = ReviewSignature.objects.filter(review=review).first()
    for key, row in last.items():
        row.title, row.week = titles.get(key, key), earlier.week if earlier else ""  # type: ignore[attr-defined]
    given: Mapping[str, Any] = {
        **{name: getattr(review, name) for name in PLAIN},
        "schedule": review.schedule,
        "schedule_id": review.schedule_id,
        "answered": len(answers),
        "signed_by": signature.signed_by_name if signature else None,
        "signed_at": signature.at if signature else None,
        "intact": digest_of(figures=review.figures) == review.digest,
        "figures": review.figures,
        "questions": [
            {**one, "answer": answers.get(one["key"]), "last": last.get(one["key"])}
            for one in review.figures["questions"]
        ],
        "decided_before": list(last.values()),
        "triage": read_triage(review=review),
        "signature": signature,
    }
    return dict(KeptAnswer(given).data)


PLAIN = ("id", "week", "team", "zone", "headline", "made_at", "made_by_name", "digest", "asked")


def notes_of(review: KeptReview) -> dict[str, Any]:
    """What people have added to a review, for its page to keep."""
    titles = {one["key"]: one["title"] for one in review.figures["questions"]}
    signature = ReviewSignature.objects.filter(review=review).first()
    answers: Sequence[ReviewDecision] = list(review.decisions.all())
    return {
        "digest": review.digest,
        "answers": [
            {
                "title": titles.get(row.question, row.question),
                "choice": row.choice,
                "note": row.note,
                "by": row.decided_by_name,
            }
            for row in answers
        ],
        "signed": {
            "by": signature.signed_by_name,
            "at": f"{signature.at:%Y-%m-%d %H:%M}",
            "note": signature.note,
        }
        if signature
        else None,
    }


class KeptReviewsView(ApiView):
    @operation("kept_reviews_list", "reviews", answer=KeptListAnswer, many=True, query=KeptQuery, example=ROW)
    def get(self, request: Request) -> Response:
        """The reviews that were kept for you, newest first; for admins all."""
        wanted = self.query(KeptQuery)
        rows = seen(self.actor)
        for name in ("week", "team"):
            if name in wanted:
                rows = rows.filter(**{name: wanted[name]})
        if wanted["signed"] is not None:
            rows = rows.filter(signature__isnull=not wanted["signed"])
        return Response(page_of(request, rows, lambda page: KeptListAnswer(page, many=True).data))


class KeptReviewView(ApiView):
    @operation("kept_reviews_get", "reviews", answer=KeptAnswer, example=KEPT)
    def get(self, request: Request, pk: int) -> Response:
        """One of them: the figures as they were, the questions with their answers, and who has signed."""
        return Response(told(review_for(self, pk)))


class KeptChartView(ApiView):
    @operation(
        "kept_reviews_chart",
        "reviews",
        answer=str,
        query=KeptThemeQuery,
        media="image/svg+xml",
        example="<svg …>",
    )
    def get(self, request: Request, pk: int, chart: str) -> HttpResponse:
        """One chart of its figures: `days` or `slowest`."""
        return chart_of(review_for(self, pk).figures, chart, self.query(KeptThemeQuery)["theme"])


class KeptPaperView(ApiView):
    @operation("kept_reviews_pdf", "reviews", answer=bytes, media="application/pdf", example="%PDF-1.7")
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The kept figures on paper."""
        return printed_as("pdf", review_for(self, pk).figures)


class KeptPageView(ApiView):
    @operation("kept_reviews_html", "reviews", answer=str, media="text/html", example="<!doctype html>")
    def get(self, request: Request, pk: int) -> HttpResponse:
        """All of it as one page that needs nothing else, with the answers and the signature."""
        review = review_for(self, pk)
        return printed_as("html", review.figures, notes_of(review))


class KeptSheetView(ApiView):
    @operation("kept_reviews_csv", "reviews", answer=str, media="text/csv", example="table,row,column,value")
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The kept tables as CSV: a row for each cell."""
        return printed_as("csv", review_for(self, pk).figures)


class KeptAnswersView(ApiView):
    @operation(
        "kept_reviews_answer",
        "reviews",
        request=AnswerBody,
        answer=KeptAnswer,
        sent={"question": "noisy:4:t1", "choice": "change", "note": "We filter by queue."},
        example=KEPT,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Answer one of its questions; the newest answer stands until the review is signed."""
        review = review_for(self, pk)
        answer_question(review=review, **self.body(AnswerBody), actor=self.actor, now=timezone.now())
        return Response(told(review))


class KeptSignView(ApiView):
    @operation(
        "kept_reviews_sign",
        "reviews",
        request=SignReviewBody,
        answer=KeptAnswer,
        sent={"digest": "5f2c…", "note": "Read with the team."},
        example=KEPT,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Sign it, once every cause of failure of that week has a state and somebody who looks at it; else 409 with what is
        `open`. Nothing of it changes afterwards."""
        review = review_for(self, pk)
        sign_review(review=review, **self.body(SignReviewBody), actor=self.actor, now=timezone.now())
        return Response(told(review))
