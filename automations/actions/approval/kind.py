from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automations.actions.values import careful, check_templates, is_dynamic
from automations.engine.durations import parse_duration
from automations.engine.effects import Effect, RequestApproval
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import Schema
from automations.engine.forms import FORM, form_problems
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Outcome
from automations.engine.rules import Scope
from automations.engine.schemas import check_name
from automations.engine.templating import render

MAX_TITLE = 200
MAX_QUORUM = 20
LENGTHS = ("expires_after", "remind_every", "escalate_after")
DURATION = {"type": "string", "minLength": 2, "maxLength": 40, "x-widget": "duration"}
PEOPLE = {"type": "string", "minLength": 1, "maxLength": 300}
GROUPS = {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}, "x-widget": "groups"}


class Approval(ActionKind):
    """Ask people before the run goes on. They see what would follow, record by record and field by field; what they
    agree to is what is done, or they are asked anew."""

    key = "approval"
    label = "Approval"
    description = "Ask people, and go on when enough of them have agreed."
    undo = "nothing"
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "title": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1_000,
                "title": "Question",
                "x-widget": "template",
                "x-help": "What they decide, in a line: Refund {{ record.amount }} on {{ record.title }}?",
            },
            "body": {
                "type": "string",
                "maxLength": 10_000,
                "title": "Text",
                "x-widget": "template",
                "x-help": "What they should know beside the changes, which they are shown in any case.",
            },
            "users": {
                "type": "array",
                "maxItems": 100,
                "items": PEOPLE,
                "title": "People",
                "x-widget": "people",
                "x-help": "User names, or {{ record.owner }} for whoever stands in a field.",
            },
            "groups": {**GROUPS, "title": "Groups", "x-help": "Any member may decide."},
            "quorum": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_QUORUM,
                "default": 1,
                "title": "How many must agree",
                "x-widget": "number",
                "x-help": "One who rejects decides against it.",
            },
            "allow_self": {
                "type": "boolean",
                "default": False,
                "title": "Who asked may decide",
                "x-widget": "switch",
                "x-help": "Whoever started the run, or made the change that did, may agree too.",
            },
            "expires_after": {
                **DURATION,
                "title": "Expires after",
                "x-help": "Then the run goes on by “expired”; without it, it waits for as long as it takes.",
            },
            "remind_every": {**DURATION, "title": "Remind every", "x-help": "Those who have not decided."},
            "escalate_after": {
                **DURATION,
                "title": "Escalate after",
                "x-help": "Then the groups below may decide too, and are told.",
            },
            "escalate_to": {
                **GROUPS,
                "title": "Escalate to",
                "x-show-if": {"escalate_after": None},
                "x-help": "Groups whose members may then decide too.",
            },
            "form": {
                **FORM,
                "title": "Form",
                "x-widget": "form-builder",
                "x-help": "What is asked of whoever agrees, as a JSON Schema; later steps read the answers.",
            },
        },
        "required": ["title"],
        "additionalProperties": False,
    }

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        problems = [
            problem
            for key in ("title", "body", "users")
            for problem in check_templates(config.get(key, ""), f"{path}.{key}")
        ]
        users, groups = config.get("users", ()), config.get("groups", ())
        if not users and not groups:
            message = "It isn't said who decides."
            problems.append(Problem("missing-config", f"{path}.users", message, "Name people or groups."))
        elif not groups and len(users) < config.get("quorum", 1):
            message = f"{config['quorum']} must agree, and {len(users)} are asked."
            problems.append(Problem("quorum-out-of-reach", f"{path}.quorum", message, "Name more people."))
        for index, name in enumerate(users):
            if not is_dynamic(name):
                problems += check_name("user", name, context.users, f"{path}.users[{index}]")
        for key in ("groups", "escalate_to"):
            for index, name in enumerate(config.get(key, ())):
                problems += check_name("group", name, context.groups, f"{path}.{key}[{index}]")
        if "escalate_after" in config and not config.get("escalate_to"):
            message = "It isn't said to whom it is escalated."
            problems.append(Problem("missing-config", f"{path}.escalate_to", message, "Name a group."))
        problems += [
            problem
            for key in LENGTHS
            if key in config
            for problem in _check_length(config[key], f"{path}.{key}")
        ]
        return problems + form_problems(config.get("form", {}), f"{path}.form")

    def summary(self, config: Mapping[str, Any]) -> str:
        whom = ", ".join([*config.get("users", ()), *config.get("groups", ())])
        return f"{config.get('quorum', 1)} of {whom}: {config['title']}"[:160]

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        lengths = {
            key: parse_duration(config[key]).total_seconds() if key in config else 0.0 for key in LENGTHS
        }

        def perform(scope: Scope, key: str) -> Effect | Outcome:
            named = (render(name, scope).strip() for name in config.get("users", ()))
            return RequestApproval(
                key=key,
                title=" ".join(render(config["title"], scope).split())[:MAX_TITLE],
                body=render(config.get("body", ""), scope),
                users=tuple(dict.fromkeys(name for name in named if name)),
                groups=tuple(config.get("groups", ())),
                quorum=config.get("quorum", 1),
                allow_self=config.get("allow_self", False),
                escalate_to=tuple(config.get("escalate_to", ())),
                form=config.get("form", {}),
                **lengths,
            )

        return careful(perform)


def _check_length(text: str, path: str) -> list[Problem]:
    try:
        length = parse_duration(text)
    except EngineError as error:
        return [Problem(error.code, path, error.message, error.hint)]
    if length.total_seconds() >= 60:
        return []
    return [Problem("bad-duration", path, "Nobody decides in less than a minute.", "Give more time.")]
