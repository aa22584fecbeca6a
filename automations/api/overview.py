"""How things go: the home page's numbers, each workflow's last days, and the last runs of one step by step."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.pagination import limit_of
from automations.api.runs import EXAMPLE as RUN
from automations.api.runs import RUN_STATUSES, STEP_STATUSES, RunAnswer
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import NotFoundError
from automations.insight.overview import read_activity, read_grid, read_overview, read_traffic
from automations.models import Notification, WorkflowVersion
from automations.services.draft_problems import count_problems


class ActiveCounts(Answer):
    queued = serializers.IntegerField(default=0)
    running = serializers.IntegerField(default=0)
    waiting = serializers.IntegerField(default=0)


class WeekCounts(ActiveCounts):
    succeeded = serializers.IntegerField(default=0)
    failed = serializers.IntegerField(default=0)
    cancelled = serializers.IntegerField(default=0)


class OverviewAnswer(Answer):
    unread_notifications = serializers.IntegerField()
    active = ActiveCounts(help_text="Runs that have not ended, by status.")
    week = WeekCounts(help_text="Runs made in the last seven days, by status.")
    needs_review = serializers.IntegerField(
        help_text="Runs that wait for somebody to say whether a call of theirs happened."
    )
    dead_letters = serializers.IntegerField(help_text="Those that wait to be redriven or discarded.")
    failing = RunAnswer(
        many=True, help_text="The last ended run of each workflow where that run failed, newest first."
    )


class DayRunsAnswer(Answer):
    day = serializers.DateField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    other = serializers.IntegerField(help_text="Cancelled, or not ended yet.")


class ActivityAnswer(Answer):
    workflow = serializers.IntegerField()
    days = DayRunsAnswer(many=True, help_text="Runs made on each of the last 14 days, oldest first.")
    median = serializers.FloatField(
        allow_null=True,
        help_text="Seconds that half of the runs that ended in these days took at most.",
    )
    last_run = RunAnswer(allow_null=True)
    may_pause = serializers.BooleanField(help_text="Whether you may pause and resume it.")


class ActivityListAnswer(Answer):
    results = ActivityAnswer(many=True)


class ProblemCountAnswer(Answer):
    workflow = serializers.IntegerField()
    problems = serializers.IntegerField(help_text="They keep the draft from being published.")
    warnings = serializers.IntegerField()


class ProblemCountsAnswer(Answer):
    results = ProblemCountAnswer(many=True)


class GridRowAnswer(Answer):
    node = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField(help_text="Empty when the step has none.")


class GridRunAnswer(RunAnswer):
    steps = serializers.DictField(
        child=serializers.ChoiceField(STEP_STATUSES),
        help_text="Status by node; what has not begun is absent.",
    )


class GridAnswer(Answer):
    rows = GridRowAnswer(many=True, help_text="Steps in the order of the graph.")
    runs = GridRunAnswer(many=True, help_text="Newest first.")


class WayTrafficAnswer(Answer):
    node = serializers.CharField()
    branch = serializers.CharField(help_text="Empty for the only way out.")
    runs = serializers.IntegerField()


class TrafficAnswer(Answer):
    runs = serializers.IntegerField(help_text="How many were looked at.")
    ways = WayTrafficAnswer(many=True, help_text="Ways that none of them took are left out.")


DAY: dict[str, Any] = {"day": "2026-03-29", "succeeded": 12, "failed": 1, "other": 0}


class OverviewView(ApiView):
    @operation(
        "overview_get",
        "overview",
        answer=OverviewAnswer,
        example={
            "unread_notifications": 2,
            "active": {"queued": 0, "running": 1, "waiting": 3},
            "week": {**dict.fromkeys(RUN_STATUSES, 0), "succeeded": 310, "failed": 2, "waiting": 3},
            "needs_review": 1,
            "dead_letters": 3,
            "failing": [{**RUN, "status": "failed", "failure_code": "record-missing"}],
        },
    )
    def get(self, request: Request) -> Response:
        """What waits, fails and runs now, and the last seven days, over the workflows that you may see."""
        found = read_overview(self.actor, now=timezone.now())
        unread = Notification.objects.filter(user_id=self.actor.pk, read_at=None).count()
        return Response(
            {
                "unread_notifications": unread,
                "active": ActiveCounts(found.active).data,
                "week": WeekCounts(found.week).data,
                "needs_review": found.needs_review,
                "dead_letters": found.dead_letters,
                "failing": RunAnswer(found.failing, many=True).data,
            }
        )


class ActivityView(ApiView):
    @operation(
        "workflows_activity",
        "overview",
        answer=ActivityListAnswer,
        example={
            "results": [{"workflow": 4, "days": [DAY], "median": 2.4, "last_run": RUN, "may_pause": True}]
        },
    )
    def get(self, request: Request) -> Response:
        """The last 14 days and the newest run of every workflow that you may see and that is not archived."""
        found = read_activity(self.actor, now=timezone.now())
        return Response({"results": ActivityAnswer(found, many=True).data})


class ProblemCountsView(ApiView):
    @operation(
        "workflows_problems",
        "overview",
        answer=ProblemCountsAnswer,
        example={"results": [{"workflow": 4, "problems": 0, "warnings": 1}]},
    )
    def get(self, request: Request) -> Response:
        """The problems of the draft of every workflow that you may see and that is not archived; empty drafts are
        left out."""
        workflows = permissions.visible_workflows(self.actor).filter(archived_at=None)
        found = count_problems(workflows, viewer=self.actor)
        return Response({"results": ProblemCountAnswer(found, many=True).data})


class GridView(ApiView):
    @operation(
        "workflows_grid",
        "overview",
        answer=GridAnswer,
        parameters=[OpenApiParameter("limit", int, description="How many runs, 1 to 200; 50 when left out.")],
        example={
            "rows": [{"node": "t1", "kind": "trigger.record", "title": "Ticket created"}],
            "runs": [{**RUN, "steps": {"t1": "succeeded"}}],
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        """The newest runs of a workflow and what became of each step in each of them."""
        workflow = workflow_for(self, pk, "view")
        grid = read_grid(workflow, limit=limit_of(request))
        runs = [{**RunAnswer(run).data, "steps": grid.cells[run.pk]} for run in grid.runs]
        return Response({"rows": GridRowAnswer(grid.rows, many=True).data, "runs": runs})


class TrafficView(ApiView):
    @operation(
        "versions_traffic",
        "overview",
        answer=TrafficAnswer,
        parameters=[OpenApiParameter("limit", int, description="How many runs, 1 to 200; 50 when left out.")],
        example={"runs": 50, "ways": [{"node": "c1", "branch": "true", "runs": 38}]},
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """Which ways the newest runs of a version took: for each way out of a step, how many of them."""
        workflow = workflow_for(self, pk, "view")
        if not WorkflowVersion.objects.filter(workflow=workflow, number=number).exists():
            raise NotFoundError(f"“{workflow.name}” has no version {number}.")
        found = read_traffic(workflow, version=number, limit=limit_of(request))
        ways = [
            {"node": node, "branch": branch, "runs": number}
            for (node, branch), number in sorted(found.ways.items())
        ]
        return Response({"runs": found.runs, "ways": ways})
