from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.engine.errors import Problem
from automations.engine.kinds import Judge, Match, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.rules import Scope
from automations.engine.schemas import check_name
from automations.triggers.common import COMMON_PROPERTIES, MODULE, check_common, prepare_rules

ENDINGS = ("succeeded", "failed", "cancelled")
EVENT = "workflow.ended"


class WorkflowTrigger(TriggerKind):
    """A run of another workflow has ended.

    Its event tells of that run (`event.data.code`, `.message`, `.run`, …) and carries the record that the run was
    about, so that rules and actions can be about the record. A failure of the workflow's own runs starts nothing.
    """

    key = "workflow"
    label = "Workflow ended"
    description = "Starts when a run of another workflow has failed, succeeded or was cancelled."
    source_kind = "workflow"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "on": {
                "type": "array",
                "items": {"type": "string", "enum": list(ENDINGS)},
                "minItems": 1,
                "uniqueItems": True,
                "title": "When a run has",
                "x-widget": "choices",
                "x-help": "Any one of these starts a run.",
            },
            "workflows": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 80},
                "maxItems": 100,
                "uniqueItems": True,
                "title": "Of these workflows",
                "x-widget": "texts",
                "x-help": "Their keys. None: every workflow that the one it runs as may see.",
            },
            "codes": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 64},
                "maxItems": 100,
                "uniqueItems": True,
                "title": "Only with these codes",
                "x-widget": "texts",
                "x-help": "Failure codes such as attempts-spent. None: any.",
            },
            "message": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "title": "Only when its message holds",
                "x-widget": "text",
                "x-help": "A part of the failure's message, in small or large letters.",
            },
            "fault": {
                "type": "string",
                "enum": ["user", "engine"],
                "title": "Only when the fault is",
                "x-widget": "select",
                "x-help": "Of the workflow's people (user), or of the product (engine).",
            },
            "mode": {
                "type": "string",
                "enum": ["execute", "simulate", "any"],
                "default": "execute",
                "title": "Mode of the run",
                "x-widget": "select",
                "x-help": "Runs that acted, runs that only simulated, or any.",
            },
            "module": {
                **MODULE,
                "x-help": "Only runs about its records; rules and actions are about the record then.",
            },
            **COMMON_PROPERTIES,
        },
        "required": ["on"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems: list[Problem] = []
        for index, key in enumerate(config.get("workflows", ())):
            problems += check_name("workflow", key, context.workflows, f"{path}.workflows[{index}]")
        return problems + check_common(config, context, path)

    def summary(self, config: Mapping[str, Any]) -> str:
        named = " or ".join(f"“{key}”" for key in config.get("workflows", ()))
        codes = f" with {' or '.join(config['codes'])}" if config.get("codes") else ""
        return f"A run of {named or 'any workflow'} has {' or '.join(config['on'])}{codes}"

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), tuple(f"{EVENT}.{name}" for name in ENDINGS if name in config["on"])

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        passes = prepare_rules(config, module, policies)
        workflows, codes = frozenset(config.get("workflows", ())), frozenset(config.get("codes", ()))
        message, mode = str(config.get("message", "")).casefold(), config.get("mode", "execute")

        def judge(scope: Scope) -> Match:
            match = Match("matched") if scope.assume_changed else ended(scope.event or {})
            return match if match.outcome != "matched" else passes(scope)

        def ended(event: Mapping[str, Any]) -> Match:
            how = str(event.get("type", "")).removeprefix(f"{EVENT}.")
            if how not in config["on"]:
                why = f"It is about runs that have {' or '.join(config['on'])}; this was “{how}”."
                return Match("out_of_scope", {"why": why})
            data = event.get("data", {})
            told = {
                name: str(data.get(name, "")) for name in ("workflow", "mode", "code", "fault", "message")
            }
            if workflows and told["workflow"] not in workflows:
                return Match(
                    "out_of_scope", {"why": f"“{told['workflow']}” is none of the workflows that it watches."}
                )
            if mode not in ("any", told["mode"]):
                return Match(
                    "out_of_scope", {"why": f"The run was in {told['mode'] or 'no mode'}, not in {mode}."}
                )
            if codes and told["code"] not in codes:
                return Match(
                    "filtered", {"why": f"The code is “{told['code']}”, none of those that it watches."}
                )
            if "fault" in config and told["fault"] != config["fault"]:
                return Match("filtered", {"why": f"The fault is “{told['fault']}”, not “{config['fault']}”."})
            if message not in told["message"].casefold():
                return Match("filtered", {"why": f"The message does not hold “{config['message']}”."})
            return Match("matched")

        return judge
