"""Alert rules: what is watched, of a workflow, of a team's, or of all, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import alert_rights, permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.engine.alerts import FACTS, AlertKind
from automations.errors import ForbiddenError, NotFoundError
from automations.models import AlertRule
from automations.models.alert import KINDS
from automations.services.alerts import change_rule, make_rule, remove_rule, snooze_rule


class AlertRuleAnswer(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(KINDS)
    name = serializers.CharField()
    workflow = serializers.IntegerField(source="workflow_id", allow_null=True)
    workflow_name = serializers.CharField(source="workflow.name", default=None, allow_null=True)
    team = serializers.CharField(help_text="Without it and a workflow: all of them.")
    raise_at = serializers.FloatField()
    clear_at = serializers.FloatField()
    window_seconds = serializers.IntegerField()
    hold_seconds = serializers.IntegerField()
    least = serializers.IntegerField()
    breaks = serializers.BooleanField()
    retry_minutes = serializers.IntegerField(allow_null=True)
    tell_owner = serializers.BooleanField()
    people = UserName(many=True)
    fallback = serializers.BooleanField(help_text="It watches the failures that no other rule watches.")
    enabled = serializers.BooleanField()
    snoozed_until = serializers.DateTimeField(allow_null=True)
    made_at = serializers.DateTimeField()
    may_change = serializers.BooleanField()


class AlertRuleChangeBody(Body):
    read_only_names: tuple[str, ...] = (
        "id",
        "kind",
        "workflow",
        "workflow_name",
        "team",
        "fallback",
        "made_at",
        "may_change",
    )
    name = serializers.CharField(max_length=120, required=False)
    raise_at = serializers.FloatField(required=False)
    clear_at = serializers.FloatField(required=False)
    window_seconds = serializers.IntegerField(required=False)
    hold_seconds = serializers.IntegerField(required=False)
    least = serializers.IntegerField(
        required=False, help_text="A ratio of fewer runs says nothing; for the other kinds leave it out."
    )
    breaks = serializers.BooleanField(
        required=False, help_text="A workflow that is out of bounds is taken back to simulate."
    )
    retry_minutes = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="After so long one run acts, to try; null: when you say so.",
    )
    tell_owner = serializers.BooleanField(required=False)
    people = serializers.ListField(
        child=serializers.CharField(max_length=150), required=False, max_length=50, help_text="User names."
    )
    enabled = serializers.BooleanField(required=False)


class AlertRuleBody(AlertRuleChangeBody):
    read_only_names = ("id", "workflow_name", "fallback", "made_at", "may_change")
    kind = serializers.ChoiceField(KINDS)
    name = serializers.CharField(max_length=120)
    raise_at = serializers.FloatField()
    workflow = serializers.IntegerField(required=False, allow_null=True)
    team = serializers.CharField(max_length=80, required=False, allow_blank=True)


class RuleSnoozeBody(Body):
    until = serializers.DateTimeField(allow_null=True, help_text="null: tell again at once.")


class RuleQuery(Body):
    workflow = serializers.IntegerField(required=False, help_text="Only those that are about it alone.")


class AlertKindAnswer(Answer):
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField()
    unit = serializers.CharField(help_text="What its bounds count.")
    window = serializers.CharField(help_text="What its window means; “” for none.")
    of_everything = serializers.BooleanField(help_text="It has neither workflow nor team.")
    breaks = serializers.BooleanField(help_text="It may take a workflow back to simulate.")


EXAMPLE: dict[str, Any] = {
    "id": 3,
    "kind": "failure_ratio",
    "name": "A third of the refunds fails",
    "workflow": 4,
    "workflow_name": "Refund watch",
    "team": "",
    "raise_at": 33.0,
    "clear_at": 10.0,
    "window_seconds": 3600,
    "hold_seconds": 300,
    "least": 10,
    "breaks": True,
    "retry_minutes": 30,
    "tell_owner": True,
    "people": ["noor"],
    "fallback": False,
    "enabled": True,
    "snoozed_until": None,
    "made_at": "2026-03-29T14:30:00Z",
    "may_change": True,
}


def _told(rules: Sequence[AlertRule], actor: Any) -> list[dict[str, Any]]:
    workflows = {rule.workflow_id for rule in rules if rule.workflow_id is not None}
    edited = permissions.workflows_with(actor, "edit").filter(pk__in=workflows)
    may = set(edited.values_list("pk", flat=True)) if workflows else set()
    all_of_them = permissions.may_do_all(actor)
    for rule in rules:
        rule.may_change = all_of_them or rule.workflow_id in may  # type: ignore[attr-defined]
    return list(AlertRuleAnswer(rules, many=True).data)


def _rule_for(view: ApiView, pk: int) -> AlertRule:
    """A rule that the actor may change. Raises NotFoundError or ForbiddenError."""
    rule = alert_rights.visible_rules(view.actor).select_related("workflow").filter(pk=pk).first()
    if rule is None:
        raise NotFoundError("There is no such rule.")
    _require_may_set(view.actor, rule.workflow)
    return rule


def _require_may_set(actor: Any, workflow: Any) -> None:
    if not alert_rights.may_set_rule(actor, workflow):
        needed = "the right “edit” on the workflow" if workflow is not None else "an admin"
        raise ForbiddenError(f"It takes {needed} to say what is watched.")


class AlertKindsView(ApiView):
    @operation(
        "alert_kinds_list",
        "alerts",
        answer=AlertKindAnswer(many=True),  # type: ignore[arg-type]
        example=[
            {
                "kind": "failures",
                "title": "Runs fail",
                "unit": "failed runs",
                "window": "counted in",
                "of_everything": False,
                "breaks": True,
            }
        ],
    )
    def get(self, request: Request) -> Response:
        """What can be watched."""
        rows = [
            {
                "kind": kind.value,
                **{
                    name: getattr(FACTS[kind], name)
                    for name in ("title", "unit", "window", "of_everything", "breaks")
                },
            }
            for kind in AlertKind
        ]
        return Response(AlertKindAnswer(rows, many=True).data)


class AlertRulesView(ApiView):
    @operation(
        "alert_rules_list", "alerts", answer=AlertRuleAnswer, many=True, query=RuleQuery, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """The rules of workflows that you may see, and those of teams and of all."""
        wanted = self.query(RuleQuery)
        rows = alert_rights.visible_rules(self.actor).select_related("workflow").prefetch_related("people")
        if "workflow" in wanted:
            rows = rows.filter(workflow=wanted["workflow"])
        return Response(page_of(request, rows, lambda page: _told(page, self.actor)))

    @operation(
        "alert_rules_make",
        "alerts",
        request=AlertRuleBody,
        answer=AlertRuleAnswer,
        status=201,
        idempotent=True,
        sent={"kind": "failures", "name": "Refunds fail", "workflow": 4, "raise_at": 3, "clear_at": 0},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Watch a workflow, a team's (admins), or all (admins)."""
        wanted = self.body(AlertRuleBody)
        key = wanted.pop("workflow", None)
        workflow = (
            permissions.visible_workflows(self.actor).filter(pk=key).first() if key is not None else None
        )
        if key is not None and workflow is None:
            raise NotFoundError("There is no such workflow.", code="unknown-workflow")
        _require_may_set(self.actor, workflow)
        people = [person_for(name) for name in wanted.pop("people", ())]
        made = make_rule(**wanted, workflow=workflow, people=people, actor=self.actor)
        return Response(_told([made], self.actor)[0], status=201)


class AlertRuleView(ApiView):
    @operation(
        "alert_rules_change",
        "alerts",
        request=AlertRuleChangeBody,
        answer=AlertRuleAnswer,
        sent={"raise_at": 5},
        example=EXAMPLE,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what it measures by, or whom it tells; what it is about stays."""
        rule = _rule_for(self, pk)
        changes = self.body(AlertRuleChangeBody)
        named = changes.pop("people", None)
        people = None if named is None else [person_for(name) for name in named]
        changed = change_rule(alert_rule=rule, changes=changes, people=people, actor=self.actor)
        return Response(_told([changed], self.actor)[0])

    @operation("alert_rules_remove", "alerts", status=204)
    def delete(self, request: Request, pk: int) -> Response:
        """Watch it no more; what it has raised is over."""
        remove_rule(alert_rule=_rule_for(self, pk), actor=self.actor)
        return Response(status=204)


class AlertRuleSnoozeView(ApiView):
    @operation(
        "alert_rules_snooze",
        "alerts",
        request=RuleSnoozeBody,
        answer=AlertRuleAnswer,
        sent={"until": "2026-03-29T18:00:00Z"},
        example=EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Tell nobody what it finds until then. It goes on measuring, and taking workflows back to simulate."""
        rule = _rule_for(self, pk)
        until = self.body(RuleSnoozeBody)["until"]
        return Response(_told([snooze_rule(alert_rule=rule, until=until, actor=self.actor)], self.actor)[0])
