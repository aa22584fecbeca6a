"""How you want the pages, and the first steps that you have taken."""

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
from automations.models import Preference
from automations.services import first_steps
from automations.services.preferences import change_preference, preference_of


class PreferenceAnswer(Answer):
    theme = serializers.ChoiceField(Preference.Theme.choices)
    density = serializers.ChoiceField(Preference.Density.choices)
    single_keys = serializers.BooleanField(
        help_text="Single letters are commands while the graph has the focus."
    )
    first_steps = serializers.BooleanField(help_text="The list of first steps stands on the home page.")


class PreferenceBody(Body):
    theme = serializers.ChoiceField(Preference.Theme.choices, required=False)
    density = serializers.ChoiceField(Preference.Density.choices, required=False)
    single_keys = serializers.BooleanField(required=False)
    first_steps = serializers.BooleanField(required=False)


class FirstStepAnswer(Answer):
    key = serializers.ChoiceField(first_steps.STEPS)
    done = serializers.BooleanField()


class StepsWorkflow(Answer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    module = serializers.CharField(source="module.key", default=None, allow_null=True)


class ExampleAnswer(Answer):
    noun = serializers.CharField(help_text="What one record is called.")
    values = serializers.DictField()


class FirstStepsAnswer(Answer):
    offered = serializers.BooleanField(help_text="Whether you have the rights that the steps need.")
    shown = serializers.BooleanField()
    workflow = StepsWorkflow(allow_null=True, help_text="What the steps are about; null: you have none yet.")
    steps = FirstStepAnswer(many=True)
    example = ExampleAnswer(
        allow_null=True,
        help_text="A record that starts the workflow at once, if one is known and you may make it.",
    )


class SeenBody(Body):
    workflow = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="The workflow that is open before you."
    )
    run = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="The run that is open before you."
    )

    def validate(self, values: Any) -> Any:
        if len(values) != 1:
            raise serializers.ValidationError("Send one of “workflow” and “run”.")
        return values


PREFERENCES = {"theme": "system", "density": "compact", "single_keys": True, "first_steps": True}
FIRST_STEPS = {
    "offered": True,
    "shown": True,
    "workflow": {"id": 2, "key": "sla-alert", "name": "SLA alert", "module": "tickets"},
    "steps": [{"key": key, "done": key == "open"} for key in first_steps.STEPS],
    "example": {"noun": "ticket", "values": {"title": "A ticket to watch"}},
}


class PreferencesView(ApiView):
    @operation("preferences_get", "me", answer=PreferenceAnswer, example=PREFERENCES)
    def get(self, request: Request) -> Response:
        """How you want the pages."""
        return Response(PreferenceAnswer(preference_of(self.actor)).data)

    @operation(
        "preferences_update",
        "me",
        request=PreferenceBody,
        answer=PreferenceAnswer,
        sent={"density": "compact"},
        example=PREFERENCES,
    )
    def patch(self, request: Request) -> Response:
        """Change some of it."""
        changes = self.body(PreferenceBody)
        return Response(PreferenceAnswer(change_preference(user=self.actor, changes=changes)).data)


class FirstStepsView(ApiView):
    @operation("first_steps_get", "me", answer=FirstStepsAnswer, example=FIRST_STEPS)
    def get(self, request: Request) -> Response:
        """The five first steps, and which of them you have taken."""
        found = first_steps.read_first_steps(self.actor, now=timezone.now())
        steps = [{"key": key, "done": found.done[key]} for key in first_steps.STEPS]
        return Response(
            {
                "offered": found.offered,
                "shown": found.shown,
                "workflow": found.workflow and StepsWorkflow(found.workflow).data,
                "steps": steps,
                "example": found.example,
            }
        )

    @operation(
        "first_steps_seen",
        "me",
        request=SeenBody,
        answer=FirstStepsAnswer,
        sent={"workflow": 2},
        example=FIRST_STEPS,
    )
    def post(self, request: Request) -> Response:
        """Tell what is open before you; it counts if it is one of the steps, else nothing happens."""
        wanted = self.body(SeenBody)
        now = timezone.now()
        workflows = permissions.visible_workflows(self.actor)
        runs = permissions.visible_runs(self.actor).select_related("workflow")
        if workflow := workflows.filter(pk=wanted.get("workflow", 0)).first():
            first_steps.note_opened(actor=self.actor, workflow=workflow, now=now)
        if run := runs.filter(pk=wanted.get("run", 0)).first():
            first_steps.note_watched(actor=self.actor, run=run, now=now)
        return self.get(request)
