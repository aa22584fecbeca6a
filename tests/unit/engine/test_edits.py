"""One edit for many runs: what is set and taken out, when it makes a difference, and what is no edit."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.edits import MOST_FIELDS, Edit, edit_problems

EDIT = Edit.of({"set": {"team": "B", "note": None}, "remove": ["old"]})


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({}, {"team": "B", "note": None}),
        ({"team": "A", "old": 1, "x": [1]}, {"team": "B", "note": None, "x": [1]}),
        ({"team": "B", "note": None}, {"team": "B", "note": None}),
    ],
)
def test_fields_are_set_to_a_value_or_to_nothing_or_taken_out(given: Any, becomes: Any) -> None:
    assert EDIT.applied(given) == becomes
    assert EDIT.changes(given) is (given != becomes)
    assert EDIT.names == ["team", "note", "old"]
    assert Edit.of(EDIT.to_json()) == EDIT


def test_true_is_another_input_than_one() -> None:
    assert Edit.of({"set": {"urgent": True}}).changes({"urgent": 1})
    assert not Edit.of({"remove": ["gone"]}).changes({"urgent": 1})


@pytest.mark.parametrize(
    ("told", "code", "path"),
    [
        ("text", "wrong-config-type", "edit"),
        ({"set": []}, "wrong-config-type", "edit.set"),
        ({"remove": [1]}, "wrong-config-type", "edit.remove[0]"),
        ({"sql": "x"}, "unknown-config", "edit.sql"),
        ({}, "missing-value", "edit"),
        ({"set": {}, "remove": []}, "missing-value", "edit"),
        ({"set": {"owner__password": 1, "A": 1}}, "bad-variable-name", "edit.set"),
        ({"remove": ["a.b"]}, "bad-variable-name", "edit.remove"),
        ({"set": {"a": 1}, "remove": ["a"]}, "set-and-removed", "edit.remove"),
        ({"set": {f"f{n}": n for n in range(MOST_FIELDS)}, "remove": ["g"]}, "too-many", "edit"),
    ],
)
def test_what_is_no_edit_is_told_with_its_place(told: Any, code: str, path: str) -> None:
    problems = edit_problems(told, "edit")
    assert (code, path) in [(one.code, one.path) for one in problems]
    assert all(one.message and one.hint for one in problems)


def test_a_sound_edit_has_no_problem() -> None:
    assert edit_problems(EDIT.to_json(), "edit") == []
    assert edit_problems({"set": {"a": {"deep": [1]}}}, "edit") == []
