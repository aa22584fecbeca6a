from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions.values import check_field, resolve
from automations.engine.effects import AssignRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import FieldType, Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Failed, Outcome
from automations.engine.rules import Scope, compile_rule, validate_rule
from automations.engine.templating import validate_template

ASSIGNABLE = (FieldType.USER, FieldType.TEXT, FieldType.CHOICE)


class Assign(ActionKind):
    """Put a person or a group into a field of the record: always the same, in turn, the least loaded, or by rule."""

    key = "assign"
    label = "Assign"
    description = "Assign the record: fixed, round-robin, to the least loaded, or by rule."
    risk = Risk.LOW
    permission = "automations.use_module"
    undo = "before_image"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "minLength": 1, "title": "Field", "x-widget": "record-field"},
            "strategy": {"type": "string", "enum": ["fixed", "round_robin", "least_loaded", "by_rule"], "title": "How"},
            "value": {"type": "string", "title": "Who", "x-widget": "people", "x-show-if": {"strategy": "fixed"}},
            "group": {"type": "string", "title": "Group", "x-widget": "group"},
            "pool": {"type": "array", "items": {"type": "string"}, "title": "People", "x-widget": "people"},
            "rules": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "title": "Rules",
                "x-show-if": {"strategy": "by_rule"},
                "items": {
                    "type": "object",
                    "properties": {"rule": {"type": "object"}, "value": {"type": "string"}},
                    "required": ["rule", "value"],
                    "additionalProperties": False,
                },
            },
            "otherwise": {"type": "string", "title": "Otherwise"},
            "retry": {"type": "object"},
        },
        "required": ["field", "strategy"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if context.module is None:
            return [Problem("action-without-record", path, "There is no record to assign.", "Give the trigger a module.")]
        schema = context.module.schema
        problems = check_field(config["field"], schema, f"{path}.field", context.module.name)
        if not problems and schema[config["field"]].type not in ASSIGNABLE:
            kind = schema[config["field"]].type
            problems.append(
                Problem("field-not-assignable", f"{path}.field", f"A {kind} field holds nobody.", "Choose a user or text field.")
            )
        strategy = config["strategy"]
        if strategy == "fixed":
            if not config.get("value"):
                problems.append(Problem("missing-config", f"{path}.value", "Who shall it be?", "Name a person or group."))
            problems += validate_template(config.get("value", ""), f"{path}.value")
        elif strategy == "by_rule":
            if not config.get("rules"):
                problems.append(Problem("missing-config", f"{path}.rules", "There is no rule.", "Add a rule."))
            for index, entry in enumerate(config.get("rules", [])):
                at = f"{path}.rules[{index}].rule"
                problems += validate_rule(entry["rule"], schema, path=at, policies=set(context.policies))
        elif not config.get("group") and not config.get("pool"):
            problems.append(Problem("missing-config", f"{path}.group", "Among whom?", "Name a group or people."))
        group = config.get("group")
        if group and group not in context.groups:
            hint = f"Use one of {', '.join(sorted(context.groups)[:20]) or 'none yet: create it in the admin'}."
            problems.append(Problem("unknown-group", f"{path}.group", f"There is no group “{group}”.", hint))
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        whom = config.get("value") or config.get("group") or ", ".join(config.get("pool", [])) or "by rule"
        return f"{config['field']} → {whom} ({config['strategy'].replace('_', ' ')})"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        strategy = config["strategy"]
        tests = [
            (compile_rule(entry["rule"], schema, policies=policies).test, entry["value"])
            for entry in config.get("rules", [])
        ]

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            if strategy in ("round_robin", "least_loaded"):
                return AssignRecord(
                    key=key,
                    field=config["field"],
                    strategy=strategy,
                    group=config.get("group", ""),
                    pool=tuple(config.get("pool", ())),
                )
            value = config.get("value", "")
            if strategy == "by_rule":
                value = next((chosen for test, chosen in tests if test(scope)), config.get("otherwise"))
                if not value:
                    return Failed("nobody-to-assign", "No rule holds, and there is no “otherwise”.")
            return AssignRecord(key=key, field=config["field"], strategy="fixed", value=str(resolve(value, scope)))

        return perform
