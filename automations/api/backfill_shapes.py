"""The shapes of backfills in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.failures import FailureAnswer
from automations.api.manual_starts import HeldAnswer
from automations.api.redrive_shapes import OUTCOMES as FORESEEN
from automations.api.runs import RUN_STATUSES, RunChangeAnswer, WorkflowName
from automations.api.serializers import Answer, Body, UserName
from automations.models import AuditEntry, BackfillItem, Decision, Mode, PacedStatus
from automations.runtime.unjudged import LEFT_OUT
from automations.services.pacing import FASTEST, RATE

ANSWERS = Decision.Outcome.values


class LeftOutAnswer(Answer):
    code = serializers.CharField()
    count = serializers.IntegerField()
    sentence = serializers.CharField()


class BackfillSampleAnswer(Answer):
    at = serializers.DateTimeField(help_text="When it happened, or was due.")
    event = serializers.IntegerField(allow_null=True)
    slot = serializers.DateTimeField(allow_null=True)
    record = serializers.CharField()
    answer = serializers.ChoiceField(ANSWERS, help_text="What the trigger would answer now.")
    why = serializers.CharField(help_text="“” without the right to see payloads.")


class BackfillPartAnswer(Answer):
    trigger = serializers.CharField()
    title = serializers.CharField(help_text="Of the trigger; its id where it has none.")
    kind = serializers.CharField()
    makes_up_for = serializers.ChoiceField(["slots", "events"])
    total = serializers.IntegerField(help_text="To be judged.")
    complete = serializers.BooleanField(help_text="false: there are more slots than are looked at.")
    first = serializers.DateTimeField(allow_null=True)
    last = serializers.DateTimeField(allow_null=True)
    left_out = LeftOutAnswer(many=True)
    sample = BackfillSampleAnswer(many=True, help_text="The oldest, judged now.")
    held = HeldAnswer(
        allow_null=True, help_text="Why its runs would wait for approval, if all of them match."
    )


class NoteAnswer(Answer):
    code = serializers.CharField()
    message = serializers.CharField()


class BackfillPreviewAnswer(Answer):
    workflow = WorkflowName()
    version = serializers.IntegerField(allow_null=True, help_text="The live one; it is the one that judges.")
    mode = serializers.ChoiceField(Mode.choices, help_text="The one that runs would be in.")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    zone = serializers.CharField()
    total = serializers.IntegerField(help_text="Slots and events that would be judged.")
    minutes = serializers.IntegerField(help_text="How long it takes at the rate, about.")
    blast_radius = serializers.IntegerField()
    left_out = LeftOutAnswer(many=True)
    parts = BackfillPartAnswer(many=True)
    approvers = serializers.ListField(
        child=serializers.CharField(),
        help_text="Whose yes it would wait for, beside yours: user names; [] where nothing is held.",
    )
    refusal = serializers.CharField(help_text="Why it can't be started; “”: it can.")
    code = serializers.CharField()
    notes = NoteAnswer(many=True)


class BackfillCounts(Answer):
    waiting = serializers.IntegerField(default=0)
    started = serializers.IntegerField(default=0, help_text="Judged, and a run was started.")
    not_started = serializers.IntegerField(default=0, help_text="Judged, and the trigger started none.")
    refused = serializers.IntegerField(default=0)
    skipped = serializers.IntegerField(default=0, help_text="Not judged, because it ended before.")
    would_succeed = serializers.IntegerField(default=0, help_text="Foreseen by a dry run, as the next ones.")
    would_fail = serializers.IntegerField(default=0)
    would_ask = serializers.IntegerField(default=0, help_text="Would wait for people to agree.")
    inconclusive = serializers.IntegerField(
        default=0, help_text="Met an action that can't say what it would do."
    )
    would_not_start = serializers.IntegerField(default=0)


class BackfillAnswer(Answer):
    id = serializers.IntegerField()
    workflow = WorkflowName()
    version = serializers.IntegerField(source="version.number")
    mode = serializers.ChoiceField(Mode.choices)
    requested_by = UserName(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    zone = serializers.CharField()
    slots = serializers.BooleanField()
    events = serializers.BooleanField()
    rate = serializers.IntegerField(help_text="Slots and events a minute.")
    dry_run = serializers.BooleanField(source="is_dry_run")
    reason = serializers.CharField()
    status = serializers.ChoiceField(PacedStatus.choices)
    ended_why = serializers.CharField()
    left_out = LeftOutAnswer(many=True, help_text="When it was asked for.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField(help_text="Of its slots and events.")
    counts = BackfillCounts()


class BackfillDetailAnswer(BackfillAnswer):
    waits_why = serializers.CharField(help_text="What it waits for beside its rate; “”: nothing.")
    approval = serializers.IntegerField(allow_null=True, help_text="The open question that it waits for.")
    waits_for = serializers.ListField(
        child=serializers.CharField(), help_text="Who can answer that question: user names."
    )
    may_cancel = serializers.BooleanField()


class BackfillItemAnswer(Answer):
    id = serializers.IntegerField()
    trigger = serializers.CharField(source="trigger_node")
    title = serializers.CharField(help_text="Of the trigger; its id where it has none.")
    at = serializers.DateTimeField(help_text="When it happened, or was due.")
    event = serializers.IntegerField(source="event_id", allow_null=True)
    slot = serializers.DateTimeField(source="slot_at", allow_null=True)
    record = serializers.CharField(source="record_key")
    state = serializers.ChoiceField(BackfillItem.State.choices)
    answer = serializers.ChoiceField(ANSWERS, allow_blank=True, help_text="Of the trigger.")
    run = serializers.IntegerField(source="run_id", allow_null=True)
    run_status = serializers.ChoiceField(RUN_STATUSES, source="run.status", default=None, allow_null=True)
    outcome = serializers.ChoiceField(FORESEEN, allow_blank=True, help_text="Of a dry run; empty else.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="Why it was refused, would fail, or would start nothing.")
    failure = FailureAnswer(
        allow_null=True, help_text="The same as everywhere; null where nothing speaks against it."
    )
    changes = RunChangeAnswer(many=True, help_text="Of a dry run; [] without the right to see payloads.")


class BackfillWindowBody(Body):
    workflow = serializers.IntegerField(min_value=1)
    since = serializers.CharField(
        max_length=40, help_text="2026-03-01, or with a time; without an offset, by the clocks of the zone."
    )
    until = serializers.CharField(max_length=40, help_text="The window ends before it, and before now.")
    zone = serializers.CharField(required=False, max_length=64, help_text="Else the workflow's.")
    slots = serializers.BooleanField(default=True)
    events = serializers.BooleanField(default=True)
    rate = serializers.IntegerField(default=RATE, min_value=1, max_value=FASTEST)


class BackfillBody(BackfillWindowBody):
    dry_run = serializers.BooleanField(default=False)
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=AuditEntry._meta.get_field("reason").max_length
    )


class BackfillsQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)


class BackfillItemsQuery(Body):
    came_to = serializers.ChoiceField(
        list(BackfillCounts().fields), required=False, help_text="Only what is counted under this name."
    )


SENT: dict[str, Any] = {
    "workflow": 4,
    "since": "2026-03-28T22:00",
    "until": "2026-03-29T08:00",
    "zone": "Europe/Berlin",
    "rate": 60,
}
EXAMPLE: dict[str, Any] = {
    "id": 7,
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "version": 12,
    "mode": "execute",
    "requested_by": "noor",
    "since": "2026-03-28T21:00:00Z",
    "until": "2026-03-29T06:00:00Z",
    "zone": "Europe/Berlin",
    "slots": True,
    "events": True,
    "rate": 60,
    "dry_run": False,
    "reason": "The worker was down over night",
    "status": "running",
    "ended_why": "",
    "left_out": [{"code": "already-judged", "count": 30, "sentence": LEFT_OUT["already-judged"]}],
    "created_at": "2026-03-29T06:30:00Z",
    "started_at": "2026-03-29T06:30:00Z",
    "finished_at": None,
    "total": 14,
    "counts": {**dict.fromkeys(BackfillCounts().fields, 0), "waiting": 9, "started": 4, "not_started": 1},
}
DETAIL = {**EXAMPLE, "waits_why": "", "approval": None, "waits_for": [], "may_cancel": True}
ITEM: dict[str, Any] = {
    "id": 71,
    "trigger": "t1",
    "title": "A ticket came in",
    "at": "2026-03-28T21:05:00Z",
    "event": 5120,
    "slot": None,
    "record": "T-1042",
    "state": "judged",
    "answer": "matched",
    "run": 402,
    "run_status": "succeeded",
    "outcome": "",
    "code": "",
    "message": "",
    "failure": None,
    "changes": [],
}
PREVIEW: dict[str, Any] = {
    **{name: EXAMPLE[name] for name in ("workflow", "version", "mode", "since", "until", "zone", "left_out")},
    "total": 14,
    "minutes": 1,
    "blast_radius": 100,
    "parts": [
        {
            "trigger": "t1",
            "title": "A ticket came in",
            "kind": "trigger.record",
            "makes_up_for": "events",
            "total": 14,
            "complete": True,
            "first": "2026-03-28T21:05:00Z",
            "last": "2026-03-29T05:40:00Z",
            "left_out": EXAMPLE["left_out"],
            "sample": [
                {
                    "at": "2026-03-28T21:05:00Z",
                    "event": 5120,
                    "slot": None,
                    "record": "T-1042",
                    "answer": "matched",
                    "why": "",
                }
            ],
            "held": None,
        }
    ],
    "approvers": [],
    "refusal": "",
    "code": "",
    "notes": [{"code": "values", "message": "The trigger sees the record as the event left it. …"}],
}
