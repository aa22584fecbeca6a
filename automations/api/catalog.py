"""What a workflow can be made of: kinds with their schemas, operators by type, field types, template filters."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.actions import ACTIONS
from automations.api.schema import operation
from automations.api.serializers import Answer
from automations.api.views import ApiView
from automations.engine.documents import MAX_EDGES, MAX_NODES
from automations.engine.fields import FieldType
from automations.engine.kinds import ActionKind, TriggerKind
from automations.engine.operators import CASED_TYPES, OPERATORS, operators_for
from automations.engine.rules import MAX_DEPTH, MAX_LEAVES
from automations.engine.templating import FILTERS
from automations.engine.validation import CONDITIONS, RETRY_SCHEMA
from automations.triggers import TRIGGERS

CONDITION_TEXTS = {
    "condition.if": ("If / else", "Goes one way when its rule is true and the other when it is not."),
    "condition.switch": ("Switch", "Goes the way of the first case whose rule is true, or of all of them."),
}


class TriggerKindAnswer(Answer):
    type = serializers.CharField(help_text="The node's type: trigger.record")
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    source_kind = serializers.CharField()
    brings_record = serializers.BooleanField(
        help_text="Whether a run that it starts has a record when the config names a module."
    )
    config_schema = serializers.DictField(help_text="JSON Schema (2020-12) of the node's `config`.")


class ConditionKindAnswer(Answer):
    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    config_schema = serializers.DictField()


class ActionKindAnswer(Answer):
    type = serializers.CharField(help_text="The node's type: action.assign")
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    risk = serializers.ChoiceField(["low", "medium", "sensitive"])
    permission = serializers.CharField(
        help_text="What the run-as identity needs on the module; empty: nothing."
    )
    undo = serializers.ChoiceField(["before_image", "delete", "none", "nothing"])
    retry_safe = serializers.BooleanField()
    minor = serializers.BooleanField(help_text="It only tells people something: the graph draws it slimmer.")
    config_schema = serializers.DictField()


class OperatorAnswer(Answer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.ChoiceField(["none", "one", "many", "pair", "duration", "pattern"])
    event_only = serializers.BooleanField(help_text="Looks at the event's change, so only in workflows.")


class FieldTypeAnswer(Answer):
    type = serializers.CharField()
    operators = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of `operators`, in order."
    )
    cased = serializers.BooleanField(help_text="Whether its comparisons may ignore case.")


class LimitsAnswer(Answer):
    nodes = serializers.IntegerField()
    edges = serializers.IntegerField()
    rule_depth = serializers.IntegerField()
    rule_leaves = serializers.IntegerField()


class CatalogAnswer(Answer):
    triggers = TriggerKindAnswer(many=True)
    conditions = ConditionKindAnswer(many=True)
    actions = ActionKindAnswer(many=True)
    retry_schema = serializers.DictField(
        help_text="JSON Schema of `config.retry`, which every action may carry."
    )
    operators = OperatorAnswer(many=True)
    field_types = FieldTypeAnswer(many=True)
    filters = serializers.ListField(
        child=serializers.CharField(), help_text="Filters of {{ path | filter }}."
    )
    limits = LimitsAnswer()


def catalog() -> dict[str, Any]:
    """Everything on offer, as JSON; the same for everybody, and constant while the process lives."""
    return {
        "triggers": [_trigger(kind) for _, kind in TRIGGERS.items()],
        "conditions": [
            {
                "type": key,
                "label": CONDITION_TEXTS[key][0],
                "description": CONDITION_TEXTS[key][1],
                "config_schema": dict(schema),
            }
            for key, schema in CONDITIONS.items()
        ],
        "actions": [_action(kind) for _, kind in ACTIONS.items()],
        "retry_schema": dict(RETRY_SCHEMA),
        "operators": [
            {"key": entry.key, "label": entry.label, "value": entry.value, "event_only": entry.event_only}
            for entry in OPERATORS.values()
        ],
        "field_types": [
            {
                "type": kind.value,
                "operators": [entry.key for entry in operators_for(kind)],
                "cased": kind in CASED_TYPES,
            }
            for kind in FieldType
        ],
        "filters": list(FILTERS),
        "limits": {
            "nodes": MAX_NODES,
            "edges": MAX_EDGES,
            "rule_depth": MAX_DEPTH,
            "rule_leaves": MAX_LEAVES,
        },
    }


def _trigger(kind: TriggerKind) -> dict[str, Any]:
    return {
        "type": f"trigger.{kind.key}",
        "label": kind.label,
        "description": kind.description,
        "source_kind": kind.source_kind,
        "brings_record": kind.brings_record,
        "config_schema": dict(kind.config_schema),
    }


def _action(kind: ActionKind) -> dict[str, Any]:
    return {
        "type": f"action.{kind.key}",
        "label": kind.label,
        "description": kind.description,
        "risk": kind.risk.value,
        "permission": kind.permission,
        "undo": kind.undo,
        "retry_safe": kind.retry_safe,
        "minor": kind.minor,
        "config_schema": dict(kind.config_schema),
    }


class CatalogView(ApiView):
    @operation(
        "catalog_get",
        "catalog",
        answer=CatalogAnswer,
        example={
            "triggers": [],
            "conditions": [],
            "actions": [],
            "retry_schema": {},
            "operators": [{"key": "eq", "label": "is", "value": "one", "event_only": False}],
            "field_types": [
                {"type": "boolean", "operators": ["eq", "ne", "is_true", "is_false"], "cased": False}
            ],
            "filters": ["upper"],
            "limits": {"nodes": 1000, "edges": 5000, "rule_depth": 8, "rule_leaves": 200},
        },
    )
    def get(self, request: Request) -> Response:
        """Kinds, operators, field types and filters, as the editor's palette and forms use them."""
        return Response(catalog())
