"""How often a trigger would have fired: the check before a workflow is let loose."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import NotFoundError
from automations.insight.firings import preview_firings
from automations.services.references import require_seen
from automations.services.versions import load_definition, require_valid

MAX_DAYS = 31


class PreviewQuery(Body):
    version = serializers.RegexField(
        r"^(draft|[1-9]\d{0,8})$", default="draft", help_text="“draft” or a version's number."
    )
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=7)


class FiringAnswer(Answer):
    at = serializers.DateTimeField()
    outcome = serializers.CharField(help_text="As in decisions: matched, filtered, duplicate, throttled, …")
    event = serializers.IntegerField(
        allow_null=True, help_text="Null for what is read from calendar or records."
    )
    record = serializers.CharField(help_text="Empty when it is about no record.")
    reason = serializers.DictField(allow_null=True, help_text="Why; null without the right to see payloads.")


class DayAnswer(Answer):
    date = serializers.DateField()
    matched = serializers.IntegerField()


class PreviewAnswer(Answer):
    basis = serializers.ChoiceField(
        ("events", "records", "calendar"),
        help_text="What was read: stored events, records as they are now (deadlines), or the calendar (schedules).",
    )
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    looked_at = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="False when there was more than one preview looks at.")
    matched = serializers.IntegerField(help_text="Runs that would have started.")
    outcomes = serializers.DictField(child=serializers.IntegerField())
    days = DayAnswer(many=True)
    firings = FiringAnswer(many=True)


EXAMPLE: dict[str, Any] = {
    "basis": "events",
    "since": "2026-03-22T14:30:00Z",
    "until": "2026-03-29T14:30:00Z",
    "looked_at": 212,
    "complete": True,
    "matched": 31,
    "outcomes": {"matched": 31, "filtered": 181},
    "days": [{"date": "2026-03-28", "matched": 4}],
    "firings": [
        {
            "at": "2026-03-29T14:11:09Z",
            "outcome": "filtered",
            "event": 90211,
            "record": "T-1042",
            "reason": {"rule": "filter", "why": "The filter does not hold: “priority is "
                       "\"high\"” is false, the value is \"low\"."},
        }
    ],
}  # fmt: skip


class TriggerPreviewView(ApiView):
    @operation("trigger_preview", "graph", answer=PreviewAnswer, query=PreviewQuery, example=EXAMPLE)
    def get(self, request: Request, pk: int, node: str) -> Response:
        """How often this trigger would have fired in the last days, and why not more often. Nothing is written;
        422 with all problems when the definition is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.query(PreviewQuery)
        version = wanted["version"] if wanted["version"] == "draft" else int(wanted["version"])
        definition = load_definition(workflow, version)
        require_seen(workflow, definition, self.actor)
        require_valid(workflow, definition)
        try:
            preview = preview_firings(
                workflow=workflow,
                definition=definition,
                trigger=node,
                now=timezone.now(),
                days=wanted["days"],
            )
        except KeyError as error:
            raise NotFoundError(f"“{workflow.name}” has no trigger “{node[:64]}”.") from error
        readable = permissions.may(self.actor, "view_payloads", workflow)
        return Response(
            {
                "basis": preview.basis,
                "since": preview.since,
                "until": preview.until,
                "looked_at": preview.looked_at,
                "complete": preview.complete,
                "matched": preview.outcomes.get("matched", 0),
                "outcomes": preview.outcomes,
                "days": [{"date": day, "matched": count} for day, count in preview.days.items()],
                "firings": [
                    {
                        "at": firing.at,
                        "outcome": firing.outcome,
                        "event": firing.event,
                        "record": firing.record,
                        "reason": firing.reason if readable else None,
                    }
                    for firing in preview.firings
                ],
            }
        )
