"""Every code that a run, a step or a delivery can fail with has an entry that says what helps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from automations.engine import errors
from automations.engine.remedies import REMEDIES as OWN
from automations.insight.failures import REMEDIES

ROOT = Path(__file__).parents[2]
RAISED = ("Failed", "CallError", "BadUrlError", "SecretRefusedError")
"""Calls whose first argument is a code."""
NAMED = {"give_up": "code", "cancel": "code", "Result": "error"}
"""Calls with a code by name; and every raise of an error of the engine by `code=`."""
FORMED = {"status-", "redirect", "secret-expired", "lost", "run-ended"}
"""What is put together from an answer's status, is judged from one, or is found by a diagnosis before anything fails."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in ("automations", "webhooks"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text())


def constant(tree: ast.Module, value: ast.expr | None) -> str | None:
    """The text that an expression is, or that a name of the module stands for."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.Name):
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == value.id for target in statement.targets
            ):
                return constant(tree, statement.value)
    return None


def codes() -> dict[str, str]:
    """Every code in the source, with a place where it stands."""
    engine = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    found: dict[str, str] = {}
    for path, tree in sources():
        for item in ast.walk(tree):
            code = None
            if isinstance(item, ast.Call):
                name = getattr(item.func, "id", getattr(item.func, "attr", ""))
                by_name = {word.arg: word.value for word in item.keywords}
                if name in RAISED and item.args:
                    code = constant(tree, item.args[0])
                elif name in NAMED:
                    code = constant(tree, by_name.get(NAMED[name]))
                elif name == "ConflictError" and path.name == "retries.py" and path.parent.name == "services":
                    code = constant(
                        tree, by_name.get("code")
                    )  # a redrive's runs are told why they are refused
                elif name in engine or "failure_code" in by_name:
                    code = constant(tree, by_name.get("code") or by_name.get("failure_code"))
            elif isinstance(item, ast.Dict) and {"code", "fault", "retryable"} <= {
                key.value for key in item.keys if isinstance(key, ast.Constant)
            }:
                pairs = zip(item.keys, item.values, strict=True)
                code = next(
                    constant(tree, value)
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and key.value == "code"
                )
            if code:
                found[code] = f"{path.relative_to(ROOT)}:{item.lineno}"
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.EngineError):
            found[kind.code] = "automations/engine/errors.py"
    return found


def test_every_code_that_can_be_failed_with_has_an_entry() -> None:
    found = codes()
    assert {
        "permission-denied",
        "delivery-failed",
        "timeout",
        "attempts-spent",
        "cancelled",
        "stopped",
    } <= set(found)
    assert len(found) > 50
    missing = {code: place for code, place in found.items() if code not in REMEDIES}
    assert missing == {}


def test_no_entry_is_left_of_a_code_that_nothing_makes() -> None:
    made = codes()
    left = {code for code in REMEDIES if code not in made} - {"user", "engine"}
    assert left <= FORMED, left - FORMED


def test_every_entry_says_what_to_do_in_whole_sentences() -> None:
    for code, remedy in REMEDIES.items():
        assert remedy.what_to_do[0].isupper(), code
        assert remedy.what_to_do.endswith("."), code
    assert set(OWN) <= set(REMEDIES)
