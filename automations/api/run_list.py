"""Runs: found by what they are and by the words that are in them."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.pagination import page_of
from automations.api.runs import EXAMPLE, RUN_STATUSES, RunAnswer, visible
from automations.api.schema import PAGE, operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.engine.statuses import RunStatus
from automations.insight.run_matches import matches
from automations.insight.run_search import in_bounded_time, matching
from automations.models import NEVER, Mode
from automations.runtime.run_texts import logs_read_from, read_up_to

EVENTS = r"^\d{1,18}(-\d{1,18})?(,\d{1,18}(-\d{1,18})?){0,199}$"
WHERE = ("record", "error", "step", "log", "input", "outcome", "event", "change", "output")
FOUND: dict[str, Any] = {
    **EXAMPLE,
    "matches": [{"where": "log", "node": "a1", "step": "Assign", "line": 3, "text": "Assigned to bob."}],
}


class RunQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    version = serializers.IntegerField(required=False, min_value=1, help_text="The version's number.")
    status = serializers.ChoiceField(RUN_STATUSES, required=False)
    mode = serializers.ChoiceField(Mode.choices, required=False)
    module = serializers.CharField(required=False, max_length=63)
    record = serializers.CharField(required=False, max_length=120)
    event = serializers.IntegerField(required=False, min_value=1)
    events = serializers.RegexField(
        EVENTS,
        required=False,
        help_text="Numbers and spans of events, such as those of one start: 5120-5219,5225.",
    )
    needs_review = serializers.BooleanField(required=False)
    parent = serializers.IntegerField(  # type: ignore[assignment]
        required=False, min_value=1, help_text="Those that this run has started."
    )
    hold = serializers.IntegerField(required=False, min_value=1, help_text="Those that were held together.")
    code = serializers.CharField(required=False, max_length=64, help_text="The code of its failure.")
    correlation = serializers.UUIDField(
        required=False, help_text="The id that its request, its runs and its calls share."
    )
    search = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Words of its record, its error, its steps' names and, with the right to see payloads, its values, log lines and outputs; each may be the beginning of one. All have to be there.",
    )
    waits_for_place = serializers.BooleanField(
        default=False, help_text="true: only those for which there is no place yet."
    )
    created_after = serializers.DateTimeField(required=False, help_text="Made at or after this moment.")
    created_before = serializers.DateTimeField(required=False, help_text="Made before this moment.")
    ended_after = serializers.DateTimeField(required=False, help_text="Ended at or after this moment.")
    ended_before = serializers.DateTimeField(required=False, help_text="Ended before this moment.")


class MatchAnswer(Answer):
    where = serializers.ChoiceField(WHERE)
    node = serializers.CharField(help_text="The step; empty where it is none's.")
    step = serializers.CharField(help_text="What the step is called.")
    line = serializers.IntegerField(allow_null=True, help_text="The number of a log line.")
    text = serializers.CharField(help_text="What stands there, around the word.")


class FoundRunAnswer(RunAnswer):
    matches = MatchAnswer(
        many=True, help_text="Where the words of `search` stand, at most three places; [] without a search."
    )


class RunsPage(Answer):
    next = serializers.URLField(allow_null=True)
    results = FoundRunAnswer(many=True)
    searched_up_to = serializers.DateTimeField(
        allow_null=True, help_text="Newer runs are not searched yet; null without `search` and `correlation`."
    )
    logs_read_from = serializers.DateTimeField(
        allow_null=True,
        help_text="Log lines and outputs of older runs are not all read yet; null where all are, and without `search`.",
    )


def _within(spans: str) -> Q:
    """Of an event whose number is one of these, or within one of these spans."""
    asked = Q()
    for span in spans.split(","):
        first, _, last = span.partition("-")
        asked |= Q(event_id__gte=int(first), event_id__lte=int(last or first))
    return asked


class RunsView(ApiView):
    @operation(
        "runs_list",
        "runs",
        answer=RunsPage,
        query=RunQuery,
        example={"next": None, "results": [FOUND], "searched_up_to": None, "logs_read_from": None},
        parameters=PAGE,
    )
    def get(self, request: Request) -> Response:
        """Runs of the workflows that you may see, newest first."""
        wanted = self.query(RunQuery)
        lookups = {
            "workflow": "workflow_id",
            "version": "version__number",
            "status": "status",
            "mode": "mode",
            "module": "module__key",
            "record": "record_key",
            "event": "event_id",
            "hold": "hold_id",
            "needs_review": "needs_review",
            "parent": "parent_id",
            "code": "failure_code",
            "correlation": "text__correlation_id",
            "created_after": "created_at__gte",
            "created_before": "created_at__lt",
            "ended_after": "finished_at__gte",
            "ended_before": "finished_at__lt",
        }
        events, text = wanted.pop("events", ""), wanted.pop("search", None)
        parked = wanted.pop("waits_for_place")
        rows = visible(self.actor).filter(**{lookups[name]: value for name, value in wanted.items()})
        if parked:
            rows = rows.filter(status=RunStatus.QUEUED, due_at=NEVER)
        if events:
            rows = rows.filter(_within(events))
        up_to = read_up_to(now=timezone.now()) if text is not None or "correlation" in wanted else None
        if text is not None:
            rows = matching(rows, text, self.actor)
        with in_bounded_time() if text is not None else nullcontext():
            page = page_of(request, rows, partial(self._shown, text))
        since = logs_read_from() if text is not None else None
        return Response({**page, "searched_up_to": up_to, "logs_read_from": since})

    def _shown(self, text: str | None, page: list[Any]) -> Any:
        found = matches(page, text, self.actor) if text is not None else {}
        for run in page:
            run.matches = found.get(run.pk, ())
        return FoundRunAnswer(page, many=True).data
