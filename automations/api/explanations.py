"""What the editor shows beside a rule, why it takes a record or not, and beneath a text: how it reads."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.events import readable_event
from automations.api.filters import FilterError
from automations.api.modules import module_for
from automations.api.records import record_of
from automations.api.schema import operation
from automations.api.selection import policies_seen, select_records
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.engine.explain import explain
from automations.engine.rules import Scope, compile_rule, validate_rule
from automations.engine.scopes import MISSING, lookup
from automations.engine.templating import MAX_TEMPLATE, paths_of, render, validate_template
from automations.errors import InvalidError
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of


class ExplainBody(Body):
    rule = serializers.DictField()
    record = serializers.CharField(
        max_length=120, required=False, help_text="The key of the record to look at."
    )


class ExplainAnswer(Answer):
    matching = serializers.IntegerField(
        allow_null=True, help_text="Records that the rule takes; null where only an event or Python can tell."
    )
    total = serializers.IntegerField(help_text="Records of the module.")
    explanation = serializers.DictField(
        allow_null=True, help_text="The rule's tree with the result of each part and the value it saw."
    )


class ExplainView(ApiView):
    only_reads = (*SAFE_METHODS, "POST")

    @operation(
        "modules_explain",
        "modules",
        request=ExplainBody,
        answer=ExplainAnswer,
        sent={"rule": {"field": "amount", "op": "gt", "value": "200"}, "record": "T-1042"},
        example={
            "matching": 38,
            "total": 1242,
            "explanation": {
                "kind": "leaf",
                "field": "amount",
                "op": "gt",
                "expected": "200",
                "saw": "310.00",
                "result": True,
                "assumed": False,
            },
        },
    )
    def post(self, request: Request, key: str) -> Response:
        """How a rule judges one record, leaf by leaf, and how many of the module's records it takes. Operators that
        look at an event's change are assumed to hold."""
        module = module_for(self, key)
        wanted = self.body(ExplainBody)
        rule, adapter = wanted["rule"], adapter_for(module)
        schema, policies = facts_of(module).schema, policies_seen(module, self.actor)
        problems = validate_rule(rule, schema, path="rule", policies=policies)
        if problems:
            raise InvalidError(problems)
        told: dict[str, Any] | None = None
        if wanted.get("record"):
            state = record_of(module, wanted["record"])
            scope = Scope(state.values, None, timezone.now(), ZoneInfo(module.zone), assume_changed=True)
            told = explain(compile_rule(rule, schema, policies=policies).tree, scope)
        try:
            rows, keep = select_records(module=module, adapter=adapter, rule=rule, actor=self.actor)
            matching = rows.count() if keep is None else None
        except FilterError:  # it looks at an event
            matching = None
        return Response({"matching": matching, "total": adapter.all().count(), "explanation": told})


class PreviewTextBody(Body):
    text = serializers.CharField(max_length=MAX_TEMPLATE, trim_whitespace=False)
    record = serializers.CharField(max_length=120, help_text="The key of the record to read it with.")
    event = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="A past event to read it with; else somebody's hand stands for it.",
    )


class PreviewTextAnswer(Answer):
    text = serializers.CharField(allow_blank=True)
    unknown = serializers.ListField(
        child=serializers.CharField(),
        help_text="Paths without a value here: of variables, steps, empty fields.",
    )


class PreviewTextView(ApiView):
    only_reads = (*SAFE_METHODS, "POST")

    @operation(
        "modules_preview_text",
        "modules",
        request=PreviewTextBody,
        answer=PreviewTextAnswer,
        sent={"text": "{{ record.title | upper }}: {{ variables.tier }}", "record": "T-1042"},
        example={"text": "NO INK: ", "unknown": ["variables.tier"]},
    )
    def post(self, request: Request, key: str) -> Response:
        """How a text with data in it reads for one record, now, and for a past event where one is named."""
        module = module_for(self, key)
        wanted = self.body(PreviewTextBody)
        text = wanted["text"]
        problems = validate_template(text, "text")
        if problems:
            raise InvalidError(problems)
        state = record_of(module, wanted["record"])
        event: dict[str, Any] = {
            "type": "manual",
            "module": module.key,
            "record": state.key,
            "data": {},
            "actor": self.actor.get_username(),
        }
        if "event" in wanted:
            event = readable_event(self.actor, wanted["event"]).value
        scope = Scope(state.values, event, timezone.now(), ZoneInfo(module.zone))
        unknown = [path for path in paths_of(text) if lookup(scope, path) in (MISSING, None, "")]
        return Response({"text": render(text, scope), "unknown": unknown})
