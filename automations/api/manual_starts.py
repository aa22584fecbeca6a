"""Which workflows the reader may start by hand on records of a module, and whether so many at once would wait."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.approval_shapes import ExcessShape
from automations.api.modules import module_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.insight.manual_starts import manual_starts
from automations.models import Mode
from automations.runtime.blast_radius import Excess, cap_of, sentence
from automations.services.runs import MAX_RECORDS


class StartsQuery(Body):
    records = serializers.IntegerField(
        default=1, min_value=1, max_value=MAX_RECORDS, help_text="How many would be started on at once."
    )


class HeldAnswer(ExcessShape):
    sentence = serializers.CharField()


class ManualStartAnswer(Answer):
    workflow = serializers.IntegerField()
    name = serializers.CharField()
    mode = serializers.ChoiceField(Mode.choices, help_text="The one that the runs would be in.")
    form = serializers.DictField(help_text="What is asked when it is started, as a JSON Schema; {}: nothing.")
    blast_radius = serializers.IntegerField(help_text="More than so many runs at once wait for approval.")
    held = HeldAnswer(
        allow_null=True, help_text="Why they would wait, if all of them match; null: they start."
    )


class ManualStartsAnswer(Answer):
    results = ManualStartAnswer(many=True, help_text="By name; none that is paused.")


EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "workflow": 4,
            "name": "Refund",
            "mode": "execute",
            "form": {},
            "blast_radius": 100,
            "held": {
                "bound": "firing",
                "count": 240,
                "cap": 100,
                "population": None,
                "sentence": "240 runs at once; 100 are allowed.",
            },
        }
    ]
}


class ManualStartsView(ApiView):
    @operation(
        "modules_manual_starts", "modules", answer=ManualStartsAnswer, query=StartsQuery, example=EXAMPLE
    )
    def get(self, request: Request, key: str) -> Response:
        """The workflows that you may start by hand on records of this module; `workflows/{id}/run-many/` starts one."""
        module = module_for(self, key)
        runnable = permissions.workflows_with(self.actor, "run").filter(archived_at=None)
        seen = runnable.filter(pk__in=permissions.visible_workflows(self.actor).values("pk"))
        count = self.query(StartsQuery)["records"]
        starts = manual_starts(module=module, workflows=seen, count=count, now=timezone.now())
        results = [
            {
                "workflow": start.workflow.pk,
                "name": start.workflow.name,
                "mode": start.mode,
                "form": start.form,
                "blast_radius": cap_of(start.workflow),
                "held": _told(start.excess),
            }
            for start in starts
        ]
        return Response({"results": results})


def _told(excess: Excess | None) -> dict[str, Any] | None:
    return None if excess is None else {**excess.to_json(), "sentence": sentence(excess.to_json())}
