from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_templates, no_record
from automations.engine.effects import AddComment, Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome, Succeeded
from automations.engine.rules import Scope
from automations.engine.templating import render


class Comment(ActionKind):
    """Add a remark to the run's record."""

    key = "comment"
    label = "Comment"
    description = "Add a comment to the record."
    minor = True
    permission = "automations.use_module"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "text": {
                "type": "string",
                "minLength": 1,
                "maxLength": 10_000,
                "title": "Text",
                "x-widget": "template",
                "x-help": "What the comment says. {{ record.title }} and the like are filled in.",
            }
        },
        "required": ["text"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if context.module is None:
            return [no_record(path)]
        return check_templates(config["text"], f"{path}.text")

    def summary(self, config: Mapping[str, Any]) -> str:
        return f"Comment “{config['text'][:80]}”"

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        def perform(scope: Scope, key: str) -> Effect | Outcome:
            text = render(config["text"], scope)
            if not text.strip():
                return Succeeded(message="The comment came out empty, so none was written.")
            return AddComment(key=key, text=text)

        return careful(perform)
