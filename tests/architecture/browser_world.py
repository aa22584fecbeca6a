"""What the editor's own validation is held to: the catalogue that it is given, and what it should say of each case.

Write them anew with `.venv/bin/python -m tests.architecture.browser_world`.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from automations.engine.documents import parse_document
from automations.engine.errors import Problem
from automations.engine.kinds import Kind, TriggerKind, ValidationContext
from automations.engine.program import branches_of
from automations.engine.validation import validate_document
from tests.architecture.browser_values import values
from tests.unit.engine.fakes import ACTIONS, CONTEXT, GRAPHS, TRIGGERS

COMMAND = ".venv/bin/python -m tests.architecture.browser_world"
WORLD = GRAPHS / "world"
AnyKind = TypeVar("AnyKind", bound=Kind)


def files() -> dict[Path, str]:
    """The text of every file that is written here."""
    from automations.api.catalog import catalog  # needs settings, which a command sets first

    return {
        WORLD / "kinds.json": text_of(catalog()),
        WORLD / "answers.json": text_of(answers()),
        WORLD / "values.json": text_of(values()),
    }


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def answers() -> dict[str, dict[str, Any]]:
    """For each case the problems, with their sentences, of a world in which kinds look at nothing but their rules,
    and the ways out of each of its nodes."""
    from automations import actions, triggers

    fake = quiet(ACTIONS), quiet(TRIGGERS)
    real = quiet(dict(actions.ACTIONS.items())), quiet(dict(triggers.TRIGGERS.items()))
    found = {}
    for path in sorted(GRAPHS.glob("*.json")) + sorted(GRAPHS.glob("kinds/*.json")):
        acts, starts = real if path.parent.name == "kinds" else fake
        document = json.loads(path.read_text(encoding="utf-8"))["document"]
        problems = validate_document(document, context=CONTEXT, actions=acts, triggers=starts)
        name = str(path.relative_to(GRAPHS).with_suffix(""))
        definition = parse_document(document)[0]
        found[name] = {
            "problems": [problem.to_json() for problem in problems],
            "branches": {node.id: list(branches_of(node)) for node in definition.nodes} if definition else {},
        }
    return found


def quiet(kinds: Mapping[str, AnyKind]) -> dict[str, AnyKind]:
    """The kinds, saying only what their schema says; of a trigger also what its rules do."""
    quieted = {key: copy.copy(kind) for key, kind in kinds.items()}
    for kind in quieted.values():
        kind.validate = rules_only(kind)  # type: ignore[method-assign]
    return quieted


def rules_only(kind: Kind) -> Callable[[Mapping[str, Any], ValidationContext, str], list[Problem]]:
    properties = kind.config_schema.get("properties", {}) if isinstance(kind, TriggerKind) else {}
    rules = {name for name, schema in properties.items() if schema.get("x-widget") == "rule"}
    judge = kind.validate

    def validate(config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        found = judge(config, context, path) if rules else []
        return [problem for problem in found if re.split(r"[.\[]", problem.path[len(path) + 1 :])[0] in rules]

    return validate


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
