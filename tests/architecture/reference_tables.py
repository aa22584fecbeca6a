"""The tables of docs/reference that are made from the code: `python -m tests.architecture.reference_tables` writes them.

A table stands between `<!-- made from the code: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from automations.actions import ACTIONS
from automations.engine.fields import FieldType
from automations.engine.kinds import ActionKind, TriggerKind
from automations.engine.operators import CASED_TYPES, OPERATORS, operators_for
from automations.engine.statuses import ACTIVE_RUN, RUN_MOVES, RunStatus
from automations.engine.validation import CONDITIONS, RETRY_SCHEMA
from automations.triggers import TRIGGERS
from automations.triggers.common import COMMON_PROPERTIES

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
BLOCK = re.compile(r"(<!-- made from the code: (?P<name>[a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)

SLOT = re.compile(r"<\w+:\w+>")

Row = Sequence[str]


def operators() -> str:
    rows = [
        (f"`{entry.key}`", entry.label, entry.value, f"`{entry.negates}`" if entry.negates else "")
        for entry in OPERATORS.values()
    ]
    return _table(("Operator", "Reads", "Value", "Exact negation of"), rows)


def operators_by_type() -> str:
    rows = [
        (
            f"`{kind}`",
            " ".join(f"`{entry.key}`" for entry in operators_for(kind)),
            "yes" if kind in CASED_TYPES else "",
        )
        for kind in FieldType
    ]
    return _table(("Field type", "Operators", "`case`"), rows)


def conditions() -> str:
    return "\n".join(f"### `{key}`\n\n{_settings(schema)}" for key, schema in CONDITIONS.items())


def actions() -> str:
    return "\n".join(_action(kind) for _, kind in ACTIONS.items())


def retry() -> str:
    return _settings(RETRY_SCHEMA)


def triggers() -> str:
    _set_up()  # other apps register kinds of their own
    return "\n".join(_trigger(kind) for _, kind in TRIGGERS.items())


def common_settings() -> str:
    return _settings({"properties": COMMON_PROPERTIES})


def run_moves() -> str:
    rows = [
        (
            f"`{status}`",
            "active" if status in ACTIVE_RUN else "ended",
            ", ".join(f"`{target}`" for target in RUN_MOVES[status]) or "nowhere",
        )
        for status in RunStatus
    ]
    return _table(("Status", "", "May go to"), rows)


def roles() -> str:
    """What each role may on a workflow, a module or a policy that is shared with it."""
    _set_up()
    from automations.grants import RIGHTS, ROLE_RIGHTS

    rows = [
        (
            f"{right.replace('_', ' ')} ({noun})",
            *("yes" if right in granted else "" for granted in ROLE_RIGHTS[noun].values()),
        )
        for noun in ("workflow", "module")
        for right in RIGHTS[noun]
    ]
    return _table(("Right", *ROLE_RIGHTS["workflow"]), rows)


def route_matrix() -> str:
    """Who passes at which address: the table that the test of every route holds the API to."""
    _set_up()
    from tests.integration.api.matrix import MATRIX, ROLES
    from tests.integration.api.routes import ADDRESSES as addresses

    columns = ("outsider", *ROLES, "owner")
    rows = [
        (
            f"`{verb} {SLOT.sub('{…}', addresses[name])}`",
            *("yes" if who in passes else "403" if who in sees else "404" for who in columns),
        )
        for (verb, name), (passes, sees) in sorted(
            MATRIX.items(), key=lambda row: (addresses[row[0][1]], row[0])
        )
    ]
    return _table(("Address", *(who.capitalize() for who in columns)), rows)


def _set_up() -> None:
    """What knows models needs Django; a test has set it up already."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


TABLES: Mapping[str, Callable[[], str]] = {
    maker.__name__: maker
    for maker in (
        operators,
        operators_by_type,
        conditions,
        actions,
        retry,
        triggers,
        common_settings,
        run_moves,
        roles,
        route_matrix,
    )
}


def renewed(text: str) -> str:
    """A page with its tables made anew. Raises KeyError for a table that nobody makes."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}{found[3]}", text)


def _action(kind: ActionKind) -> str:
    facts = [f"risk {kind.risk}"]
    if kind.permission:
        facts.append(f"declares the right `{kind.permission}`")
    if kind.undo != "none":
        facts.append(f"can be undone by {kind.undo.replace('_', ' ')}")
    return f"### `action.{kind.key}`\n\n{kind.description} ({'; '.join(facts)}.)\n\n{_settings(kind.config_schema)}"


def _trigger(kind: TriggerKind) -> str:
    own = {
        name: setting
        for name, setting in kind.config_schema["properties"].items()
        if name not in COMMON_PROPERTIES
    }
    shared = [f"`{name}`" for name in COMMON_PROPERTIES if name in kind.config_schema["properties"]]
    table = _settings({**kind.config_schema, "properties": own})
    return (
        f"### `trigger.{kind.key}`\n\n{kind.description}\n\n{table}\nShared settings: {', '.join(shared)}.\n"
    )


def _settings(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (
            f"`{name}`",
            _kind_of(setting),
            "yes" if name in required else "",
            setting.get("x-help", ""),
        )
        for name, setting in schema["properties"].items()
    ]
    return _table(("Setting", "Takes", "Needed", "Meaning"), rows)


def _kind_of(setting: Mapping[str, Any]) -> str:
    if "enum" in setting:
        said = ", ".join(f"`{value}`" for value in setting["enum"])
    elif setting.get("x-widget") == "duration":
        said = "duration"
    elif "items" in setting and "enum" in setting["items"]:
        said = "list of " + ", ".join(f"`{value}`" for value in setting["items"]["enum"])
    elif setting.get("x-widget") == "rule":
        said = "rule"
    else:
        said = {"string": "text", "array": "list", "integer": "whole number", "boolean": "true or false"}.get(
            setting.get("type", "any value"), setting.get("type", "any value")
        )
    default = setting.get("default")
    return said if default is None else f"{said}; else `{str(default).lower()}`"


def _table(heads: Row, rows: Sequence[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main() -> int:
    for page in sorted(REFERENCE.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = renewed(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
