"""Kinds that really run, and the small world that documents in these tests are about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from automations.engine.documents import Definition, parse_document
from automations.engine.effects import AddComment, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema, parse_schema
from automations.engine.kinds import (
    ActionKind,
    Judge,
    Match,
    ModuleFacts,
    Perform,
    Risk,
    TriggerKind,
    ValidationContext,
)
from automations.engine.outcomes import Failed, Outcome, Stop, Succeeded, Unplanned, Wait
from automations.engine.rules import Scope

GRAPHS = Path(__file__).parents[2] / "graphs"
CATALOGUE: dict[str, Any] = json.loads((GRAPHS / "world" / "catalogue.json").read_text())
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class ListedTrigger(TriggerKind):
    """A trigger of the catalogue; complains about an `on` that names one event twice."""

    source_kind = "record"
    description = "A trigger of the test catalogue."

    def __init__(self, key: str, schema: Mapping[str, Any]) -> None:
        self.key = key  # type: ignore[misc]
        self.label = key.title()  # type: ignore[misc]
        self.config_schema = schema  # type: ignore[misc]

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        events = config.get("on", [])
        if len(events) == len(set(events)):
            return []
        return [Problem("repeated-event", f"{path}.on", "An event stands twice.", "Remove one.")]

    def summary(self, config: Mapping[str, Any]) -> str:
        return self.label

    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        return lambda scope: Match("matched")

    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        return config.get("module"), ("record.*",)


class ListedAction(ActionKind):
    """An action of the catalogue; `refund` is sensitive, and `update` refuses fields that the module lacks."""

    description = "An action of the test catalogue."

    def __init__(self, key: str, schema: Mapping[str, Any]) -> None:
        self.key = key  # type: ignore[misc]
        self.label = key.title()  # type: ignore[misc]
        self.config_schema = schema  # type: ignore[misc]
        self.risk = Risk.SENSITIVE if key == "refund" else Risk.LOW  # type: ignore[misc]

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        known = context.module.schema if context.module is not None else {}
        return [
            Problem(
                "unknown-field", f"{path}.values.{name}", f"There is no field “{name}”.", "Choose a field."
            )
            for name in config.get("values", {})
            if name not in known
        ]

    def summary(self, config: Mapping[str, Any]) -> str:
        return self.label

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: AddComment(key=key, text=str(config.get("text", self.key)))


class Scripted(ActionKind):
    """An action that does what its config says.

    {"do": "ask"} wants an effect; "succeed" (with `output`), "fail", "break" (retryable), "wait" (for `seconds`, or
    for a signal), "stop" (as `status`), "unplanned" and "tell" (what it sees at `path` of the variables and steps)
    come to an outcome at once.
    """

    key = "scripted"
    label = "Scripted"
    description = "Does what its config says."
    config_schema: Mapping[str, Any] = {"type": "object"}

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return []

    def summary(self, config: Mapping[str, Any]) -> str:
        return str(config["do"])

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            match config["do"]:
                case "ask":
                    return AddComment(key=key, text="Hello")
                case "succeed":
                    return Succeeded(output=config.get("output", {}))
                case "fail":
                    return Failed("refused", "It was refused.")
                case "break":
                    return Failed(
                        "busy", "It was busy.", retryable=True, retry_after=config.get("retry_after")
                    )
                case "wait":
                    seconds = config.get("seconds")
                    until = scope.now + timedelta(seconds=seconds) if seconds is not None else None
                    return Wait("timer" if seconds is not None else "signal", until, output={"since": "now"})
                case "stop":
                    return Stop(config["status"], config.get("message", ""))
                case "tell":
                    return Succeeded(output={"variables": dict(scope.variables), "steps": dict(scope.steps)})
            return Unplanned("Nobody knows.")

        return perform


class SetsVariables(Scripted):
    key = "set"
    label = "Set variables"
    sets_variables = True


SCRIPTED: dict[str, ActionKind] = {"scripted": Scripted(), "set": SetsVariables(), "stop": Scripted()}
ACTIONS: dict[str, ActionKind] = {
    key: ListedAction(key, schema) for key, schema in CATALOGUE["actions"].items()
}
TRIGGERS: dict[str, TriggerKind] = {
    key: ListedTrigger(key, schema) for key, schema in CATALOGUE["triggers"].items()
}


def module_facts(key: str) -> ModuleFacts:
    module = CATALOGUE["modules"][key]
    schema, problems = parse_schema(module["fields"])
    assert problems == []
    return ModuleFacts(key, module["name"], schema, module["status_field"], module["transitions"])


MODULES = {key: module_facts(key) for key in CATALOGUE["modules"]}
TICKETS = MODULES["tickets"]
CONTEXT = ValidationContext(
    modules=MODULES,
    policies=CATALOGUE["policies"],
    sources=frozenset(CATALOGUE["sources"]),
    workflows=frozenset(CATALOGUE["workflows"]),
    groups=frozenset(CATALOGUE["groups"]),
    users=frozenset(CATALOGUE["users"]),
    names={noun: frozenset(keys) for noun, keys in CATALOGUE["names"].items()},
)


def node(identity: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "config": config}


def edge(source: str, target: str, branch: str = "") -> dict[str, Any]:
    return {"from": source, "to": target, **({"branch": branch} if branch else {})}


def document(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    return {"schema": 1, "nodes": nodes, "edges": edges, **rest}


def definition(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **rest: Any) -> Definition:
    """The definition of a document that must parse."""
    parsed, problems = parse_document(document(nodes, edges, **rest))
    assert parsed is not None, problems
    return parsed


def trigger(identity: str = "t1", **config: Any) -> dict[str, Any]:
    return node(identity, "trigger.record", **{"module": "tickets", "on": ["created"], **config})


URGENT = {"field": "priority", "op": "eq", "value": "urgent"}
EXPENSIVE = {"field": "amount", "op": "gt", "value": "200.00"}
