from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, Match, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.rules import CompiledRule, Scope, compile_rule, validate_rule
from automations.triggers.common import (
    COMMON_PROPERTIES,
    MODULE,
    check_common,
    check_field,
    prepare_rule,
    prepare_scope,
    refusal,
)

HAPPENINGS = ("created", "updated", "field_changed", "status_changed")
SAID = {
    "created": "is created",
    "updated": "is updated",
    "field_changed": "changes its field",
    "status_changed": "changes its status",
}
SIDES = (("from", "changed_from"), ("to", "changed_to"))


class RecordTrigger(TriggerKind):
    """A record was created or updated, or one of its fields or its status changed.

    Its rules look at the record as the event left it, and at the change itself through the `changed*`
    operators.
    """

    key = "record"
    label = "Record event"
    description = "Starts when a record is created or changed."
    source_kind = "module"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "module": {**MODULE, "x-help": "Whose records it watches."},
            "on": {
                "type": "array",
                "items": {"type": "string", "enum": list(HAPPENINGS)},
                "minItems": 1,
                "uniqueItems": True,
                "title": "When a record is",
                "x-widget": "choices",
                "x-help": "Any one of these starts a run.",
            },
            "field": {
                "type": "string",
                "minLength": 1,
                "title": "Field",
                "x-widget": "record-field",
                "x-show-if": {"on": "field_changed"},
                "x-help": "The field whose change starts a run.",
            },
            "from": {
                "title": "From",
                "x-widget": "field-value",
                "x-show-if": {"on": ["field_changed", "status_changed"]},
                "x-help": "Only a change away from this value; leave it out for any.",
            },
            "to": {
                "title": "To",
                "x-widget": "field-value",
                "x-show-if": {"on": ["field_changed", "status_changed"]},
                "x-help": "Only a change to this value; leave it out for any.",
            },
            **COMMON_PROPERTIES,
        },
        "required": ["module", "on"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        module = context.modules.get(config["module"])
        if module is None:
            return []  # an unknown module is the document's problem, and told there
        problems: list[Problem] = []
        watched = [name for name in ("field_changed", "status_changed") if name in config["on"]]
        sides = [name for name, _ in SIDES if config.get(name) is not None]
        if "field_changed" in watched and "field" not in config:
            message = "It isn't said which field's change starts a run."
            problems.append(Problem("missing-config", f"{path}.field", message, "Choose the field."))
        if "status_changed" in watched and not module.status_field:
            hint = "Use “field_changed” with a field, or name the module's status field."
            message = f"{module.name} have no status field."
            problems.append(Problem("no-status-field", f"{path}.on", message, hint))
        if sides and len(watched) != 1:
            message = (
                f"“{sides[0]}” belongs to one change, and {'two are' if watched else 'none is'} watched here."
            )
            hint = "Watch either “field_changed” or “status_changed”; for both, use two triggers."
            problems.append(Problem("unclear-change", f"{path}.{sides[0]}", message, hint))
        if "field" in config:
            problems += check_field(config["field"], module, f"{path}.field")
        if not problems:
            problems += _side_problems(config, module, path)
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        happenings = [SAID[name] for name in config["on"]]
        if "field" in config and "field_changed" in config["on"]:
            happenings[config["on"].index("field_changed")] += f" “{config['field']}”"
        sides = "".join(f" {name} “{config[name]}”" for name, _ in SIDES if config.get(name) is not None)
        return f"A record of {config['module']} {' or '.join(happenings)}{sides}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        created = ("record.created",) if "created" in config["on"] else ()
        updated = ("record.updated",) if set(config["on"]) - {"created"} else ()
        return config["module"], created + updated

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        if module is None:
            return lambda scope: Match("out_of_scope", {"why": f"There is no module “{config['module']}”."})
        on = frozenset(config["on"])
        in_scope = prepare_scope(config, module, policies)
        passes = prepare_rule("filter", "filtered", config, module.schema, policies)
        change = _change_rule(config, module)

        def judge(scope: Scope) -> Match:
            match = in_scope(scope)
            if match.outcome == "matched" and not scope.assume_changed:
                match = happened(scope)
            return match if match.outcome != "matched" else passes(scope)

        def happened(scope: Scope) -> Match:
            kind = str((scope.event or {}).get("type", "")).removeprefix("record.")
            if kind in on:
                return Match("matched")
            if kind != "updated" or change is None:
                why = f"It is about records that are {_listed(on)}; this one was {kind or 'nothing of that'}."
                return Match("out_of_scope", {"why": why})
            return Match("matched") if change.test(scope) else refusal("filtered", "change", change, scope)

        return judge


def _leaves(config: Mapping[str, Any], module: ModuleFacts) -> Iterator[list[dict[str, Any]]]:
    """For each watched field the comparisons that say that it changed as wanted; the first is the change
    itself."""
    fields = {"field_changed": config.get("field", ""), "status_changed": module.status_field}
    for name, field in fields.items():
        if name in config["on"]:
            sides = [
                {"field": field, "op": op, "value": config[side]}
                for side, op in SIDES
                if config.get(side) is not None
            ]
            yield [{"field": field, "op": "changed"}, *sides]


def _change_rule(config: Mapping[str, Any], module: ModuleFacts) -> CompiledRule | None:
    """The watched changes as a rule, so that they are judged and explained as every rule is."""
    changes = [{"all": leaves} for leaves in _leaves(config, module)]
    return compile_rule({"any": changes}, module.schema) if changes else None


def _side_problems(config: Mapping[str, Any], module: ModuleFacts, path: str) -> Iterator[Problem]:
    for leaves in _leaves(config, module):
        for leaf in leaves[1:]:
            side = "from" if leaf["op"] == "changed_from" else "to"
            for problem in validate_rule(leaf, module.schema):
                yield replace(problem, path=f"{path}.{side}")


def _listed(on: frozenset[str]) -> str:
    return " or ".join(name.replace("_", " ") for name in HAPPENINGS if name in on)
