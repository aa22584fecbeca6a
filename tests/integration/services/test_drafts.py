"""What a draft keeps as it is handed in, and what it refuses whole."""

from __future__ import annotations

import math
from typing import Any

import pytest

from automations.errors import InvalidError
from automations.services import drafts

from .world import World, contents, document

pytestmark = pytest.mark.django_db


def test_a_place_that_no_canvas_can_show_is_left_out(world: World) -> None:
    for place in (math.nan, math.inf, -math.inf, 10**399, "0", None, [0]):
        layout = {"t1": {"x": place, "y": 0}, "a1": {"x": -3.5, "y": 10}, "gone": {"x": 0, "y": 0}}
        saved = drafts.save_draft(
            workflow=world.workflow,
            document={**document("Third"), "layout": layout},
            revision=None,
            actor=world.bob,
        )
        assert saved.layout == drafts.load_draft(world.workflow).layout == {"a1": {"x": -3.5, "y": 10}}


NOTE = {"id": "n1", "text": "Ask Noor", "x": 0, "y": 10.5, "width": 200, "height": 80}


@pytest.mark.parametrize(
    ("notes", "path"),
    [
        ("text", "notes"),
        ([{**NOTE, "id": f"n{number}"} for number in range(101)], "notes"),
        ([7], "notes[0]"),
        ([{**NOTE, "id": None}], "notes[0]"),
        ([{**NOTE, "id": "a b"}], "notes[0].id"),
        ([NOTE, NOTE], "notes[1].id"),
        ([{**NOTE, "text": "x" * 2_001}], "notes[0].text"),
        ([{**NOTE, "text": "\0"}], "notes[0].text"),
        ([{**NOTE, "text": None}], "notes[0].text"),
        ([{**NOTE, "x": math.nan}], "notes[0].x"),
        ([{**NOTE, "y": 10**8}], "notes[0].y"),
        ([{**NOTE, "width": 0}], "notes[0].width"),
        ([{**NOTE, "height": "80"}], "notes[0].height"),
    ],
)
def test_notes_that_cannot_be_kept_are_refused_whole(world: World, notes: Any, path: str) -> None:
    before = contents()
    with pytest.raises(InvalidError) as refused:
        drafts.save_draft(
            workflow=world.workflow,
            document={**document("Third"), "notes": notes},
            revision=None,
            actor=world.bob,
        )
    assert [problem.path for problem in refused.value.problems] == [path]
    assert contents() == before


def test_notes_change_neither_the_digest_nor_the_revision(world: World) -> None:
    def saved(**parts: Any) -> drafts.Draft:
        return drafts.save_draft(
            workflow=world.workflow,
            document={**document("Third"), **parts},
            revision=None,
            actor=world.bob,
        )

    before = saved()
    after = saved(notes=[{**NOTE, "colour": "red"}])
    assert (after.revision, after.definition.digest()) == (before.revision, before.definition.digest())
    assert drafts.load_draft(world.workflow).to_document()["notes"] == [NOTE]
    assert saved().notes == [NOTE], "a document that says nothing of notes keeps them"
    assert saved(notes=[]).notes == []


def test_a_disabled_step_is_kept_and_part_of_the_digest(world: World) -> None:
    wanted = document("Third")
    before = drafts.save_draft(workflow=world.workflow, document=wanted, revision=None, actor=world.bob)
    nodes = [
        {**node, "disabled": True} if node["type"].startswith("action.") else node for node in wanted["nodes"]
    ]
    after = drafts.save_draft(
        workflow=world.workflow, document={**wanted, "nodes": nodes}, revision=None, actor=world.bob
    )
    assert after.definition.digest() != before.definition.digest()
    assert [node["type"] for node in after.to_document()["nodes"] if node.get("disabled")] == [
        node["type"] for node in nodes if node.get("disabled")
    ]
