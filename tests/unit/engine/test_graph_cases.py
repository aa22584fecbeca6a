"""The cases of tests/graphs. Those at the top every implementation of the document's rules must judge alike, with
the kinds of world/catalogue.json; those in kinds/ show what the kinds that are really on offer say."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automations import actions, triggers
from automations.engine.decide import Facts, Journal, decide
from automations.engine.documents import parse_document
from automations.engine.errors import Problem
from automations.engine.kinds import ActionKind, TriggerKind
from automations.engine.lint import lint_definition
from automations.engine.program import compile_program
from automations.engine.validation import module_of, validate_document

from .fakes import ACTIONS, CONTEXT, GRAPHS, MODULES, NOON, TRIGGERS

AUTOMATIONS = Path(__file__).parents[3] / "automations"
INSERTED: Mapping[str, tuple[str, ...]] = {
    "too-many-{key}": ("too-many-nodes", "too-many-edges"),
    "edge-{key}-missing-node": ("edge-from-missing-node", "edge-to-missing-node"),
    "unknown-{noun}": ("unknown-user", "unknown-group", "unknown-workflow", "unknown-module"),
}
"""The codes that are put together where they are told."""
NO_CASE: Mapping[str, str] = {
    "config-wrong-form": "no kind asks for a pattern yet: test_schemas",
    "config-fits-no-form": "no kind has settings of several forms yet: test_schemas",
    "config-too-large": "a file of that size would be no example: test_limits",
    "document-too-large": "a file of that size would be no example: test_limits",
    "too-many-nodes": "a file of that size would be no example: test_limits",
    "too-many-edges": "a file of that size would be no example: test_limits",
    "more-problems": "a file of that size would be no example: test_limits",
    "no-owner": "the owner is not in the document: test_lint",
    "never-true-rule": "told by another lint, which needs the module's fields: test_rule_places",
    "always-true-rule": "told by another lint, which needs the module's fields: test_rule_places",
    "engine-error": "no error has it; every subclass says its own: test_errors",
    "output-too-large": "told when a text is rendered: test_templating",
    "too-many": "about the edit of a redrive, not about a document: test_edits",
    "set-and-removed": "about the edit of a redrive, not about a document: test_edits",
    **dict.fromkeys(
        (
            "bad-choices",
            "bad-field-key",
            "bad-text",
            "duplicate-field",
            "malformed-field",
            "malformed-fields",
            "no-choices",
            "unknown-field-type",
        ),
        "about a module's fields, not about a document: test_fields",
    ),
}


@dataclass(frozen=True)
class Case:
    name: str
    document: Any
    problems: list[dict[str, str]]
    advice: list[dict[str, str]]
    actions: Mapping[str, ActionKind]
    triggers: Mapping[str, TriggerKind]

    def judged(self) -> list[Problem]:
        return validate_document(self.document, context=CONTEXT, actions=self.actions, triggers=self.triggers)


def load(folder: Path, acts: Mapping[str, ActionKind], starts: Mapping[str, TriggerKind]) -> dict[str, Case]:
    return {
        str(path.relative_to(GRAPHS).with_suffix("")): Case(
            **json.loads(path.read_text(encoding="utf-8")), actions=acts, triggers=starts
        )
        for path in sorted(folder.glob("*.json"))
    }


CASES = load(GRAPHS, ACTIONS, TRIGGERS) | load(
    GRAPHS / "kinds", dict(actions.ACTIONS.items()), dict(triggers.TRIGGERS.items())
)
PARSED = {name: found for name, case in CASES.items() if (found := parse_document(case.document)[0])}
SOUND = [name for name, case in CASES.items() if all("severity" in problem for problem in case.problems)]


def brief(problem: Problem) -> dict[str, str]:
    shown = {"code": problem.code, "path": problem.path}
    if problem.node:
        shown["node"] = problem.node
    if problem.severity != "error":
        shown["severity"] = problem.severity
    return shown


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_exactly_the_problems_that_it_names(name: str) -> None:
    assert [brief(problem) for problem in CASES[name].judged()] == CASES[name].problems


@pytest.mark.parametrize("name", PARSED)
def test_a_case_that_parses_gets_exactly_the_advice_that_it_names(name: str) -> None:
    advice = lint_definition(PARSED[name], actions=CASES[name].actions, has_owner=True)
    assert [{**problem, "severity": "warning"} for problem in CASES[name].advice] == [
        brief(problem) for problem in advice
    ]


def part_at(document: Any, path: str) -> Any:
    """What a path leads to; KeyError or IndexError where it leads nowhere. No name in a case has a dot."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        document = document[name] if name else document[int(index)]
    return document


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.problems or case.advice])
def test_every_finding_has_a_sentence_a_way_to_mend_it_its_place_and_its_node(name: str) -> None:
    case = CASES[name]
    found = case.judged()
    if name in PARSED:
        found += lint_definition(PARSED[name], actions=case.actions, has_owner=True)
    for problem in found:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", problem.code)
        assert re.match(r"[A-Z0-9“]", problem.message), problem
        assert problem.message.endswith((".", "?")), problem
        assert problem.hint.endswith((".", "?", "}", "]")), problem
        around = re.sub(r"(\.[^.\[\]]+|\[\d+\]|^[a-z]+)$", "", problem.path)
        assert part_at(case.document, around) is not None
        if name in PARSED and (place := re.match(r"nodes\[(\d+)\]", problem.path)):
            assert problem.node == PARSED[name].nodes[int(place[1])].id
        elif problem.path.startswith("edges[") and problem.code != "malformed-edge":
            assert problem.node in {"", *(node["id"] for node in case.document["nodes"])}


def test_the_name_of_a_case_is_a_sentence_of_its_own() -> None:
    names = [case.name for case in CASES.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Z“].*\.", name) for name in names)


def test_each_trigger_and_each_action_on_offer_has_a_valid_case() -> None:
    used = {node.type for name in SOUND if name.startswith("kinds/") for node in PARSED[name].nodes}
    assert used == {f"trigger.{key}" for key in triggers.TRIGGERS} | {
        f"action.{key}" for key in actions.ACTIONS
    }


@pytest.mark.parametrize("name", SOUND)
def test_a_case_without_an_error_compiles_and_runs_until_it_asks_for_an_effect(name: str) -> None:
    case = CASES[name]
    pinned = {key: {"revision": 1, "rule": rule} for key, rule in CONTEXT.policies.items()}
    definition, _ = parse_document({**case.document, "policies": pinned})
    assert definition is not None
    module = module_of(definition, MODULES)
    for node in definition.nodes:
        if node.family == "trigger":
            kind = case.triggers[node.type.partition(".")[2]]
            kind.prepare(node.config, module, definition.rules())
    program = compile_program(definition, actions=case.actions, schema=module.schema if module else {})
    facts = Facts(event={"id": 1}, record={"priority": "urgent", "amount": "500.00", "title": "Ink"})
    decision = decide(program, Journal("run:1", "t1"), facts, {}, NOON)
    assert decision.status in ("running", "succeeded")


def codes_in(source: str) -> set[str]:
    """Every code that a module can give a problem: the first argument of `Problem`, a keyword `code`, and what is
    assigned to the name `code`."""
    found: set[str] = set()
    for part in ast.walk(ast.parse(source)):
        codes: list[ast.expr | None] = []
        if isinstance(part, ast.Call):
            codes = [keyword.value for keyword in part.keywords if keyword.arg == "code"]
            if ast.unparse(part.func) in ("Problem", "_warning"):
                codes += part.args[:1]
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            if any(isinstance(target, ast.Name) and target.id == "code" for target in targets):
                codes = [part.value]
        for code in codes:
            for text in (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,):
                if isinstance(text, ast.Constant) and text.value:
                    found.add(str(text.value))
                elif isinstance(text, ast.JoinedStr):
                    found.update(INSERTED[ast.unparse(text)[2:-1]])
    return found


def test_every_code_is_the_subject_of_a_case_or_has_a_reason_not_to_be() -> None:
    shown = {problem["code"] for case in CASES.values() for problem in (*case.problems, *case.advice)}
    known: set[str] = set()
    for folder in ("engine", "actions", "triggers"):
        for path in (AUTOMATIONS / folder).rglob("*.py"):
            known |= codes_in(path.read_text(encoding="utf-8"))
    assert known - shown == set(NO_CASE)
    assert shown - known == {"repeated-event"}  # of the trigger in fakes.py
