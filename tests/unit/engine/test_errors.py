from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from automations.engine.errors import EngineError, Problem, ValueProblemError, quoted
from tests.unit.speed import quick


def test_a_problem_is_sent_with_all_its_parts() -> None:
    problem = Problem("unknown-field", "rule.field", "There is no such field.", "Choose one.", node="c1")
    assert problem.to_json() == {
        "code": "unknown-field",
        "path": "rule.field",
        "node": "c1",
        "message": "There is no such field.",
        "hint": "Choose one.",
        "severity": "error",
    }


def test_an_error_has_the_code_of_its_class_unless_it_is_narrowed() -> None:
    assert ValueProblemError("No.").code == "wrong-value-type"
    assert ValueProblemError("No.", code="unknown-choice").code == "unknown-choice"
    assert (EngineError("No.", "Yes.").hint, EngineError.fault, EngineError.retryable) == (
        "Yes.",
        "user",
        False,
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("high", "“high”"),
        ("x" * 50, f"“{'x' * 40}…”"),
        ("a\u202eb\x1b", "“a\ufffdb\ufffd”"),
        ("\ud800", "“\ufffd”"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (10**100, "so large a number"),
        (0.5, "0.5"),
        (Decimal("1E+400"), "1e+400"),
        ({"a": 1}, "an object"),
        ([1], "a list"),
        (None, "nothing"),
        (object(), "such a value"),
    ],
)
def test_any_value_has_a_short_name(value: Any, shown: str) -> None:
    assert quoted(value) == shown


def test_naming_a_deep_value_costs_nothing() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert quick(lambda: quoted(deep), 0.01) == "a list"
