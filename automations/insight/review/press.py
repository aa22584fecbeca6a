"""Reviews for those who keep them: the figures of a schedule's week, and the mail that says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from automations import permissions
from automations.engine.weeks import Week
from automations.insight.review import matters  # noqa: F401 - registers what is asked
from automations.insight.review.facts import facts_of
from automations.insight.review.figures import named_workflows, review_of
from automations.insight.review.letter import as_html, as_text
from automations.insight.review.questions import Scope, asked
from automations.models import ReviewSchedule, Workflow

JSONDict = dict[str, Any]


class Press:
    """Figures and questions of a week, of what a schedule is about."""

    def read(self, schedule: ReviewSchedule, week: Week, *, now: datetime) -> JSONDict:
        """Of a team's workflows or of all; of a personal one, those that its person sees."""
        person = schedule.person if schedule.personal else None
        rows = Workflow.objects.none() if schedule.personal else Workflow.objects.all()
        if person is not None:
            rows = permissions.visible_workflows(person)
        return read_facts(rows, week, now=now, team=schedule.team, actor=person)

    def written(self, figures: Mapping[str, Any], *, link: str) -> tuple[str, str]:
        return as_text(figures, link=link), as_html(figures, link=link)


PRESS = Press()


def read_facts(
    rows: QuerySet[Workflow], week: Week, *, now: datetime, team: str = "", actor: Any = None
) -> JSONDict:
    """The review of these workflows, with its questions, as plain data."""
    workflows = named_workflows(rows, team)
    review = review_of(workflows, week, now=now, team=team)
    scope = Scope(workflows, review, actor, now)
    return {**facts_of(review, now=now), "questions": asked(scope)}
