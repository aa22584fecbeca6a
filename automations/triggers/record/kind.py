from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, Match, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.operators import comparable
from automations.engine.rules import Scope
from automations.engine.schemas import nearest
from automations.triggers.common import COMMON_PROPERTIES, check_common, check_module, prepare_rules

WHAT = ("created", "updated", "field_changed", "status_changed")


class RecordTrigger(TriggerKind):
    """A record was created or updated, one of its fields or its status changed."""

    key = "record"
    label = "Record event"
    description = "Starts when a record is created or changed."
    source_kind = "module"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "module": {"type": "string", "minLength": 1, "title": "Module", "x-widget": "module"},
            "on": {
                "type": "array",
                "items": {"type": "string", "enum": list(WHAT)},
                "minItems": 1,
                "title": "When",
            },
            "field": {"type": "string", "title": "Field", "x-widget": "record-field", "x-show-if": {"on": "field_changed"}},
            "from": {"title": "From"},
            "to": {"title": "To"},
            **COMMON_PROPERTIES,
        },
        "required": ["module", "on"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_module(config, context, path)
        if problems:
            return problems
        module = context.modules[config["module"]]
        if "field_changed" in config["on"]:
            name = config.get("field")
            if name not in module.schema:
                meant = nearest(str(name), list(module.schema))
                hint = f"Did you mean “{meant}”?" if meant else "Choose the field to watch."
                problems.append(Problem("unknown-field", f"{path}.field", f"{module.name} have no field “{name}”.", hint))
        if "status_changed" in config["on"] and not module.status_field:
            hint = "Use “field_changed” with a field."
            problems.append(Problem("no-status-field", f"{path}.on", f"{module.name} have no status field.", hint))
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{config['module']}: {', '.join(config['on']).replace('_', ' ')}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        types = ["record.created"] if "created" in config["on"] else []
        if set(config["on"]) - {"created"}:
            types.append("record.updated")
        return config["module"], tuple(types)

    def prepare(self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]) -> Judge:
        on = frozenset(config["on"])
        rules = prepare_rules(config, module, policies)
        watched: list[str] = []
        if "field_changed" in on:
            watched.append(config["field"])
        if "status_changed" in on and module is not None:
            watched.append(module.status_field)

        def judge(scope: Scope) -> Match:
            event = scope.event or {}
            if event.get("type") == "record.created":
                return rules(scope) if "created" in on or scope.assume_changed else Match("filtered", {"why": "Not an update."})
            if scope.assume_changed or self._changed(config, module, on, watched, event):
                return rules(scope)
            return Match("filtered", {"why": "None of the watched fields changed so.", "changed": event.get("changed", [])})

        return judge

    @staticmethod
    def _changed(
        config: Mapping[str, Any],
        module: ModuleFacts | None,
        on: frozenset[str],
        watched: list[str],
        event: Mapping[str, Any],
    ) -> bool:
        changed = event.get("changed") or []
        if "updated" in on:
            return bool(changed)
        for name in watched:
            if name not in changed or module is None:
                continue
            kind = module.schema[name].type
            sides = (("from", "before"), ("to", "after"))
            if all(
                key not in config
                or comparable(kind, (event.get(side) or {}).get(name), False) == comparable(kind, config[key], False)
                for key, side in sides
            ):
                return True
        return False
