"""The cases of tests/graphs, which every implementation of the document's rules must judge alike."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from automations.engine.decide import Facts, Journal, decide
from automations.engine.documents import parse_document
from automations.engine.errors import Problem
from automations.engine.lint import lint_definition
from automations.engine.program import compile_program
from automations.engine.validation import module_of, validate_document

from .fakes import ACTIONS, CONTEXT, GRAPHS, MODULES, NOON, TRIGGERS

CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(GRAPHS.glob("*.json"))}
ENGINE = Path(__file__).parents[3] / "automations" / "engine"
HELD_ELSEWHERE = {
    "config-repeated": "test_schemas",
    "config-wrong-form": "test_schemas",
    "config-fits-no-form": "test_schemas",
    "config-too-large": "test_limits: a file of that size would be no example",
    "more-problems": "test_limits: a file of that size would be no example",
    "no-owner": "test_lint: it is not in the document",
}


def brief(problem: Problem) -> dict[str, str]:
    shown = {"code": problem.code, "path": problem.path}
    if problem.node:
        shown["node"] = problem.node
    if problem.severity != "error":
        shown["severity"] = problem.severity
    return shown


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_exactly_the_problems_that_it_names(name: str) -> None:
    case = CASES[name]
    problems = validate_document(case["document"], context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS)
    assert [brief(problem) for problem in problems] == case["problems"]
    for problem in problems:
        assert problem.message.endswith((".", "?")), problem
        assert problem.hint.endswith((".", "?")), problem


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if parse_document(case["document"])[0]]
)
def test_a_case_that_parses_gets_exactly_the_advice_that_it_names(name: str) -> None:
    definition, _ = parse_document(CASES[name]["document"])
    assert definition is not None
    advice = lint_definition(definition, actions=ACTIONS, has_owner=True)
    assert all(problem.severity == "warning" for problem in advice)
    assert [{k: v for k, v in brief(problem).items() if k != "severity"} for problem in advice] == CASES[
        name
    ]["advice"]


def errors_of(case: dict[str, Any]) -> list[dict[str, str]]:
    return [problem for problem in case["problems"] if problem.get("severity") != "warning"]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not errors_of(case)])
def test_a_case_without_an_error_compiles_and_runs_until_it_asks_for_an_effect(name: str) -> None:
    definition, _ = parse_document(CASES[name]["document"])
    assert definition is not None
    module = module_of(definition, MODULES)
    pinned = CONTEXT.policies
    if any(problem == "policy" for problem in name.split("-")):
        definition = parse_document(
            {
                **CASES[name]["document"],
                "policies": {k: {"revision": 1, "rule": v} for k, v in pinned.items()},
            }
        )[0]
        assert definition is not None
    program = compile_program(definition, actions=ACTIONS, schema=module.schema if module else {})
    facts = Facts(event={"id": 1}, record={"priority": "urgent", "amount": "500.00", "title": "Ink"})
    decision = decide(program, Journal("run:1", "t1"), facts, {}, NOON)
    assert decision.status in ("running", "succeeded")


def codes_of(*modules: str) -> set[str]:
    """Every code that these modules can give a problem, read from their source."""
    found = set()
    for module in modules:
        for part in ast.walk(ast.parse((ENGINE / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(part, ast.Call) and ast.unparse(part.func) in ("Problem", "_warning") and part.args:
                first = part.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_code_is_the_subject_of_a_case() -> None:
    shown = {problem["code"] for case in CASES.values() for problem in (*case["problems"], *case["advice"])}
    known = codes_of("documents", "validation", "lint", "references", "schemas")
    assert len(known) > 25
    assert known - shown == set(HELD_ELSEWHERE)
