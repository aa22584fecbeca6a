from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from automations.actions.values import (
    careful,
    check_field,
    check_literal,
    check_templates,
    no_record,
)
from automations.engine.effects import AssignRecord, Effect
from automations.engine.errors import Problem
from automations.engine.fields import FieldType, Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Failed, Outcome
from automations.engine.rules import Scope, compile_rule, validate_rule
from automations.engine.schemas import check_name
from automations.engine.templating import render

ASSIGNABLE = (FieldType.USER, FieldType.TEXT, FieldType.CHOICE)
WHO = {"type": "string", "minLength": 1, "maxLength": 300}


class Assign(ActionKind):
    """Put a person or a group's name into a field of the record: always the same, in turn, the least
    loaded, or by rule."""

    key = "assign"
    label = "Assign"
    description = "Assign the record: always the same, in turn, to the least loaded, or by rule."
    permission = "automations.use_module"
    undo = "before_image"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "field": {
                "type": "string",
                "minLength": 1,
                "title": "Field",
                "x-widget": "record-field",
                "x-help": "The field that says whose the record is.",
            },
            "strategy": {
                "type": "string",
                "enum": ["fixed", "round_robin", "least_loaded", "by_rule"],
                "title": "How",
                "x-widget": "select",
                "x-help": "Always the same, in turn, to who has the fewest open records, or by rule.",
            },
            "value": {
                **WHO,
                "title": "Who",
                "x-widget": "person",
                "x-show-if": {"strategy": "fixed"},
                "x-help": "A user name, or text with {{ record.owner }} in it.",
            },
            "group": {
                "type": "string",
                "minLength": 1,
                "title": "Group",
                "x-widget": "group",
                "x-show-if": {"strategy": ["round_robin", "least_loaded"]},
                "x-help": "Its active members take turns, in the order of their names.",
            },
            "pool": {
                "type": "array",
                "minItems": 1,
                "maxItems": 200,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1},
                "title": "People",
                "x-widget": "people",
                "x-show-if": {"strategy": ["round_robin", "least_loaded"]},
                "x-help": "Instead of a group: those who take turns, in this order.",
            },
            "rules": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "title": "Rules",
                "x-widget": "rule-values",
                "x-show-if": {"strategy": "by_rule"},
                "x-help": "The first rule that holds says who it is.",
                "items": {
                    "type": "object",
                    "properties": {"rule": {"type": "object"}, "value": WHO},
                    "required": ["rule", "value"],
                    "additionalProperties": False,
                },
            },
            "otherwise": {
                **WHO,
                "title": "Otherwise",
                "x-widget": "person",
                "x-show-if": {"strategy": "by_rule"},
                "x-help": "Who it is when no rule holds; without it the step fails then.",
            },
        },
        "required": ["field", "strategy"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.module
        if module is None:
            return [no_record(path)]
        problems = check_field(config["field"], module, f"{path}.field")
        if problems:
            return problems
        spec = module.schema[config["field"]]
        if spec.type not in ASSIGNABLE:
            message = f"{spec.label} is a {spec.type} field and can't hold an assignee."
            return [
                Problem(
                    "field-not-assignable", f"{path}.field", message, "Choose a user, text or choice field."
                )
            ]
        problems = list(_required(config, path))
        for value, at in _people(config, path):
            problems += check_templates(value, at) or check_literal(spec, value, context, at)
        if "group" in config:
            problems += check_name("group", config["group"], context.groups, f"{path}.group")
        for index, entry in enumerate(config.get("rules", ())):
            at = f"{path}.rules[{index}].rule"
            problems += validate_rule(entry["rule"], module.schema, path=at, policies=set(context.policies))
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        among = config.get("group") or ", ".join(config.get("pool", ()))
        how = {
            "fixed": f"to {config.get('value')}",
            "round_robin": f"in turn among {among}",
            "least_loaded": f"to the least loaded of {among}",
            "by_rule": "by rule",
        }
        return f"Assign {config['field']} {how[config['strategy']]}"[:160]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        if config["strategy"] in ("round_robin", "least_loaded"):
            return lambda scope, key: AssignRecord(
                key=key,
                field=config["field"],
                strategy=config["strategy"],
                group=config.get("group", ""),
                pool=tuple(config.get("pool", ())),
            )
        choose = _chooser(config, schema, policies)

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            chosen = choose(scope)
            if chosen is None:
                return Failed("nobody-to-assign", "No rule holds, and there is no “otherwise”.")
            who = render(chosen, scope).strip()
            if not who:
                return Failed("nobody-to-assign", f"“{chosen}” came out empty, so there is nobody to assign.")
            return AssignRecord(key=key, field=config["field"], strategy="fixed", value=who)

        return careful(perform)


def _chooser(
    config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]
) -> Callable[[Scope], str | None]:
    """What says who it is, as the template that stands in the settings; None for nobody."""
    if config["strategy"] == "fixed":
        return lambda scope: str(config["value"])
    cases = [
        (compile_rule(entry["rule"], schema, policies=policies).test, entry["value"])
        for entry in config["rules"]
    ]
    otherwise = config.get("otherwise")
    return lambda scope: next((value for test, value in cases if test(scope)), otherwise)


def _required(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What the chosen strategy can't do without."""
    strategy = config["strategy"]
    if strategy == "fixed" and "value" not in config:
        yield Problem("missing-config", f"{path}.value", "It isn't said who it shall be.", "Name a person.")
    elif strategy == "by_rule":
        if "rules" not in config:
            yield Problem(
                "missing-config", f"{path}.rules", "There is no rule to go by.", "Add a rule and a person."
            )
        if "otherwise" not in config:
            message, hint = "When no rule holds, the step fails.", "Name somebody as “otherwise”."
            yield Problem("no-otherwise", f"{path}.otherwise", message, hint, severity="warning")
    elif strategy in ("round_robin", "least_loaded") and ("group" in config) == ("pool" in config):
        message = (
            "Name either a group or people, not both." if "group" in config else "It isn't said among whom."
        )
        yield Problem("missing-config", f"{path}.group", message, "Name a group, or the people one by one.")


def _people(config: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """(who, path) of everybody that the settings name."""
    for key in ("value", "otherwise"):
        if key in config:
            yield config[key], f"{path}.{key}"
    for index, name in enumerate(config.get("pool", ())):
        yield name, f"{path}.pool[{index}]"
    for index, entry in enumerate(config.get("rules", ())):
        yield entry["value"], f"{path}.rules[{index}].value"
