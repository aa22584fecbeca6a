from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_templates, is_dynamic
from automations.engine.effects import Effect, Notify
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.schemas import check_name
from automations.engine.templating import render

MAX_TITLE = 200


class NotifyAction(ActionKind):
    """Tell people, in the app, by e-mail, or both."""

    key = "notify"
    label = "Notify"
    description = "Send people a message in the app or by e-mail."
    minor = True
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "users": {
                "type": "array",
                "maxItems": 100,
                "items": {"type": "string", "minLength": 1, "maxLength": 300},
                "title": "People",
                "x-widget": "people",
                "x-help": "User names, or {{ record.owner }} for whoever stands in a field.",
            },
            "groups": {
                "type": "array",
                "maxItems": 20,
                "items": {"type": "string", "minLength": 1},
                "title": "Groups",
                "x-widget": "groups",
                "x-help": "All active members are told.",
            },
            "channels": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "string", "enum": ["app", "email"]},
                "default": ["app"],
                "title": "How",
                "x-widget": "choices",
                "x-help": "In the app, by e-mail, or both.",
            },
            "title": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1_000,
                "title": "Title",
                "x-widget": "template",
                "x-help": f"One line; cut after {MAX_TITLE} characters.",
            },
            "body": {
                "type": "string",
                "maxLength": 10_000,
                "title": "Text",
                "x-widget": "template",
                "x-help": "What the message says. {{ record.title }} and the like are filled in.",
            },
        },
        "required": ["title"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = [
            problem for key in ("users", "title", "body") for problem in self._templates(config, key, path)
        ]
        if not config.get("users") and not config.get("groups"):
            message = "It isn't said who is to be told."
            problems.append(Problem("missing-config", f"{path}.users", message, "Name people or groups."))
        for noun, known in (("user", context.users), ("group", context.groups)):
            for index, name in enumerate(config.get(f"{noun}s", ())):
                if noun == "group" or not is_dynamic(name):
                    problems += check_name(noun, name, known, f"{path}.{noun}s[{index}]")
        return problems

    def summary(self, config: Mapping[str, Any]) -> str:
        whom = ", ".join([*config.get("users", ()), *config.get("groups", ())])
        return f"Tell {whom}: {config['title']}"[:160]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            named = (render(name, scope).strip() for name in config.get("users", ()))
            return Notify(
                key=key,
                users=tuple(dict.fromkeys(name for name in named if name)),
                groups=tuple(config.get("groups", ())),
                channels=tuple(config.get("channels", ("app",))),
                # One line, because it becomes the subject of a mail.
                title=" ".join(render(config["title"], scope).split())[:MAX_TITLE],
                body=render(config.get("body", ""), scope),
            )

        return careful(perform)

    @staticmethod
    def _templates(config: Mapping[str, Any], key: str, path: str) -> list[Problem]:
        return check_templates(config.get(key, ""), f"{path}.{key}")
