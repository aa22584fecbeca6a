from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions.values import VALUE_SCHEMA, resolve
from automations.engine.effects import Effect, StartWorkflow
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.rules import MISSING, Scope, lookup


class StartWorkflowAction(ActionKind):
    """Start another workflow, once or for each item of a list, and go on or wait for all of them."""

    key = "start_workflow"
    label = "Start workflow"
    description = "Start another workflow once, or for each item of a list."
    risk = Risk.MEDIUM
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "workflow": {"type": "string", "minLength": 1, "title": "Workflow", "x-widget": "workflow"},
            "for_each": {
                "type": "object",
                "properties": {"ref": {"type": "string"}},
                "required": ["ref"],
                "additionalProperties": False,
                "title": "For each",
            },
            "input": {**VALUE_SCHEMA, "title": "Item", "x-show-if": {"for_each": None}},
            "wait": {"type": "boolean", "title": "Wait for it"},
            "retry": {"type": "object"},
        },
        "required": ["workflow"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if config["workflow"] in context.workflows:
            return []
        hint = f"Use one of {', '.join(sorted(context.workflows)[:20]) or 'none yet'}."
        return [Problem("unknown-workflow", f"{path}.workflow", f"There is no workflow “{config['workflow']}”.", hint)]

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{config['workflow']}{' for each ' + config['for_each']['ref'] if 'for_each' in config else ''}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            items: Any = [resolve(config.get("input"), scope)]
            if "for_each" in config:
                path = config["for_each"]["ref"]
                items = lookup(scope, path)
                if items is MISSING or not isinstance(items, list):
                    return Failed("not-a-list", f"“{path}” is no list.")
                if not items:
                    return Succeeded({"workflow": config["workflow"], "children": 0}, message="The list is empty.")
            return StartWorkflow(
                key=key, workflow=config["workflow"], items=tuple(items), wait=bool(config.get("wait", False))
            )

        return perform
