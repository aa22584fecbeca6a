"""The editor judges documents by itself as people type; these files are what its tests hold it to."""

from __future__ import annotations

import json

from .browser_world import COMMAND, WORLD, files


def test_the_files_that_the_editor_is_tested_with_are_what_the_engine_says() -> None:
    for path, text in files().items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        assert current == text, f"Run `{COMMAND}` and review the difference of {path.name}."


def test_every_case_has_its_answer() -> None:
    answers = json.loads((WORLD / "answers.json").read_text(encoding="utf-8"))
    cases = {path.stem for path in WORLD.parent.glob("*.json")}
    cases |= {f"kinds/{path.stem}" for path in (WORLD.parent / "kinds").glob("*.json")}
    assert set(answers) == cases
