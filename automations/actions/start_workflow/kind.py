from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import VALUE_HELP, careful, check_templates, resolve_each
from automations.engine.effects import Effect, StartWorkflow
from automations.engine.errors import Problem
from automations.engine.fields import FIELD_KEY, Schema
from automations.engine.kinds import ActionKind, Perform, Risk, ValidationContext
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.rules import Scope, lookup
from automations.engine.schemas import check_name


class StartWorkflowAction(ActionKind):
    """Start another workflow, once or for each item of a list, and go on or wait for all of them."""

    key = "start_workflow"
    label = "Start workflow"
    description = "Start another workflow once, or for each item of a list."
    risk = Risk.MEDIUM
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "workflow": {
                "type": "string",
                "minLength": 1,
                "title": "Workflow",
                "x-widget": "workflow",
                "x-help": "The workflow to start; it needs a manual trigger.",
            },
            "for_each": {
                "type": "object",
                "properties": {"ref": {"type": "string", "minLength": 1}},
                "required": ["ref"],
                "additionalProperties": False,
                "title": "For each",
                "x-widget": "reference",
                "x-help": "A list such as event.data.lines; each started run has its item as variables.item.",
            },
            "input": {
                "type": "object",
                "title": "Input",
                "x-widget": "named-values",
                "x-help": f"What every started run has as its variables. {VALUE_HELP}",
            },
            "wait": {
                "type": "boolean",
                "default": False,
                "title": "Wait for it",
                "x-widget": "switch",
                "x-help": "Go on only when all have ended; the step fails when one of them does.",
            },
        },
        "required": ["workflow"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = check_name("workflow", config["workflow"], context.workflows, f"{path}.workflow")
        for name, value in config.get("input", {}).items():
            at = f"{path}.input.{name[:64]}"
            if not FIELD_KEY.match(name) or name == "item":
                hint = "Use small letters, digits and “_”; “item” is the item's own name."
                problems.append(
                    Problem("bad-variable-name", at, f"“{name[:64]}” is no name for an input.", hint)
                )
            problems += check_templates(value, at)
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        each = f" for each of {config['for_each']['ref']}" if "for_each" in config else ""
        return f"Start “{config['workflow']}”{each}{' and wait' if config.get('wait') else ''}"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        workflow, wait = config["workflow"], bool(config.get("wait", False))

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            items: list[Any] = [None]
            if "for_each" in config:
                path = config["for_each"]["ref"]
                items = lookup(scope, path)
                if not isinstance(items, list):
                    return Failed("not-a-list", f"“{path}” holds no list.")
                if not items:
                    return Succeeded(
                        {"workflow": workflow, "children": 0}, message="The list is empty: nothing to start."
                    )
            given = resolve_each(config.get("input", {}), scope)
            return StartWorkflow(key=key, workflow=workflow, items=tuple(items), input=given, wait=wait)

        return careful(perform)
