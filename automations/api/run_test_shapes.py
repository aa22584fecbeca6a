"""The shapes of run-tests in the API, and an example of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.serializers import Answer, Body, ProblemEntry
from automations.services.run_tests import DEFAULT_LIMIT, MAX_LIMIT


class RunTestBody(Body):
    version = serializers.JSONField(required=False, help_text="“draft” or a version's number.")
    trigger = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Node id; else the first."
    )
    event = serializers.DictField(required=False, allow_null=True)
    event_id = serializers.IntegerField(
        required=False, min_value=1, allow_null=True, help_text="A past event, as rules saw it then."
    )
    scenario = serializers.IntegerField(
        required=False, min_value=1, allow_null=True, help_text="What a scenario of this workflow is given."
    )
    record = serializers.CharField(max_length=120, required=False, allow_blank=True)
    records = serializers.JSONField(
        required=False, allow_null=True, help_text="“live” or a list of record keys."
    )
    input = serializers.DictField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Stands in for now.")

    def validate_version(self, value: Any) -> str | int:
        if value == "draft" or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31):
            return value  # type: ignore[no-any-return]
        raise serializers.ValidationError("“version” is “draft” or a number.")

    def validate_records(self, value: Any) -> Any:
        keys = (
            isinstance(value, list) and len(value) <= MAX_LIMIT and all(isinstance(key, str) for key in value)
        )
        if value is None or value == "live" or keys:
            return value
        raise serializers.ValidationError(
            f"“records” is “live” or a list of at most {MAX_LIMIT} record keys."
        )


class ChangeAnswer(Answer):
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class PlannedActionAnswer(Answer):
    node = serializers.CharField()
    kind = serializers.CharField()
    risk = serializers.CharField()
    allowed = serializers.BooleanField(help_text="Whether the identity that the workflow runs as may do it.")
    status = serializers.CharField()
    assumed = serializers.BooleanField()
    changes = ChangeAnswer(many=True)
    preview = serializers.JSONField(allow_null=True)


class PathStepAnswer(Answer):
    node = serializers.CharField()
    branches = serializers.ListField(child=serializers.CharField())


class CandidateAnswer(Answer):
    record = serializers.CharField(allow_null=True)
    branch = serializers.CharField()
    path = PathStepAnswer(many=True)
    status = serializers.CharField()
    inconclusive = serializers.BooleanField()
    actions = PlannedActionAnswer(many=True)


class BranchTotalAnswer(Answer):
    node = serializers.CharField()
    branch = serializers.CharField()
    total = serializers.IntegerField()


class NearRecordAnswer(Answer):
    record = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    saw = serializers.DictField(help_text="The values of the fields that the part looks at.")


class NearestAnswer(Answer):
    rule = serializers.DictField(help_text="The part of the trigger's rule that alone keeps them out.")
    total = serializers.IntegerField()
    records = NearRecordAnswer(many=True)


class CandidatesAnswer(Answer):
    total = serializers.IntegerField()
    shown = serializers.IntegerField()
    records = serializers.IntegerField(
        allow_null=True, help_text="Records of the module; null where the test was not about all of them."
    )
    branches = BranchTotalAnswer(many=True)
    nearest = NearestAnswer(
        many=True, help_text="Where no live record is selected: those that fail at one part alone."
    )
    items = CandidateAnswer(many=True)


class DecisionShape(Answer):
    outcome = serializers.CharField()
    reason = serializers.DictField()


class TestLogAnswer(Answer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    level = serializers.CharField()
    node = serializers.CharField()
    record = serializers.CharField(allow_null=True)
    message = serializers.CharField()
    data = serializers.JSONField(allow_null=True)  # type: ignore[assignment]


class RunTestAnswer(Answer):
    run = serializers.IntegerField(allow_null=True)
    mode = serializers.CharField()
    matched = serializers.BooleanField()
    decision = DecisionShape()
    candidates = CandidatesAnswer()
    logs = TestLogAnswer(many=True)
    problems = ProblemEntry(many=True)


RUN_TEST_EXAMPLE: dict[str, Any] = {
    "run": None,
    "mode": "simulate",
    "matched": True,
    "decision": {"outcome": "matched", "reason": {}},
    "candidates": {
        "total": 1,
        "shown": 1,
        "records": 1242,
        "branches": [{"node": "c1", "branch": "true", "total": 1}],
        "nearest": [],
        "items": [
            {
                "record": "T-1042",
                "branch": "true",
                "path": [{"node": "t1", "branches": []}, {"node": "c1", "branches": ["true"]}],
                "status": "succeeded",
                "inconclusive": False,
                "actions": [
                    {
                        "node": "a1",
                        "kind": "action.assign",
                        "risk": "low",
                        "allowed": True,
                        "status": "succeeded",
                        "assumed": False,
                        "changes": [{"field": "assignee", "before": None, "after": "bob"}],
                        "preview": None,
                    }
                ],
            }
        ],
    },
    "logs": [],
    "problems": [],
}
