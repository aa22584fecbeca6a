from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.effects import Effect, Notify
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.templating import render, validate_template


class NotifyAction(ActionKind):
    """Tell people, in the app, by e-mail, or both."""

    key = "notify"
    label = "Notify"
    description = "Send people a message in the app or by e-mail."
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "users": {"type": "array", "items": {"type": "string"}, "maxItems": 100, "title": "People", "x-widget": "people"},
            "groups": {"type": "array", "items": {"type": "string"}, "maxItems": 20, "title": "Groups", "x-widget": "group"},
            "channels": {
                "type": "array",
                "items": {"type": "string", "enum": ["app", "email"]},
                "minItems": 1,
                "title": "Channels",
            },
            "title": {"type": "string", "minLength": 1, "maxLength": 300, "title": "Title", "x-widget": "template"},
            "body": {"type": "string", "maxLength": 10_000, "title": "Text", "x-widget": "template"},
            "retry": {"type": "object"},
        },
        "required": ["title"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = validate_template(config["title"], f"{path}.title")
        problems += validate_template(config.get("body", ""), f"{path}.body")
        if not config.get("users") and not config.get("groups"):
            problems.append(Problem("missing-config", path, "Nobody is to be told.", "Name people or groups."))
        for noun, known in (("users", context.users), ("groups", context.groups)):
            for index, name in enumerate(config.get(noun, [])):
                if "{{" not in name and name not in known:
                    one = noun[:-1]
                    problems.append(
                        Problem(f"unknown-{one}", f"{path}.{noun}[{index}]", f"There is no {one} “{name}”.", "Choose another.")
                    )
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"{', '.join([*config.get('users', []), *config.get('groups', [])])}: {config['title']}"[:120]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            return Notify(
                key=key,
                users=tuple(name for name in (render(entry, scope) for entry in config.get("users", [])) if name),
                groups=tuple(config.get("groups", ())),
                channels=tuple(config.get("channels", ("app",))),
                title=render(config["title"], scope),
                body=render(config.get("body", ""), scope),
            )

        return perform
