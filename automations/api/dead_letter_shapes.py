"""Dead letters and their causes as they are asked for and told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.audit import AuditAnswer
from automations.api.failures import EXAMPLE as FAILURE
from automations.api.failures import FailureAnswer
from automations.api.runs import WorkflowName
from automations.api.serializers import Answer, Body, UserName
from automations.insight.dead_letters import MOST
from automations.insight.failures import run_failure
from automations.models import AuditEntry, DeadLetter, Run, Triage
from automations.services.dead_letters import ACTIVE, TYPED_ABOVE

MOST_NAMED = 1_000


class TriageAnswer(Answer):
    workflow = WorkflowName()
    state = serializers.ChoiceField(Triage.State.choices)
    fixed_in = serializers.IntegerField(
        source="fixed_in.number",
        default=None,
        allow_null=True,
        help_text="The version that mends it; failures of earlier ones don't make it new again.",
    )
    assignee = UserName(allow_null=True)
    note = serializers.CharField()
    first_seen_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)
    reopened = serializers.IntegerField(help_text="How often it was seen although it was fixed.")
    reopened_at = serializers.DateTimeField(allow_null=True)
    open = serializers.IntegerField(help_text="Letters of this workflow that wait.")
    may_triage = serializers.BooleanField(help_text="Whether you may triage, redrive and discard it here.")


class LettersOfDayAnswer(Answer):
    day = serializers.DateField()
    number = serializers.IntegerField()


class CauseAnswer(Answer):
    fingerprint = serializers.CharField(help_text="Names the cause; the same from release to release.")
    cause = serializers.CharField(help_text="The message, without what differs from case to case.")
    code = serializers.CharField()
    kind = serializers.CharField(help_text="Of the step that failed; empty when no step is to blame.")
    state = serializers.ChoiceField(
        Triage.State.choices, help_text="Where it stands differently in several workflows, the most urgent."
    )
    total = serializers.IntegerField()
    open = serializers.IntegerField()
    redriven = serializers.IntegerField()
    discarded = serializers.IntegerField()
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    workflows = TriageAnswer(many=True)
    days = LettersOfDayAnswer(many=True, help_text="Letters of each of the last 14 days, oldest first.")


class CausesAnswer(Answer):
    total = serializers.IntegerField(help_text=f"How many there are; at most {MOST} are told.")
    results = CauseAnswer(many=True)


class CauseChangeAnswer(AuditAnswer):
    sentence = serializers.CharField(help_text="Who did what.")
    page = serializers.CharField(help_text="Of what was changed, below the app's own address; or empty.")


class CauseDetailAnswer(CauseAnswer):
    may_settle = serializers.IntegerField(
        help_text="How many of the open letters you may redrive and discard: those of workflows on which you may retry."
    )
    why_not_settle = serializers.CharField(help_text="Why there is none; empty where there is one.")
    why_not_redrive = serializers.CharField(help_text="Why you may redrive none; empty where you may.")
    changes = CauseChangeAnswer(
        many=True, help_text="What people changed in the week before it was first seen, newest first."
    )


class CausesQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    code = serializers.CharField(required=False, max_length=64)
    state = serializers.ChoiceField(Triage.State.choices, required=False)
    assignee = serializers.CharField(
        required=False, max_length=150, allow_blank=True, help_text="A user name; empty: nobody's."
    )
    open = serializers.BooleanField(required=False, default=False, help_text="true: only with open letters.")


class LetterFailure(FailureAnswer):
    """Why the run of a letter gave up."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="run", **kwargs)

    def to_representation(self, run: Run) -> dict[str, Any]:
        told = run_failure(run)
        return {str(name): told.get(str(name)) for name in self.fields}


class LetterAnswer(Answer):
    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    retried_as = serializers.IntegerField(allow_null=True, help_text="The run by which that one was retried.")
    workflow = WorkflowName()
    version = serializers.IntegerField(source="run.version.number")
    state = serializers.ChoiceField(DeadLetter.State.choices)
    code = serializers.CharField()
    message = serializers.CharField()
    failure = LetterFailure(read_only=True)
    node = serializers.CharField(help_text="Empty when no step is to blame.")
    attempts = serializers.IntegerField()
    module = serializers.CharField(source="run.module.key", default=None, allow_null=True)
    record = serializers.CharField(source="run.record_key")
    event = serializers.IntegerField(source="run.event_id", allow_null=True)
    input = serializers.DictField(allow_null=True, help_text="null without the right to see payloads.")
    may_settle = serializers.BooleanField(help_text="It is open, and you may redrive and discard it.")
    created_at = serializers.DateTimeField()


class LettersQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    state = serializers.ChoiceField(DeadLetter.State.choices, required=False)


class TriageBody(Body):
    workflow = serializers.IntegerField(
        required=False, min_value=1, help_text="Else all workflows on which you may retry."
    )
    state = serializers.ChoiceField(Triage.State.choices, required=False)
    fixed_in = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="With “fixed”: a version's number, “active”, or null: mended outside of the workflow.",
    )
    assignee = serializers.CharField(
        required=False, allow_null=True, max_length=150, help_text="A user name; null: nobody."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)

    def validate_fixed_in(self, value: Any) -> int | str | None:
        named = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
        if named or value is None or value == ACTIVE:
            return value  # type: ignore[no-any-return]
        raise serializers.ValidationError("“fixed_in” is a version's number, “active” or null.")


class DiscardBody(Body):
    fingerprint = serializers.RegexField(
        r"^[0-9a-f]{16}$", required=False, help_text="All open ones of a cause."
    )
    letters = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=MOST_NAMED,
        help_text="Single letters by number, in place of a cause.",
    )
    workflow = serializers.IntegerField(required=False, min_value=1, help_text="Only of this workflow.")
    count = serializers.IntegerField(
        required=False, min_value=0, help_text=f"How many are open; needed for more than {TYPED_ABOVE}."
    )
    reason = serializers.CharField(max_length=AuditEntry._meta.get_field("reason").max_length)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("fingerprint" in values) == ("letters" in values):
            raise serializers.ValidationError({"fingerprint": ["Send either a cause or letters."]})
        return values


class DiscardAnswer(Answer):
    discarded = serializers.IntegerField()


TRIAGE: dict[str, Any] = {
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "state": "looking",
    "fixed_in": None,
    "assignee": "noor",
    "note": "Asked the CRM people",
    "first_seen_at": "2026-03-29T11:40:00Z",
    "changed_at": "2026-03-29T12:00:00Z",
    "reopened": 0,
    "reopened_at": None,
    "open": 12,
    "may_triage": True,
}
CAUSE: dict[str, Any] = {
    "fingerprint": "5f2c0e8d1f0e7a4f",
    "cause": "Given up after … attempts: The answer was 503.",
    "code": "delivery-failed",
    "kind": "action.call_webhook",
    "state": "looking",
    "total": 14,
    "open": 12,
    "redriven": 2,
    "discarded": 0,
    "first_seen_at": "2026-03-29T11:40:00Z",
    "last_seen_at": "2026-03-29T14:30:00Z",
    "workflows": [TRIAGE],
    "days": [{"day": "2026-03-29", "number": 14}],
}
MAY = {"may_settle": 12, "why_not_settle": "", "why_not_redrive": ""}
CHANGE: dict[str, Any] = {
    "id": 815,
    "at": "2026-03-29T11:32:00Z",
    "actor": "priya",
    "action": "destination.updated",
    "object_type": "destination",
    "object_id": "3",
    "before": {"url": "https://crm.example.com/v1"},
    "after": {"url": "https://crm.example.com/v2"},
    "reason": "",
    "request_id": "",
    "link": 815,
    "hash": "9b1c…",
    "sentence": "priya changed the destination “CRM”: url.",
    "page": "webhooks/destinations/crm/",
}
LETTER: dict[str, Any] = {
    "id": 21,
    "run": 311,
    "retried_as": None,
    "workflow": TRIAGE["workflow"],
    "version": 3,
    "state": "open",
    "code": "delivery-failed",
    "message": "Given up after 10 attempts: The answer was 503.",
    "failure": FAILURE,
    "node": "a1",
    "attempts": 1,
    "module": "tickets",
    "record": "T-1042",
    "event": 5120,
    "input": {},
    "may_settle": True,
    "created_at": "2026-03-29T14:30:00Z",
}
