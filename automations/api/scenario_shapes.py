"""The shapes of scenarios in the API, and examples of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.serializers import Answer, Body, UserName
from automations.models import Scenario, ScenarioResult
from automations.services.scenarios import MAX_SCENARIOS

NOT_RUN = "not_run"
STATUSES = [(name, name) for name in (*ScenarioResult.Status.values, NOT_RUN)]


class DifferenceShape(Answer):
    aspect = serializers.CharField(help_text="fires, path, effect, change, field, outcome or given.")
    node = serializers.CharField(help_text="The step that it is about; “” for the whole.")
    message = serializers.CharField()


class ScenarioResultAnswer(Answer):
    status = serializers.ChoiceField(STATUSES)
    differences = DifferenceShape(
        many=True, allow_null=True, help_text="Null without the right to see payloads: they quote values."
    )
    duration_ms = serializers.IntegerField(allow_null=True)
    run_by = serializers.CharField(allow_null=True)
    run_at = serializers.DateTimeField(allow_null=True)


class ScenarioAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(
        Scenario.Kind.choices, help_text="positive: it should fire; negative: not."
    )
    origin = serializers.ChoiceField(Scenario.Origin.choices)
    at = serializers.DateTimeField(help_text="Stands in for now.")
    as_user = serializers.CharField()
    as_role = serializers.CharField()
    given = serializers.DictField(help_text="Null without the right to see payloads.", allow_null=True)
    expected = serializers.DictField(help_text="Null without the right to see payloads.", allow_null=True)
    created_by = UserName(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ListedScenarioAnswer(ScenarioAnswer):
    draft = ScenarioResultAnswer(help_text="On the draft as it is saved.")
    live = ScenarioResultAnswer(allow_null=True, help_text="On the live version; null where there is none.")


class ScenarioBody(Body):
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(Scenario.Kind.choices)
    given = serializers.DictField()
    at = serializers.DateTimeField(required=False)
    as_user = serializers.CharField(max_length=150, required=False, allow_blank=True)
    as_role = serializers.CharField(max_length=150, required=False, allow_blank=True)
    expected = serializers.DictField(required=False)
    origin = serializers.ChoiceField(
        Scenario.Origin.choices, required=False, help_text="What was copied; “hand” otherwise."
    )


class ScenarioChangeBody(ScenarioBody):
    origin = None  # type: ignore[assignment]


class ProposalBody(Body):
    record = serializers.CharField(max_length=120, required=False, help_text="A record as it is now.")
    event_id = serializers.IntegerField(min_value=1, required=False, help_text="A past event.")
    run_id = serializers.IntegerField(min_value=1, required=False, help_text="What a past run began with.")
    given = serializers.DictField(required=False, help_text="Or by hand.")
    trigger = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    at = serializers.DateTimeField(required=False, help_text="Else when it happened, or now.")
    as_user = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    as_role = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")


class ProposalAnswer(Answer):
    given = serializers.DictField()
    at = serializers.DateTimeField()
    origin = serializers.ChoiceField(Scenario.Origin.choices)
    kind = serializers.ChoiceField(Scenario.Kind.choices)
    expected = serializers.DictField()
    why_not = serializers.CharField(help_text="Why the trigger did not start; “” when it did.")


class RunScenariosBody(Body):
    version = serializers.JSONField(required=False, help_text="“draft” or a version's number.")
    scenarios = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MAX_SCENARIOS
    )

    def validate_version(self, value: Any) -> str | int:
        if value == "draft" or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31):
            return value  # type: ignore[no-any-return]
        raise serializers.ValidationError("“version” is “draft” or a number.")


class RanScenarioAnswer(ScenarioResultAnswer):
    scenario = serializers.IntegerField()
    name = serializers.CharField()


class RanAnswer(Answer):
    digest = serializers.CharField(help_text="Of the document that they ran on.")
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = RanScenarioAnswer(many=True)


GIVEN: dict[str, Any] = {
    "trigger": "t1",
    "event": None,
    "record": {"module": "tickets", "key": "T-1042", "values": {"priority": "high", "status": "open"}},
    "input": {},
    "answers": {},
}
EXPECTED: dict[str, Any] = {
    "path": {"c1": ["true"]},
    "effects": [
        {
            "node": "a1",
            "kind": "action.assign",
            "target": "T-1042",
            "changes": [{"field": "assignee", "before": None, "after": "bob"}],
        }
    ],
    "outcome": "succeeded",
}
EXAMPLE: dict[str, Any] = {
    "id": 7,
    "name": "Urgent goes to Bob",
    "kind": "positive",
    "origin": "record",
    "at": "2026-03-29T14:30:00Z",
    "as_user": "",
    "as_role": "Operator",
    "given": GIVEN,
    "expected": EXPECTED,
    "created_by": "alice",
    "created_at": "2026-03-29T14:30:00Z",
    "updated_at": "2026-03-29T14:30:00Z",
}
RESULT: dict[str, Any] = {
    "status": "failed",
    "differences": [
        {"aspect": "path", "node": "c1", "message": "“Is it urgent?” should go “true”, but went “false”."}
    ],
    "duration_ms": 4,
    "run_by": "alice",
    "run_at": "2026-03-29T14:30:00Z",
}
SENT: dict[str, Any] = {
    "name": "Urgent goes to Bob",
    "kind": "positive",
    "given": GIVEN,
    "at": "2026-03-29T14:30:00Z",
    "as_role": "Operator",
    "expected": EXPECTED,
}
