"""Events as they were accepted, and what each trigger decided about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import MAX_KEY, REPLAYED, idempotency_key
from automations.api.pagination import page_of
from automations.api.runs import WorkflowName
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, LargeValueAnswer, UserName
from automations.api.sources import visible as visible_sources
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Decision, Event, LargeValue, TriggerSource
from automations.services.sources import send_event

OUTCOMES = Decision.Outcome.values
STATES = Event.State.choices


class DecisionAnswer(Answer):
    id = serializers.IntegerField()
    event = serializers.IntegerField(source="event_id")
    type = serializers.CharField(source="event.type", help_text="The event's.")
    module = serializers.CharField(source="event.module.key", default=None, allow_null=True)
    record = serializers.CharField(
        source="event.record_key", help_text="Empty when the event is about no record."
    )
    workflow = WorkflowName()
    version = serializers.IntegerField(source="version.number")
    trigger_node = serializers.CharField()
    outcome = serializers.ChoiceField(OUTCOMES)
    reason = serializers.DictField(allow_null=True, help_text="Why; null without the right to see payloads.")
    run = serializers.IntegerField(source="run_id", allow_null=True)
    at = serializers.DateTimeField()


class EventAnswer(Answer):
    id = serializers.IntegerField()
    source = serializers.CharField(source="source.key")  # type: ignore[assignment]
    type = serializers.CharField()
    module = serializers.CharField(source="module.key", default=None, allow_null=True)
    record = serializers.CharField(source="record_key", help_text="Empty when the event is about no record.")
    state = serializers.ChoiceField(STATES)
    actor = UserName(allow_null=True)
    cause_run = serializers.IntegerField(source="cause_run_id", allow_null=True)
    depth = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()


class EventDetailAnswer(EventAnswer):
    snapshot = serializers.DictField(
        allow_null=True,
        help_text="What rules see; null when you may not see the record, and where it is `large`.",
    )
    large = LargeValueAnswer(allow_null=True, help_text="A snapshot that is asked for by itself.")
    decisions = DecisionAnswer(many=True, help_text="Those of workflows that you may see.")


class EventBody(Body):
    source = serializers.CharField(max_length=120, help_text="Key of an API source.")  # type: ignore[assignment]
    data = serializers.DictField()  # type: ignore[assignment]
    record = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    occurred_at = serializers.DateTimeField(required=False, help_text="Now, when left out.")


class AcceptedAnswer(Answer):
    id = serializers.IntegerField()


class EventQuery(Body):
    source = serializers.CharField(required=False, max_length=120)  # type: ignore[assignment]
    type = serializers.CharField(required=False, max_length=80)
    module = serializers.CharField(required=False, max_length=63)
    record = serializers.CharField(required=False, max_length=120)
    occurred_after = serializers.DateTimeField(required=False)
    occurred_before = serializers.DateTimeField(required=False)


class DecisionQuery(Body):
    workflow = serializers.IntegerField(required=False, min_value=1)
    outcome = serializers.ChoiceField(OUTCOMES, required=False)
    module = serializers.CharField(required=False, max_length=63)
    record = serializers.CharField(required=False, max_length=120)
    event = serializers.IntegerField(required=False, min_value=1)


DECISION: dict[str, Any] = {
    "id": 9001,
    "event": 5120,
    "type": "record.created",
    "module": "tickets",
    "record": "T-1042",
    "workflow": {"id": 4, "key": "route-tickets", "name": "Route tickets"},
    "version": 3,
    "trigger_node": "t1",
    "outcome": "matched",
    "reason": {},
    "run": 311,
    "at": "2026-03-29T14:30:01Z",
}
EXAMPLE: dict[str, Any] = {
    "id": 5120,
    "source": "module:tickets",
    "type": "record.created",
    "module": "tickets",
    "record": "T-1042",
    "state": "matched",
    "actor": "bob",
    "cause_run": None,
    "depth": 0,
    "occurred_at": "2026-03-29T14:30:00Z",
    "received_at": "2026-03-29T14:30:00Z",
}


def visible(actor: Any) -> QuerySet[Event]:
    return permissions.visible_events(actor).select_related("source", "module", "actor").defer("snapshot")


def shows_snapshot(actor: Any, event: Event) -> bool:
    """Whether somebody who sees an event may see what rules saw of it."""
    if event.actor_id == actor.pk or permissions.sees_where_it_came_in(actor, event):
        return True
    if event.module is not None:
        return permissions.may_view_module(actor, event.module)
    readable = permissions.workflows_with(actor, "view_payloads").values("pk")
    return event.decisions.filter(workflow__in=readable).exists()


def readable_event(actor: Any, pk: int) -> Event:
    """The event, if the actor may see what it holds. Raises NotFoundError."""
    event = permissions.visible_events(actor).select_related("module").filter(pk=pk).first()
    if event is None or (event.module is not None and not permissions.may_view_module(actor, event.module)):
        raise NotFoundError("There is no such event.")
    return event


def _decisions(actor: Any) -> QuerySet[Decision]:
    return (
        permissions.visible_decisions(actor)
        .select_related("workflow", "version", "event__module")
        .defer("version__document", "event__snapshot")
    )


def _serialised(rows: Iterable[Decision], actor: Any) -> list[dict[str, Any]]:
    """Decisions as JSON; reasons quote values, so they are kept from those who may not see payloads."""
    page = list(rows)
    workflows = {row.workflow_id for row in page}
    open_ids = set(
        permissions.workflows_with(actor, "view_payloads")
        .filter(pk__in=workflows)
        .values_list("pk", flat=True)
    )
    return [
        {**DecisionAnswer(row).data, **({} if row.workflow_id in open_ids else {"reason": None})}
        for row in page
    ]


class EventsView(ApiView):
    @operation("events_list", "events", answer=EventAnswer, many=True, query=EventQuery, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Events about modules or workflows that you may see, newest first."""
        wanted = self.query(EventQuery)
        lookups = {
            "source": "source__key",
            "type": "type",
            "module": "module__key",
            "record": "record_key",
            "occurred_after": "occurred_at__gte",
            "occurred_before": "occurred_at__lt",
        }
        rows = visible(self.actor).filter(**{lookups[name]: value for name, value in wanted.items()})
        return Response(page_of(request, rows, lambda page: EventAnswer(page, many=True).data))

    @operation(
        "events_send",
        "events",
        request=EventBody,
        answer=AcceptedAnswer,
        status=202,
        idempotent=True,
        sent={"source": "shop-orders", "data": {"order": "O-17", "total": "59.90"}},
        example={"id": 5120},
    )
    def post(self, request: Request) -> Response:
        """Send an event to an API source. It is judged by every live trigger that listens.

        The Idempotency-Key is remembered with the event itself, for as long as the event is kept."""
        if not permissions.may_send_events(self.actor):
            raise ForbiddenError("You may not send events. An admin can give you that right.")
        key = idempotency_key(request)
        wanted = self.body(EventBody)
        source = visible_sources(self.actor).filter(key=wanted["source"], kind=TriggerSource.Kind.API).first()
        if source is None:
            raise NotFoundError(f"There is no API source “{wanted['source']}”.", code="unknown-source")
        accepted = send_event(
            source=source,
            data=wanted["data"],
            record_key=wanted["record"],
            occurred_at=wanted.get("occurred_at"),
            idempotency_key=_own_key(self.actor.pk, key) if key else None,
            actor=self.actor,
        )
        headers = {REPLAYED: "true"} if accepted.duplicate else {}
        return Response({"id": accepted.event_id}, status=202, headers=headers)


def _own_key(actor_id: int, key: str) -> str:
    """The key within its sender's own space; hashed where both together would be too long to store."""
    own = f"{actor_id}:{key}"
    return own if len(own) <= MAX_KEY else f"{actor_id}:{hashlib.sha256(key.encode()).hexdigest()}"


class EventView(ApiView):
    @operation(
        "events_get",
        "events",
        answer=EventDetailAnswer,
        example={**EXAMPLE, "snapshot": {"type": "record.created"}, "large": None, "decisions": [DECISION]},
    )
    def get(self, request: Request, pk: int) -> Response:
        """One event, what rules saw of it, and each trigger's decision. A snapshot above a size is told by its beginning
        (`large`): ask for it by itself."""
        event = visible(self.actor).filter(pk=pk).first()
        if event is None:
            raise NotFoundError("There is no such event.")
        shown = shows_snapshot(self.actor, event)
        decisions = _serialised(_decisions(self.actor).filter(event=event), self.actor)
        large = LargeValue.objects.defer("body").filter(pk=event.large_id).first() if event.large_id else None
        payload = {
            "snapshot": event.snapshot if shown else None,
            "large": LargeValueAnswer(large).data if shown and large is not None else None,
        }
        return Response({**EventAnswer(event).data, **payload, "decisions": decisions})


class DecisionsView(ApiView):
    @operation(
        "decisions_list", "events", answer=DecisionAnswer, many=True, query=DecisionQuery, example=DECISION
    )
    def get(self, request: Request) -> Response:
        """Why did it fire, why did it not: what triggers decided, newest first. `record` needs `module`."""
        wanted = self.query(DecisionQuery)
        if "record" in wanted and "module" not in wanted:
            raise ValidationError({"record": ["Send “module” too: keys are unique within a module only."]})
        lookups = {
            "workflow": "workflow_id",
            "outcome": "outcome",
            "module": "event__module__key",
            "record": "event__record_key",
            "event": "event_id",
        }
        rows = _decisions(self.actor).filter(Q(**{lookups[name]: value for name, value in wanted.items()}))
        return Response(page_of(request, rows, lambda page: _serialised(page, self.actor)))
