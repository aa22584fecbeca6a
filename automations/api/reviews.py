"""The weekly review: which weeks there are, one of them in numbers, its charts, and all of it on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.go_live import NamedWorkflowAnswer
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.engine.weeks import Week, named_week, week_of
from automations.errors import NotFoundError
from automations.insight.review.charts import CHARTS, THEMES, as_svg
from automations.insight.review.figures import read_weeks
from automations.insight.review.letter import as_page
from automations.insight.review.paper import as_pdf
from automations.insight.review.press import read_facts
from automations.insight.review.tables import as_csv

LISTED = timedelta(weeks=26)


class ZoneField(serializers.CharField):
    """A name of the time zone database, as “Europe/Vienna”."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return ZoneInfo(super().to_internal_value(data))
        except (KeyError, ValueError, OSError):  # OSError: the name of a folder, or far too long a one
            raise serializers.ValidationError(
                "This is no time zone; write one like “Europe/Vienna”."
            ) from None


class ReviewQuery(Body):
    zone = ZoneField(required=False, help_text="Whose weeks and days; the server's when left out.")
    team = serializers.CharField(
        required=False, max_length=80, help_text="Only workflows that this team owns; all when left out."
    )


class ChartQuery(ReviewQuery):
    theme = serializers.ChoiceField(list(THEMES), default="light")


class TotalsAnswer(Answer):
    ended = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    success_rate = serializers.FloatField(
        allow_null=True, help_text="Per cent of what succeeded or failed; null when nothing did."
    )
    median = serializers.FloatField(allow_null=True, help_text="Seconds that half of them took at most.")
    p95 = serializers.FloatField(allow_null=True, help_text="Seconds that 95 % of them took at most.")
    decided = serializers.IntegerField(help_text="Approvals that were approved or rejected.")
    approval_time = serializers.FloatField(allow_null=True, help_text="Mean seconds from question to answer.")
    manual_steps = serializers.IntegerField(
        help_text="Edits by hand that runs made unnecessary, by what people did on the same fields before."
    )
    manual_hours = serializers.FloatField(help_text="The same at `minutes_per_step`.")


class DayTotalsAnswer(Answer):
    day = serializers.DateField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class WorkflowBeforeAnswer(Answer):
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    manual_steps = serializers.IntegerField()


class WorkflowTotalsAnswer(WorkflowBeforeAnswer):
    workflow = NamedWorkflowAnswer()
    before = WorkflowBeforeAnswer(
        allow_null=True, help_text="The week before; null when none of its runs ended."
    )
    records_changed = serializers.IntegerField(help_text="Records that its runs changed.")
    edits_before = serializers.IntegerField(
        help_text="Edits by hand of the same fields in the four weeks before it first acted: the evidence."
    )
    records_before = serializers.IntegerField(help_text="The records that those edits were made on.")


class FailureGroupAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    fingerprint = serializers.CharField()
    cause = serializers.CharField()
    count = serializers.IntegerField()
    before = serializers.IntegerField(help_text="In the week before.")
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()
    is_new = serializers.BooleanField(help_text="It was never seen before this week.")
    state = serializers.CharField(help_text="Of its triage.")
    assignee = serializers.CharField(help_text="Empty when nobody looks after it.")
    owner = serializers.CharField(help_text="Of the workflow.")


class NoisyTriggerAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    node = serializers.CharField()
    title = serializers.CharField(help_text="Of the trigger in the live version; else its id.")
    asked = serializers.IntegerField(help_text="Events that it was asked about.")
    matched = serializers.IntegerField(help_text="Events that it started a run for.")
    asked_before = serializers.IntegerField(help_text="In the week before.")
    matched_before = serializers.IntegerField(help_text="In the week before.")


class OverdueAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    workflow = NamedWorkflowAnswer()
    run = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class BrokenGlassAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    version = serializers.IntegerField()
    by = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class QuestionAnswer(Answer):
    key = serializers.CharField(help_text="The same in every week that asks it.")
    kind = serializers.CharField()
    title = serializers.CharField()
    facts = serializers.CharField()
    suggestion = serializers.CharField()
    address = serializers.CharField(help_text="The page where it is changed, below the app's own address.")
    place = serializers.CharField(help_text="What that page is called.")
    workflow = NamedWorkflowAnswer(allow_null=True)


class ReviewAnswer(Answer):
    week = serializers.CharField(help_text="As ISO 8601 names it: 2026-W48.")
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    zone = serializers.CharField()
    team = serializers.CharField()
    goes_on = serializers.BooleanField(help_text="The week is not over.")
    as_of = serializers.DateTimeField(help_text="When it was counted.")
    unfinished = serializers.IntegerField(
        help_text="Runs that were begun in the week and had not ended by its end; they count when they end."
    )
    headline = serializers.CharField()
    minutes_per_step = serializers.IntegerField()
    now = TotalsAnswer()
    before = TotalsAnswer(help_text="The week before.")
    days = DayTotalsAnswer(many=True, help_text="Monday to Sunday.")
    workflows = WorkflowTotalsAnswer(many=True, help_text="Those of which a run ended, most failures first.")
    slowest = WorkflowTotalsAnswer(many=True)
    failures = FailureGroupAnswer(many=True, help_text="What gave up, by cause, most first.")
    noisy = NoisyTriggerAnswer(many=True)
    overdue = OverdueAnswer(many=True)
    overdue_before = serializers.IntegerField(help_text="How many there were in the week before.")
    broken_glass = BrokenGlassAnswer(many=True)
    broken_glass_before = serializers.IntegerField(help_text="How many there were in the week before.")
    questions = QuestionAnswer(
        many=True, help_text="What asks for a decision; of weeks that are long over nothing is asked."
    )


class WeekAnswer(Answer):
    week = serializers.CharField()
    starts = serializers.DateField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True)


class WeeksAnswer(Answer):
    results = WeekAnswer(
        many=True, help_text="Of the last 26 weeks those in which a run ended, newest first."
    )


WEEK = {"week": "2026-W48", "starts": "2026-11-23", "succeeded": 310, "failed": 4, "cancelled": 1}
TOTALS: dict[str, Any] = {
    "ended": 315,
    "succeeded": 310,
    "failed": 4,
    "cancelled": 1,
    "success_rate": 98.7,
    "median": 0.4,
    "p95": 2.1,
    "decided": 12,
    "approval_time": 4210.0,
    "manual_steps": 290,
    "manual_hours": 9.7,
}
WORKFLOW: dict[str, Any] = {"id": 4, "name": "Route tickets"}
EXAMPLE: dict[str, Any] = {
    "week": "2026-W48",
    "starts": "2026-11-23T00:00:00+00:00",
    "ends": "2026-11-30T00:00:00+00:00",
    "zone": "UTC",
    "team": "",
    "goes_on": True,
    "as_of": "2026-11-27T09:00:00+00:00",
    "unfinished": 0,
    "headline": "315 runs ended, success rate 98.7 % (+0.6 points), 1 new cause of failure.",
    "minutes_per_step": 2,
    "now": TOTALS,
    "before": TOTALS,
    "days": [{"day": "2026-11-23", "succeeded": 62, "failed": 1, "cancelled": 0}],
    "workflows": [],
    "slowest": [],
    "failures": [],
    "noisy": [
        {
            "workflow": WORKFLOW,
            "node": "t1",
            "title": "New ticket",
            "asked": 900,
            "matched": 12,
            "asked_before": 880,
            "matched_before": 15,
        }
    ],
    "overdue": [],
    "overdue_before": 0,
    "broken_glass": [],
    "broken_glass_before": 0,
    "questions": [
        {
            "key": "noisy:4:t1",
            "kind": "noisy",
            "title": "The trigger “New ticket” of “Route tickets” is noisy",
            "facts": "It was asked about 900 events and started a run for 12.",
            "suggestion": "Narrow what it listens to, so that it is not asked in vain.",
            "address": "decisions/?workflow=4",
            "place": "Decisions",
            "workflow": WORKFLOW,
        }
    ],
}


class ReviewsView(ApiView):
    @operation(
        "reviews_list",
        "reviews",
        answer=WeeksAnswer,
        query=ReviewQuery,
        example={"results": [{**WEEK, "success_rate": 98.7}]},
    )
    def get(self, request: Request) -> Response:
        """The weeks that there is something to review of, over the workflows that you may see."""
        asked = self.query(ReviewQuery)
        zone = asked.get("zone") or timezone.get_default_timezone()
        since = week_of(timezone.now() - LISTED, zone).start
        weeks = read_weeks(self.actor, zone, since=since, team=asked.get("team", ""))
        rows = [
            {
                "week": week.name,
                "starts": week.monday,
                "succeeded": totals.succeeded,
                "failed": totals.failed,
                "cancelled": totals.cancelled,
                "success_rate": totals.success_rate,
            }
            for week, totals in weeks
        ]
        return Response({"results": WeekAnswer(rows, many=True).data})


class _OneWeek(ApiView):
    def facts(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Of the week in the address. Raises NotFoundError for a name that no week has."""
        now = timezone.now()
        week = week_named(name, asked.get("zone") or timezone.get_default_timezone(), now)
        seen = permissions.visible_workflows(self.actor)
        return read_facts(seen, week, now=now, team=asked.get("team", ""), actor=self.actor)


def week_named(name: str, zone: ZoneInfo, now: datetime) -> Week:
    """Raises NotFoundError for a name that no week has."""
    week = named_week(name, zone)
    if week is None:
        raise NotFoundError(
            f"“{name[:20]}” names no week. Write one like {week_of(now, ZoneInfo('UTC')).name}."
        )
    return week


def chart_of(facts: Mapping[str, Any], chart: str, theme: str) -> HttpResponse:
    """One chart as SVG, which runs nothing and loads nothing. Raises NotFoundError for a name that no chart has."""
    if chart not in CHARTS:
        raise NotFoundError(f"“{chart[:20]}” is no chart of a review. There are: {', '.join(CHARTS)}.")
    answer = HttpResponse(as_svg(facts, chart, theme), content_type="image/svg+xml")
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


def printed_as(kind: str, facts: Mapping[str, Any], notes: Mapping[str, Any] | None = None) -> HttpResponse:
    """A review as a file of one of MEDIA; `notes` is what people have added to one that is kept."""
    charts = {} if kind == "csv" else {chart: as_svg(facts, chart) for chart in CHARTS}
    made: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: as_pdf(facts, charts),
        "html": lambda: as_page(facts, charts, notes).encode(),
        "csv": lambda: as_csv(facts).encode(),
    }
    answer = HttpResponse(made[kind](), content_type=MEDIA[kind])
    answer["Content-Disposition"] = f'attachment; filename="review-{facts["week"]}.{kind}"'
    return answer


MEDIA = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}


class ReviewView(_OneWeek):
    @operation("reviews_get", "reviews", answer=ReviewAnswer, query=ReviewQuery, example=EXAMPLE)
    def get(self, request: Request, week: str) -> Response:
        """One week over the workflows that you may see, beside the week before. A run counts in the week in which it
        ended; the week that goes on can be asked for too."""
        return Response(ReviewAnswer(self.facts(week, self.query(ReviewQuery))).data)


class ChartView(_OneWeek):
    @operation(
        "reviews_chart",
        "reviews",
        answer=str,
        query=ChartQuery,
        media="image/svg+xml",
        example="<svg …>",
    )
    def get(self, request: Request, week: str, chart: str) -> HttpResponse:
        """One chart of the week: `days` or `slowest`."""
        asked = self.query(ChartQuery)
        return chart_of(self.facts(week, asked), chart, asked["theme"])


class ReviewPaperView(_OneWeek):
    @operation(
        "reviews_pdf", "reviews", answer=bytes, query=ReviewQuery, media="application/pdf", example="%PDF-1.7"
    )
    def get(self, request: Request, week: str) -> HttpResponse:
        """The week on paper, with the same figures and charts."""
        return printed_as("pdf", self.facts(week, self.query(ReviewQuery)))


class ReviewPageView(_OneWeek):
    @operation(
        "reviews_html", "reviews", answer=str, query=ReviewQuery, media="text/html", example="<!doctype html>"
    )
    def get(self, request: Request, week: str) -> HttpResponse:
        """The week as one page that needs nothing else, to keep or to print."""
        return printed_as("html", self.facts(week, self.query(ReviewQuery)))


class ReviewSheetView(_OneWeek):
    @operation(
        "reviews_csv",
        "reviews",
        answer=str,
        query=ReviewQuery,
        media="text/csv",
        example="table,row,column,value",
    )
    def get(self, request: Request, week: str) -> HttpResponse:
        """The week's tables as CSV: a row for each cell."""
        return printed_as("csv", self.facts(week, self.query(ReviewQuery)))
