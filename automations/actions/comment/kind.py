from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.effects import AddComment
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.templating import render, validate_template


class Comment(ActionKind):
    """Add a remark to the run's record."""

    key = "comment"
    label = "Comment"
    description = "Add a comment to the record."
    permission = "automations.use_module"
    config_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 10_000, "title": "Text", "x-widget": "template"},
            "retry": {"type": "object"},
        },
        "required": ["text"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        if context.module is None:
            return [Problem("action-without-record", path, "There is no record to comment on.", "Give the trigger a module.")]
        return validate_template(config["text"], f"{path}.text")

    def summary(self, config: Mapping[str, Any]) -> str:
        return str(config["text"])[:80]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: AddComment(key=key, text=render(config["text"], scope))
