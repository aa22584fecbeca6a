"""Values that are too large to be told with what they belong to, one at a time, to who may see that."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.events import shows_snapshot, visible
from automations.api.runs import run_for
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from automations.errors import NotFoundError
from automations.models import Step


class ValueAnswer(Answer):
    value = serializers.JSONField()


class StepOutputView(ApiView):
    @operation("runs_step_output", "runs", answer=ValueAnswer, example={"value": {"assignee": "bob"}})
    def get(self, request: Request, pk: int, node: str) -> Response:
        """The whole output of a step, however large. Takes the right to see payloads."""
        run = run_for(self, pk, "view")
        permissions.require(self.actor, "view_payloads", run.workflow)
        step = Step.objects.filter(run=run, node=node).select_related("large").first()
        if step is None:
            raise NotFoundError("The run has not come to such a step.")
        return Response({"value": step.whole_output})


class EventSnapshotView(ApiView):
    @operation("events_snapshot", "events", answer=ValueAnswer, example={"value": {"type": "record.created"}})
    def get(self, request: Request, pk: int) -> Response:
        """All that rules see of an event, however large."""
        event = visible(self.actor).filter(pk=pk).first()
        if event is None or not shows_snapshot(self.actor, event):
            raise NotFoundError("There is no such event, or you may not see its record.")
        return Response({"value": {name: part for name, part in event.value.items() if name != "id"}})
