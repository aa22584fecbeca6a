"""The weekly review: which weeks there are, one of them in numbers, its charts, and all of it on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.go_live import NamedWorkflowAnswer
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.insight.review.charts import CHARTS, THEMES, as_svg
from automations.insight.review.facts import facts_of
from automations.insight.review.figures import Review, read_review, read_weeks
from automations.insight.review.paper import as_pdf
from automations.insight.review.weeks import named_week, week_of

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


class WorkflowTotalsAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    manual_steps = serializers.IntegerField()
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
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()
    is_new = serializers.BooleanField(help_text="It was never seen before this week.")
    state = serializers.CharField(help_text="Of its triage.")
    assignee = serializers.CharField(help_text="Empty when nobody looks after it.")
    owner = serializers.CharField(help_text="Of the workflow.")


class NoisyTriggerAnswer(Answer):
    workflow = NamedWorkflowAnswer()
    node = serializers.CharField()
    asked = serializers.IntegerField(help_text="Events that it was asked about.")
    matched = serializers.IntegerField(help_text="Events that it started a run for.")


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


class ReviewAnswer(Answer):
    week = serializers.CharField(help_text="As ISO 8601 names it: 2026-W48.")
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    zone = serializers.CharField()
    team = serializers.CharField()
    goes_on = serializers.BooleanField(help_text="The week is not over.")
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
    broken_glass = BrokenGlassAnswer(many=True)


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
    "headline": "315 runs ended, success rate 98.7 % (+0.6 points), 1 new cause of failure.",
    "minutes_per_step": 2,
    "now": TOTALS,
    "before": TOTALS,
    "days": [{"day": "2026-11-23", "succeeded": 62, "failed": 1, "cancelled": 0}],
    "workflows": [],
    "slowest": [],
    "failures": [],
    "noisy": [{"workflow": WORKFLOW, "node": "t1", "asked": 900, "matched": 12}],
    "overdue": [],
    "broken_glass": [],
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
    def review(self, name: str, asked: dict[str, Any], now: datetime) -> Review:
        """Of the week in the address. Raises NotFoundError for a name that no week has."""
        week = named_week(name, asked.get("zone") or timezone.get_default_timezone())
        if week is None:
            raise NotFoundError(
                f"“{name[:20]}” names no week. Write one like {week_of(now, ZoneInfo('UTC')).name}."
            )
        return read_review(self.actor, week, now=now, team=asked.get("team", ""))


class ReviewView(_OneWeek):
    @operation("reviews_get", "reviews", answer=ReviewAnswer, query=ReviewQuery, example=EXAMPLE)
    def get(self, request: Request, week: str) -> Response:
        """One week over the workflows that you may see, beside the week before. A run counts in the week in which it
        ended; the week that goes on can be asked for too."""
        now = timezone.now()
        return Response(ReviewAnswer(facts_of(self.review(week, self.query(ReviewQuery), now), now=now)).data)


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
        if chart not in CHARTS:
            raise NotFoundError(f"“{chart[:20]}” is no chart of a review. There are: {', '.join(CHARTS)}.")
        drawn = as_svg(self.review(week, asked, timezone.now()), chart, asked["theme"])
        answer = HttpResponse(drawn, content_type="image/svg+xml")
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return answer


class ReviewPaperView(_OneWeek):
    @operation(
        "reviews_pdf", "reviews", answer=bytes, query=ReviewQuery, media="application/pdf", example="%PDF-1.7"
    )
    def get(self, request: Request, week: str) -> HttpResponse:
        """The week on paper, with the same figures and charts."""
        now = timezone.now()
        review = self.review(week, self.query(ReviewQuery), now)
        paper = as_pdf(facts_of(review, now=now), {chart: as_svg(review, chart) for chart in CHARTS})
        answer = HttpResponse(paper, content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="review-{review.week.name}.pdf"'
        return answer
