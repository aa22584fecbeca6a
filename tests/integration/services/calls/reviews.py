"""How the services of kept reviews are called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from automations.engine.weeks import named_week
from automations.models import KeptReview, ReviewSchedule
from automations.services import review_decisions, reviews

from ..world import NOW, World
from .shapes import READS, Audited, Call, Traced

QUESTION = {"key": "idle:1", "title": "Idle"}


class _Press:
    """Figures that need no runs."""

    def read(self, schedule: Any, week: Any, *, now: Any) -> dict[str, Any]:
        counts = {"succeeded": 1, "failed": 0, "cancelled": 0, "success_rate": 100.0}
        return {"headline": "1 run ended.", "questions": [QUESTION], "failures": [], "now": counts}

    def written(self, figures: Any, *, link: str) -> tuple[str, str]:
        return "text", "<p>html</p>"


PRESS = _Press()


def _schedule(world: World) -> ReviewSchedule:
    there = ReviewSchedule.objects.filter(team="Desk").first()
    return there or reviews.make_schedule(
        team="Desk", readers=[(world.bob, True)], actor=world.alice, now=timezone.now()
    )


def _week(number: int = 10) -> Any:
    return named_week(f"2026-W{number}", ZoneInfo("UTC"))


def _review(world: World, number: int = 11) -> KeptReview:
    there = KeptReview.objects.filter(week=f"2026-W{number}").first()
    week = _week(number)
    return there or reviews.keep_review(
        schedule=_schedule(world), week=week, press=PRESS, now=week.end, actor=world.alice
    )


def _free_week(world: World) -> Any:
    return _week(12 + KeptReview.objects.count())


CALLS: tuple[Call, ...] = (
    Call(
        reviews.make_schedule,
        lambda w: {
            "team": "Store",
            "zone": "UTC",
            "weekday": 1,
            "hour": 9,
            "readers": [(w.bob, True)],
            "actor": w.bob,
            "now": NOW,
        },
        Audited("review_schedule.made"),
    ),
    Call(
        reviews.change_schedule,
        lambda w: {"schedule": _schedule(w), "changes": {"hour": 7}, "actor": w.bob, "now": NOW},
        Audited("review_schedule.changed"),
    ),
    Call(
        reviews.set_mail,
        lambda w: {"schedule": _schedule(w), "mail": False, "actor": w.bob},
        Audited("review_schedule.mail_set", "schedule"),
    ),
    Call(reviews.facts_of, lambda w: {"schedule": _schedule(w)}, READS),
    Call(reviews.digest_of, lambda w: {"figures": {"a": 1}}, READS),
    Call(
        reviews.keep_review,
        lambda w: {
            "schedule": _schedule(w),
            "week": _free_week(w),
            "press": PRESS,
            "now": NOW + timedelta(days=365),
            "actor": w.bob,
        },
        Audited("review.kept"),
    ),
    Call(
        reviews.keep_due,
        lambda w: {"press": PRESS, "now": NOW},
        Traced((), "what it keeps is noted by each review; none is due here"),
    ),
    Call(
        review_decisions.answer_question,
        lambda w: {
            "review": _review(w),
            "question": QUESTION["key"],
            "choice": "keep",
            "note": "So be it",
            "actor": w.bob,
            "now": NOW,
        },
        Audited("review.answered", "review"),
    ),
    Call(
        review_decisions.sign_review,
        lambda w: {
            "review": _review(w, 50),
            "digest": _review(w, 50).digest,
            "note": "Read",
            "actor": w.bob,
            "now": NOW,
        },
        Audited("review.signed", "review"),
    ),
    Call(review_decisions.read_triage, lambda w: {"review": _review(w)}, READS),
)
