"""Alerts: what was raised and is open still, who has taken note of it, and what it was when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights, permissions
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import DETAIL, ReasonBody, WorkflowDetailAnswer, detail, workflow_for
from automations.engine.alerts import AlertKind, said
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Alert
from automations.models.alert import KINDS
from automations.services import breakers
from automations.services.alerts import acknowledge_alert, snooze_alert


class AlertAnswer(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(KINDS)
    rule = serializers.IntegerField(source="rule_id", allow_null=True, help_text="null: it was removed.")
    rule_name = serializers.CharField()
    workflow = serializers.IntegerField(source="workflow_id", allow_null=True, help_text="null: everything.")
    workflow_name = serializers.CharField(source="workflow.name", default=None, allow_null=True)
    node = serializers.CharField(help_text="The trigger, where one is too noisy.")
    said = serializers.CharField(
        help_text="The worst measurement in words, to stand after the workflow's name."
    )
    value = serializers.FloatField(help_text="The newest measurement.")
    worst = serializers.FloatField()
    bound = serializers.FloatField(help_text="From which it was raised.")
    since = serializers.DateTimeField()
    raised_at = serializers.DateTimeField()
    run = serializers.IntegerField(source="run_id", allow_null=True, help_text="The newest that failed.")
    failures = serializers.IntegerField(allow_null=True, help_text="Runs that failed, once it is over.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()
    note = serializers.CharField()
    snoozed_until = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_why = serializers.CharField()
    may_handle = serializers.BooleanField(help_text="Whether you may take note of it and snooze it.")


class AlertQuery(Body):
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    workflow = serializers.IntegerField(required=False)


class AlertNoteBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class UntilBody(Body):
    until = serializers.DateTimeField()


class CloseBody(Body):
    reason = serializers.CharField(max_length=300)


EXAMPLE: dict[str, Any] = {
    "id": 12,
    "kind": "failures",
    "rule": 1,
    "rule_name": "Runs fail",
    "workflow": 4,
    "workflow_name": "Refund watch",
    "node": "",
    "said": "3 runs failed in 15 minutes",
    "value": 3.0,
    "worst": 3.0,
    "bound": 1.0,
    "since": "2026-03-29T14:30:00Z",
    "raised_at": "2026-03-29T14:30:00Z",
    "run": 311,
    "failures": None,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "note": "",
    "snoozed_until": None,
    "resolved_at": None,
    "resolved_why": "",
    "may_handle": True,
}


def _told(alerts: Sequence[Alert], actor: Any) -> list[dict[str, Any]]:
    workflows = {alert.workflow_id for alert in alerts if alert.workflow_id is not None}
    handled = permissions.workflows_with(actor, "run").filter(pk__in=workflows)
    may = set(handled.values_list("pk", flat=True)) if workflows else set()
    all_of_them = permissions.may_do_all(actor)
    for alert in alerts:
        alert.may_handle = all_of_them or alert.workflow_id in may  # type: ignore[attr-defined]
        window = timedelta(seconds=alert.window_seconds)
        alert.said = said(AlertKind(alert.kind), alert.worst, window)  # type: ignore[attr-defined]
    return list(AlertAnswer(alerts, many=True).data)


def _alert_for(view: ApiView, pk: int) -> Alert:
    """An alert that the actor may handle. Raises NotFoundError or ForbiddenError."""
    alert = alert_rights.visible_alerts(view.actor).select_related("workflow").filter(pk=pk).first()
    if alert is None:
        raise NotFoundError("There is no such alert.")
    if not alert_rights.may_handle(view.actor, alert):
        raise ForbiddenError("It takes the right “run” on the workflow to take note of its alerts.")
    return alert


class AlertsView(ApiView):
    @operation("alerts_list", "alerts", answer=AlertAnswer, many=True, query=AlertQuery, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """What was raised about workflows that you may see, newest first; with `open`, only what goes on, or is over."""
        wanted = self.query(AlertQuery)
        rows = alert_rights.visible_alerts(self.actor).select_related("workflow")
        if wanted["open"] is not None:
            rows = rows.filter(Q(resolved_at__isnull=wanted["open"]))
        if "workflow" in wanted:
            rows = rows.filter(workflow=wanted["workflow"])
        return Response(page_of(request, rows, lambda page: _told(page, self.actor)))


class AlertAcknowledgeView(ApiView):
    @operation(
        "alerts_acknowledge",
        "alerts",
        request=AlertNoteBody,
        answer=AlertAnswer,
        sent={"note": "The mail server is down; I am on it."},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say that you know of it; others see who."""
        alert = _alert_for(self, pk)
        note = self.body(AlertNoteBody)["note"]
        changed = acknowledge_alert(alert=alert, actor=self.actor, note=note)
        return Response(_told([changed], self.actor)[0])


class AlertSnoozeView(ApiView):
    @operation(
        "alerts_snooze",
        "alerts",
        request=UntilBody,
        answer=AlertAnswer,
        sent={"until": "2026-03-29T18:00:00Z"},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Set it aside until then; if it goes on by then, people are told once more."""
        alert = _alert_for(self, pk)
        until = self.body(UntilBody)["until"]
        changed = snooze_alert(alert=alert, until=until, actor=self.actor)
        return Response(_told([changed], self.actor)[0])


class BreakerTryView(ApiView):
    @operation(
        "breakers_try",
        "workflows",
        request=ReasonBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": "The address is corrected."},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let one run act, to try: the newest that was only simulated since the breaker tripped, or the next."""
        workflow = workflow_for(self, pk, "promote")
        reason = self.body(ReasonBody)["reason"]
        breakers.try_breaker(workflow=workflow, actor=self.actor, reason=reason)
        return detail(workflow, self.actor)


class BreakerCloseView(ApiView):
    @operation(
        "breakers_close",
        "workflows",
        request=CloseBody,
        answer=WorkflowDetailAnswer,
        sent={"reason": "The mail server is back."},
        example=DETAIL,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let the workflow act again without a try."""
        workflow = workflow_for(self, pk, "promote")
        reason = self.body(CloseBody)["reason"]
        return detail(breakers.close_breaker(workflow=workflow, actor=self.actor, reason=reason), self.actor)
